"""Heights and grades from elevation rasters."""

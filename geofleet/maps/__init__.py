"""Interactive maps of a study's layers."""

"""OpenStreetMap files into a simplified, connected network."""

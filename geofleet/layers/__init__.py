"""Results as documented layers: GeoJSON, GeoParquet and GeoPackage."""

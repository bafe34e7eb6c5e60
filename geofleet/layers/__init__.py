"""Results as documented layers: GeoJSON, GeoParquet and GeoPackage."""

from geofleet.layers.build import build_layers
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.schemas import SCHEMAS
from geofleet.layers.write import FORMATS, write_layers

__all__ = ["FORMATS", "SCHEMAS", "Layer", "as_layer", "build_layers", "write_layers"]

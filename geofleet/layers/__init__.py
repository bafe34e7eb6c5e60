"""Results as documented layers: GeoJSON, GeoParquet and GeoPackage."""

from geofleet.layers.build import build_layers
from geofleet.layers.model import Layer, as_layer
from geofleet.layers.read import read_layer
from geofleet.layers.registry import json_schema, known_schemas
from geofleet.layers.schemas import SCHEMAS
from geofleet.layers.write import FORMATS, OF_A_RUN, write_layers

__all__ = [
    "FORMATS",
    "OF_A_RUN",
    "SCHEMAS",
    "Layer",
    "as_layer",
    "build_layers",
    "json_schema",
    "known_schemas",
    "read_layer",
    "write_layers",
]

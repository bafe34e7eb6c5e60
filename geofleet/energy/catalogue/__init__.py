"""Electric vehicle models as data: published, estimated, incomplete, and a study's own."""

from geofleet.energy.catalogue.check import check_models
from geofleet.energy.catalogue.models import electric_models, incomplete_models, model_fields
from geofleet.energy.catalogue.own import MODEL_SCHEMA, is_model_table, read_model_rows
from geofleet.energy.catalogue.powertrain import model_battery, vehicle_parameters

__all__ = [
    "MODEL_SCHEMA",
    "check_models",
    "electric_models",
    "incomplete_models",
    "is_model_table",
    "model_battery",
    "model_fields",
    "read_model_rows",
    "vehicle_parameters",
]

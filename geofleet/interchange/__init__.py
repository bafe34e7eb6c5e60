"""Tables and files of other programs in, files for other programs out.

In: spreadsheets of stops, GPS traces and telematics, VROOM, Carta Porte. Each reader returns an
:class:`Imported`, which :func:`write_into_study` puts into a study's own tables, whole or not at
all. Out: GMNS, VROOM, and the check of statements by ISO 14083. Layers are written and read by
:mod:`geofleet.layers`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.interchange.carta_porte import read_carta_porte
    from geofleet.interchange.fixes import read_gps_stops
    from geofleet.interchange.gmns import check_gmns, read_gmns, write_gmns
    from geofleet.interchange.import_files import import_into_study
    from geofleet.interchange.into_study import Written, write_into_study
    from geofleet.interchange.model import Imported
    from geofleet.interchange.places import PLACE_SCHEMA, Places, read_places, write_unplaced
    from geofleet.interchange.sheets import SheetMapping, read_mapping
    from geofleet.interchange.statement import (
        STATEMENT_VERSION,
        check_statement,
        statement_schema,
    )
    from geofleet.interchange.stop_sheets import read_stop_sheet
    from geofleet.interchange.vroom import read_vroom, read_vroom_orders
    from geofleet.interchange.vroom_problem import vroom_from_orders, vroom_from_stops

# Loaded on first use: they bring pandas and more with them.
_LAZY = {
    "Imported": "model",
    "PLACE_SCHEMA": "places",
    "Places": "places",
    "STATEMENT_VERSION": "statement",
    "SheetMapping": "sheets",
    "Written": "into_study",
    "check_gmns": "gmns",
    "check_statement": "statement",
    "import_into_study": "import_files",
    "read_carta_porte": "carta_porte",
    "read_gmns": "gmns",
    "read_gps_stops": "fixes",
    "read_mapping": "sheets",
    "read_places": "places",
    "read_stop_sheet": "stop_sheets",
    "read_vroom": "vroom",
    "read_vroom_orders": "vroom",
    "statement_schema": "statement",
    "vroom_from_orders": "vroom_problem",
    "vroom_from_stops": "vroom_problem",
    "write_gmns": "gmns",
    "write_into_study": "into_study",
    "write_unplaced": "places",
}

__all__ = [
    "PLACE_SCHEMA",
    "STATEMENT_VERSION",
    "Imported",
    "Places",
    "SheetMapping",
    "Written",
    "check_gmns",
    "check_statement",
    "import_into_study",
    "read_carta_porte",
    "read_gmns",
    "read_gps_stops",
    "read_mapping",
    "read_places",
    "read_stop_sheet",
    "read_vroom",
    "read_vroom_orders",
    "statement_schema",
    "vroom_from_orders",
    "vroom_from_stops",
    "write_gmns",
    "write_into_study",
    "write_unplaced",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

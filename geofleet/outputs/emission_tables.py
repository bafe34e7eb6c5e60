"""Tables of emissions for spreadsheets: who emits what, with intervals, and freight accounting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.files import write_json

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.study import Results

__all__ = ["emission_tables", "write_emission_tables"]

_WITH_INTERVALS = ("nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g", "co2e_wtw_g")
_AREAS = ("Polygon", "MultiPolygon")
_VEHICLE = ["vehicle_id", "operator_id", "vehicle_class", "fuel", "standard", "model_year"]


def emission_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the emission tables of a run by file name, largest emitters of soot first.

    All are sums over the service dates. ``totals`` has everything with its interval and its parts.
    ``by_road_and_hour``, ``by_zone`` and ``by_engine`` have a row for each part: known vehicle-days
    and, where the study has it, other freight of the city; the standards there are those of
    engines, mixtures resolved. The others are of the known vehicle-days
    alone: ``vehicles``, ``operators``, ``ages``, ``standards`` (as the vehicle table states them),
    ``processes`` (hot, cold start, idling, wear), ``intensity_of_operators`` and
    ``intensity_of_vehicles`` (per tonne-kilometre). Where people are given as points, which no
    street lies in, there is no ``by_zone``.
    """
    vehicles = _with_intervals(results, ["vehicle_id"])
    named = results.inventory(_VEHICLE).reset_index(_VEHICLE[1:])[_VEHICLE[1:]]
    areas = results.inputs.zones.geometry.geom_type.isin(_AREAS).all()
    tables = {
        "totals": results.totals,
        "by_road_and_hour": results.inventory(["highway", "hour"], part="all"),
        **({"by_zone": results.inventory(["zone"], part="all")} if areas else {}),
        "by_engine": results.inventory(["vehicle_class", "fuel", "engine_standard"], part="all"),
        "processes": results.emissions.processes.rename_axis("process"),
        "vehicles": named.join(vehicles).rename_axis("vehicle_id"),
        "operators": _with_intervals(results, ["operator_size", "operator_id"]),
        "standards": _with_intervals(results, ["vehicle_class", "fuel", "standard"]),
        "ages": _with_intervals(results, ["age"]),
        "intensity_of_operators": results.intensity("operator_id"),
        "intensity_of_vehicles": results.intensity("vehicle_id"),
    }
    for name in ("vehicles", "operators", "standards"):
        tables[name] = tables[name].sort_values("bc_exhaust_g", ascending=False, kind="stable")
    return tables


def write_emission_tables(results: Results, folder: Path) -> None:
    """Write the tables as CSV and the statement by ISO 14083 as JSON into a new folder."""
    folder.mkdir()
    for name, table in emission_tables(results).items():
        table.to_csv(folder / f"{name}.csv", encoding="utf-8", lineterminator="\n")
    write_json(folder / "iso14083.json", results.iso14083_statement())


def _with_intervals(results: Results, by: list[str]) -> pd.DataFrame:
    """Return an inventory with the ends of the interval beside the main quantities."""
    table = results.inventory(by)
    ends = results.intervals(by, quantities=_WITH_INTERVALS)[["p05", "p95"]].unstack("quantity")
    for quantity in _WITH_INTERVALS:
        place = list(table.columns).index(quantity) + 1
        for offset, end in enumerate(("p05", "p95")):
            table.insert(place + offset, f"{quantity}_{end}", ends[(end, quantity)])
    return table

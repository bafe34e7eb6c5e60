"""Tables of emissions for spreadsheets: who emits what, with intervals, and freight accounting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.files import write_json

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.results import Results

__all__ = ["emission_tables", "write_emission_tables"]

_WITH_INTERVALS = ("nox_exhaust_g", "pm25_exhaust_g", "bc_exhaust_g", "co2e_wtw_g")
_VEHICLE = ["vehicle_id", "operator_id", "vehicle_class", "fuel", "standard", "model_year"]


def emission_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the emission tables of a run by file name, largest emitters of soot first.

    ``totals`` has everything with its interval; ``by_vehicle``, ``by_operator``, ``by_standard``,
    ``by_age`` and ``by_road_and_hour`` are inventories of the known vehicle-days;
    ``by_process`` tells hot, cold start, idling and wear apart; ``intensity_by_operator`` and
    ``intensity_by_vehicle`` are per tonne-kilometre; ``city_by_class`` is the fleet without
    routes, where a study has one.
    """
    vehicles = _with_intervals(results, ["vehicle_id"])
    named = results.inventory(_VEHICLE).reset_index(_VEHICLE[1:])[_VEHICLE[1:]]
    tables = {
        "totals": results.totals,
        "by_process": results.emissions.processes.rename_axis("process"),
        "by_vehicle": named.join(vehicles).rename_axis("vehicle_id"),
        "by_operator": _with_intervals(results, ["operator_size", "operator_id"]),
        "by_standard": _with_intervals(results, ["vehicle_class", "fuel", "standard"]),
        "by_age": _with_intervals(results, ["age"]),
        "by_road_and_hour": results.inventory(["highway", "hour"]),
        "intensity_by_operator": results.intensity("operator_id"),
        "intensity_by_vehicle": results.intensity("vehicle_id"),
    }
    if results.city is not None:
        tables["city_by_class"] = results.city.inventory(["vehicle_class", "fuel", "standard"])
    ranked = ("by_vehicle", "by_operator", "by_standard")
    for name in ranked:
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

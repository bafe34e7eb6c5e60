"""A statement of greenhouse gas emissions of transport in the terms of ISO 14083 and GLEC."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.accounting.consignments import consignments
from geofleet.emissions.accounting.intensity import INTENSITIES, Basis, intensity
from geofleet.emissions.accounting.requirements import requirements
from geofleet.emissions.explanation.flags import FLAG_MEANING
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.emissions.model import TraversalEmissions
    from geofleet.fleet import Fleet
    from geofleet.routes import Itineraries

__all__ = ["DATA_KINDS", "iso14083_statement"]

DATA_KINDS = ("primary", "modelled", "default")
"""Kinds of data that ISO 14083 tells apart."""

_TOC = ["vehicle_class", "fuel", "standard"]
_DATA = {"mass": "primary", "distance": "modelled", "energy": "modelled",
         "emission_factors": "default"}  # fmt: skip
_PRIMARY, _MODELLED = "primary", "modelled"
_OF_ACTIVITY = ("mass", "distance", "energy")
_SCHEMA = {"name": "geofleet.iso14083_statement", "version": "1.1.0"}
"""Which published schema a statement keeps to; see ``geofleet.interchange.check_statement``."""

_STATED = (
    "vehicle_days", "vehicle_days_without_activity", "distance_km", "empty_km", "empty_km_share",
    "consignments", "mass_t", "actual_tkm", "transport_activity_tkm", "distance_adjustment_factor",
)  # fmt: skip
_WORDS = {
    "great_circle": "great-circle distance between origin and destination (geodesic on WGS84)",
    "shortest_feasible": "shortest feasible distance between origin and destination, as given",
    "actual": "distance driven with the goods on board: not a transport activity distance of "
    "ISO 14083, for comparison only",
}
_GWP = ("upstream:gwp100.ch4", "upstream:gwp100.n2o")
_GWP_SET, _GWP_YEARS = "IPCC AR5, 100 years", 100
_CHARGING = "upstream:electricity.charging_efficiency"


def iso14083_statement(
    itineraries: Itineraries,
    emissions: TraversalEmissions,
    fleet: Fleet,
    *,
    basis: Basis = "great_circle",
    data: Mapping[str, str] | None = None,
    synthetic: bool = False,
    notes: str = "",
    lots: pd.DataFrame | None = None,
    defaults: Defaults | None = None,
) -> dict[str, Any]:
    """Return what a statement by ISO 14083:2023 needs, as values that JSON knows.

    Each operator is a transport chain element by road; its vehicles of one class, fuel and standard
    are a transport operation category (TOC), over which activity and emissions are summed before
    they are divided, so that empty trips and light loads are in every intensity. What the standard
    asks stands beside it, requirement by requirement, with whether it is met; conformity is claimed
    only where all are, so that a statement of driving alone never claims it.

    Parameters
    ----------
    itineraries, emissions, fleet, basis, lots
        As for :func:`intensity`.
    data
        Kind of data (one of ``DATA_KINDS``) of ``mass``, ``distance``, ``energy`` and
        ``emission_factors``: by default mass is primary (modelled where the freight is synthetic),
        distance and energy modelled, factors default values. A route of GPS traces makes distance
        primary.
    synthetic
        Whether the freight is made up and not that of real vehicles: the statement says so, and no
        data of activity are primary.
    notes
        What a reader must know, put into the statement as it is.
    defaults
        Rows as they were used for the emissions.

    Raises
    ------
    InputError
        As :func:`intensity`; kinds of data that do not exist; primary data of synthetic freight.
    """
    kinds = _kinds(data or {}, synthetic=synthetic)
    table = consignments(itineraries) if lots is None else lots
    options: dict[str, Any] = {"basis": basis, "lots": table}
    of_toc = intensity(
        itineraries, emissions, fleet, ["operator_id", *_TOC], **options
    ).reset_index()
    of_operator = intensity(itineraries, emissions, fleet, "operator_id", **options)
    dates = [str(day) for day in itineraries.traversals.vehicle_days["date"]]
    source = (defaults or Defaults()).fresh()
    rows = source.describe(emissions.provenance)
    gwp = source.describe(_GWP)
    total = of_operator.drop(columns="basis").sum()
    # A study that sets a potential of its own uses no published set.
    potentials = "set in the study" if (gwp["status"] == "user").any() else _GWP_SET
    asked = requirements(
        basis=basis, synthetic=synthetic, provenance=emissions.provenance, kinds=kinds,
        gwp=potentials,
    )  # fmt: skip
    return {
        "schema": dict(_SCHEMA),
        "standard": "ISO 14083:2023",
        "framework": "GLEC Framework v3",
        "declaration": _declaration(asked),
        "synthetic": bool(synthetic),
        "notes": str(notes),
        "period": {"from": min(dates, default=None), "to": max(dates, default=None),
                   "days": len(set(dates))},
        "boundary": _boundary(emissions.provenance),
        "allocation": {
            "unit": "tonne-kilometre",
            "description": "all emissions of a category, empty trips included, over its transport "
            "activity; a consignment's share is its own activity times the intensity",
        },
        "transport_activity_distance": {"basis": basis, "description": _WORDS[basis]},
        "transport_chain_elements": [
            {
                "operator_id": str(name),
                "kind": "transport",
                "mode": "road",
                **_numbers(of_operator.loc[name]),
                "transport_operation_categories": [
                    {
                        "toc_id": "/".join([str(name), *(str(toc[key]) for key in _TOC)]),
                        **{key: str(toc[key]) for key in _TOC},
                        **_numbers(toc),
                    }
                    for _, toc in of_toc[of_toc["operator_id"] == name].iterrows()
                ],
            }
            for name in of_operator.index
        ],
        "total": _numbers(_with_ratios(total)),
        "data_quality": {
            "kinds": kinds,
            # Emissions are energy times factors: their data are as good as those of the energy.
            "co2e_wtw_share_by_kind": {
                kind: float(kind == kinds["energy"]) for kind in DATA_KINDS
            },
            "default_rows_by_status": {
                str(status): int(count) for status, count in rows["status"].value_counts().items()
            },
            "counts": {name: _number(count) for name, count in emissions.flags.items()},
            "flags": _flags(emissions),
        },
        "global_warming_potential": {
            "set": potentials,
            "horizon_years": _GWP_YEARS,
            "row_ids": list(_GWP),
            "rows": gwp.to_dict("records"),
        },
        "method": "EMEP/EEA Tier 3 functions of speed, slope and load on each link; energy to CO2 "
        "by the carbon of the fuel; upstream per unit of energy",
        "default_rows": rows.to_dict("records"),
    }  # fmt: skip


def _kinds(given: Mapping[str, str], *, synthetic: bool) -> dict[str, str]:
    """Return the kind of each of the data, checked."""
    kinds = {**_DATA, **({"mass": _MODELLED} if synthetic else {}), **given}
    problems = []
    for name, kind in kinds.items():
        if kind not in DATA_KINDS or name not in _DATA:
            expected = "of " + ", ".join(DATA_KINDS)
            problems.append(Problem("data quality", name, value=str(kind), expected=expected))
        elif synthetic and kind == _PRIMARY and name in _OF_ACTIVITY:
            expected = "modelled or default: synthetic freight has no primary data"
            problems.append(Problem("data quality", name, value=kind, expected=expected))
    if problems:
        raise InputError(problems)
    return kinds


def _declaration(asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return who declares this, and what keeps it from the standard."""
    reasons = [
        f"{row['about']}: {row['said']}" if row["met"] is False
        else f"{row['about']} (not compared): {row['said']}"
        for row in asked if row["met"] is not True
    ]  # fmt: skip
    return {
        "kind": "self-declared",
        "verified_by": None,
        "conforms": not reasons,
        "reasons": reasons,
        "requirements": list(asked),
    }


def _boundary(provenance: Sequence[str]) -> dict[str, Any]:
    """Return what is inside and outside; charging is inside where its row was used."""
    charging = "losses of charging between grid and battery"
    electricity = "electricity: power plants and losses of the grid"
    excluded = [
        "hub operations", "leakage of refrigerants", "production of vehicles and infrastructure",
        "black carbon as CO2 equivalent: stated as mass, apart",
        "electricity: supply of fuels to power plants, and building them",
    ]  # fmt: skip
    if _CHARGING in provenance:
        electricity += f", and {charging}"
    elif any(row.startswith("upstream:electricity.") for row in provenance):
        excluded.append(f"electricity: {charging}")
    return {
        "included": [
            "vehicle operation (tank to wheel), loaded and empty trips",
            f"vehicle energy provision (well to tank); of {electricity}",
        ],
        "gases": ["CO2", "CH4", "N2O"],
        "excluded": excluded,
        "hub_operations": "not included",
        "empty_running": "included",
    }


def _flags(emissions: TraversalEmissions) -> list[dict[str, Any]]:
    """Return what was done to stay inside the published functions and rows, and how often."""
    return [
        {
            "flag": name,
            "traversals": _number(count),
            "km": _number(emissions.flagged_km.get(name, math.nan)),
            "meaning": FLAG_MEANING.get(name, ""),
        }
        for name, count in emissions.flags.items()
        if count
    ]


def _with_ratios(sums: pd.Series) -> pd.Series:
    """Return sums with the ratios made of them, in place of summed ratios."""
    out = sums.astype(float).copy()
    activity = out["transport_activity_tkm"] if out["transport_activity_tkm"] > 0.0 else math.nan
    distance = out["distance_km"] if out["distance_km"] > 0.0 else math.nan
    out["empty_km_share"] = out["empty_km"] / distance
    out["distance_adjustment_factor"] = out["actual_tkm"] / activity
    for quantity, column in INTENSITIES.items():
        out[column] = out[quantity] / activity
    return out


def _numbers(row: pd.Series) -> dict[str, Any]:
    """Return activity, emissions and intensities of a row; what is not known is None."""
    emitted = {name: _number(row[name]) for name in INTENSITIES}
    return {
        **{name: _number(row[name]) for name in _STATED},
        "emissions_g": emitted,
        "intensity_g_per_tkm": {
            name: _number(row[column]) for name, column in INTENSITIES.items()
        },
    }  # fmt: skip


def _number(value: Any) -> float | int | None:
    number = float(value)
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) and abs(number) < 1e15 else number

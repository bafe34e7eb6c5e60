"""What ISO 14083 asks of a statement, and what each statement can say of it.

Clauses are named by their number and heading in ISO 14083:2023. A requirement is *met*, *not met*,
or *not compared* (null): a demand whose wording nobody has held against the figures. Conformity
is claimed only where all are met, which a statement of driving alone never reaches: a transport
chain has its hubs too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["requirements"]

_ELECTRICITY = "upstream:electricity."
_DISTANCES = ("great_circle", "shortest_feasible")


def requirements(
    *, basis: str, synthetic: bool, provenance: Sequence[str], kinds: Mapping[str, str], gwp: str
) -> list[dict[str, Any]]:
    """Return the requirements: ``clause, about, met`` (true, false or null) and ``said``.

    Parameters
    ----------
    basis
        Of the transport activity distance.
    synthetic
        Whether the freight is made up.
    provenance
        Default rows used.
    kinds
        Kind of data of mass, distance, energy and factors.
    gwp
        Set of global warming potentials used.
    """
    electric = any(row.startswith(_ELECTRICITY) for row in provenance)
    modelled = sorted(name for name, kind in kinds.items() if kind != "primary")
    rows: list[tuple[str, str, bool | None, str]] = [
        ("1", "real operations", not synthetic,
         "the freight is synthetic: no real transport is stated" if synthetic
         else "operations of the vehicles and days that are named"),
        ("5.2.1", "transport and hub operations", False,
         "transport by road alone: hubs (loading, storage, transhipment) are not stated, so these "
         "are elements of transport chains and no whole chain"),
        ("5.2.2", "vehicle operation, loaded and empty", True,
         "tank to wheel, of every trip of the vehicles, empty ones included"),
        ("5.2.2", "leakage of refrigerants", False,
         "left out: matters for temperature-controlled goods and air conditioning"),
        ("5.2.2", "vehicle energy provision", not electric,
         "well to tank; of electricity without the supply of fuels to power plants and without "
         "building them" if electric else "well to tank of every fuel"),
        ("5.2.6", "black carbon, optional", True, "stated as a mass of its own, not in CO2e"),
        ("5.3.2", "global warming potential", None,
         f"{gwp}; whether the standard asks for a later set was not compared"),
        ("5.4.2", "freight transport activity", basis in _DISTANCES,
         "mass of consignments times their transport activity distance" if basis in _DISTANCES
         else "the distance driven is no transport activity distance of the standard"),
        ("5.6", "allocation", True,
         "by tonne-kilometres within a category of vehicles, empty trips shared by all"),
        ("", "primary data", None if modelled else True,
         f"modelled or default: {', '.join(modelled)}; what the standard asks of data was not "
         "compared" if modelled else "mass, distance, energy and factors are primary"),
        ("", "verification", None, "nobody but the operator of this program has looked at it"),
    ]  # fmt: skip
    return [
        {"clause": clause, "about": about, "met": met, "said": said}
        for clause, about, met, said in rows
    ]

"""What changes a hot factor from outside: thin air and age. Both are visible, and 1 by default."""

from __future__ import annotations

from collections.abc import Sequence

from geofleet.defaults.checked import CheckedRows

__all__ = ["altitude_factor", "altitude_group", "deterioration_factor", "equipment", "has_filter"]

_ANY = "a number of at least 0"


def has_filter(rows: CheckedRows, category: str, standard: str, states: Sequence[str] = ()) -> bool:
    """Whether an engine has a particle filter, by its standard and its states."""
    if any(state.startswith("dpf") for state in states):
        return not any(state in ("dpf_removed",) for state in states)
    return _equipped(rows, category, standard, "dpf")


def equipment(rows: CheckedRows, category: str, standard: str, need: str) -> bool:
    """Whether an engine as made has what a state needs: ``dpf``, ``scr``, or not (``no_dpf``)."""
    what = need.removeprefix("no_")
    return _equipped(rows, category, standard, what) != need.startswith("no_")


def _equipped(rows: CheckedRows, category: str, standard: str, what: str) -> bool:
    table = rows.defaults.table("standards")
    own = f"{standard}.light_{what}"
    row = own if category == "light" and own in table.index else f"{standard}.{what}"
    return rows.choice("standards", row, ("yes", "no")) == "yes"


def altitude_group(
    rows: CheckedRows, category: str, standard: str, states: Sequence[str], base: str
) -> str | None:
    """Return the row group of table ``altitude`` that a base of an engine belongs to."""
    if base == "nox":
        return "nox.scr" if _equipped(rows, category, standard, "scr") else "nox.no_scr"
    if base == "pm25":
        filtered = has_filter(rows, category, standard, states)
        return "pm25.dpf" if filtered else "pm25.no_dpf"
    return "co.all" if base == "co" else None


def altitude_factor(
    rows: CheckedRows, category: str, standard: str, states: Sequence[str], base: str
) -> float:
    """Return the factor for high places.

    Rows ``altitude:<group>.factor``, 1 unless a study sets them; the band of the evidence (rows
    ``low`` and ``high``) enters the intervals of :func:`geofleet.emissions.intervals`.
    """
    group = altitude_group(rows, category, standard, states, base)
    if group is None:
        return 1.0
    return rows.number("altitude", f"{group}.factor", 0.0, float("inf"), _ANY)


def deterioration_factor(rows: CheckedRows, standard: str, base: str, age: int) -> float:
    """Return the factor for age: straight from the end of warranty to useful life, then flat.

    The shape of the tampering and mal-maintenance model of EMFAC and MOVES; rows
    ``deterioration:from_age_years``, ``to_age_years`` and ``<standard>.<base>.increase``.
    """
    row = f"{standard}.{base}.increase"
    if row not in rows.defaults.table("deterioration").index:
        return 1.0
    start = rows.number("deterioration", "from_age_years", 0.0, 100.0, "an age in years")
    end = rows.number("deterioration", "to_age_years", start, 100.0, f"an age above {start:g}")
    full = rows.number("deterioration", row, 0.0, float("inf"), _ANY)
    ramp = min(1.0, max(0.0, (age - start) / (end - start))) if end > start else float(age >= end)
    return 1.0 + full * ramp

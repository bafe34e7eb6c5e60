"""Redesign: what variants of a programme would exempt, and whom they leave out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.cases import RETROFIT
from geofleet.policy.programme.eligibility import ANSWERS, Asked, eligibility
from geofleet.policy.programme.members import member_condition
from geofleet.policy.programme.model import Programme
from geofleet.policy.rules.facts import NONE, Attribute
from geofleet.policy.rules.truth import YES

__all__ = ["Redesign", "age_bands", "groups_of", "redesign", "sums_of"]

_PM = "pm25_exhaust_g"
_RETROFIT = "dpf_retrofit"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Redesign:
    """Variants of a programme side by side.

    Parameters
    ----------
    variants
        Indexed by variant: ``eligible, not_eligible, unknown`` (vehicles), ``members_kept`` and
        ``members_lost`` (present members that may and may not stay), ``exempt_km`` and
        ``pm25_exhaust_g`` (a year of the eligible ones), ``pm25_exhaust_g_per_exempt_km``,
        ``pm25_share`` (of the exhaust particles of all), ``vehicles_without_mass`` (eligible ones
        of unknown distance or mass, in neither sum), ``retrofit_would_open`` (vehicles that may not
        join now and could with a retrofitted filter), ``retrofit_cut_g`` (what their filters would
        take from their exhaust particles of a year, by row
        ``technologies:dpf_retrofit.pm25_factor``).
    left_out
        Who may not join: ``variant, by`` (operator_size, vehicle_class, age, reason), ``group,
        vehicles, share_of_group, annual_km, pm25_exhaust_g``. A vehicle with several reasons
        counts under their words together.
    """

    variants: pd.DataFrame
    left_out: pd.DataFrame


def redesign(
    variants: Mapping[str, Programme],
    cases: pd.DataFrame,
    mass: pd.DataFrame,
    *,
    on: datetime.date,
    weights: pd.Series | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    defaults: Defaults | None = None,
) -> Redesign:
    """Compare variants of a programme over the same vehicles.

    Eligible is who may join, not who will: uptake is another question.

    Parameters
    ----------
    variants
        Programmes by name, as :mod:`geofleet.policy.programme.variants` makes them.
    cases
        Attributes by vehicle (or by group of vehicles of a city).
    mass
        ``annual_km`` and ``pm25_exhaust_g`` of one vehicle of each case, as
        :func:`geofleet.policy.programme.vehicle_year` gives them; NaN is unknown.
    on
        Day of joining.
    weights
        Vehicles that each case stands for; one when not given.

    Raises
    ------
    InputError
        Mass or weights of other cases.
    """
    count, km, pm = sums_of(cases, mass, weights)
    scope = (defaults or Defaults()).scope()
    groups = groups_of(cases, on, defaults=scope)
    fitted, can = _fitted(cases, scope)
    cut = 1.0 - scope.number("technologies", f"{_RETROFIT}.pm25_factor")
    rows, left = {}, []
    for name, programme in variants.items():
        answer = eligibility(programme, cases, on, attributes=attributes)
        asked = Asked.of(cases, on, attributes=attributes or programme.kinds)
        member = asked.truth(member_condition(programme)) == YES
        kind = answer["answer"].to_numpy()
        inside = kind == "eligible"
        known = inside & ~np.isnan(km) & ~np.isnan(pm)
        later = eligibility(programme, fitted, on, attributes=attributes)["answer"].to_numpy()
        opened = can & (kind == "not eligible") & (later == "eligible")
        exempt_km, grams = float(km[known].sum()), float(pm[known].sum())
        rows[name] = {
            **{word.replace(" ", "_"): float(count[kind == word].sum()) for word in ANSWERS[::-1]},
            "members_kept": float(count[inside & member].sum()),
            "members_lost": float(count[(kind == "not eligible") & member].sum()),
            "exempt_km": exempt_km,
            _PM: grams,
            f"{_PM}_per_exempt_km": grams / exempt_km if exempt_km > 0.0 else np.nan,
            "pm25_share": grams / total if (total := float(np.nansum(pm))) > 0.0 else np.nan,
            "vehicles_without_mass": float(count[inside & ~known].sum()),
            "retrofit_would_open": float(count[opened].sum()),
            "retrofit_cut_g": float(np.nansum(pm[opened])) * cut,
        }
        out = kind == "not eligible"
        for by, labels in {**groups, "reason": answer["reason"].to_numpy()}.items():
            left += [
                {"variant": name, "by": by, **row} for row in _left(labels, out, count, km, pm)
            ]
    columns = ["variant", "by", "group", "vehicles", "share_of_group", "annual_km", _PM]
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "variant"
    return Redesign(table, pd.DataFrame(left, columns=columns))


def _fitted(cases: pd.DataFrame, defaults: Defaults) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Return the cases with retrofitted filters, and which of them can have one.

    Those that burn diesel, are known to have no filter, and whose standard the retrofit fits.
    """
    standards = defaults.text("technologies", f"{_RETROFIT}.applies_to").split(";")
    fuels = defaults.text("technologies", f"{_RETROFIT}.fuels").split(";")
    can = np.ones(len(cases), bool)
    for name, values in (("particle_filter", [NONE]), ("standard", standards), ("fuel", fuels)):
        can &= cases[name].isin(values).to_numpy() if name in cases.columns else False
    fitted = cases.copy()
    if can.any():
        fitted["particle_filter"] = fitted["particle_filter"].mask(can, RETROFIT)
    return fitted, can


def _left(
    labels: npt.NDArray[np.object_],
    out: npt.NDArray[np.bool_],
    count: Floats,
    km: Floats,
    pm: Floats,
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for group in sorted({str(label) for label in labels[out]}):
        all_of = labels == group
        mine = all_of & out
        rows.append(
            {
                "group": group,
                "vehicles": float(count[mine].sum()),
                "share_of_group": float(count[mine].sum() / count[all_of].sum()),
                "annual_km": _sum(km[mine]),
                _PM: _sum(pm[mine]),
            }
        )
    return rows


def _sum(values: Floats) -> float:
    """Return the sum of what is known, NaN where nothing is."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else float("nan")


def sums_of(
    cases: pd.DataFrame, mass: pd.DataFrame, weights: pd.Series | None
) -> tuple[Floats, Floats, Floats]:
    """Return vehicles, kilometres and grams of a year that each case stands for.

    Raises
    ------
    InputError
        Mass or weights that are not of the same cases, weights that are no numbers of at least 0.
    """
    problems = []
    if not mass.index.equals(cases.index):
        problems.append(Problem("mass", expected="one row for each case, in the same order"))
    for name in ("annual_km", _PM):
        if name not in mass.columns:
            problems.append(Problem("mass", name, expected="this column"))
    count = np.ones(len(cases))
    if weights is not None:
        if not weights.index.equals(cases.index):
            problems.append(Problem("weights", expected="one for each case, in the same order"))
        count = pd.to_numeric(weights, errors="coerce").to_numpy(np.float64)
        if not (np.isfinite(count) & (count >= 0.0)).all():
            problems.append(Problem("weights", expected="numbers of at least 0"))
    if problems:
        raise InputError(problems)
    km = mass["annual_km"].to_numpy(np.float64) * count
    return count, km, mass[_PM].to_numpy(np.float64) * count


def age_bands(
    model_year: Sequence[float] | Floats, on: datetime.date, *, defaults: Defaults | None = None
) -> npt.NDArray[np.object_]:
    """Return the age band of vehicles, from rows ``programme:age_band.*`` (largest age of each)."""
    scope = (defaults or Defaults()).scope()
    rows = [row for row in scope.values("programme") if row.startswith("age_band.")]
    ends = sorted(scope.number("programme", row) for row in rows)
    starts = [0.0, *(end + 1.0 for end in ends)]
    names = [f"{a:g}-{b:g} years" for a, b in zip(starts, ends, strict=False)]
    names += [f"over {ends[-1]:g} years", "unknown age"]
    age = np.maximum(on.year - np.asarray(model_year, np.float64), 0.0)
    place = np.where(np.isnan(age), len(names) - 1, np.searchsorted(ends, age, side="left"))
    return np.array(names, object)[place]


def groups_of(
    cases: pd.DataFrame, on: datetime.date, *, defaults: Defaults | None = None
) -> dict[str, npt.NDArray[np.object_]]:
    """Return operator size, vehicle class and age band of each case, ``unknown`` where they are."""
    facts = Asked.of(cases, on).facts
    found = {}
    for name in ("operator_size", "vehicle_class"):
        codes, words = facts.texts(name)
        found[name] = np.array([*words, "unknown"], object)[codes]
    found["age"] = age_bands(facts.numbers("model_year"), on, defaults=defaults)
    return found

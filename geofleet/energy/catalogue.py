"""Electric vehicle models on sale, with the gaps of their data sheets filled by stated rules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem
from geofleet.fleet import vehicle_class_names

__all__ = ["check_models", "electric_models"]

_TABLE = "electric_models"
_RULES = "energy"
_TEXT = ("make", "model", "segment", "replaces")
_PUBLISHED = (
    "battery_gross_wh", "battery_usable_wh", "gvw_kg", "payload_capacity_kg", "curb_mass_kg",
    "drag_area_m2", "rolling_coefficient", "motor_power_w", "auxiliary_power_w",
    "range_claimed_km",
)  # fmt: skip
_WEAKEST_FIRST = ("illustrative", "memory", "user", "derived", "verified")
_BANDS = {
    "small van": "small_van",
    "large van": "van",
    "light truck": "light",
    "medium truck": "medium",
    "heavy rigid": "heavy",
}
_LIMITS = {
    "battery_usable_wh": (0.0, 5e6),
    "curb_mass_kg": (0.0, 60000.0),
    "gvw_kg": (0.0, 80000.0),
    "payload_capacity_kg": (0.0, 60000.0),
    "drag_area_m2": (0.0, 30.0),
    "rolling_coefficient": (0.0, 0.1),
    "motor_power_w": (0.0, 2e6),
    "auxiliary_power_w": (0.0, 1e5),
}
_MAY_BE_ZERO = ("auxiliary_power_w",)
COLUMNS = (
    "make", "model", "segment", "replaces", "battery_usable_wh", "curb_mass_kg", "gvw_kg",
    "payload_capacity_kg", "drag_area_m2", "rolling_coefficient", "motor_power_w",
    "auxiliary_power_w", "range_claimed_km", "source", "status", "estimated",
)  # fmt: skip


def electric_models(
    names: Sequence[str] | None = None,
    *,
    vehicle_class: str | None = None,
    defaults: Defaults | None = None,
) -> ElectricModels:
    """Return electric models of the catalogue, every physical quantity filled.

    What a data sheet does not say is estimated: usable battery from the gross one, curb mass as
    gross weight less payload or else as that of a diesel truck less its engine plus the pack,
    drag area, rolling resistance, motor and auxiliary power by segment. The
    ``estimated`` column names what was filled.

    Parameters
    ----------
    names
        Model ids, in the order wanted; all when not given.
    vehicle_class
        Keep only models that replace this class.

    Raises
    ------
    InputError
        Unknown model ids, or numbers that no vehicle can have (each row named).
    """
    scope = (defaults or Defaults()).scope()
    known = [str(i).removesuffix(".make") for i in read_table(_TABLE).index if i.endswith(".make")]
    wanted = list(known if names is None else names)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        expected = "a model of the electric model table: " + ", ".join(known)
        raise InputError(Problem(_TABLE, "model_id", 0, name, expected) for name in unknown)
    records = []
    rows = CheckedRows(scope)
    for name in dict.fromkeys(wanted):
        if vehicle_class is not None:
            replaces = str(read_table(_TABLE).loc[f"{name}.replaces", "value"])
            if vehicle_class not in replaces.split(";"):
                continue
        records.append(_complete(name, rows))
    rows.finish()
    frame = pd.DataFrame(records, columns=["model_id", *COLUMNS]).set_index("model_id")
    check_models(frame)
    return ElectricModels(frame, scope.used)


def check_models(frame: pd.DataFrame) -> None:
    """Check the numbers of a table of models.

    Raises
    ------
    InputError
        Every number that is missing or out of its limits, as ``electric_models``,
        ``<model_id>.<column>``.
    """
    problems = []
    if not frame.index.is_unique:
        for name in frame.index[frame.index.duplicated()]:
            problems.append(Problem(_TABLE, "model_id", 0, str(name), "each model once"))
    for column, (low, high) in _LIMITS.items():
        if column not in frame.columns:
            problems.append(Problem(_TABLE, column, expected="a column with this quantity"))
            continue
        zero = column in _MAY_BE_ZERO
        numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(float)
        for name, cell, value in zip(frame.index, frame[column], numbers, strict=True):
            if not (low <= value if zero else low < value) or not value <= high:
                expected = f"a number {'from' if zero else 'above'} {low:g} and at most {high:g}"
                shown = str(cell) if math.isnan(value) else f"{value:g}"
                problems.append(Problem(_TABLE, f"{name}.{column}", 0, shown, expected))
    if "replaces" not in frame.columns:
        problems.append(Problem(_TABLE, "replaces", expected="a column of vehicle classes"))
    else:
        problems += _unknown_classes(frame["replaces"])
    if problems:
        raise InputError(problems)


def _unknown_classes(replaces: pd.Series) -> list[Problem]:
    """Find words in ``replaces`` that are no vehicle class."""
    known = vehicle_class_names()
    expected = "vehicle classes joined by ';': " + ", ".join(known)
    return [
        Problem(_TABLE, f"{name}.replaces", 0, word, expected)
        for name, text in replaces.items()
        for word in str(text).split(";")
        if word not in known
    ]


def _complete(name: str, rows: CheckedRows) -> dict[str, object]:
    """Read one model and fill its gaps, leaving in ``rows`` what is wrong with its rows."""
    scope, problems = rows.defaults, rows.problems
    found = len(problems)
    table = read_table(_TABLE)
    record: dict[str, object] = {"model_id": name}
    record |= {field: scope.text(_TABLE, f"{name}.{field}") for field in _TEXT}
    value: dict[str, float] = {}
    published: list[str] = []
    for field in _PUBLISHED:
        row = f"{name}.{field}"
        if row in table.index:
            zero = field in _MAY_BE_ZERO
            expected = "a number of at least 0" if zero else "a number above 0"
            value[field] = rows.number(_TABLE, row, 0.0, math.inf, expected, above=not zero)
            published.append(f"{_TABLE}:{row}")
    if "battery_usable_wh" not in value and "battery_gross_wh" not in value:
        expected = "battery_gross_wh or battery_usable_wh: nothing can be said without"
        problems.append(Problem(_TABLE, name, expected=expected))
    gross, usable = value.get("battery_gross_wh"), value.get("battery_usable_wh")
    if gross is not None and usable is not None and usable > gross > 0.0:
        expected = f"at most the gross energy ({gross:g} Wh)"
        problems.append(Problem(_TABLE, f"{name}.battery_usable_wh", 0, f"{usable:g}", expected))
    if "gvw_kg" not in value and "payload_capacity_kg" not in value:
        expected = "gvw_kg or payload_capacity_kg: its size is not known"
        problems.append(Problem(_TABLE, name, expected=expected))
    segment = str(record["segment"])
    if segment not in _BANDS:
        expected = "one of " + ", ".join(_BANDS)
        problems.append(Problem(_TABLE, f"{name}.segment", 0, segment, expected))
    if len(problems) > found:
        return record
    estimated = _estimate(value, _BANDS[segment], rows)
    origin = scope.describe(published)
    weakest = next(word for word in _WEAKEST_FIRST if word in set(origin["status"]))
    sources = "; ".join(dict.fromkeys(origin["source"]))
    record |= {field: value.get(field, math.nan) for field in COLUMNS if field not in record}
    record |= {"source": sources, "status": weakest, "estimated": ";".join(estimated)}
    return record


def _estimate(value: dict[str, float], band: str, rows: CheckedRows) -> list[str]:
    """Fill the gaps of one model in place; return the names of what was filled."""
    before = set(value)

    def rule(row: str) -> float:
        return rows.number(_RULES, row, 0.0, math.inf, "a number of at least 0")

    share_low = "a share above 0 and at most 1"
    ratio = rows.number(_RULES, "usable_gross_ratio", 0.0, 1.0, share_low, above=True)
    density = rows.number(_RULES, "pack_energy_density", 0.0, 1e4, "Wh/kg above 0", above=True)
    engine = rows.number(_RULES, f"{band}.engine_share", 0.0, 0.9, "a share from 0 to 0.9")
    expected = "a share below 1, above that of the engine"
    # The largest share of a curb mass that leaves anything for the load.
    curb = rows.number(_RULES, f"{band}.diesel_curb_share", engine, 0.95, expected, above=True)
    if rows.problems:
        return []
    share = curb - engine
    if "battery_usable_wh" not in value:
        value["battery_usable_wh"] = value["battery_gross_wh"] * ratio
    gross_wh = value.get("battery_gross_wh", value["battery_usable_wh"] / ratio)
    pack_kg = gross_wh / density
    if "gvw_kg" not in value:
        value["gvw_kg"] = (value["payload_capacity_kg"] + pack_kg) / (1.0 - share)
    gvw = value["gvw_kg"]
    if "curb_mass_kg" not in value:
        payload = value.get("payload_capacity_kg")
        value["curb_mass_kg"] = gvw * share + pack_kg if payload is None else gvw - payload
    if "payload_capacity_kg" not in value:
        value["payload_capacity_kg"] = gvw - value["curb_mass_kg"]
    if "drag_area_m2" not in value:
        value["drag_area_m2"] = rule(f"{band}.drag_area")
    if "rolling_coefficient" not in value:
        value["rolling_coefficient"] = rule(f"{band}.rolling_coefficient")
    if "motor_power_w" not in value:
        value["motor_power_w"] = gvw * rule(f"{band}.motor_power_per_gvw")
    if "auxiliary_power_w" not in value:
        value["auxiliary_power_w"] = rule(f"{band}.auxiliary_power")
    return [field for field in COLUMNS if field in value and field not in before]

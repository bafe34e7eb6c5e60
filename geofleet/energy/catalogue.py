"""Electric vehicle models on sale, with the gaps of their data sheets filled by stated rules."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem

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
}
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
    problems: list[Problem] = []
    for name in dict.fromkeys(wanted):
        if vehicle_class is not None:
            replaces = str(read_table(_TABLE).loc[f"{name}.replaces", "value"])
            if vehicle_class not in replaces.split(";"):
                continue
        records.append(_complete(name, scope, problems))
    if problems:
        raise InputError(problems)
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
        for name, value in frame[column].items():
            number = float(value)
            if not low < number <= high:
                expected = f"a number above {low:g} and at most {high:g}"
                problems.append(Problem(_TABLE, f"{name}.{column}", 0, f"{number:g}", expected))
    for name, value in frame["auxiliary_power_w"].items():
        if not 0.0 <= float(value) <= 1e5:
            expected = "a number from 0 to 100000"
            field = f"{name}.auxiliary_power_w"
            problems.append(Problem(_TABLE, field, 0, f"{float(value):g}", expected))
    if problems:
        raise InputError(problems)


def _complete(name: str, scope: Defaults, problems: list[Problem]) -> dict[str, object]:
    """Read one model and fill its gaps, collecting what is wrong with its rows."""
    table = read_table(_TABLE)
    record: dict[str, object] = {"model_id": name}
    record |= {field: scope.text(_TABLE, f"{name}.{field}") for field in _TEXT}
    value: dict[str, float] = {}
    rows: list[str] = []
    for field in _PUBLISHED:
        row = f"{name}.{field}"
        if row in table.index:
            value[field] = scope.number(_TABLE, row)
            rows.append(f"{_TABLE}:{row}")
            if not value[field] > 0.0 and field != "auxiliary_power_w":
                shown = f"{value[field]:g}"
                problems.append(Problem(_TABLE, row, 0, shown, "a number above 0"))
    if "battery_usable_wh" not in value and "battery_gross_wh" not in value:
        expected = "battery_gross_wh or battery_usable_wh: nothing can be said without"
        problems.append(Problem(_TABLE, name, expected=expected))
    if "gvw_kg" not in value and "payload_capacity_kg" not in value:
        expected = "gvw_kg or payload_capacity_kg: its size is not known"
        problems.append(Problem(_TABLE, name, expected=expected))
    segment = str(record["segment"])
    if segment not in _BANDS:
        expected = "one of " + ", ".join(_BANDS)
        problems.append(Problem(_TABLE, f"{name}.segment", 0, segment, expected))
    if any(problem.field.split(".")[0] == name for problem in problems):
        return record
    estimated = _estimate(value, _BANDS[segment], scope)
    origin = scope.describe(rows)
    weakest = next(word for word in _WEAKEST_FIRST if word in set(origin["status"]))
    sources = "; ".join(dict.fromkeys(origin["source"]))
    record |= {field: value.get(field, math.nan) for field in COLUMNS if field not in record}
    record |= {"source": sources, "status": weakest, "estimated": ";".join(estimated)}
    return record


def _estimate(value: dict[str, float], band: str, scope: Defaults) -> list[str]:
    """Fill the gaps of one model in place; return the names of what was filled."""
    before = set(value)

    def rule(row: str) -> float:
        return scope.number(_RULES, row)

    ratio = rule("usable_gross_ratio")
    if "battery_usable_wh" not in value:
        value["battery_usable_wh"] = value["battery_gross_wh"] * ratio
    gross_wh = value.get("battery_gross_wh", value["battery_usable_wh"] / ratio)
    pack_kg = gross_wh / rule("pack_energy_density")
    share = rule(f"{band}.diesel_curb_share") - rule(f"{band}.engine_share")
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

"""One model: what is published of it, and the gaps filled by stated rules."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from geofleet.defaults.checked import CheckedRows
from geofleet.energy.battery import CHEMISTRIES
from geofleet.energy.catalogue.check import charging_power_problem
from geofleet.energy.catalogue.fields import BANDS, COLUMNS, NUMBERS, PHYSICS, TABLE, weakest
from geofleet.energy.catalogue.limits import battery_limits
from geofleet.energy.catalogue.price import Price, estimated_price, published_price
from geofleet.errors import Problem

__all__ = ["Completed", "complete_model", "missing_fields"]

_RULES = "energy"
_ESTIMATES = "model_estimates"
_IDENTITY = ("make", "model", "segment", "replaces")


@dataclass(slots=True)
class Completed:
    """One model on its way from rows to a row of ``ElectricModels.frame``.

    Parameters
    ----------
    name
        Its id.
    values
        Numbers by field: published, then estimated too.
    texts
        Words by field, empty where nothing is known.
    published
        Row of the catalogue by field.
    rules
        Rows of the rule by estimated field.
    price
        Filled last.
    """

    name: str
    values: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    published: dict[str, str] = field(default_factory=dict)
    rules: dict[str, tuple[str, ...]] = field(default_factory=dict)
    price: Price | None = None

    @property
    def physics(self) -> list[str]:
        """Rows of the catalogue that say something physical."""
        return [key for name, key in self.published.items() if name in PHYSICS]

    def record(self, described: pd.DataFrame) -> dict[str, object]:
        """Return the row of the frame.

        Parameters
        ----------
        described
            What is said of the rows of the catalogue, ``source`` and ``status``, by row.
        """
        origin = described.loc[sorted(self.physics)]
        estimated = [name for name in COLUMNS if name in self.rules]
        record: dict[str, object] = {"model_id": self.name, **self.texts}
        record |= {
            spec.name: self.values.get(spec.name, math.nan)
            for spec in NUMBERS
            if spec.name != "price"
        }
        record |= {
            "source": "; ".join(dict.fromkeys(origin["source"])),
            "status": weakest(origin["status"]),
            "estimated": ";".join(estimated),
        }
        assert self.price is not None
        year = self.price.year
        return record | {
            "price": self.price.amount,
            "price_currency": self.price.currency,
            "price_year": float(year) if year else math.nan,
            "price_mxn": self.price.mxn,
            "price_usd": self.price.usd,
            "price_note": self.price.note,
        }


def missing_fields(name: str, has: Callable[[str], bool], segment: str | None) -> list[str]:
    """Return what a model lacks to be used: identity, a battery, a size."""
    missing = [word for word in _IDENTITY if not has(f"{name}.{word}")]
    if segment is not None and segment not in BANDS:
        missing.append("segment")
    if not (has(f"{name}.battery_usable_wh") or has(f"{name}.battery_gross_wh")):
        missing.append("battery_gross_wh or battery_usable_wh")
    if not (has(f"{name}.gvw_kg") or has(f"{name}.payload_capacity_kg")):
        missing.append("gvw_kg or payload_capacity_kg")
    return missing


def complete_model(name: str, rows: CheckedRows) -> Completed | None:
    """Read one model and fill its gaps; None, with its problems in ``rows``, if that fails."""
    found = len(rows.problems)
    model = _read(name, rows)
    if len(rows.problems) > found:
        return None
    band = BANDS[model.texts["segment"]]
    _estimate_physics(model, band, rows)
    if rows.problems:  # a rule at fault is at fault for every model
        return None
    _estimate_charging(model, band, rows)
    _fill_price(model, band, rows)
    return model


def _read(name: str, rows: CheckedRows) -> Completed:
    """Read what the rows say of a model."""
    defaults, problems = rows.defaults, rows.problems
    known = defaults.values(TABLE)
    model = Completed(name)
    texts = dict.fromkeys((*_IDENTITY, "chemistry", "charging_power", "range_basis",
                           "assembly_country"), "")  # fmt: skip
    for word in texts:
        if (row := f"{name}.{word}") in known:
            texts[word] = defaults.text(TABLE, row)
            model.published[word] = f"{TABLE}:{row}"
    model.texts = texts
    for spec in NUMBERS:
        if (row := f"{name}.{spec.name}") in known:
            model.values[spec.name] = rows.number(
                TABLE, row, 0.0, math.inf, spec.expected, above=not spec.zero
            )
            model.published[spec.name] = f"{TABLE}:{row}"
    for gap in missing_fields(name, known.__contains__, texts["segment"] or None):
        where, value, expected = name, "", f"{gap}: nothing can be said without"
        if gap == "segment" and texts["segment"]:
            where, value = f"{name}.segment", texts["segment"]
            expected = "one of " + ", ".join(BANDS)
        problems.append(Problem(TABLE, where, 0, value, expected))
    gross, usable = (model.values.get(f"battery_{kind}_wh") for kind in ("gross", "usable"))
    if gross is not None and usable is not None and usable > gross > 0.0:
        expected = f"at most the gross energy ({gross:g} Wh)"
        problems.append(Problem(TABLE, f"{name}.battery_usable_wh", 0, f"{usable:g}", expected))
    if texts["chemistry"] not in (*CHEMISTRIES, ""):
        expected = "one of " + ", ".join(CHEMISTRIES)
        problems.append(Problem(TABLE, f"{name}.chemistry", 0, texts["chemistry"], expected))
    faulty = charging_power_problem(f"{name}.charging_power", texts["charging_power"])
    if faulty is not None:
        problems.append(faulty)
    return model


def _estimate_physics(model: Completed, band: str, rows: CheckedRows) -> None:
    """Fill what driving depends on."""
    value = model.values
    share_low = "a share above 0 and at most 1"
    ratio = rows.number(_RULES, "usable_gross_ratio", 0.0, 1.0, share_low, above=True)
    density = rows.number(_RULES, "pack_energy_density", 0.0, 1e4, "Wh/kg above 0", above=True)
    engine = rows.number(_RULES, f"{band}.engine_share", 0.0, 0.9, "a share from 0 to 0.9")
    expected = "a share below 1, above that of the engine"
    # The largest share of a curb mass that leaves anything for the load.
    curb = rows.number(_RULES, f"{band}.diesel_curb_share", engine, 0.95, expected, above=True)
    if rows.problems:
        return
    share = curb - engine

    def fill(name: str, number: float, *used: str) -> None:
        if name not in value:
            value[name] = number
            model.rules[name] = tuple(f"{_RULES}:{row}" for row in used)

    def rule(name: str, row: str, times: float = 1.0) -> None:
        if name not in value:
            number = rows.number(_RULES, row, 0.0, math.inf, "a number of at least 0")
            fill(name, number * times, row)

    size = (f"{band}.diesel_curb_share", f"{band}.engine_share", "pack_energy_density")
    if "battery_usable_wh" not in value:
        fill("battery_usable_wh", value["battery_gross_wh"] * ratio, "usable_gross_ratio")
    fill("battery_gross_wh", value["battery_usable_wh"] / ratio, "usable_gross_ratio")
    pack_kg = value["battery_gross_wh"] / density
    if "gvw_kg" not in value:
        fill("gvw_kg", (value["payload_capacity_kg"] + pack_kg) / (1.0 - share), *size)
    gvw = value["gvw_kg"]
    payload = value.get("payload_capacity_kg")
    if payload is None:
        fill("curb_mass_kg", gvw * share + pack_kg, *size)
        fill("payload_capacity_kg", gvw - value["curb_mass_kg"], *size)
    else:
        fill("curb_mass_kg", gvw - payload, *(size if "gvw_kg" in model.rules else ()))
    rule("drag_area_m2", f"{band}.drag_area")
    rule("rolling_coefficient", f"{band}.rolling_coefficient")
    rule("motor_power_w", f"{band}.motor_power_per_gvw", gvw)
    rule("auxiliary_power_w", f"{band}.auxiliary_power")


def _estimate_charging(model: Completed, band: str, rows: CheckedRows) -> None:
    """Fill the powers of charging, and of the battery on the road."""
    value = model.values
    if not model.texts["chemistry"]:
        model.texts["chemistry"] = "other"
    if "ac_charge_w" not in value:
        row = f"{band}.ac_charge_power"
        value["ac_charge_w"] = rows.number(_ESTIMATES, row, 0.0, 1e6, "a power above 0", above=True)
        model.rules["ac_charge_w"] = (f"{_ESTIMATES}:{row}",)
    if "dc_charge_w" not in value:
        row = "dc_charge_c_rate"
        rate = rows.number(_ESTIMATES, row, 0.0, 100.0, "a rate above 0", above=True)
        value["dc_charge_w"] = rate * value["battery_usable_wh"]
        model.rules["dc_charge_w"] = (f"{_ESTIMATES}:{row}",)
    limits = battery_limits(
        model.texts["chemistry"], usable_wh=value["battery_usable_wh"],
        dc_charge_w=value["dc_charge_w"], motor_power_w=value["motor_power_w"],
        auxiliary_power_w=value["auxiliary_power_w"], rows=rows,
    )  # fmt: skip
    for name, number in (
        ("charge_power_w", limits.charge_power_w),
        ("discharge_power_w", limits.discharge_power_w),
    ):
        if name not in value:
            value[name] = number
            model.rules[name] = limits.rows


def _fill_price(model: Completed, band: str, rows: CheckedRows) -> None:
    """Turn the price into pesos and dollars, or estimate it."""
    if "price" in model.values:
        row = model.published["price"].partition(":")[2]
        unit, year = rows.defaults.table(TABLE).loc[row, ["unit", "year"]]
        model.price = published_price(model.values["price"], str(unit), str(year), rows)
    else:
        model.price = estimated_price(model.values["battery_usable_wh"], band, rows)
        model.rules["price"] = model.price.rows

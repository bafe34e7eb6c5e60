"""Tariffs from files: one tariff in YAML, and price tables in the layout of Mexico's utility."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geofleet.defaults import Defaults
from geofleet.energy.depot.dates import DateRule
from geofleet.energy.depot.packaged import build_mexican_tariff, slug
from geofleet.energy.depot.tariff import ALL_HOURS, DemandCharge, PowerFactorRule, Tariff
from geofleet.errors import InputError, Problem
from geofleet.schema import read_rows, read_text

__all__ = ["CFE_COLUMNS", "cfe_tariff", "read_cfe_tariffs", "read_tariff"]

_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_CFE_HEADER = (
    "mes", "tarifa", "segmento", "unidades", "concepto", "division", "int. horario",
    "cargos tarifarios",
)  # fmt: skip
CFE_COLUMNS = ("prices_of", "code", "segment", "unit", "division", "window", "value")
"""Columns of the table that ``read_cfe_tariffs`` returns."""
_CFE_WINDOWS = {"B": "base", "I": "intermediate", "P": "peak", "SP": "semipeak", "NA": ALL_HOURS}
_CFE_UNITS = {"$/kWh": "MXN/kWh", "$/kW": "MXN/(kW month)", "$/Cliente": "MXN/month"}
_ENERGY_PARTS = ("Generacion", "Transmision", "CENACE", "SCnMEM")
_DEMAND_PARTS = ("Distribucion", "Capacidad")
_CFE_PARTS = {
    (code, unit): parts
    for codes, unit, parts in (
        (("GDMTH", "GDMTO", "GDBT"), "$/kWh", _ENERGY_PARTS),
        (("GDMTH", "GDMTO", "GDBT"), "$/kW", _DEMAND_PARTS),
        (("PDBT",), "$/kWh", (*_ENERGY_PARTS, *_DEMAND_PARTS)),
    )
    for code in codes
}
_GROUPED = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d+)?")
_ROWS_SHOWN = 5

_Positive = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _DemandFile(_Strict):
    name: str
    per_kw: _Positive
    windows: tuple[str, ...] = ()
    load_factor: float | None = None
    whole_kw: bool = False


class _PowerFactorFile(_Strict):
    threshold: float
    penalty_rate: _Positive
    penalty_max: _Positive
    bonus_rate: _Positive
    bonus_max: _Positive
    base: Literal["energy", "subtotal"] = "energy"


class _TariffFile(_Strict):
    """What a tariff file holds."""

    name: str
    region: str
    prices_of: str
    currency: str
    energy_per_kwh: dict[str, _Positive]
    fixed_per_month: _Positive
    demand: tuple[_DemandFile, ...] = ()
    seasons: dict[str, str] = {}
    hours: dict[str, dict[Literal["weekday", "saturday", "sunday"], str]] = {}
    holidays: tuple[str, ...] = ()
    power_factor: _PowerFactorFile | None = None
    demand_from_kw: _Positive = 0.0
    demand_below_kw: float = math.inf
    source: str


def read_tariff(path: Path) -> Tariff:
    """Read one tariff of any country from a YAML file.

    Keys are the fields of ``Tariff``; ``hours`` nest by season and kind of day; ``seasons`` and
    ``holidays`` hold date rules (``04-sun-1``); a ``demand`` entry has ``name, per_kw, windows,
    load_factor, whole_kw``. ``prices_of`` is text in quotation marks: ``"2025-01"``.

    Raises
    ------
    InputError
        Every fault of the file.
    """
    try:
        data = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        row = 0 if place is None else place.line + 1
        raise InputError([Problem(str(path), row=row, expected="valid YAML")]) from None
    try:
        found = _TariffFile.model_validate(data)
    except ValidationError as error:
        raise InputError(
            Problem(
                str(path), ".".join(map(str, fault["loc"])), 0,
                "" if fault["type"] == "missing" else str(fault["input"])[:80], fault["msg"],
            )
            for fault in error.errors()
        ) from None  # fmt: skip
    problems: list[Problem] = []
    seasons = {
        name: _rule(text, f"seasons.{name}", path, problems) for name, text in found.seasons.items()
    }
    holidays = [_rule(text, "holidays", path, problems) for text in found.holidays]
    if problems:
        raise InputError(problems)
    return Tariff(
        name=found.name,
        region=found.region,
        prices_of=found.prices_of,
        currency=found.currency,
        energy_per_kwh=found.energy_per_kwh,
        fixed_per_month=found.fixed_per_month,
        demand=tuple(
            DemandCharge(c.name, c.per_kw, c.windows, c.load_factor, c.whole_kw)
            for c in found.demand
        ),
        hours={
            (season, kind): text
            for season, kinds in found.hours.items()
            for kind, text in kinds.items()
        },
        seasons={name: rule for name, rule in seasons.items() if rule is not None},
        holidays=tuple(rule for rule in holidays if rule is not None),
        power_factor=None
        if found.power_factor is None
        else PowerFactorRule(**found.power_factor.model_dump()),
        demand_from_kw=found.demand_from_kw,
        demand_below_kw=found.demand_below_kw,
        source=found.source,
    )


def _rule(text: str, field: str, path: Path, problems: list[Problem]) -> DateRule | None:
    """Read a date rule, or leave in ``problems`` that it is none."""
    try:
        return DateRule(text)
    except ValueError:
        expected = "a day like 05-01, 04-sun-1 or 10-sun-last"
        problems.append(Problem(str(path), field, 0, text, expected))
        return None


def read_cfe_tariffs(
    path: Path,
    *,
    code: str | None = None,
    division: str | None = None,
    prices_of: str | None = None,
) -> pd.DataFrame:
    """Read a table of tariff components as Mexico's utility publishes them.

    Columns ``Mes, Tarifa, Segmento, Unidades, Concepto, Division, Int. Horario, Cargos
    tarifarios``: months in Spanish (``julio 2021``), hours ``B``, ``I``, ``P``, ``SP`` or
    ``NA``, thousands parted by commas; cells after the eighth are not read.

    Parameters
    ----------
    code, division, prices_of
        Rows wanted (``GDMTH``, ``Valle de Mexico Centro``, ``2021-07``), accents and capitals as
        you like; all when not given.

    Returns
    -------
    Columns ``CFE_COLUMNS``; ``window`` is ``all`` where the hour does not matter.

    Raises
    ------
    InputError
        Every fault of the rows wanted; no such rows.
    """
    header, *rows = read_rows(path)
    names = tuple(name.strip().lower() for name in header[: len(_CFE_HEADER)])
    if names != _CFE_HEADER:
        expected = "the columns " + ", ".join(_CFE_HEADER)
        raise InputError(
            [Problem(str(path), row=1, value=",".join(header)[:80], expected=expected)]
        )
    problems: list[Problem] = []
    records = []
    for line, cells in enumerate(rows, start=2):
        texts = [cell.strip() for cell in cells[: len(_CFE_HEADER)]]
        if not any(texts):
            continue
        if len(texts) < len(_CFE_HEADER):
            expected = f"{len(_CFE_HEADER)} cells"
            problems.append(Problem(str(path), "", line, ",".join(cells)[:80], expected))
            continue
        if code is not None and code.upper() != texts[1].upper():
            continue
        if division is not None and slug(division) != slug(texts[5]):
            continue
        record = _cfe_record(texts, str(path), line, problems)
        if prices_of in (None, record[0]):
            records.append(record)
    if not records and not problems:
        wanted = ", ".join(text for text in (code, division, prices_of) if text)
        problems.append(Problem(str(path), value=wanted, expected="rows of this tariff and month"))
    frame = pd.DataFrame(records, columns=list(CFE_COLUMNS))
    keys = [name for name in CFE_COLUMNS if name != "value"]
    for _, row in frame[frame.duplicated(keys)].head(_ROWS_SHOWN).iterrows():
        value = " ".join(str(row[name]) for name in keys)
        problems.append(Problem(str(path), value=value, expected="each component once"))
    if problems:
        raise InputError(problems)
    return frame


def _cfe_record(
    texts: list[str], file: str, line: int, problems: list[Problem]
) -> tuple[str, str, str, str, str, str, float]:
    """Turn one row into ``CFE_COLUMNS``, leaving in ``problems`` what cannot be read."""
    month, code, segment, unit, _, division, hours, value = texts
    word, _, year = month.partition(" ")
    if word.lower() not in _MONTHS or not re.fullmatch(r"\d{4}", year):
        problems.append(Problem(file, "Mes", line, month, "a month like 'julio 2021'"))
        prices_of = ""
    else:
        prices_of = f"{year}-{_MONTHS.index(word.lower()) + 1:02d}"
    if unit not in _CFE_UNITS:
        problems.append(Problem(file, "Unidades", line, unit, "one of " + ", ".join(_CFE_UNITS)))
    if hours not in _CFE_WINDOWS:
        expected = "one of " + ", ".join(_CFE_WINDOWS)
        problems.append(Problem(file, "Int. Horario", line, hours, expected))
    number = math.nan
    if _GROUPED.fullmatch(value):
        number = float(value.replace(",", ""))
    else:
        problems.append(Problem(file, "Cargos tarifarios", line, value, "a number of at least 0"))
    names = (_CFE_UNITS.get(unit, ""), division, _CFE_WINDOWS.get(hours, ""))
    return (prices_of, code, segment, *names, number)


def cfe_tariff(
    path: Path, *, code: str, division: str, prices_of: str, defaults: Defaults | None = None
) -> Tariff:
    """Build a Mexican tariff from such a table: its prices, under the rules of the default rows.

    Energy of a window is the sum of all components per kWh that hold in it.

    Raises
    ------
    InputError
        Faults of the table, components that make no tariff, a division whose hours are unknown.
    """
    frame = read_cfe_tariffs(path, code=code, division=division, prices_of=prices_of)
    per_kwh = frame[frame["unit"] == "MXN/kWh"]
    problems: list[Problem] = []
    always = float(per_kwh.loc[per_kwh["window"] == ALL_HOURS, "value"].sum())
    by_window = per_kwh[per_kwh["window"] != ALL_HOURS].groupby("window", sort=False)["value"].sum()
    energy = {str(name): float(value) + always for name, value in by_window.items()}
    fixed = frame.loc[frame["unit"] == "MXN/month", "value"]
    per_kw = frame[frame["unit"] == "MXN/(kW month)"].set_index("segment")["value"]
    for unit, there in (("$/kWh", set(per_kwh["segment"])), ("$/kW", set(per_kw.index))):
        for name in _CFE_PARTS.get((code.upper(), unit), ()):
            if name not in there:
                expected = f"this component of {code.upper()} in {unit}: without it the sum is low"
                problems.append(Problem(str(path), name, expected=expected))
    if len(fixed) != 1:
        expected = "one charge per customer in the month"
        problems.append(Problem(str(path), "Suministro", 0, str(len(fixed)), expected))
    if problems:
        raise InputError(problems)
    return build_mexican_tariff(
        code,
        division=division,
        prices_of=prices_of,
        energy_per_kwh=energy or {ALL_HOURS: always},
        fixed_per_month=float(fixed.iloc[0]),
        rates_per_kw={
            name: float(per_kw[segment])
            for name, segment in (("distribution", "Distribucion"), ("capacity", "Capacidad"))
            if segment in per_kw.index
        },
        source=f"{path.name}: {code}, {division}, {prices_of}",
        status="user",
        defaults=defaults,
    )

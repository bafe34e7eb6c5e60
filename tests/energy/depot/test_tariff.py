"""Tariffs as data: hours, packaged rows, files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.energy.depot import (
    cfe_tariff,
    mexican_tariff,
    packaged_tariffs,
    read_cfe_tariffs,
    read_tariff,
)
from geofleet.errors import InputError


def at(*times: str, zone: str = "America/Mexico_City") -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times).tz_localize(zone)


def test_windows_of_mexico_follow_season_day_and_hour(yard: Any) -> None:
    """Each row of the table of hours, at its edges, by the local clock."""
    tariff = yard.gdmth()
    expected = {
        "2025-07-01 05:59": "base", "2025-07-01 06:00": "intermediate",
        "2025-07-01 19:59": "intermediate", "2025-07-01 20:00": "peak",
        "2025-07-01 22:00": "intermediate", "2025-07-05 06:59": "base",
        "2025-07-05 21:00": "intermediate", "2025-07-06 18:59": "base",
        "2025-07-06 19:00": "intermediate", "2025-12-01 17:59": "intermediate",
        "2025-12-01 18:00": "peak", "2025-12-01 21:59": "peak", "2025-12-06 07:59": "base",
        "2025-12-06 19:00": "peak", "2025-12-06 21:00": "intermediate",
        "2025-12-07 17:59": "base", "2025-12-25 12:00": "base",
        # summer ends on the Saturday before the last Sunday of October
        "2025-10-24 19:00": "intermediate", "2025-10-27 19:00": "peak",
        "2025-04-04 19:00": "peak", "2025-04-07 19:00": "intermediate",
    }  # fmt: skip
    found = tariff.window_of(at(*expected))
    assert [tariff.windows[i] for i in found] == list(expected.values())


def test_packaged_tariffs_say_how_sure_they_are(yard: Any) -> None:
    """Prices were read, load factors and hours are remembered: the weakest counts."""
    for code, division, month in packaged_tariffs().itertuples(index=False, name=None):
        tariff = mexican_tariff(code, division=division, prices_of=month)
        assert tariff.status in ("memory", "verified")
        assert tariff.provenance
    assert yard.gdmth().status == "memory"
    own = Defaults({"tariffs:mx.gdmth.load_factor": 0.6})
    tariff = mexican_tariff(
        "gdmth", division="valle_de_mexico_centro", prices_of="2021-07", defaults=own
    )
    assert [charge.load_factor for charge in tariff.demand] == [0.6, 0.6]


def test_what_is_not_known_is_refused(yard: Any) -> None:
    """No month stands in for another, no region's hours for another's."""
    with pytest.raises(InputError, match="2021-08"):
        mexican_tariff("GDMTH", division=yard.division, prices_of="2021-08")
    with pytest.raises(InputError, match="GDMTH nowhere"):
        mexican_tariff("GDMTH", division="Nowhere", prices_of="2021-07")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hours": {("all", "weekday"): "0-6 night; 7-24 day"}}, "there is a gap"),
        ({"hours": {("all", "weekday"): "0-7 night; 6-24 day"}}, "6-7 overlap"),
        ({"hours": {("all", "weekday"): "0-6 night; 6-23 day"}}, "hours that end at 24"),
        ({"hours": {("all", "weekday"): "0 to 24 day"}}, "spans like"),
        ({"hours": {}}, "one price, 'all'"),
        ({"energy_per_kwh": {"night": 1.0, "day": -2.0, "evening": 3.0}}, "a price of at least 0"),
        ({"energy_per_kwh": {"night": 1.0, "day": 2.0}}, "a price for this window"),
        ({"prices_of": "last year"}, "a month like"),
    ],
)
def test_bad_tariffs_are_refused(yard: Any, changes: dict[str, Any], message: str) -> None:
    """Gaps, overlaps, missing and negative prices."""
    if changes.get("hours"):
        (text,) = changes["hours"].values()
        kinds = ("weekday", "saturday", "sunday")
        changes = {"hours": {("all", kind): text for kind in kinds}}
    with pytest.raises(InputError, match=message):
        yard.simple_tariff(**changes)


def test_all_faults_are_named_at_once(yard: Any) -> None:
    """A hole in the hours and a negative charge are two problems of one error."""
    hours = {("all", kind): "0-6 night; 7-24 day" for kind in ("weekday", "saturday", "sunday")}
    with pytest.raises(InputError) as caught:
        yard.simple_tariff(hours=hours, fixed_per_month=-1.0)
    fields = {problem.field for problem in caught.value.problems}
    assert {"hours.all.weekday", "fixed_per_month", "energy_per_kwh.evening"} <= fields


YAML = """
name: Night and day
region: Somewhere
prices_of: "2026-01"
currency: EUR
energy_per_kwh: {low: 0.1, high: 0.3}
fixed_per_month: 12
seasons: {warm: 04-01, cold: 10-01}
hours:
  warm: {weekday: 0-8 low; 8-24 high, saturday: 0-24 low, sunday: 0-24 low}
  cold: {weekday: 0-7 low; 7-24 high, saturday: 0-24 low, sunday: 0-24 low}
demand:
  - {name: grid, per_kw: 5, windows: [high]}
holidays: [12-25]
source: price list
"""


def test_any_country_can_be_read_from_a_file(tmp_path: Path) -> None:
    """A tariff with two seasons and a charge for demand by day."""
    path = tmp_path / "tariff.yaml"
    path.write_text(YAML, encoding="utf-8")
    tariff = read_tariff(path)
    times = at("2026-05-04 07:30", "2026-01-05 07:30", "2026-05-02 12:00", zone="Europe/Madrid")
    assert [tariff.windows[i] for i in tariff.window_of(times)] == ["low", "high", "low"]
    assert tariff.demand[0].rate_per_kw == 5.0
    assert tariff.demand[0].limit_kw(100.0, 30) == np.inf


def test_faults_of_a_tariff_file_name_file_and_field(tmp_path: Path) -> None:
    """A misspelt key, a text for a number, a day that does not exist."""
    path = tmp_path / "tariff.yaml"
    path.write_text(YAML.replace("fixed_per_month: 12", "fixed: 12\nfixed_per_month: a lot"))
    with pytest.raises(InputError) as caught:
        read_tariff(path)
    assert {problem.field for problem in caught.value.problems} == {"fixed", "fixed_per_month"}
    path.write_text(YAML.replace("[12-25]", "[12-32]"))
    with pytest.raises(InputError, match="12-32"):
        read_tariff(path)
    path.write_text("name: [")
    with pytest.raises(InputError, match="valid YAML"):
        read_tariff(path)


def test_faults_of_a_price_table_name_row_and_value(tmp_path: Path) -> None:
    """A month in English, an unknown window, a price in words; then a component twice."""
    path = tmp_path / "prices.csv"
    header = "Mes,Tarifa,Segmento,Unidades,Concepto,Division,Int. Horario,Cargos tarifarios,"
    good = 'julio 2021,GDMTO,Capacidad,$/kW,Potencia,Norte,NA,"1,355.5",'
    bad = "july 2021,GDMTO,Generacion,$/kWh,Energia,Norte,X,dear,"
    path.write_text("\ufeff" + "\n".join([header, good, bad]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cfe_tariffs(path)
    assert {(p.row, p.value) for p in caught.value.problems} == {
        (3, "july 2021"), (3, "X"), (3, "dear"),
    }  # fmt: skip
    path.write_text("\n".join([header, good]), encoding="utf-8")
    assert read_cfe_tariffs(path)["value"].tolist() == [1355.5]
    path.write_text("\n".join([header, good, good]), encoding="utf-8")
    with pytest.raises(InputError, match="each component once"):
        read_cfe_tariffs(path)
    with pytest.raises(InputError, match="rows of this tariff"):
        read_cfe_tariffs(path, code="GDMTH")


@pytest.mark.shared
def test_published_components_add_up_to_the_packaged_prices(shared_data: Path, yard: Any) -> None:
    """The rows of the package against the published tables, component by component."""
    folder = shared_data / "ev" / "cfe"
    for code, month, file in [
        ("GDMTH", "2021-07", "TFSB2.csv"),
        ("GDMTO", "2020-12", "TFSB.csv"),
        ("GDBT", "2020-12", "TFSB.csv"),
        ("PDBT", "2020-12", "TFSB.csv"),
    ]:
        published = cfe_tariff(
            folder / file, code=code, division="Valle de Mexico Centro", prices_of=month
        )
        ours = mexican_tariff(code, division=yard.division, prices_of=month)
        assert ours.energy_per_kwh == pytest.approx(published.energy_per_kwh, abs=5e-5)
        assert ours.fixed_per_month == pytest.approx(published.fixed_per_month, abs=5e-3)
        rates = {charge.name: charge.rate_per_kw for charge in published.demand}
        assert {c.name: c.rate_per_kw for c in ours.demand} == pytest.approx(rates, abs=5e-3)


@pytest.mark.shared
def test_packaged_prices_are_those_of_the_facts(shared_data: Path, yard: Any) -> None:
    """Base energy of GDMTH 0.9959, and every other fact of the tariffs that are packaged."""
    with (shared_data / "facts" / "ev" / "facts.csv").open(encoding="utf-8") as handle:
        facts = {(row["key"], row["date"]): row["value"] for row in csv.DictReader(handle)}
    gdmth = yard.gdmth()
    assert gdmth.energy_per_kwh["base"] == float(facts["GDMTH energy base", "2021-07"]) == 0.9959
    assert gdmth.energy_per_kwh["peak"] == float(facts["GDMTH energy peak (punta)", "2021-07"])
    gdmto = mexican_tariff("GDMTO", division=yard.division, prices_of="2025-01")
    rates = {charge.name: charge.rate_per_kw for charge in gdmto.demand}
    for name in ("distribution", "capacity"):
        assert rates[name] == float(facts[f"GDMTO {name}", "2025-01"])
    assert gdmto.fixed_per_month == float(facts["GDMTO fixed", "2025-01"])


@pytest.mark.shared
def test_baja_california_has_other_hours_that_nobody_knows_here(shared_data: Path) -> None:
    """Its prices can be read, its hours are not in the table: no tariff is made of them."""
    path = shared_data / "ev" / "cfe" / "TFSB2.csv"
    assert len(read_cfe_tariffs(path, division="Baja California", prices_of="2021-07"))
    with pytest.raises(InputError, match="a division whose hours are known"):
        cfe_tariff(path, code="GDMTH", division="Baja California", prices_of="2021-07")


CFE_HEADER = "Mes,Tarifa,Segmento,Unidades,Concepto,Division,Int. Horario,Cargos tarifarios\n"


def cfe_rows(*rows: str, code: str = "GDMTH") -> str:
    """Return rows of a price table: ``segment,unit,hours,value`` each."""
    lines = [row.split(",") for row in rows]
    return CFE_HEADER + "".join(
        f"julio 2021,{code},{segment},{unit},x,Golfo Norte,{hours},{value}\n"
        for segment, unit, hours, value in lines
    )


WHOLE = (
    "Generacion,$/kWh,B,0.5", "Generacion,$/kWh,I,0.7", "Generacion,$/kWh,P,0.9",
    "Transmision,$/kWh,NA,0.1", "CENACE,$/kWh,NA,0.01", "SCnMEM,$/kWh,NA,0.02",
    "Distribucion,$/kW,NA,50", "Capacidad,$/kW,NA,300", "Suministro,$/Cliente,NA,600",
)  # fmt: skip


def test_all_components_of_a_window_add_up(tmp_path: Path) -> None:
    """Two components by hour and three for all hours; name and code in any letters."""
    path = tmp_path / "prices.csv"
    path.write_text(cfe_rows(*WHOLE, "Transmision,$/kWh,P,1"), encoding="utf-8")
    tariff = cfe_tariff(path, code="gdmth", division="GOLFO NORTE", prices_of="2021-07")
    expected = {"base": 0.63, "intermediate": 0.83, "peak": 2.03}
    assert tariff.energy_per_kwh == pytest.approx(expected)
    assert {c.name: c.rate_per_kw for c in tariff.demand} == {"distribution": 50, "capacity": 300}


@pytest.mark.parametrize("number", [3, 4, 5, 6, 7, 8])
def test_a_component_that_is_not_there_is_not_free(tmp_path: Path, number: int) -> None:
    """A table without one of its rows makes no tariff, and the row is named."""
    path = tmp_path / "prices.csv"
    path.write_text(cfe_rows(*WHOLE[:number], *WHOLE[number + 1 :]), encoding="utf-8")
    with pytest.raises(InputError, match=WHOLE[number].split(",")[0]):
        cfe_tariff(path, code="GDMTH", division="Golfo Norte", prices_of="2021-07")

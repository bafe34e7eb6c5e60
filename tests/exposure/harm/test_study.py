"""Harm of a whole study: settings, summary, shares, and faults found before anything is run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from geofleet import Study
from geofleet.config import HealthConfig
from geofleet.errors import InputError
from geofleet.exposure.harm import (
    attributable_deaths,
    baseline_mortality,
    exposure_shares,
    intake_fraction,
    response_function,
    yearly_increment,
)
from geofleet.exposure.model import UnitExposure
from geofleet.outputs.run import write_results

SETTINGS = "health:\n  background_ug_m3: 18\n  days_per_year: 250\n"


def with_health(folder: Path, text: str = SETTINGS) -> Path:
    path = folder / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return folder


def test_deaths_of_a_study(tiny_study: Path, tmp_path: Path) -> None:
    """Settings under health bring deaths, with words and default rows, into every output."""
    results = Study.open(with_health(tiny_study)).run()
    found = results.deaths
    assert found is not None
    day = results.concentrations["pm25_exhaust_g"] + results.concentrations["pm25_wear_g"]
    people = results.receptors.frame["people"].to_numpy()
    added = day.mean(axis=1) * 250 / 365
    assert found.increment_ug_m3 == pytest.approx(people @ added / people.sum())
    assert found.deaths > 0.0
    assert results.health().deaths == found.deaths
    row = next(row for row in results.summary_rows() if "Deaths" in row[0])
    assert row[0] == "Deaths a year behind their primary PM2.5"
    assert row[1].startswith(f"{found.deaths:.3g} (")
    assert "without secondary particles" in row[2]
    write_results(results, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["deaths"]["deaths_per_year"] == pytest.approx(found.deaths)
    assert any("Secondary particles" in note for note in summary["harm_notes"])
    grams = results.link_emissions.matrix("pm25_exhaust_g")
    ppm = summary["intake_fraction_pm25_exhaust_ppm"]
    assert ppm * 1e-6 * grams.sum() == pytest.approx(summary["inhaled_pm25_exhaust_g"])
    air = results.concentrations["pm25_exhaust_g"]
    assert summary["people_weighted_pm25_exhaust_ug_m3"] == pytest.approx(
        float((people @ air).sum() / people.sum() / 24), rel=1e-9
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    rows = {row["row"] for row in manifest["defaults"]}
    assert {"breathing:rate_m3_day", "health:gemm_ncd_lri.coefficient",
            "mortality:CL.noncommunicable_lri.rate_per_year"} <= rows  # fmt: skip


def test_a_background_below_what_the_vehicles_add_is_named(tiny_study: Path) -> None:
    """It includes the vehicles, so it cannot be less than they are; the setting is named."""
    text = SETTINGS.replace("18", "0").replace("pm25", "bc") + "  function: bc\n"
    results = Study.open(with_health(tiny_study, text)).run()
    with pytest.raises(InputError, match=r"study.yaml, field health.background_ug_m3: '0'"):
        results.summary()


def test_deaths_of_a_study_in_money(tiny_study: Path) -> None:
    """The whole range of the country's values; none where there is no value, never zero."""
    results = Study.open(with_health(tiny_study)).run()
    summary = results.summary()
    assert summary["deaths"]["money_per_year"] == []  # no row for Chile
    path = tiny_study / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("CL", "MX"), encoding="utf-8")
    results = Study.open(tiny_study).run()
    said = results.summary()["deaths"]
    deaths = said["deaths_per_year"]
    assert [row["value"] for row in said["money_per_year"]] == ["MX.low", "MX.central", "MX.high"]
    assert [row["money"] for row in said["money_per_year"]] == pytest.approx(
        [deaths * 210880, deaths * 2e6, deaths * 3.3e6]
    )
    assert {row["currency"] for row in said["money_per_year"]} == {"USD"}
    used = {row["row"] for row in results.manifest()["defaults"]}
    assert {"money:MX.low.value", "money:MX.high.value"} <= used


def test_without_settings_there_are_no_deaths_and_no_silent_background(tiny_study: Path) -> None:
    results = Study.open(tiny_study).run()
    assert results.deaths is None
    assert results.summary()["deaths"] is None
    with pytest.raises(InputError, match="background_ug_m3 and days_per_year"):
        results.health()
    # one pollutant at a time, each with a background of its own
    soot = results.health(HealthConfig(background_ug_m3=2.0, days_per_year=250, function="bc"))
    assert soot.pollutant == "bc"
    assert soot.deaths > 0.0
    no2 = results.health(
        HealthConfig(
            background_ug_m3=30.0, days_per_year=250, function="no2", background_nox_ug_m3=50.0
        )
    )
    assert 0.0 < no2.increment_ug_m3 < results.air("nox_exhaust_g").mean()


def with_groups(folder: Path, columns: dict[str, list[float]]) -> Path:
    """Give the four zones columns of persons and name them as groups."""
    path = folder / "population.geojson"
    data = json.loads(path.read_text(encoding="utf-8"))
    for number, feature in enumerate(data["features"]):
        feature["properties"] |= {name: values[number] for name, values in columns.items()}
        feature["properties"]["grade"] = ["Alto", "Bajo", None, "Bajo"][number]
    path.write_text(json.dumps(data), encoding="utf-8")
    study = folder / "study.yaml"
    named = "".join(f"    {name}: {name}\n" for name in columns)
    text = study.read_text(encoding="utf-8").replace(
        "  zones: population.geojson\n",
        f"  zones: population.geojson\n  keep: [grade]\n  groups:\n{named}",
    )
    study.write_text(text, encoding="utf-8")
    return folder


def test_ages_of_a_study_s_own_people(tiny_study: Path) -> None:
    """Groups whose names say ages count in deaths and in shares; grades keep their unknown."""
    columns = {"under_5": [10.0, 20.0, 30.0, 40.0], "over_65": [5.0, 0.0, 60.0, 20.0]}
    results = Study.open(with_health(with_groups(tiny_study, columns))).run()
    assert results.deaths is not None
    assert results.deaths.by_group.index.tolist() == ["under_5", "over_65", "others"]
    assert results.deaths.by_group.loc["over_65", "deaths"] > 0.0
    groups = results.exposure_shares("group")
    assert groups.index.tolist() == ["under_5", "over_65", "unknown"]
    np.testing.assert_allclose(groups["people"], [100.0, 85.0, 815.0])
    grades = results.exposure_shares("grade")
    assert grades["people"].to_dict() == pytest.approx(
        {"Alto": 100.0, "Bajo": 600.0, "unknown": 300.0}
    )


def test_each_age_breathes_its_own_air(tiny_study: Path, tmp_path: Path) -> None:
    """By hand from the handbook's rates by year of age; those in no group are of other ages.

    A second run with the same folder takes the stored exposure and finds the same.
    """
    columns = {"under_5": [10.0, 20.0, 30.0, 40.0], "over_65": [5.0, 0.0, 60.0, 20.0]}
    study = Study.open(with_groups(tiny_study, columns))
    out = tmp_path / "out"
    results = study.run(stored=out / "exposure")
    write_results(results, out)
    young = (5.4 + 8.0 + 8.9 + 2 * 10.1) / 5
    old = (6 * 14.2 + 9 * 12.9) / 15
    rest = (10.1 + 5 * (12.0 + 15.2 + 16.3) + 10 * (15.7 + 16.0 + 16.0 + 15.7) + 4 * 14.2) / 60
    part = {name: found.values for name, found in results.exposures.items()}
    others = part["people"] - part["under_5"] - part["over_65"]
    breathed = (part["under_5"] * young + part["over_65"] * old + others * rest) / 86400
    np.testing.assert_allclose(results.intake.ppm, breathed, rtol=1e-9)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    rates = manifest["stages"]["intake"]["breathing_m3_day"]
    assert rates == pytest.approx({"under_5": young, "over_65": old, "others": rest})
    again = study.run(stored=out / "exposure")
    for name, values in part.items():
        np.testing.assert_array_equal(again.exposures[name].values, values)
    np.testing.assert_array_equal(again.intake.ppm, results.intake.ppm)
    write_results(again, out)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    grams = results.link_emissions.matrix("nox_exhaust_g")
    assert summary["inhaled_nox_exhaust_g"] == pytest.approx((breathed * grams).sum() * 1e-6)


def test_groups_that_are_not_ages_breathe_as_everyone(tiny_study: Path) -> None:
    """They have exposure and shares of their own; breath and deaths are those of all people."""
    results = Study.open(with_groups(tiny_study, {"women": [50.0, 100.0, 150.0, 200.0]})).run()
    np.testing.assert_allclose(
        results.intake.ppm, results.unit_exposure.values * 14.5 / 86400, rtol=1e-12
    )
    assert results.exposure_shares("group").loc["women", "people_share"] == pytest.approx(0.5)


@pytest.mark.parametrize("settings", ["", SETTINGS])
def test_ages_that_overlap_are_refused_before_anything_runs(
    tiny_study: Path, settings: str
) -> None:
    columns = {"under_5": [1.0] * 4, "age_0_14": [2.0] * 4}
    with pytest.raises(InputError, match="groups: expected groups that do not overlap"):
        Study.open(with_health(with_groups(tiny_study, columns), settings)).run()


def test_people_of_unknown_age_are_of_any_age() -> None:
    """Groups cover all ages, and some people said none: they breathe and die as everyone does."""
    groups = {"people": 10.0, "0_24": 4.0, "25_plus": 5.0}
    exposure = {
        name: UnitExposure(np.array([0], np.int32), np.full((1, 24), persons), persons)
        for name, persons in groups.items()
    }
    rates = intake_fraction(exposure).breathing.m3_day
    assert rates["others"] == 14.5
    setting = {
        "function": response_function("pm25"), "background_ug_m3": 20.0,
        "mortality": baseline_mortality("MX", "noncommunicable_lri"),
    }  # fmt: skip
    persons = {name: np.array([number]) for name, number in groups.items()}
    found = attributable_deaths(np.array([0.1]), persons, **setting).by_group["deaths"]
    everyone = attributable_deaths(np.array([0.1]), np.array([1.0]), **setting).deaths
    assert found["others"] == pytest.approx(everyone)
    assert found["0_24"] == 0.0


def test_shares_by_zone(tiny_study: Path) -> None:
    results = Study.open(tiny_study).run()
    table = results.exposure_shares("zone")
    assert table.index.tolist() == ["z0", "z1", "z2", "z3"]
    np.testing.assert_allclose(table["people"], [100, 200, 300, 400])
    assert table["exposure_share"].sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="keep of read_zones"):
        results.exposure_shares("grade")
    with pytest.raises(InputError, match="age groups under population"):
        results.exposure_shares("group")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("health:\n  days_per_year: 250\n", "health.background_ug_m3"),
        (SETTINGS.replace("250", "400"), "health.days_per_year"),
        (SETTINGS + "  function: gem\n", "row 19, field health.function: 'gem'.*huangfu_2020_no2"),
        ("exposure:\n  tolerance: 1.0e-9\n", "row 17, field exposure.tolerance: '1e-09'"),
        (SETTINGS + "  function: no2\n", "row 16, field health.background_nox_ug_m3"),
        (SETTINGS + "  function: gemm_stroke\n", "row 3, field country: 'CL, stroke"),
        (SETTINGS + "  adult_share: 1.2\n", "health.adult_share"),
        (SETTINGS + "overrides:\n  health:gemm_ncd_lri.alpha: 0\n", "above 0"),
    ],
)
def test_faults_of_the_settings_are_found_before_anything_runs(
    tiny_study: Path, text: str, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        Study.open(with_health(tiny_study, text)).run()


def test_a_study_without_country_has_no_mortality(tiny_study: Path) -> None:
    path = with_health(tiny_study) / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("country: CL\n", ""), encoding="utf-8")
    with pytest.raises(InputError, match="for ages and mortality"):
        Study.open(tiny_study).run()


def test_yearly_increment_by_hand() -> None:
    """Exhaust and wear together, by days of the year; NO2 hour by hour on its background."""
    air = {"pm25_exhaust_g": np.full((2, 24), 1.0), "pm25_wear_g": np.full((2, 24), 3.0),
           "nox_exhaust_g": np.full((2, 24), 10.0)}  # fmt: skip
    np.testing.assert_allclose(yearly_increment(air, "pm25", days_per_year=73), 4.0 / 5)
    no2 = yearly_increment(air, "no2", days_per_year=365, background_nox_ug_m3=0.0)
    np.testing.assert_allclose(no2, 9.0)
    with pytest.raises(InputError) as caught:
        yearly_increment({}, "no2", days_per_year=0)
    assert {problem.field for problem in caught.value.problems} == {
        "concentrations", "days_per_year", "background_nox_ug_m3",
    }  # fmt: skip
    with pytest.raises(InputError, match="one of pm25"):
        yearly_increment(air, "so2", days_per_year=1)
    with pytest.raises(InputError, match=r"\(receptors, 24\)"):
        yearly_increment({"bc_exhaust_g": np.ones(3)}, "bc", days_per_year=1)


def test_links_say_what_part_is_inhaled(tiny_study: Path) -> None:
    """The layer's intake fraction is unit exposure times breath, in the field's unit."""
    results = Study.open(tiny_study).run()
    frame = results.layers()["links"].frame
    np.testing.assert_allclose(
        frame["intake_fraction_ppm"], frame["unit_exposure"] * 14.5 / 86400.0, rtol=1e-12
    )


def test_shares_are_those_of_the_receptors(tiny_study: Path) -> None:
    """The study's view is the table of its receptors, nothing else."""
    results = Study.open(tiny_study).run()
    frame = results.receptors.frame
    direct = exposure_shares(
        results.concentrations["nox_exhaust_g"], frame["people"].to_numpy(), frame["zone_id"]
    )
    found = results.exposure_shares("zone", quantity="nox_exhaust_g")
    np.testing.assert_allclose(found["mean_ug_m3"], direct["mean_ug_m3"])

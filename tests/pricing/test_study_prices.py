"""A study's own prices: from its files to routes, layers and savings; the command line."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet import Study
from geofleet.cli import app
from geofleet.errors import InputError
from geofleet.outputs.prices import fleet_savings, study_prices

HARM = "harm_person_ug_m3_h"
RUNNER = CliRunner()
FROM, TO = "-71.2499,-29.8996", "-71.2402,-29.8894"


def ask(study: Path, *more: str) -> list[str]:
    return ["price", str(study), f"--from={FROM}", f"--to={TO}", "--class", "rigid_7_5t",
            "--hour", "8", *more]  # fmt: skip


def test_price_writes_what_it_prints(tiny_study: Path) -> None:
    """Alternatives and frontier as GeoJSON and CSV with schemas, equal to what is printed."""
    done = RUNNER.invoke(app, ask(tiny_study, "--json"))
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    folder = tiny_study / "prices"
    assert {Path(name).name for name in found["files"]} >= {
        "alternatives.geojson", "alternative_links.geojson", "frontier.csv",
        "frontier_routes.geojson", "hours.csv", "frontier.schema.json",
    }  # fmt: skip
    routes = gpd.read_file(folder / "alternatives.geojson").set_index("route")
    assert routes.crs == "EPSG:4326"
    assert list(routes.index) == ["fastest", "cheapest", "least_harm"]
    for route, row in found["routes"].items():
        for name in ("time_s", "cost", HARM, "extra_time_s"):
            assert routes.loc[route, name] == pytest.approx(row[name], rel=1e-6, abs=1e-12)
    assert routes[HARM].idxmin() == "least_harm"
    frontier = pd.read_csv(folder / "frontier.csv")
    assert frontier[HARM].is_monotonic_decreasing
    assert frontier["time_s"].is_monotonic_increasing
    assert frontier[HARM].iloc[-1] == pytest.approx(routes.loc["least_harm", HARM])
    links = gpd.read_file(folder / "alternative_links.geojson")
    assert links.groupby("route")[HARM].sum()["fastest"] == pytest.approx(
        routes.loc["fastest", HARM]
    )
    hours = pd.read_csv(folder / "hours.csv")
    assert len(hours) == 48
    assert hours["best"].sum() == 2
    schema = json.loads((folder / "hours.schema.json").read_text(encoding="utf-8"))
    assert [column["name"] for column in schema["columns"]] == list(hours.columns)
    again = RUNNER.invoke(app, ask(tiny_study, "-q"))
    assert again.exit_code == 0, again.output
    assert "hour of least harm" in again.stdout
    assert "least_harm" in again.stdout


@pytest.mark.parametrize(
    ("option", "value", "code", "words"),
    [
        ("--class", "articulated_40t", 3, "a class with vehicles in this study"),
        ("--from", "-71.2499", 2, "longitude,latitude"),
        ("--to", "-70.0,-29.9", 3, "destination"),
        ("--max-detour", "0.5", 3, "at least 1"),
        ("--hour", "24", 2, "--hour"),
    ],
)
def test_bad_requests_are_named(
    tiny_study: Path, option: str, value: str, code: int, words: str
) -> None:
    """Each with its exit code and what was expected; nothing but the stored exposure is written."""
    done = RUNNER.invoke(app, [*ask(tiny_study), f"{option}={value}"])
    assert done.exit_code == code, done.output
    assert words in done.output
    left = {path.name for path in (tiny_study / "prices").glob("*")}
    assert left <= {"exposure"}


def test_health_settings_put_deaths_and_money_on_links(tiny_study: Path) -> None:
    """With a background and a valued life there is money, and a route that pays for its harm."""
    text = (tiny_study / "study.yaml").read_text(encoding="utf-8").replace("CL", "MX")
    text += "health:\n  background_ug_m3: 22\n  days_per_year: 250\n"
    (tiny_study / "study.yaml").write_text(text, encoding="utf-8")
    prices = study_prices(Study.open(tiny_study))
    trip = prices.trip((-71.2499, -29.8996), (-71.2402, -29.8894), "cargo_van", hour=8)
    table = trip.alternatives.table
    assert {"harm_deaths", "harm_money"} <= set(table.columns)
    paid = table["cost"] + table["harm_money"]
    assert paid["blended"] == pytest.approx(paid.min(), rel=1e-9)
    with pytest.raises(InputError, match="a class with vehicles"):
        prices.of_class("rigid_32t")


def test_prices_are_by_the_ages_and_accuracy_of_the_study(tiny_study: Path) -> None:
    """Where nobody is old enough to die of it a gram costs no deaths; an impossible tolerance."""
    path, zones = tiny_study / "study.yaml", tiny_study / "population.geojson"
    data = json.loads(zones.read_text(encoding="utf-8"))
    for feature in data["features"]:
        feature["properties"]["children"] = feature["properties"]["people"]
    zones.write_text(json.dumps(data), encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("CL", "MX")
    text += "health:\n  background_ug_m3: 22\n  days_per_year: 250\n"
    young = text.replace("weather:", "  groups: {age_0_14: children}\nweather:")
    deaths = {}
    for name, settings in (("of the country", text), ("children", young)):
        path.write_text(settings, encoding="utf-8")
        prices = study_prices(Study.open(tiny_study), stored=tiny_study / "all")
        deaths[name] = np.nansum(prices.of_class("cargo_van", hours=[8]).values["harm_deaths"])
    assert deaths["of the country"] > 0.0
    assert deaths["children"] == pytest.approx(0.0, abs=1e-9 * deaths["of the country"])
    path.write_text(text + "exposure: {tolerance: 1.0e-9}\n", encoding="utf-8")
    with pytest.raises(InputError, match="tolerance of at least"):
        study_prices(Study.open(tiny_study))


def test_a_run_says_what_its_fleet_could_save(tiny_study: Path) -> None:
    """The savings of a run are those of its own vehicle-days."""
    results = Study.open(tiny_study).run()
    found = fleet_savings(results, stored=tiny_study / "all", max_detour=2.0)
    assert list(found.days["vehicle_id"]) == list(
        results.itineraries.traversals.vehicle_days["vehicle_id"]
    )
    total = found.total()
    assert 0 <= total["saved_harm_share"] < 1
    assert (tiny_study / "all" / "unit_exposure.parquet").is_file()

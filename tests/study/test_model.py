"""The whole line: from a study folder to results that add up, the same every time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geofleet import Study
from geofleet.emissions import QUANTITIES
from geofleet.outputs.run import write_results
from geofleet.study import Results

TIGHT = 1e-9


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Results, Path]:
    """Run the bundled study once and write its results."""
    folder = tmp_path_factory.mktemp("results") / "out"
    results = Study.open(repository / "data" / "coquimbo").run()
    write_results(results, folder)
    return results, folder


def test_grams_are_the_same_however_they_are_added_up(bundled: tuple[Results, Path]) -> None:
    """Sums over traversals, over links, over hours and in every file agree to 1e-9."""
    results, folder = bundled
    links = gpd.read_file(folder / "layers" / "links.geojson")
    parquet = gpd.read_parquet(folder / "layers" / "links.parquet")
    hours = pd.read_parquet(folder / "layers" / "link_hours.parquet")
    routes = gpd.read_file(folder / "layers" / "routes.geojson")
    by_hour = results.link_emissions.by_hour()
    for name in QUANTITIES:
        expected = float(results.emissions.grams[name].sum())
        assert expected > 0
        for total in (
            results.link_emissions.total()[name],
            by_hour[name].sum(),
            results.link_emissions.matrix(name).sum(),
            links[name].sum(),
            parquet[name].sum(),
            hours[name].sum(),
            routes[name].sum(),
        ):
            assert float(total) == pytest.approx(expected, rel=TIGHT), name


def test_forward_and_adjoint_exposure_agree(bundled: tuple[Results, Path]) -> None:
    """People times concentration equals unit exposure times emission, hour by hour."""
    results, _ = bundled
    people = results.receptors.frame["people"].to_numpy()
    for name, at_receptors in results.concentrations.items():
        forward = people @ at_receptors
        adjoint = results.unit_exposure.harm(results.link_emissions.matrix(name)).sum(axis=0)
        np.testing.assert_allclose(forward, adjoint, rtol=TIGHT, atol=1e-12)


def test_the_air_is_never_below_zero(bundled: tuple[Results, Path]) -> None:
    """Sums on grids overshoot far from lone links; what comes out of a study does not."""
    results, _ = bundled
    for name in (*results.concentrations, "bc_exhaust_g"):
        assert results.air(name).min() >= 0.0
    shares = results.exposure_shares("zone")
    assert shares["exposure_share"].sum() == pytest.approx(1.0, rel=1e-9)
    assert shares["people"].sum() == pytest.approx(results.receptors.people, rel=1e-9)


def test_a_second_day_adds_harm_but_not_concentration(tiny_study: Path) -> None:
    """The same stops again on the next date: twice the grams and harm, and the same air."""
    one = Study.open(tiny_study).run()
    path = tiny_study / "stops.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    date = rows[0].split(",")[1]
    later = str(pd.Timestamp(date).date() + pd.Timedelta(days=1))
    again = [row.replace(date, later) for row in rows]
    path.write_text("\n".join([header, *rows, *again]) + "\n", encoding="utf-8")
    two = Study.open(tiny_study).run()
    for name, air in one.concentrations.items():
        assert two.harm(name) == pytest.approx(2.0 * one.harm(name), rel=TIGHT)
        np.testing.assert_allclose(two.concentrations[name], air, rtol=TIGHT)


def test_energy_adds_up_and_braking_bounds_what_comes_back(bundled: tuple[Results, Path]) -> None:
    """No vehicle-day regenerates more than its braking offers, and energy is what was drawn."""
    results, _ = bundled
    verdicts = results.feasibility.verdicts
    assert (verdicts["regenerated_wh"] <= verdicts["braking_wh"] * (1 + TIGHT)).all()
    last = results.feasibility.stops.groupby(["vehicle_day", "model_id"])["energy_wh"].last()
    whole = verdicts.set_index(["vehicle_day", "model_id"])["energy_wh"]
    reached = whole.index.intersection(last.index)
    assert len(reached) == len(whole)
    np.testing.assert_allclose(last.loc[reached], whole.loc[reached], rtol=TIGHT)


def test_people_are_conserved(bundled: tuple[Results, Path]) -> None:
    """Every person of the census zones stands at a receptor, none twice."""
    results, _ = bundled
    assert results.receptors.people == pytest.approx(results.inputs.zones["people"].sum(), rel=1e-9)


def test_every_stop_is_kept(bundled: tuple[Results, Path]) -> None:
    """A stop that cannot be reached stays in the layer, with its status."""
    results, folder = bundled
    written = gpd.read_file(folder / "layers" / "stops.geojson")
    assert len(written) == len(results.inputs.stops)
    assert set(written["status"]) <= {"reached", "unreachable", "too far from a road"}


def test_manifest_names_inputs_versions_and_defaults(bundled: tuple[Results, Path]) -> None:
    """Hashes of all inputs, versions, seed, and each default with its status."""
    _, folder = bundled
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in manifest["inputs"]} == {
        "study.yaml",
        "roads.osm.pbf",
        "vehicles.csv",
        "operators.csv",
        "stops.csv",
        "population.geojson",
        "weather.csv",
        "access.yaml",
        "access.geojson",
    }
    assert all(len(entry["sha256"]) == 64 for entry in manifest["inputs"])
    assert manifest["synthetic"] is True
    assert manifest["stages"]["network"]["grade"].startswith("0 everywhere")
    tables = {row["row"].split(":")[0] for row in manifest["defaults"]}
    assert len(tables) >= 5
    assert {row["status"] for row in manifest["defaults"]} <= {
        "verified",
        "derived",
        "memory",
        "illustrative",
        "user",
    }


def test_same_inputs_give_the_same_files(tiny_study: Path, tmp_path: Path) -> None:
    """Two runs write the same bytes, map and manifest included."""
    contents = []
    for name in ("one", "two"):
        write_results(Study.open(tiny_study).run(), tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        contents.append(
            {
                str(path.relative_to(tmp_path / name)): path.read_bytes()
                for path in files
                if path.suffix != ".gpkg"  # GeoPackage stores the time of its last change
            }
        )
    assert contents[0].keys() == contents[1].keys()
    assert [name for name in contents[0] if contents[0][name] != contents[1][name]] == []


def test_stored_exposure_is_used_again_while_it_fits(tiny_study: Path, tmp_path: Path) -> None:
    """A rerun takes unit exposure from the run before, bit for bit, until the weather changes."""
    out = tmp_path / "out"
    first = Study.open(tiny_study).run()
    write_results(first, out)
    table = out / "exposure" / "unit_exposure.parquet"
    frame = pd.read_parquet(table)
    again = Study.open(tiny_study).run(stored=out / "exposure")
    np.testing.assert_array_equal(again.unit_exposure.values, first.unit_exposure.values)
    assert again.manifest() == first.manifest()
    frame.assign(h12=0.0).to_parquet(table)
    assert (Study.open(tiny_study).run(stored=table.parent).unit_exposure.values[:, 12] == 0).all()
    weather = tiny_study / "weather.csv"
    text = weather.read_text(encoding="utf-8").replace("12,365,7,3.5", "12,365,7,4.5")
    weather.write_text(text, encoding="utf-8")
    other = Study.open(tiny_study).run(stored=table.parent).unit_exposure.values
    assert (other[:, 12] > 0).all()
    np.testing.assert_array_equal(other[:, 13], first.unit_exposure.values[:, 13])


def test_a_study_can_replace_a_default(tiny_study: Path) -> None:
    """An override changes the result and shows in the manifest as the user's."""
    base = Study.open(tiny_study).run()
    settings = tiny_study / "study.yaml"
    key = "fuel:diesel.co2_per_fuel"
    rows = base.manifest()["defaults"]
    key = next(row["row"] for row in rows if row["row"].startswith("fuel:") and "co2" in row["row"])
    value = float(next(row["value"] for row in rows if row["row"] == key))
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}overrides:\n  '{key}': {2 * value}\n", encoding="utf-8")
    changed = Study.open(tiny_study).run()
    ratio = changed.link_emissions.total()["co2_g"] / base.link_emissions.total()["co2_g"]
    assert ratio == pytest.approx(2.0, rel=1e-12)
    status = {row["row"]: row["status"] for row in changed.manifest()["defaults"]}
    assert status[key] == "user"


def test_overrides_that_make_no_sense_are_found_before_any_work(tiny_study: Path) -> None:
    """Rows of fuel, driving and vehicles set to nonsense are all named by the check."""
    settings = tiny_study / "study.yaml"
    rows = (
        "fuel:diesel.co2_kg_kg", "energy:signal_stop_share", "vehicle_classes:cargo_van.height_m",
    )  # fmt: skip
    lines = "".join(f"  '{row}': -1\n" for row in rows)
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}overrides:\n{lines}", encoding="utf-8")
    found = {(Path(p.file).name, p.field) for p in Study.open(tiny_study).check()}
    assert {("study.yaml", f"overrides.{row}") for row in rows} <= found


def test_a_failed_run_leaves_old_results(tiny_study: Path) -> None:
    """Broken inputs stop the run before anything is written."""
    out = tiny_study / "results"
    write_results(Study.open(tiny_study).run(), out)
    before = (out / "summary.json").read_bytes()
    shutil.move(tiny_study / "weather.csv", tiny_study / "elsewhere.csv")
    with pytest.raises(ValueError, match=r"weather\.csv"):
        Study.open(tiny_study).run()
    assert (out / "summary.json").read_bytes() == before


def test_a_manifest_does_not_depend_on_where_the_study_lies(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full or relative path, a stop far off: one manifest, without a path of the machine."""
    stops = tiny_study / "stops.csv"
    text = stops.read_text(encoding="utf-8").replace("s1,delivery,-29.8", "s1,delivery,-29.6", 1)
    stops.write_text(text, encoding="utf-8")
    whole = Study.open(tiny_study).run().manifest()
    monkeypatch.chdir(tiny_study.parent)
    assert Study.open(tiny_study.name).run().manifest() == whole
    assert str(tiny_study) not in json.dumps(whole)
    assert whole["stages"]["network"]["file"] == "roads.osm"
    assert whole["stages"]["routes"]["problems"][0].startswith("stops.csv, row 3")


def test_a_graphml_network_gives_the_same_grams(tiny_study: Path) -> None:
    """Roads by way of OSMnx's GraphML are the same roads."""
    from geofleet.network import read_osm, write_graphml

    first = Study.open(tiny_study).run()
    write_graphml(read_osm(tiny_study / "roads.osm", country="CL"), tiny_study / "roads.graphml")
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("osm: roads.osm", "graphml: roads.graphml"), encoding="utf-8")
    second = Study.open(tiny_study).run()
    for name in QUANTITIES:
        assert second.link_emissions.total()[name] == pytest.approx(
            first.link_emissions.total()[name], rel=1e-9
        )


def test_hills_come_from_the_elevation_raster(tiny_study: Path) -> None:
    """On a plane that rises 4 % to the east, streets have that grade and trucks burn more."""
    rasterio = pytest.importorskip("rasterio")
    flat = Study.open(tiny_study).run()
    west, north, cell, size = -71.26, -29.87, 0.0003, 150
    metres_per_degree = 111_320.0 * np.cos(np.radians(29.894))
    across = (np.arange(size) + 0.5) * cell * metres_per_degree * 0.04
    with rasterio.open(
        tiny_study / "heights.tif", "w", driver="GTiff", width=size, height=size, count=1,
        dtype="float32", crs="EPSG:4326",
        transform=rasterio.Affine(cell, 0, west, 0, -cell, north),
    ) as raster:  # fmt: skip
        raster.write(np.tile(across, (size, 1)).astype(np.float32), 1)
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace("roads.osm\n", "roads.osm\n  elevation: heights.tif\n")
    settings.write_text(f"{text}crs: EPSG:32719\n", encoding="utf-8")
    hilly = Study.open(tiny_study).run()
    grade = np.abs(hilly.inputs.network.arrays.grade)
    assert grade.max() == pytest.approx(0.04, rel=0.02)
    # all but the links that turn a corner of the grid, which are half level, half rising
    assert (np.minimum(grade, np.abs(grade - 0.04)) < 0.002).mean() > 0.95
    assert hilly.link_emissions.total()["co2_g"] > flat.link_emissions.total()["co2_g"]
    assert hilly.manifest()["stages"]["network"]["grade"] == "from the elevation raster"


def test_a_crs_that_is_not_metric_is_named(tiny_study: Path) -> None:
    """Degrees are no metres: the setting is named with its line."""
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}crs: EPSG:4326\n", encoding="utf-8")
    (problem,) = Study.open(tiny_study).check()
    assert (problem.field, problem.value) == ("crs", "EPSG:4326")
    assert problem.row == len(text.splitlines()) + 1


def _with_city(folder: Path, traffic: str) -> None:
    """Give a study a city fleet."""
    rows = ["vehicle_class,fuel,standard,model_year,share"]
    rows += [f"{name},diesel,euro_3,2008,1" for name in ("cargo_van", "rigid_7_5t", "rigid_20t")]
    (folder / "composition.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with (folder / "study.yaml").open("a", encoding="utf-8") as handle:
        handle.write(f"traffic:\n  composition: composition.csv\n{traffic}")


def test_the_city_fleet_comes_on_top_and_nobody_counts_twice(tiny_study: Path) -> None:
    """Known days and the rest of the city add up; a known truck leaves the flows of the city."""
    alone = Study.open(tiny_study).run()
    _with_city(tiny_study, "  vehicles: {rigid_7_5t: 40, rigid_20t: 10}\n")
    both = Study.open(tiny_study).run()
    assert both.city is not None
    for name in QUANTITIES:
        total = both.link_emissions.total()[name]
        parts = alone.link_emissions.total()[name] + both.city.emissions.total()[name]
        assert total == pytest.approx(parts, rel=TIGHT), name
        assert both.emissions.grams[name].sum() == alone.emissions.grams[name].sum()
    # 40 and 10 vehicles, their annual kilometres over the days of a year, less the known ones.
    flows = both.inputs.flows
    assert flows is not None
    defaults = both.defaults
    days = defaults.number("traffic_demand", "days_per_year")
    want = {name: count * defaults.number("traffic_demand", f"annual_km.{name}") / days
            for name, count in (("rigid_7_5t", 40), ("rigid_20t", 10))}  # fmt: skip
    assert flows.vehicle_km(both.inputs.network) == pytest.approx(want, rel=TIGHT)
    # By class, all parts agree with an official figure that is taken from the sum itself.
    classes = both.inventory(["vehicle_class"], part="all")["nox_exhaust_g"]
    assert classes.sum() == pytest.approx(both.link_emissions.total()["nox_exhaust_g"], rel=TIGHT)
    figures = pd.DataFrame(
        [{"vehicle_class": name, "quantity": "nox_exhaust_g", "value": grams, "unit": "g/day",
          "area": "here", "sector": "freight", "year": 2024, "source": name, "share_modelled": 1.0}
         for name, grams in classes.groupby("vehicle_class").sum().items()]
    )  # fmt: skip
    factors = both.reconcile(figures, days_per_year=365).table["factor"]
    assert factors.to_numpy() == pytest.approx(both.service_dates, rel=TIGHT)
    with pytest.raises(ValueError, match="known, city or all"):
        both.inventory(part="flows")  # type: ignore[arg-type]
    report = both.manifest()["stages"]["city_fleet"]
    assert report["flags"].keys() >= {"speed_below_range", "factor_repaired"}
    assert both.summary()["city_fleet"]["fuel_g"] > 0


def test_flows_of_a_traffic_model_by_link(tiny_study: Path) -> None:
    """A table of flows by link and hour: the passages are its own, less the known truck's km."""
    first = Study.open(tiny_study).run()
    network = first.inputs.network
    u, v, key = network.edges.index[7]
    counted = {8: 1200, 9: 600}
    (tiny_study / "flows.csv").write_text(
        "u,v,key,hour,rigid_20t\n"
        + "".join(f"{u},{v},{key},{h},{counted.get(h, 0)}\n" for h in range(24)),
        encoding="utf-8",
    )
    _with_city(tiny_study, "  flows: flows.csv\n  counted_on: average\n")
    results = Study.open(tiny_study).run()
    assert results.city is not None
    assert results.inputs.flows is not None
    np.testing.assert_allclose(results.inputs.flows.vehicles[0, 0, 8:10], [1200, 600], rtol=1e-6)
    np.testing.assert_allclose(results.inputs.flows.vehicles.sum(), 1800.0, rtol=1e-6)
    frame = results.city.emissions.frame
    assert frame[["edge", "hour"]].to_numpy().tolist() == [[7, 8], [7, 9]]
    # Trucks of one weight category are interchangeable in a count: the known 7.5 t leaves them.
    frame = first.itineraries.traversals.frame
    days = first.itineraries.traversals.vehicle_days
    truck = (days["vehicle_class"] == "rigid_7_5t").to_numpy()[frame["vehicle_day"]]
    known_km = frame.loc[truck, "length_m"].sum() / 1000
    whole = results.inputs.flows.vehicle_km(network)["rigid_20t"]
    rest = sum(results.city.flows.vehicle_km(network).values())
    assert rest == pytest.approx(whole - known_km, rel=1e-6)


def test_faults_of_the_city_fleet_are_named(tiny_study: Path) -> None:
    """Outside Mexico a composition is needed; two sources and a missing file are faults too."""
    with (tiny_study / "study.yaml").open("a", encoding="utf-8") as handle:
        handle.write("traffic:\n  vehicles: {rigid_20t: 10}\n")
    (problem,) = Study.check_folder(tiny_study)
    assert problem.field == "traffic.composition"
    assert "only Mexico" in problem.expected
    text = (tiny_study / "study.yaml").read_text(encoding="utf-8")
    (tiny_study / "study.yaml").write_text(text + "  flows: flows.csv\n", encoding="utf-8")
    assert any("exactly one of flows" in p.expected for p in Study.check_folder(tiny_study))


def test_a_speed_profile_of_ones_own_changes_the_factors(tiny_study: Path) -> None:
    """Half the speed on every road: longer days and other grams; a fault names its cell."""
    plain = Study.open(tiny_study).run()
    profile = "highway,hour,factor\n" + "".join(f"other,{h},0.3\n" for h in range(24))
    classes = sorted({str(n).removesuffix("_link") for n in plain.inputs.network.edges["highway"]})
    profile += "".join(f"{name},{h},0.3\n" for name in classes for h in range(24))
    (tiny_study / "speeds.csv").write_text(profile, encoding="utf-8")
    path = tiny_study / "study.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("routes:", "routes:\n  speed_profile: speeds.csv"), "utf-8")
    slow = Study.open(tiny_study).run()
    mean = [r.itineraries.traversals.frame["speed_kmh"].mean() for r in (plain, slow)]
    assert mean[1] < mean[0]
    assert (
        slow.link_emissions.total()["nox_exhaust_g"] > plain.link_emissions.total()["nox_exhaust_g"]
    )
    (tiny_study / "speeds.csv").write_text(profile.replace("0.3", "-1", 1), encoding="utf-8")
    assert any("speeds.csv" in p.file and p.value == "-1" for p in Study.check_folder(tiny_study))


def test_tables_of_ones_own_reach_the_manifest(tiny_study: Path) -> None:
    """A technology from the study's own table is used, named with its source, and hashed."""
    rows = "id,value,unit,year,source,status,note\n"
    rows += "sail.parent,diesel,text,2026,the maker,user,\n"
    rows += (
        "sail.fuel,diesel,text,2026,the maker,user,\nsail.pm25_factor,0.5,1,2026,the maker,user,\n"
    )
    (tiny_study / "own.csv").write_text(rows, encoding="utf-8")
    with (tiny_study / "study.yaml").open("a", encoding="utf-8") as handle:
        handle.write("tables:\n  technologies: own.csv\n")
    vehicles = pd.read_csv(tiny_study / "vehicles.csv")
    vehicles["technology"] = ["sail" if fuel == "diesel" else "" for fuel in vehicles["fuel"]]
    vehicles.to_csv(tiny_study / "vehicles.csv", index=False)
    manifest = Study.open(tiny_study).run().manifest()
    sources = {row["row"]: row["source"] for row in manifest["defaults"]}
    assert sources["technologies:sail.pm25_factor"] == "the maker"
    assert "tables.technologies" in [entry["setting"] for entry in manifest["inputs"]]
    (tiny_study / "own.csv").write_text(rows.replace(",user,", ",sure,"), encoding="utf-8")
    assert any("own.csv" in p.file for p in Study.check_folder(tiny_study))


def test_weather_of_stations_and_a_warm_city(tiny_study: Path) -> None:
    """Two stations fill each other, the manifest says so, and a warm city mixes nights."""
    times = pd.date_range("2024-07-01", periods=72, freq="h").strftime("%Y-%m-%d %H:%M")
    one = pd.DataFrame({"time": times, "station": "A", "wind_speed_m_s": 1.2})
    one = one.assign(wind_from_deg=200, temperature_c=14.0, cloud_cover=0.2)
    both = pd.concat([one.iloc[10:], one.assign(station="B", wind_from_deg=20)])
    both.to_csv(tiny_study / "records.csv", index=False)
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8")
    chosen = "table: records.csv\n  stations: [A, B]"
    settings.write_text(text.replace("table: weather.csv", chosen), encoding="utf-8")
    plain = Study.open(tiny_study).run()
    report = plain.manifest()["stages"]["weather"]
    assert report["hours_by_station"]["wind"] == {"A": 62, "B": 10}
    warm = f"{chosen}\n  urban_population: 2.0e+6"
    settings.write_text(text.replace("table: weather.csv", warm), encoding="utf-8")
    city = Study.open(tiny_study).run()
    assert city.manifest()["stages"]["weather"]["urban_rows"] > 20
    night = [0, 1, 2, 3, 4, 5]
    before = plain.unit_exposure.values[:, night].sum()
    after = city.unit_exposure.values[:, night].sum()
    assert after < 0.9 * before
    noon = [12, 13, 14]
    np.testing.assert_allclose(
        city.unit_exposure.values[:, noon], plain.unit_exposure.values[:, noon], rtol=1e-6
    )


def test_as_far_as_emissions_is_the_same_as_in_a_whole_run(tiny_study: Path) -> None:
    """The short way gives the emissions of the whole run, and reads none of its later rows."""
    study = Study.open(tiny_study)
    short, whole = study.emissions(), study.run()
    pd.testing.assert_frame_equal(short.emissions.grams, whole.emissions.grams)
    np.testing.assert_array_equal(
        short.link_emissions.matrix("co2_g"), whole.link_emissions.matrix("co2_g")
    )
    assert set(short.defaults.used) < set(whole.defaults.used)

"""Inventories: whichever way emissions are cut, they are all there, and in the right group."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, link_emissions, traversal_emissions
from geofleet.emissions.flows import FlowWork, flow_emissions, prepare_flows
from geofleet.emissions.inventories.inventory import ACTIVITY, compare, flow_inventory, inventory
from geofleet.emissions.inventories.keys import KEYS
from geofleet.emissions.uncertainty.intervals import intervals
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.fleet.composition import FleetComposition
from geofleet.routes import Traversals
from geofleet.traffic import LinkFlows

LINKS = 40
ROADS = ("motorway", "primary", "residential", "service")
Day = tuple[Traversals, TraversalEmissions, Any, Fleet]


def city(grade: np.ndarray) -> Any:
    """Return straight links of 100 m side by side in UTM zone 14, from west to east."""
    crs = pyproj.CRS("EPSG:32614")
    x = 480_000 + 100 * np.arange(len(grade))
    lines = [LineString([(a, 2_150_000), (a + 100, 2_150_000)]) for a in x]
    roads = [ROADS[i % len(ROADS)] for i in range(len(grade))]
    signals = np.arange(len(grade)) % 3
    edges = gpd.GeoDataFrame({"highway": roads, "signals": signals}, geometry=lines, crs=crs)
    arrays = SimpleNamespace(
        grade=grade, length_m=np.linspace(50.0, 400.0, len(grade)), edge_count=len(grade)
    )
    return SimpleNamespace(arrays=arrays, edges=edges, edges_metric=edges.geometry, crs_metric=crs)


def zones() -> gpd.GeoDataFrame:
    """Return two zones of ten links each, the second over the end of the first."""
    west, east = (box(480_000 + a, 0, 480_000 + a + 1000, 9e6) for a in (0, 900))
    return gpd.GeoDataFrame({"zone": ["west", "east"]}, geometry=[west, east], crs="EPSG:32614")


@pytest.fixture
def day(table: Callable[..., Any]) -> Day:
    """Return 1,000 traversals of 40 links by three operators, one of them not in the fleet."""
    draw = np.random.default_rng(7)
    rows = [
        {
            "edge": int(draw.integers(LINKS)),
            "enter_s": float(draw.uniform(0, 100_000)),
            "length_m": float(draw.lognormal(4, 2)),
            "speed_kmh": float(draw.uniform(5, 90)),
            "operator_id": "ABC"[i % 3],
            "standard": "euro_3" if i % 2 else "euro_5",
            "vehicle_class": "cargo_van" if i % 5 == 0 else "rigid_12t",
        }
        for i in range(1000)
    ]
    traversals, _, fleet = table(rows)
    network = city(np.zeros(LINKS))
    fleet.vehicles["model_year"] = 2024 - np.arange(1000) % 40
    fleet = Fleet(fleet.vehicles, fleet.operators.drop(index="C"))
    return traversals, traversal_emissions(traversals, network, fleet), network, fleet


@settings(max_examples=25, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(by=st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
def test_every_cut_holds_every_gram(day: Day, by: list[str]) -> None:
    """Any keys: grams, kilometres and tonne-kilometres add up to exact sums of the traversals."""
    traversals, emissions, network, fleet = day
    table = inventory(traversals, emissions, network, fleet, by=by, zones=zones())
    assert list(table.index.names) == (by or ["total"])
    assert table.index.is_unique
    assert table["traversals"].sum() == len(traversals)
    km = traversals.frame["length_m"].to_numpy(np.float64) / 1000
    tonnes = traversals.frame["payload_kg"].to_numpy(np.float64) / 1000
    assert math.fsum(table["distance_km"]) == pytest.approx(math.fsum(km), rel=1e-12)
    assert math.fsum(table["tonne_km"]) == pytest.approx(math.fsum(km * tonnes), rel=1e-12)
    for quantity in QUANTITIES:
        exact = math.fsum(emissions.grams[quantity])
        assert math.fsum(table[quantity]) == pytest.approx(exact, rel=1e-12)


def test_groups_equal_a_plain_group_by(day: Day) -> None:
    """Road class, hour and class: each cell is what pandas sums."""
    traversals, emissions, network, fleet = day
    by = ["highway", "hour", "vehicle_class"]
    table = inventory(traversals, emissions, network, fleet, by=by)
    road = network.edges["highway"].to_numpy()[traversals.frame["edge"]]
    kind = traversals.vehicle_days["vehicle_class"].to_numpy()[traversals.frame["vehicle_day"]]
    want = emissions.grams.groupby([road, traversals.hour, kind]).sum()
    assert table.index.to_list() == want.index.to_list()
    np.testing.assert_allclose(table[list(QUANTITIES)], want[list(QUANTITIES)], rtol=1e-12)


def test_links_and_hours_are_those_of_link_emissions(day: Day) -> None:
    traversals, emissions, network, fleet = day
    table = inventory(traversals, emissions, network, fleet, by=["edge", "hour"])
    links = link_emissions(traversals, emissions).frame.set_index(["edge", "hour"])
    assert table.index.to_list() == links.index.to_list()
    np.testing.assert_array_equal(table[list(QUANTITIES)], links[list(QUANTITIES)])


def test_zone_is_that_of_the_middle_of_a_link(day: Day) -> None:
    """Ten links in the first zone, nine more in the second alone, the rest outside."""
    traversals, emissions, network, fleet = day
    table = inventory(traversals, emissions, network, fleet, by=["zone"], zones=zones())
    edge = traversals.frame["edge"]
    want = {
        "west": int((edge < 10).sum()),
        "east": int(((edge >= 10) & (edge < 19)).sum()),
        "outside": int((edge >= 19).sum()),
    }
    assert table["traversals"].to_dict() == want


def test_ages_fall_into_their_groups(day: Day) -> None:
    """Model years 1985 to 2024 in 2024, 25 vehicles each: groups of 6, 5, 5, 5, 10 and 9 years."""
    traversals, emissions, network, fleet = day
    counts = inventory(traversals, emissions, network, fleet, by=["age"])["traversals"]
    assert counts.to_dict() == {
        "0-5": 150, "6-10": 125, "11-15": 125, "16-20": 125, "21-30": 250, ">30": 225,
    }  # fmt: skip
    later = inventory(traversals, emissions, network, fleet, by=["age"], year=2064)["traversals"]
    assert later.to_dict() == {">30": 1000}
    bins = Defaults({"inventory:age.upper_years": "9"})
    two = inventory(traversals, emissions, network, fleet, by=["age"], defaults=bins)
    assert two["traversals"].to_dict() == {"0-9": 250, ">9": 750}
    with pytest.raises(InputError, match="ascending"):
        inventory(traversals, emissions, network, fleet, by=["age"],
                  defaults=Defaults({"inventory:age.upper_years": "9;5"}))  # fmt: skip


def test_what_nobody_knows_stands_under_its_name(day: Day) -> None:
    """Vehicles of an operator, or with a property, that the fleet does not have."""
    traversals, emissions, network, fleet = day
    vehicles = fleet.vehicles.drop(index="v0")
    vehicles.loc["v1", ["standard", "model_year"]] = None
    fleet = Fleet(vehicles, fleet.operators)
    for key, unknown in (("operator_size", 333), ("standard", 2), ("age", 2), ("model_year", 2)):
        table = inventory(traversals, emissions, network, fleet, by=[key])
        assert table.loc["unknown", "traversals"] == unknown
    years = inventory(traversals, emissions, network, fleet, by=["model_year"]).index
    assert "2010" in years


def test_keys_that_cannot_be_used_are_named(day: Day) -> None:
    traversals, emissions, network, fleet = day
    with pytest.raises(InputError) as error:
        inventory(traversals, emissions, network, fleet, by=["colour", "hour", "hour", "zone"])
    text = str(error.value)
    assert "colour" in text
    assert "each key once" in text
    assert "polygons" in text


def test_nothing_driven_is_an_empty_table(day: Day) -> None:
    traversals, _, network, fleet = day
    empty = Traversals(traversals.frame.iloc[:0], traversals.vehicle_days, traversals.timezone)
    emissions = TraversalEmissions(pd.DataFrame(columns=list(QUANTITIES), dtype=np.float64))
    for by in (["edge"], ["age", "highway"], ["engine_standard", "hour"]):
        assert not len(inventory(empty, emissions, network, fleet, by=by))
    whole = inventory(empty, emissions, network, fleet)
    assert whole.index.to_list() == ["all"]
    assert (whole == 0).all(axis=None)


def test_one_key_may_stand_alone(day: Day) -> None:
    traversals, emissions, network, fleet = day
    alone = inventory(traversals, emissions, network, fleet, by="hour")
    listed = inventory(traversals, emissions, network, fleet, by=["hour"])
    pd.testing.assert_frame_equal(alone, listed)
    with pytest.raises(InputError, match="colour"):
        inventory(traversals, emissions, network, fleet, by="colour")


def test_ages_count_to_the_last_service_date(day: Day) -> None:
    """Days before and after New Year: one vehicle has one age."""
    traversals, emissions, network, fleet = day
    traversals.vehicle_days.loc[:499, "date"] = "2024-12-31"
    traversals.vehicle_days.loc[500:, "date"] = "2025-01-01"
    table = inventory(traversals, emissions, network, fleet, by="age")
    want = inventory(traversals, emissions, network, fleet, by="age", year=2025)
    pd.testing.assert_frame_equal(table, want)
    found = intervals(traversals, network, fleet, by="age", draws=2, altitude_m=0.0)["central"]
    wide = found.unstack("quantity").loc[want.index, list(QUANTITIES)]
    np.testing.assert_allclose(wide, want[list(QUANTITIES)])
    past = intervals(traversals, network, fleet, by="age", draws=2, year=1999, altitude_m=0.0)
    want = inventory(traversals, emissions, network, fleet, by="age", year=1999)
    assert past.index.get_level_values("age").unique().to_list() == want.index.to_list()


def test_names_that_mean_something_are_kept_apart(day: Day) -> None:
    """A zone called outside is refused; a group called unknown stands beside what is not known."""
    traversals, emissions, network, fleet = day
    places = zones().assign(zone=["outside", "east"])
    with pytest.raises(InputError, match=r"zones, row 1, field zone: 'outside'.*another name"):
        inventory(traversals, emissions, network, fleet, by="zone", zones=places)
    operators = fleet.operators.copy()
    operators["operator_size"] = ["unknown", ">100"]
    table = inventory(
        traversals, emissions, network, Fleet(fleet.vehicles, operators), by="operator_size"
    )["traversals"]
    assert table.to_dict() == {">100": 333, "unknown": 334, "unknown (not stated)": 333}
    years = fleet.vehicles.assign(standard=["unknown", None] * 500)
    merged = inventory(traversals, emissions, network, Fleet(years, fleet.operators), by="standard")
    assert merged.index.to_list() == ["unknown"]


def test_large_numbers_are_not_shortened(day: Day) -> None:
    """Codes that a missing neighbour made floats keep all their digits."""
    traversals, emissions, network, fleet = day
    size = pd.Series([12345678.0, None], index=fleet.operators.index)
    fleet = Fleet(fleet.vehicles, fleet.operators.assign(operator_size=size))
    table = inventory(traversals, emissions, network, fleet, by="operator_size")
    assert table.index.to_list() == ["12345678", "unknown"]


def test_engines_of_unknown_vehicles_are_told_apart(table: Callable[..., Any]) -> None:
    """The part of each standard is what its engine emits times its share of the mix of 2021."""
    shares = {"epa_2007": 0.765, "euro_5": 0.085, "epa_2010": 0.135, "euro_6": 0.015}
    rows = [{"standard": "unknown", "model_year": 2021, "edge": 0},
            {"standard": "euro_5", "model_year": 2021, "edge": 1, "fuel": "diesel"},
            {"standard": "none", "fuel": "electric", "model_year": 2021, "edge": 1}]  # fmt: skip
    traversals, _, fleet = table(rows)
    network = city(np.zeros(2))
    emissions = traversal_emissions(traversals, network, fleet, country="MX")
    by = ["engine_standard", "edge"]
    found = inventory(traversals, emissions, network, fleet, by=by, country="MX")
    assert found.index.to_list() == [
        ("epa_2007", 0), ("epa_2010", 0), ("euro_5", 0), ("euro_5", 1), ("euro_6", 0), ("none", 1)
    ]  # fmt: skip
    np.testing.assert_allclose(
        found[list(QUANTITIES)].sum(), emissions.grams.sum(), rtol=1e-12, atol=1e-12
    )
    assert found["traversals"].sum() == pytest.approx(3.0)
    for standard, share in shares.items():
        own, _, other = table([{"standard": standard, "model_year": 2021}])
        alone = traversal_emissions(own, network, other, country="MX").grams.iloc[0]
        part = found.loc[(standard, 0)]
        np.testing.assert_allclose(part[list(QUANTITIES)], share * alone, rtol=1e-9)
        assert part["distance_km"] == pytest.approx(share)
    ends = intervals(traversals, network, fleet, by=by, country="MX", draws=2, altitude_m=0.0)
    central = ends["central"].unstack("quantity")[list(QUANTITIES)]
    assert central.index.to_list() == found.index.to_list()
    np.testing.assert_allclose(central, found[list(QUANTITIES)], rtol=1e-9, atol=1e-12)
    hot = traversal_emissions(traversals, network, fleet, country="MX", processes=["wear"])
    with pytest.raises(InputError, match="emissions of all processes"):
        inventory(traversals, hot, network, fleet, by=by, country="MX")


# --- flows ------------------------------------------------------------------------------------


def flow_case(**options: Any) -> tuple[LinkFlows, Any, FleetComposition, np.ndarray]:
    """Return flows of three classes over the city, with a mixed fleet in it."""
    draw = np.random.default_rng(3)
    classes = ("cargo_van", "rigid_12t", "articulated_40t")
    vehicles = draw.uniform(0, 20, (LINKS, 3, 24)).astype(np.float32)
    vehicles[:, 2, :6] = 0
    vehicles[5] = 0
    vehicles[5, 0, 12] = 1
    flows = LinkFlows(np.arange(LINKS, dtype=np.int32), classes, vehicles)
    rows = [
        ("cargo_van", "diesel", "euro_4", 0.7), ("cargo_van", "electric", "none", 0.3),
        ("rigid_12t", "diesel", "euro_3", 0.4), ("rigid_12t", "diesel", "unknown", 0.4),
        ("rigid_12t", "cng", "euro_6", 0.2), ("articulated_40t", "diesel", "epa_2004", 0.5),
        ("articulated_40t", "diesel", "epa_2010", 0.5),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["vehicle_class", "fuel", "standard", "share"])
    table = table.assign(zone="", model_year=2015, aftertreatment="")
    speed = draw.uniform(2, 80, (LINKS, 24)).astype(np.float32)
    network = city(draw.uniform(-0.05, 0.05, LINKS))
    return flows, network, FleetComposition(table), speed


@pytest.fixture
def flow_work(monkeypatch: pytest.MonkeyPatch) -> tuple[FlowWork, Any, Any]:
    """Return prepared flows, their network, and their emissions; inventories in small blocks."""
    monkeypatch.setattr("geofleet.emissions.inventories.flow_parts._BLOCK", 16)
    flows, network, composition, speed = flow_case()
    links = flow_emissions(flows, network, composition, speed_kmh=speed, country="MX", year=2024)
    work = prepare_flows(
        flows, network, composition, speed_kmh=speed, zone_of_edge=None, load_share=None,
        country="MX", year=2024, temperature_c=None, defaults=Defaults(),
    )  # fmt: skip
    return work, network, links


@pytest.mark.parametrize(
    "by",
    [
        [], ["edge"], ["hour"], ["highway"], ["zone"], ["vehicle_class"], ["fuel"], ["standard"],
        ["standard", "hour", "vehicle_class"], ["edge", "hour", "fuel"], "engine_standard",
        "model_year", "age", ["standard", "age"], ["age", "zone"],
    ],
)  # fmt: skip
def test_flows_cut_any_way_are_whole(
    flow_work: tuple[FlowWork, Any, Any], by: str | list[str]
) -> None:
    """Totals are those of the links; passages and kilometres those of the flows."""
    work, network, links = flow_work
    table = flow_inventory(work, network, by=by, zones=zones())
    assert list(table.index.names) == ([by] if isinstance(by, str) else by or ["total"])
    assert table.index.is_unique
    assert table.index.is_monotonic_increasing or {"zone", "age"} & {*by, str(by)}
    np.testing.assert_allclose(table[list(QUANTITIES)].sum(), links.total(), rtol=1e-9)
    vehicles = work.flows.vehicles.astype(np.float64)
    assert table["traversals"].sum() == pytest.approx(vehicles.sum(), rel=1e-9)
    km = (vehicles.sum(axis=(1, 2)) * network.arrays.length_m).sum() / 1000
    assert table["distance_km"].sum() == pytest.approx(km, rel=1e-9)


def test_flow_groups_are_the_right_ones(flow_work: tuple[FlowWork, Any, Any]) -> None:
    """Links agree one by one; electric vans have wear and no exhaust; the mixture is resolved."""
    work, network, links = flow_work
    by_link = flow_inventory(work, network, by=["edge", "hour"])
    want = links.frame.set_index(["edge", "hour"])
    assert by_link.index.to_list() == want.index.to_list()
    np.testing.assert_allclose(by_link[list(QUANTITIES)], want[list(QUANTITIES)], rtol=1e-9)
    fuel = flow_inventory(work, network, by=["fuel"])
    assert list(fuel.index) == ["cng", "diesel", "electric"]
    assert fuel.loc["electric", "nox_exhaust_g"] == 0.0
    assert fuel.loc["electric", "pm10_wear_g"] > 0.0
    assert fuel.loc[["cng", "diesel"], "electricity_kwh"].sum() == 0.0
    shares = flow_inventory(work, network, by=["vehicle_class", "fuel"])["traversals"]
    assert shares["cargo_van"]["electric"] / shares["cargo_van"].sum() == pytest.approx(0.3)
    standards = flow_inventory(work, network, by=["standard"]).index
    assert "unknown" not in standards
    assert "epa_2010" in standards
    assert "epa_2010_early" not in standards


def test_one_class_alone_equals_its_group(flow_work: tuple[FlowWork, Any, Any]) -> None:
    """The group of a class is what flows of that class alone emit."""
    work, network, _ = flow_work
    flows, network, composition, speed = flow_case()
    alone = LinkFlows(flows.edges, ("rigid_12t",), np.ascontiguousarray(flows.vehicles[:, 1:2]))
    links = flow_emissions(alone, network, composition, speed_kmh=speed, country="MX", year=2024)
    group = flow_inventory(work, network, by=["vehicle_class"]).loc["rigid_12t"]
    np.testing.assert_allclose(group[list(QUANTITIES)], links.total(), rtol=1e-9)


def test_flows_by_age_are_those_of_each_age(flow_work: tuple[FlowWork, Any, Any]) -> None:
    """Shares of kilometres by model year are those of the composition; a year alone is itself."""
    _, network, _ = flow_work
    flows, _, composition, speed = flow_case()
    parts = [composition.table.assign(model_year=year, share=composition.table["share"] * part)
             for year, part in ((1990, 0.2), (2009, 0.3), (2021, 0.5))]  # fmt: skip
    options: dict[str, Any] = {
        "speed_kmh": speed, "zone_of_edge": None, "load_share": None, "country": "MX",
        "temperature_c": None, "defaults": Defaults(),
    }  # fmt: skip
    mixed = FleetComposition(pd.concat(parts, ignore_index=True))
    work = prepare_flows(flows, network, mixed, **options, year=2024)
    table = flow_inventory(work, network, by=["model_year"])
    km = table["distance_km"] / table["distance_km"].sum()
    assert km.to_dict() == pytest.approx({"1990": 0.2, "2009": 0.3, "2021": 0.5})
    for (year, share), part in zip({"1990": 0.2, "2009": 0.3, "2021": 0.5}.items(), parts,
                                   strict=True):  # fmt: skip
        alone = FleetComposition(part.assign(share=part["share"] / share))
        whole = flow_inventory(prepare_flows(flows, network, alone, **options, year=2024), network)
        np.testing.assert_allclose(
            table.loc[year, list(QUANTITIES)], share * whole[list(QUANTITIES)].iloc[0], rtol=1e-9
        )
    by_age = flow_inventory(work, network, by="age")
    assert by_age.index.to_list() == ["0-5", "11-15", ">30"]
    np.testing.assert_allclose(by_age.to_numpy(), table.iloc[::-1].to_numpy(), rtol=1e-9)
    nobody = flow_inventory(
        prepare_flows(flows, network, mixed, **options, year=None), network, by="age"
    )
    assert nobody.index.to_list() == ["unknown"]


def test_keys_that_flows_do_not_know(flow_work: tuple[FlowWork, Any, Any]) -> None:
    work, network, _ = flow_work
    with pytest.raises(InputError, match="vehicle_id"):
        flow_inventory(work, network, by=["vehicle_id"])


def test_a_fleet_of_unknown_trucks_is_the_same_both_ways(table: Callable[..., Any]) -> None:
    """By standard of the engine: shares of kilometres of traversals are those of flows."""
    traversals, _, fleet = table([{"standard": "unknown", "model_year": 2021}])
    network = city(np.zeros(1))
    emissions = traversal_emissions(traversals, network, fleet, country="MX")
    days = inventory(traversals, emissions, network, fleet, by="engine_standard", country="MX")
    mix = pd.DataFrame(
        [("", "rigid_20t", "diesel", "unknown", 2021, 1.0)],
        columns=["zone", "vehicle_class", "fuel", "standard", "model_year", "share"],
    )
    flows = LinkFlows(np.zeros(1, np.int32), ("rigid_20t",), np.ones((1, 1, 24), np.float32))
    work = prepare_flows(
        flows, network, FleetComposition(mix), speed_kmh=np.full((1, 24), 50, np.float32),
        zone_of_edge=None, load_share=None, country="MX", year=2024, temperature_c=None,
        defaults=Defaults(),
    )  # fmt: skip
    passing = flow_inventory(work, network, by="engine_standard")
    assert passing.index.to_list() == days.index.to_list()
    for one in (days, passing):
        one["distance_km"] /= one["distance_km"].sum()
    np.testing.assert_allclose(days["distance_km"], passing["distance_km"], rtol=1e-9)


# --- comparison -------------------------------------------------------------------------------


def test_changes_by_hand() -> None:
    """One group kept, one gone, one new."""
    before = pd.DataFrame({"nox_exhaust_g": [10.0, 4.0]}, index=pd.Index(["a", "b"], name="zone"))
    after = pd.DataFrame({"nox_exhaust_g": [5.0, 3.0]}, index=pd.Index(["a", "c"], name="zone"))
    table = compare(before, after)
    assert list(table.index.names) == ["zone", "quantity"]
    assert table["difference"].to_list() == [-5.0, -4.0, 3.0]
    assert table["percent"].to_list()[:2] == [-50.0, -100.0]
    assert math.isnan(table["percent"].iloc[2])
    assert table["missing"].to_list() == ["", "after", "before"]


def test_quantities_that_one_side_lacks_stay() -> None:
    """Without a value, and said whose; a group that lacks as well names both sides."""
    before = pd.DataFrame({"nox": [1.0], "bc": [2.0]}, index=pd.Index(["a"], name="zone"))
    after = pd.DataFrame({"nox": [3.0, 1.0], "co": [4.0, 5.0]}, index=pd.Index(["a", "b"]))
    table = compare(before, after.rename_axis("zone"))
    assert table.index.get_level_values("quantity").to_list() == ["nox", "bc", "co"] * 2
    assert table["missing"].to_list() == [
        "", "after", "before", "before", "before and after", "before"
    ]  # fmt: skip
    assert table.loc[("a", "nox"), "difference"] == 2.0
    assert table.loc[("b", "nox"), "before"] == 0.0
    assert table.loc[("a", "bc"), "before"] == 2.0
    assert table["difference"].isna().to_list() == [False, True, True, False, True, True]
    assert math.isnan(table.loc[("a", "co"), "before"])
    assert math.isnan(table.loc[("a", "bc"), "percent"])


def test_differences_add_up_and_change_sign(day: Day) -> None:
    """Of two scenarios, the sum of differences is the difference of sums, either way round."""
    traversals, emissions, network, fleet = day
    cleaner = Fleet(fleet.vehicles.assign(standard="euro_5"), fleet.operators)
    after = traversal_emissions(traversals, network, cleaner)
    tables = [
        inventory(traversals, emissions, network, fleet, by=["standard"]),
        inventory(traversals, after, network, cleaner, by=["standard"]),
    ]
    there, back = compare(*tables), compare(*reversed(tables))
    pd.testing.assert_series_equal(there["difference"], -back["difference"])
    for quantity in (*ACTIVITY, *QUANTITIES):
        want = tables[1][quantity].sum() - tables[0][quantity].sum()
        whole = max(1.0, tables[0][quantity].sum())
        found = there.xs(quantity, level="quantity")["difference"].sum()
        assert found == pytest.approx(want, abs=1e-9 * whole)
    assert set(there.xs("euro_3", level="standard")["missing"]) == {"after"}


def test_links_compare_with_links(day: Day) -> None:
    """A scenario compared with itself has not changed; other keys cannot be compared."""
    traversals, emissions, network, fleet = day
    links = link_emissions(traversals, emissions)
    table = compare(links, links)
    assert list(table.index.names) == ["edge", "hour", "quantity"]
    assert (table["difference"] == 0).all()
    with pytest.raises(InputError, match="keys of before"):
        compare(links, inventory(traversals, emissions, network, fleet, by=["hour"]))

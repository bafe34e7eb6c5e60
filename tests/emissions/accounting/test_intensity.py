"""Tonne-kilometres and intensities: worked by hand, conserved, and unknown where nothing rides."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions
from geofleet.emissions.accounting.consignments import consignments
from geofleet.emissions.accounting.intensity import INTENSITIES, intensity
from geofleet.emissions.accounting.statement import iso14083_statement
from geofleet.errors import InputError
from geofleet.fleet import Fleet
from geofleet.interchange import check_statement
from geofleet.routes.model import TRAVERSAL_COLUMNS, Itineraries, Traversals
from geofleet.routes.payload import payloads

Stop = tuple[float, float, float, float]  # lon, lat, drop_kg, pickup_kg

# A degree of longitude on the equator of WGS84, radius 6,378.137 km.
EQUATOR_KM = math.pi * 6378.137 / 180.0
# On each kilometre: g of CO2e tank to wheel, well to tank, NOx, PM2.5, BC.
PER_KM = {"co2e_ttw_g": 800.0, "co2e_wtt_g": 200.0, "co2e_wtw_g": 1000.0, "nox_exhaust_g": 5.0,
          "pm25_exhaust_g": 0.2, "bc_exhaust_g": 0.1}  # fmt: skip

# One truck, two drops: 3 t to a stop 1° away, 1 t to one 2° away, and empty back to the depot.
ROUND: list[Stop] = [(0, 0, 0, 0), (1, 0, 3000, 0), (2, 0, 1000, 0), (0, 0, 0, 0)]
ROUND_KM = (120.0, 130.0, 250.0)


def made(
    days: list[tuple[list[Stop], tuple[float, ...]]],
    *,
    operators: tuple[str, ...] = ("A",),
    unreached: tuple[tuple[int, int], ...] = (),
) -> tuple[Itineraries, TraversalEmissions, Fleet]:
    """Make one vehicle a day, one traversal a leg, grams by the kilometre."""
    rows: list[dict[str, Any]] = []
    stops: list[dict[str, Any]] = []
    for day, (places, legs) in enumerate(days):
        reached = np.array([(day, number) not in unreached for number in range(len(places))])
        drop = np.array([stop[2] for stop in places], dtype=float)
        pickup = np.array([stop[3] for stop in places], dtype=float)
        _, on_board = payloads(drop, pickup, reached)
        for number, (lon, lat, mass, loaded) in enumerate(places):
            stops.append(
                {"vehicle_day": day, "stop_number": number, "drop_kg": mass, "pickup_kg": loaded,
                 "status": "reached" if reached[number] else "unreachable", "lon": lon, "lat": lat}
            )  # fmt: skip
        driven = np.flatnonzero(reached)[:-1]
        for leg, number in zip(legs, driven, strict=False):
            rows.append(
                {"vehicle_day": day, "seq": len(rows), "edge": 0, "stop_before": number,
                 "enter_s": 0.0, "length_m": 1000.0 * leg, "speed_kmh": 50.0,
                 "payload_kg": on_board[number], "from_fraction": 0.0, "to_fraction": 1.0}
            )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(TRAVERSAL_COLUMNS)).astype(TRAVERSAL_COLUMNS)
    ids = [f"v{day}" for day in range(len(days))]
    owners = [operators[day % len(operators)] for day in range(len(days))]
    vehicle_days = pd.DataFrame(
        {"vehicle_id": ids, "operator_id": owners, "vehicle_class": "rigid_12t",
         "date": [f"2024-05-{14 + day % 2}" for day in range(len(days))]}
    )  # fmt: skip
    vehicles = pd.DataFrame(
        {"operator_id": owners, "vehicle_class": "rigid_12t", "fuel": "diesel",
         "standard": ["euro_3" if day % 2 else "epa_2004" for day in range(len(days))]},
        index=pd.Index(ids, name="vehicle_id"),
    )  # fmt: skip
    owned = pd.DataFrame({"operator_size": "1-5"}, index=pd.Index(sorted(set(owners))))
    table = pd.DataFrame(stops)
    points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs="EPSG:4326")
    grams = pd.DataFrame(0.0, index=frame.index, columns=list(QUANTITIES))
    for quantity, per_km in PER_KM.items():
        grams[quantity] = frame["length_m"] / 1000.0 * per_km
    emissions = TraversalEmissions(
        grams, flags={"grade_unknown": 2},
        provenance=("fuel:diesel.co2_kg_kg", "upstream:diesel.wtt_share_of_ttw"),
    )  # fmt: skip
    traversals = Traversals(frame, vehicle_days, "America/Mexico_City")
    itineraries = Itineraries(traversals, gpd.GeoDataFrame(table, geometry=points))
    return itineraries, emissions, Fleet(vehicles, owned)


def test_one_truck_two_drops_by_hand() -> None:
    """3 t over 1° and 1 t over 2° are 5 t·degrees; 500 km of driving at 1 kg CO2e each."""
    row = intensity(*made([(ROUND, ROUND_KM)]), "vehicle_day").iloc[0]
    assert row["distance_km"] == pytest.approx(500.0)
    assert row["loaded_km"] == pytest.approx(250.0)
    assert row["empty_km_share"] == pytest.approx(0.5)
    assert row["consignments"] == 2
    assert row["mass_t"] == pytest.approx(4.0)
    assert row["actual_tkm"] == pytest.approx(120 * 4 + 130 * 1)
    tkm = 5 * EQUATOR_KM
    assert row["transport_activity_tkm"] == pytest.approx(tkm, rel=1e-9)
    assert row["distance_adjustment_factor"] == pytest.approx(610 / tkm, rel=1e-9)
    assert row["co2e_ttw_g_per_tkm"] == pytest.approx(400e3 / tkm)
    assert row["co2e_wtt_g_per_tkm"] == pytest.approx(100e3 / tkm)
    assert row["co2e_wtw_g_per_tkm"] == pytest.approx(500e3 / tkm)
    assert row["nox_g_per_tkm"] == pytest.approx(2500 / tkm)
    assert row["pm25_exhaust_g_per_tkm"] == pytest.approx(100 / tkm)
    assert row["bc_g_per_tkm"] == pytest.approx(50 / tkm)
    assert row["basis"] == "great_circle"


def test_the_lots_are_told_apart() -> None:
    """Each drop is a consignment from the depot, with the distance it rode."""
    lots = consignments(made([(ROUND, ROUND_KM)])[0])
    assert lots[["from_stop", "to_stop"]].to_numpy().tolist() == [[0, 1], [0, 2]]
    assert lots["mass_kg"].tolist() == [3000.0, 1000.0]
    assert lots["carried_km"].tolist() == [120.0, 250.0]
    np.testing.assert_allclose(lots["great_circle_km"], [EQUATOR_KM, 2 * EQUATOR_KM])


def test_pick_ups_ride_on_after_the_load_of_the_depot() -> None:
    """A pick-up of 2 t rides to the stop that drops it, or back to the depot."""
    places: list[Stop] = [(0, 0, 0, 0), (1, 0, 500, 2000), (2, 0, 1500, 0), (0, 0, 1000, 0)]
    lots = consignments(made([(places, (100.0, 100.0, 200.0))])[0])
    found = lots[["from_stop", "to_stop", "mass_kg"]].to_numpy().tolist()
    # 1 t from the depot: 500 kg each to stops 1 and 2; the pick-up: 1 t to stop 2, 1 t back.
    assert found == [[0, 1, 500.0], [0, 2, 500.0], [1, 2, 1000.0], [1, 3, 1000.0]]
    np.testing.assert_allclose(
        lots["great_circle_km"], np.array([1, 2, 1, 1]) * EQUATOR_KM, rtol=1e-9
    )


def test_missed_goods_are_no_activity() -> None:
    """Goods that could not be delivered come back: driven for, but transported nowhere."""
    tables = made([(ROUND, (120.0, 120.0))], unreached=((0, 2),))
    lots = consignments(tables[0])
    assert lots["to_stop"].tolist() == [1, 3]
    assert lots["great_circle_km"].tolist() == pytest.approx([EQUATOR_KM, 0.0])
    row = intensity(*tables).iloc[0]
    assert row["transport_activity_tkm"] == pytest.approx(3 * EQUATOR_KM)
    assert row["empty_km"] == 0.0


def test_an_empty_return_raises_the_intensity() -> None:
    """The same goods without the way back: half the emissions, the same activity."""
    back = intensity(*made([(ROUND, ROUND_KM)])).iloc[0]
    stays = intensity(*made([(ROUND[:3], ROUND_KM[:2])])).iloc[0]
    assert back["transport_activity_tkm"] == stays["transport_activity_tkm"]
    assert back["co2e_wtw_g_per_tkm"] == pytest.approx(2 * stays["co2e_wtw_g_per_tkm"])
    assert stays["empty_km_share"] == 0.0


def test_nothing_carried_is_unknown_and_counted() -> None:
    """An empty day has emissions and no intensity; it stays in the operator's."""
    empty: list[Stop] = [(0, 0, 0, 0), (1, 0, 0, 0)]
    tables = made([(ROUND, ROUND_KM), (empty, (120.0,))])
    by_day = intensity(*tables, "vehicle_day")
    assert by_day.loc[1, list(INTENSITIES.values())].isna().all()
    assert math.isnan(by_day.loc[1, "distance_adjustment_factor"])
    assert by_day["vehicle_days_without_activity"].tolist() == [0, 1]
    assert by_day.loc[1, "co2e_wtw_g"] == pytest.approx(120e3)
    whole = intensity(*tables).iloc[0]
    assert whole["vehicle_days_without_activity"] == 1
    assert whole["co2e_wtw_g_per_tkm"] == pytest.approx(620e3 / (5 * EQUATOR_KM))


STOPS = st.lists(
    st.tuples(
        st.floats(-1, 1), st.floats(-1, 1),
        st.one_of(st.just(0.0), st.floats(1, 3000)), st.one_of(st.just(0.0), st.floats(1, 3000)),
        st.floats(0.1, 50),
    ),
    min_size=2, max_size=7,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(STOPS, min_size=1, max_size=5), st.data())
def test_sums_are_conserved(plans: list[list[tuple[float, ...]]], data: st.DataObject) -> None:
    """Over routes or operators: the same sums; lots × way ridden are payload × way driven."""
    days = [([stop[:4] for stop in plan], tuple(stop[4] for stop in plan[1:])) for plan in plans]
    missed = tuple((0, n) for n in range(1, len(plans[0])) if data.draw(st.integers(0, 5)) == 0)
    tables = made(days, operators=("A", "B"), unreached=missed)  # type: ignore[arg-type]
    lots = consignments(tables[0])
    frame = tables[0].traversals.frame
    actual = (frame["payload_kg"].astype(float) * frame["length_m"]).sum() / 1e6
    ridden = (lots["mass_kg"] * lots["carried_km"]).sum() / 1e3
    assert ridden == pytest.approx(actual, rel=1e-5, abs=1e-3)
    by_day = intensity(*tables, "vehicle_day", lots=lots)
    for by in ("operator_id", "vehicle_id", "operator_size", "standard", "date"):
        grouped = intensity(*tables, by, lots=lots)
        for column in ("distance_km", "actual_tkm", "transport_activity_tkm", "co2e_wtw_g"):
            assert grouped[column].sum() == pytest.approx(by_day[column].sum(), rel=1e-12)
        ratio = grouped["co2e_ttw_g_per_tkm"] + grouped["co2e_wtt_g_per_tkm"]
        np.testing.assert_allclose(ratio, grouped["co2e_wtw_g_per_tkm"], rtol=1e-12)
    assert by_day["distance_km"].sum() == pytest.approx(frame["length_m"].sum() / 1e3)
    values = by_day[list(INTENSITIES.values())].to_numpy(float)
    assert not np.isinf(values).any()
    assert (values[~np.isnan(values)] > 0).all()


def test_other_distances() -> None:
    """Actual distance makes the factor one; a shortest feasible distance is the user's column."""
    tables = made([(ROUND, ROUND_KM)])
    assert intensity(*tables, basis="actual")["distance_adjustment_factor"].iloc[0] == 1.0
    lots = consignments(tables[0]).assign(shortest_feasible_km=[115.0, 230.0])
    row = intensity(*tables, basis="shortest_feasible", lots=lots).iloc[0]
    assert row["transport_activity_tkm"] == pytest.approx(3 * 115 + 230)
    assert row["distance_adjustment_factor"] == pytest.approx(610 / 575)


def test_bad_questions_are_refused() -> None:
    """Unknown groups and bases, missing and impossible distances."""
    tables = made([(ROUND, ROUND_KM)])
    with pytest.raises(InputError, match="of vehicle_day"):
        intensity(*tables, "colour")
    with pytest.raises(InputError, match="one of great_circle"):
        intensity(*tables, basis="moon")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="shortest_feasible_km"):
        intensity(*tables, basis="shortest_feasible")
    bad = consignments(tables[0]).assign(shortest_feasible_km=[-1.0, math.nan])
    with pytest.raises(InputError) as error:
        intensity(*tables, basis="shortest_feasible", lots=bad)
    assert len(error.value.problems) == 2
    with pytest.raises(InputError, match="of primary, modelled, default"):
        iso14083_statement(*tables, data={"mass": "guessed"})


def test_statement() -> None:
    """Two operators, two categories: sums agree, unknown is null, every row has its status."""
    empty: list[Stop] = [(0, 0, 0, 0), (1, 0, 0, 0)]
    tables = made([(ROUND, ROUND_KM), (empty, (120.0,)), (ROUND, ROUND_KM)], operators=("A", "B"))
    told = iso14083_statement(*tables, data={"distance": "primary"})
    told = json.loads(json.dumps(told, allow_nan=False))
    assert check_statement(told) == []
    declared = told["declaration"]
    assert (declared["kind"], declared["verified_by"]) == ("self-declared", None)
    assert declared["conforms"] is False, "hubs and refrigerants are left out, GWP not compared"
    met = {row["about"]: row["met"] for row in declared["requirements"]}
    assert met["transport and hub operations"] is met["leakage of refrigerants"] is False
    assert met["global warming potential"] is None
    assert met["freight transport activity"] is met["allocation"] is True
    assert len(declared["reasons"]) == sum(value is not True for value in met.values())
    assert told["data_quality"]["co2e_wtw_share_by_kind"]["modelled"] == 1.0
    assert told["standard"] == "ISO 14083:2023"
    assert told["period"] == {"from": "2024-05-14", "to": "2024-05-15", "days": 2}
    first, second = told["transport_chain_elements"]
    assert (first["operator_id"], second["operator_id"]) == ("A", "B")
    tkm = 10 * EQUATOR_KM
    assert first["transport_activity_tkm"] == pytest.approx(tkm)
    assert first["intensity_g_per_tkm"]["co2e_wtw_g"] == pytest.approx(1e6 / tkm)
    assert second["intensity_g_per_tkm"]["co2e_wtw_g"] is None
    assert second["vehicle_days_without_activity"] == 1
    (toc,) = first["transport_operation_categories"]
    assert toc["toc_id"] == "A/rigid_12t/diesel/epa_2004"
    assert (toc["vehicle_class"], toc["fuel"], toc["standard"]) == (
        "rigid_12t", "diesel", "epa_2004",
    )  # fmt: skip
    assert toc["emissions_g"] == first["emissions_g"]
    assert told["total"]["emissions_g"]["co2e_wtw_g"] == pytest.approx(1120e3)
    assert told["total"]["intensity_g_per_tkm"]["co2e_wtw_g"] == pytest.approx(1120e3 / tkm)
    assert told["data_quality"]["kinds"]["distance"] == "primary"
    assert told["data_quality"]["counts"] == {"grade_unknown": 2}
    assert {row["row"] for row in told["default_rows"]} == {
        "fuel:diesel.co2_kg_kg", "upstream:diesel.wtt_share_of_ttw"
    }  # fmt: skip
    gwp = {row["row"]: float(row["value"]) for row in told["global_warming_potential"]["rows"]}
    assert gwp["upstream:gwp100.ch4"] == Defaults().number("upstream", "gwp100.ch4")
    assert told["global_warming_potential"]["set"] == "IPCC AR5, 100 years"
    assert set(told["global_warming_potential"]["row_ids"]) == set(gwp)
    assert "electricity: supply of fuels to power plants, and building them" in told["boundary"][
        "excluded"
    ]  # fmt: skip
    assert told["synthetic"] is False
    assert told["notes"] == ""
    assert told["data_quality"]["kinds"]["mass"] == "primary"


def test_synthetic_freight_has_no_primary_data() -> None:
    """The statement says that the freight is made up, and takes no data of activity as primary."""
    tables = made([(ROUND, ROUND_KM)])
    told = iso14083_statement(*tables, synthetic=True, notes="A made-up day.")
    assert told["synthetic"] is True
    assert told["notes"] == "A made-up day."
    assert told["declaration"]["conforms"] is False
    driven = iso14083_statement(*tables, basis="actual")["declaration"]
    assert any("distance driven" in reason for reason in driven["reasons"])
    assert told["data_quality"]["kinds"]["mass"] == "modelled"
    with pytest.raises(InputError, match="synthetic freight has no primary data") as error:
        iso14083_statement(*tables, synthetic=True, data={"mass": "primary", "distance": "primary"})
    assert len(error.value.problems) == 2


def test_flags_are_part_of_data_quality() -> None:
    """Each flag that was raised with its traversals, kilometres and meaning; the others not."""
    itineraries, emissions, fleet = made([(ROUND, ROUND_KM)])
    flagged = replace(
        emissions, flags={"grid_of_world": 3, "grade_clamped": 0},
        flagged_km={"grid_of_world": 12.5, "grade_clamped": 0.0},
    )  # fmt: skip
    told = iso14083_statement(itineraries, flagged, fleet)
    (flag,) = told["data_quality"]["flags"]
    assert (flag["flag"], flag["traversals"], flag["km"]) == ("grid_of_world", 3, 12.5)
    assert "world's average" in flag["meaning"]


@pytest.mark.parametrize("charged", [False, True])
def test_charging_is_inside_only_where_its_row_was_used(charged: bool) -> None:
    """Losses between grid and battery are excluded by name where nothing counts them."""
    itineraries, emissions, fleet = made([(ROUND, ROUND_KM)])
    rows = ("upstream:electricity.MX.2024.g_kwh",)
    if charged:
        rows += ("upstream:electricity.charging_efficiency",)
    told = iso14083_statement(itineraries, replace(emissions, provenance=rows), fleet)["boundary"]
    assert any("charging" in text for text in told["included"]) is charged
    assert any("charging" in text for text in told["excluded"]) is not charged


def test_potentials_of_the_study_are_not_called_published() -> None:
    """A study that sets a global warming potential uses no published set."""
    own = Defaults({"upstream:gwp100.ch4": 30.0})
    told = iso14083_statement(*made([(ROUND, ROUND_KM)]), defaults=own)
    assert told["global_warming_potential"]["set"] == "set in the study"


def test_what_the_fleet_lacks_is_unknown() -> None:
    """Columns that the tables do not have are groups called unknown, as in an inventory."""
    itineraries, emissions, fleet = made([(ROUND, ROUND_KM)] * 2)
    bare = Fleet(fleet.vehicles[["operator_id", "vehicle_class"]], fleet.operators.iloc[:, :0])
    whole = intensity(itineraries, emissions, fleet, "operator_size")
    for name in ("standard", "fuel", "operator_size"):
        found = intensity(itineraries, emissions, bare, [name])
        assert list(found.index) == ["unknown"]
        assert found.index.name == name
        assert found["co2e_wtw_g"].iloc[0] == whole["co2e_wtw_g"].sum()
        assert found.equals(intensity(itineraries, emissions, bare, name))
    both = intensity(itineraries, emissions, bare, ["vehicle_id", "standard"])
    assert both.index.tolist() == [("v0", "unknown"), ("v1", "unknown")]

"""Prices of links: by hand, against emissions of known vehicles, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import traversal_emissions
from geofleet.errors import InputError
from geofleet.exposure.harm import baseline_mortality, response_function, value_of_life
from geofleet.fleet import Fleet, FleetComposition
from geofleet.pricing import Blend, harm_prices, link_prices
from geofleet.routes import Traversals
from geofleet.routes.speeds import hourly_speeds

KIND = "rigid_7_5t"
YEAR = {"country": "MX", "year": 2024}


@pytest.fixture(scope="module")
def street(roads):
    """Return a street of three links, the last with a slope, all with two directions."""
    nodes = {1: (0, 0), 2: (400, 0), 3: (1000, 0), 4: (1250, 0)}
    links = []
    for u, v, kind, grade in ((1, 2, "residential", 0.0), (2, 3, "primary", 0.0),
                              (3, 4, "secondary", 0.02)):  # fmt: skip
        links += [
            (u, v, {"highway": kind, "grade": grade}),
            (v, u, {"highway": kind, "grade": -grade}),
        ]
    return roads.make_network(nodes, links)


def test_harm_is_grams_times_unit_exposure(street, truck, air):
    """Grams are those of a traversal of the same truck; harm, time and cost follow by hand."""
    rng = np.random.default_rng(1)
    unit = air(rng.uniform(10, 1000, (6, 24)))
    defaults = Defaults({"pricing:rigid_7_5t.per_hour": 100, "pricing:rigid_7_5t.per_km": 2,
                         "pricing:diesel_per_l": 20})  # fmt: skip
    prices = link_prices(street, truck, KIND, unit_exposure=unit, load_share=0.5, defaults=defaults,
                         **YEAR)  # fmt: skip
    speeds = hourly_speeds(street.edges["highway"])
    length = street.arrays.length_m
    speed = street.arrays.speed_free_kmh[:, None] * speeds.factors[speeds.edge_row]
    np.testing.assert_allclose(prices.values["time_s"], length[:, None] / speed * 3.6, rtol=1e-12)
    edge, hour = (a.ravel() for a in np.meshgrid(np.arange(6), np.arange(24), indexing="ij"))
    frame = pd.DataFrame(
        {
            "vehicle_day": 0, "seq": np.arange(144), "edge": edge, "stop_before": 0,
            "enter_s": hour * 3600.0, "length_m": length[edge], "speed_kmh": speed.ravel(),
            "payload_kg": 1900.0, "from_fraction": 0.0, "to_fraction": 1.0,
        }
    )  # fmt: skip
    frame = frame.astype({"vehicle_day": "int32", "edge": "int32", "speed_kmh": "float32",
                          "payload_kg": "float32"})  # fmt: skip
    day = pd.DataFrame({"vehicle_id": ["truck"], "operator_id": "op", "vehicle_class": KIND,
                        "date": "2024-05-14", "depart_s": 0.0, "return_s": 0.0})  # fmt: skip
    row = truck.table.iloc[[0]].assign(payload_capacity_kg=3800.0, operator_id="op", gvw_kg=7500.0)
    fleet = Fleet(row.set_index(pd.Index(["truck"], name="vehicle_id")), pd.DataFrame())
    peer = traversal_emissions(Traversals(frame, day, "UTC"), street, fleet, country="MX",
                               processes=("hot", "wear")).grams  # fmt: skip

    def known(name):
        return peer[name].to_numpy().reshape(6, 24)

    pm25 = known("pm25_exhaust_g") + known("pm25_wear_g")
    np.testing.assert_allclose(prices.values["nox_exhaust_g"], known("nox_exhaust_g"), rtol=1e-6)
    np.testing.assert_allclose(
        prices.values["harm_person_ug_m3_h"], pm25 * unit.values / 3600.0, rtol=1e-6
    )
    litres = known("fuel_g") / 1000.0 / Defaults().number("fuel", "diesel.density_kg_l")
    cost = length[:, None] / speed * 3.6 / 3600.0 * 100 + length[:, None] / 1000.0 * 2 + litres * 20
    np.testing.assert_allclose(prices.values["cost"], cost, rtol=1e-6)
    assert "pricing:rigid_7_5t.per_hour" in prices.provenance
    assert prices.currency == "MXN"


def test_unknown_air_is_refused_or_left_out_never_free(street, truck, air):
    """A link that nobody has unit exposure of is named, or closed and counted."""
    holes = np.full(6, 50.0)
    holes[2] = np.nan
    for unit, lost in ((air(holes), 1), (air(np.full(4, 9.0), edges=[0, 1, 4, 5]), 2)):
        with pytest.raises(InputError, match=f"unknown on {lost} of 6"):
            link_prices(street, truck, KIND, unit_exposure=unit, hours=[8], **YEAR)
    prices = link_prices(
        street, truck, KIND, unit_exposure=unit, hours=[8], unknown="exclude", **YEAR
    )
    assert prices.report["links_of_unknown_harm_excluded"] == 2
    assert prices.report["km_of_unknown_harm_excluded"] == pytest.approx(1.2, rel=1e-3)
    assert prices.report["links_usable"] + prices.report["links_cut_off_by_that"] == 4
    for name in prices.names:
        assert np.isnan(prices.at(name, 8)[[2, 3]]).all()


def test_one_substance_and_whole_hours(street, truck, air):
    """Pollutants that do not add, quantities that nobody breathes and hours beyond the day."""
    unit = air(np.full(6, 1.0))
    for pollutants, words in ((("pm25_exhaust_g", "nox_exhaust_g"), "one substance"),
                              (("co2_g",), "one of nox_exhaust_g"),
                              (("pm25_exhaust_g",) * 2, "each once")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            link_prices(street, truck, KIND, unit_exposure=unit, pollutants=pollutants, **YEAR)
    for hours in ([24], [-1, 3], []):
        with pytest.raises(InputError, match="whole hour from 0 to 23"):
            link_prices(street, truck, KIND, unit_exposure=unit, hours=hours, **YEAR)
    deaths = {"harm_deaths": np.ones(6)}
    with pytest.raises(InputError, match=r"shape \(6, 24\)"):
        link_prices(street, truck, KIND, unit_exposure=unit, harm_prices=deaths, **YEAR)
    with pytest.raises(InputError, match="which has 6"):
        link_prices(street, truck, KIND, unit_exposure=air(np.ones(7)), **YEAR)
    prices = link_prices(street, truck, KIND, unit_exposure=unit, hours=[9, 7], **YEAR)
    assert prices.hours == (7, 9)
    with pytest.raises(InputError, match="hour that prices were made for: 7, 9"):
        prices.at("cost", 8)
    with pytest.raises(InputError, match="one of time_s"):
        prices.at("nothing", 7)


def test_hours_apart_equal_hours_together(street, truck, air):
    """Any choice of hours gives the columns of the whole day."""
    unit = air(np.random.default_rng(3).uniform(1, 9, (6, 24)))
    day = link_prices(street, truck, KIND, unit_exposure=unit, **YEAR)
    some = link_prices(street, truck, KIND, unit_exposure=unit, hours=[3, 8, 20], **YEAR)
    for name in day.names:
        for hour in some.hours:
            np.testing.assert_array_equal(day.at(name, hour), some.at(name, hour))


def test_a_mixed_class_costs_the_mean_of_its_engines(street, truck, air):
    """Half diesel, half electric: every price is the mean, with each fuel's own cost."""
    unit = air(np.full(6, 100.0))
    electric = truck.table.assign(fuel="electric", standard="none")
    halves = pd.concat([truck.table, electric]).assign(share=0.5)
    mixes = [FleetComposition(table) for table in (truck.table, electric, halves)]
    parts = [link_prices(street, mix, KIND, unit_exposure=unit, hours=[8], **YEAR) for mix in mixes]
    for name in parts[0].names:
        one, two, both = (part.at(name, 8) for part in parts)
        np.testing.assert_allclose(both, (one + two) / 2, rtol=1e-12)
    assert (parts[1].at("pm25_exhaust_g", 8) == 0).all()
    assert (parts[1].at("harm_person_ug_m3_h", 8) > 0).all()  # tyres, brakes and road remain
    assert (parts[1].at("cost", 8) < parts[0].at("cost", 8)).all()


def test_deaths_and_money_follow_exposure(street, truck, air):
    """Deaths by the published example, 0.68 a tonne at 100 ppm; money at the exchange rate."""
    # 18,900 persons·µg/m3·year per tonne is this many persons·µg/m3 for each g/s
    unit = air(np.full(6, 18_900 * 8760 * 3600 / 1e6))
    value = value_of_life("MX", "low")
    function = response_function("pm25")
    mortality = baseline_mortality("MX", function.cause, rate_per_year=0.0095, adult_share=0.62)
    found = harm_prices(unit, country="MX", background_ug_m3=22.0, value_of_life=value,
                        function=function, mortality=mortality)  # fmt: skip
    assert found["harm_deaths"] * 1e6 == pytest.approx(0.68, rel=0.03)
    rate = Defaults().number("pricing", "usd")
    np.testing.assert_allclose(found["harm_money"], found["harm_deaths"] * value.amount * rate)
    prices = link_prices(street, truck, KIND, unit_exposure=unit, harm_prices=found, hours=[8],
                         harm="harm_deaths", **YEAR)  # fmt: skip
    grams = prices.at("pm25_exhaust_g", 8) + prices.at("pm25_wear_g", 8)
    np.testing.assert_allclose(prices.at("harm_deaths", 8), grams * found["harm_deaths"][:, 8])
    blended = prices.objective("blended", 8, blend=Blend(harm=2.0, time_per_h=36.0))
    by_hand = prices.at("cost", 8) + 2 * prices.at("harm_money", 8) + 0.01 * prices.at("time_s", 8)
    np.testing.assert_allclose(blended, by_hand)


def test_a_blend_needs_prices(street, truck, air):
    """Money of harm that nobody gave is asked for, not taken as nothing."""
    prices = link_prices(street, truck, KIND, unit_exposure=air(np.ones(6)), hours=[8], **YEAR)
    with pytest.raises(InputError, match="harm_price"):
        prices.objective("blended", 8)
    with pytest.raises(InputError, match="at least one weight"):
        prices.objective("blended", 8, blend=Blend(cost=0, harm=0))
    with pytest.raises(InputError, match="at least 0"):
        Blend(cost=-1.0)
    with pytest.raises(InputError, match="one of fastest"):
        prices.objective("prettiest", 8)
    free = prices.objective("blended", 8, blend=Blend(harm=0.0))
    np.testing.assert_array_equal(free, prices.at("cost", 8))

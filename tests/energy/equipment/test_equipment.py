"""Cabin, refrigeration units and lift gates: by hand, monotone, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults, read_table
from geofleet.energy.equipment import (
    body_equipment,
    cabin_power_w,
    check_equipment,
    equipment_power_w,
    fleet_equipment,
    stop_energy_wh,
)
from geofleet.errors import InputError
from geofleet.fleet import read_fleet

some_kind = st.sampled_from(("chilled", "frozen"))
some_gvw = st.sampled_from((2000.0, 3500.0, 7500.0, 12_000.0, 27_000.0))


def test_cabin_power_is_that_of_a_delivery_van():
    """3 to 5 kW of heat at 0 °C, 1 to 2 kW at 30 °C, nothing in mild weather."""
    at_0, mild, at_30 = cabin_power_w([0.0, 18.0, 30.0])
    assert 3000 <= at_0 <= 5000
    assert mild == 0.0
    assert 1000 <= at_30 <= 2000


def test_a_resistance_heater_draws_the_heat_it_gives():
    """Linear in the distance from the comfort band, by its rows, up to the largest power."""
    rows = Defaults()
    below, slope, most = (
        rows.number("energy", name)
        for name in ("heating_below_c", "heating_power_per_k", "heating_power_max")
    )
    assert cabin_power_w([below - 3.0, below, -60.0]) == pytest.approx([3.0 * slope, 0.0, most])


def test_a_heat_pump_saves_most_where_it_is_mild():
    """Two to three times as efficient, down to where it is a heater like any other."""
    saved = cabin_power_w([-25.0, -10.0, 0.0, 10.0]) / cabin_power_w(
        [-25.0, -10.0, 0.0, 10.0], heater="heat_pump"
    )
    assert saved[0] == 1.0
    assert (np.diff(saved) > 0).all()
    assert 2.0 <= saved[2] <= 3.0
    assert cabin_power_w([30.0], heater="heat_pump") == cabin_power_w([30.0])


def test_a_refrigerated_box_by_hand():
    """7.5 t, 3 °C, 33 °C outside: 0.7 · 1.2 · 50 m² · 30 K / 1.8 + 250 W; five minutes' stop."""
    truck = body_equipment(7500.0, refrigeration="chilled")
    assert equipment_power_w(truck, 33.0) == pytest.approx(0.7 * 1.2 * 50 * 30 / 1.8 + 250)
    exchanged_m3 = 20 * 0.5 * 5 * 0.3
    by_hand = exchanged_m3 * 1206 * 30 * 2.0 / 1.8 / 3600
    assert stop_energy_wh(truck, 33.0, service_s=300.0) == pytest.approx(by_hand)


def test_a_lift_gate_by_hand():
    """900 kg picked up in two lifts of a platform of 150 kg by 1 m at 30 %; dropping is cheap."""
    truck = body_equipment(7500.0, lift_gate=True)
    by_hand = (900 + 2 * 150) * 9.80665 * 1.0 / 0.3 / 3600
    assert stop_energy_wh(truck, 20.0, service_s=600.0, pickup_kg=900.0) == pytest.approx(by_hand)
    dropped = stop_energy_wh(truck, 20.0, service_s=600.0, drop_kg=900.0)
    assert dropped == pytest.approx(2 * 150 * 9.80665 / 0.3 / 3600)
    assert stop_energy_wh(truck, 20.0, service_s=600.0) == 0.0
    assert equipment_power_w(truck, 20.0) == 0.0


@given(some_gvw, some_kind, st.floats(4.0, 45.0), st.floats(4.0, 45.0), st.floats(0.0, 3600.0))
def test_heat_never_saves_and_no_unit_exceeds_its_power(gvw, kind, a, b, service):
    """Hotter days cost at least as much, on the road and at the stop."""
    truck = body_equipment(gvw, refrigeration=kind)
    cool, hot = sorted((a, b))
    low, high = equipment_power_w(truck, [cool, hot])
    assert 0.0 < low <= high <= truck.power_max_w
    at_stop = stop_energy_wh(truck, [cool, hot], service_s=service)
    assert 0.0 <= at_stop[0] <= at_stop[1]


def test_frozen_costs_more_than_chilled_and_large_more_than_small():
    """At 25 °C; in frost a chilled box is heated."""
    for gvw in (2000.0, 3500.0, 7500.0, 12_000.0, 27_000.0):
        chilled, frozen = (
            equipment_power_w(body_equipment(gvw, refrigeration=kind), 25.0)
            for kind in ("chilled", "frozen")
        )
        assert chilled < frozen
    sizes = [
        float(equipment_power_w(body_equipment(gvw, refrigeration="chilled"), 25.0))
        for gvw in (2000.0, 3500.0, 7500.0, 12_000.0, 27_000.0)
    ]
    assert sizes == sorted(sizes)
    box = body_equipment(7500.0, refrigeration="chilled")
    assert equipment_power_w(box, -10.0) > equipment_power_w(box, 3.0)


def test_unknown_weather_stays_unknown():
    """NaN in, NaN out, with a unit and without."""
    for kind in ("none", "chilled"):
        truck = body_equipment(7500.0, refrigeration=kind)
        assert np.isnan(equipment_power_w(truck, math.nan))
        assert np.isnan(stop_energy_wh(truck, math.nan, service_s=60.0))
    assert np.isnan(cabin_power_w(math.nan))


def test_the_fleet_table_says_which_vehicles_have_it(tmp_path: Path):
    """Optional columns; an empty cell is not a promise that there is nothing."""
    vehicles = tmp_path / "vehicles.csv"
    vehicles.write_text(
        "vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,"
        "payload_capacity_kg,refrigeration,lift_gate\n"
        "a,op,rigid_7_5t,diesel,euro_5,2015,7500,3500,frozen,yes\n"
        "b,op,rigid_7_5t,diesel,euro_5,2015,7500,3500,none,no\n"
        "c,op,rigid_7_5t,diesel,euro_5,2015,7500,3500,,\n",
        encoding="utf-8",
    )
    operators = tmp_path / "operators.csv"
    operators.write_text("operator_id,name,fleet_size\nop,Op,3\n", encoding="utf-8")
    found = fleet_equipment(read_fleet(vehicles, operators, year=2024).vehicles)
    assert found["a"].refrigeration == "frozen"
    assert found["a"].lift_gate
    assert found["a"].mass_kg == 900.0
    assert (found["b"].stated, found["b"].mass_kg) == (True, 0.0)
    assert (found["c"].stated, found["c"].refrigeration) == (False, "none")
    bare = pd.DataFrame({"gvw_kg": [7500.0]}, index=["d"])
    assert not fleet_equipment(bare)["d"].stated
    vehicles.write_text(vehicles.read_text().replace("frozen", "tepid"), encoding="utf-8")
    with pytest.raises(InputError, match="row 2, field refrigeration"):
        read_fleet(vehicles, operators, year=2024)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: body_equipment(7500.0, refrigeration="tepid"), "refrigeration"),
        (lambda: body_equipment(0.0), "gvw_kg"),
        (lambda: cabin_power_w(0.0, heater="fire"), "heater"),
        (lambda: stop_energy_wh(body_equipment(7500.0), 0.0, service_s=-1.0), "service_s"),
        (lambda: stop_energy_wh(body_equipment(7500.0), 0.0, service_s=1.0, drop_kg=-1.0),
         "drop_kg"),
        (lambda: body_equipment(7500.0, lift_gate=True, defaults=Defaults(
            {"equipment:lift_efficiency": 1.2})), "lift_efficiency"),
        (lambda: cabin_power_w(0.0, heater="heat_pump", defaults=Defaults(
            {"equipment:heat_pump_cop.at_0": 0})), "heat_pump_cop.at_0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, field):
    """Tepid boxes, negative times, lifts that give energy."""
    with pytest.raises(InputError) as error:
        call()
    assert [problem.field for problem in error.value.problems] == [field]


def test_every_row_is_checked_before_any_work():
    """The packaged rows pass; every other row of the table is missed by none."""
    check_equipment(Defaults())
    table = read_table("equipment")
    signed = table["unit"] == "degC"
    rows = [str(row) for row in table.index[~signed]]
    with pytest.raises(InputError) as error:
        check_equipment(Defaults({f"equipment:{row}": 0 for row in rows}))
    # A size whose limit is nothing is never reached, so its limit alone is named.
    named = {problem.field for problem in error.value.problems}
    sizes = {"small_van", "van", "light", "medium"}
    assert named >= {row for row in rows if row.partition(".")[0] not in sizes}
    assert named >= {f"{size}.gvw_max" for size in sizes}

"""Ageing and cold: monotone, never above the new battery, near what fleets report."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.energy.battery import (
    CHEMISTRIES,
    Battery,
    check_batteries,
    fade_rates,
    state_of_health,
    temperature_share,
    usable_energy_wh,
    years_to_end_of_life,
)
from geofleet.errors import InputError

PACK = Battery("pack", 100_000.0, "lfp")
some_chemistry = st.sampled_from(CHEMISTRIES)
years, cycles = st.floats(0.0, 40.0), st.floats(0.0, 8000.0)


def test_a_car_loses_what_the_measured_fleet_loses():
    """Geotab, 22,700 vehicles: 2.3 % a year, 81.6 % left after eight; about 50 cycles a year."""
    health = state_of_health(fade_rates("nmc"), 8.0, 8 * 50.0)
    assert float(health) == pytest.approx(0.816, abs=1e-3)


def test_the_maker_s_claim_for_iron_phosphate_by_each_of_its_halves():
    """80 % after 4,000 cycles alone, and after 10 to 12 years alone."""
    rates = fade_rates("lfp")
    assert float(state_of_health(rates, 0.0, 4000.0)) == pytest.approx(0.8)
    assert 10.0 <= years_to_end_of_life(rates, 0.0) <= 12.0
    both = years_to_end_of_life(rates, 250.0)
    assert both == pytest.approx(0.2 / (0.018 + 250 * 0.00005))
    assert float(state_of_health(rates, both, both * 250.0)) == pytest.approx(0.8)


def test_fast_charging_and_air_cooling_age_faster():
    """In the proportions of the fleets that were measured."""
    average, slow, fast = (
        fade_rates("nmc", fast_charging_share=share).per_year for share in (None, 0.0, 1.0)
    )
    assert slow < average < fast
    assert fast / slow == pytest.approx(3.0 / 1.5)
    air = fade_rates("nmc", air_cooled=True)
    assert air.per_year / average == pytest.approx(4.2 / 2.3)


@given(some_chemistry, years, years, cycles, cycles, st.floats(-40.0, 60.0))
def test_older_never_holds_more_and_nothing_holds_more_than_new(kind, a, b, m, n, temperature):
    """Monotone in age and cycles, within 0 and the new battery at any temperature."""
    pack = Battery("pack", 100_000.0, kind)
    (young, old), (few, many) = sorted((a, b)), sorted((m, n))
    better = float(usable_energy_wh(pack, young, few, battery_temperature_c=temperature))
    worse = float(usable_energy_wh(pack, old, many, battery_temperature_c=temperature))
    assert 0.0 <= worse <= better <= 100_000.0


@given(
    some_chemistry, st.sampled_from(("capacity", "acceptance", "discharge")),
    st.floats(-40.0, 20.0), st.floats(-40.0, 20.0),
)  # fmt: skip
def test_colder_never_gives_or_takes_more(kind, quantity, a, b):
    """Below 20 °C every quantity falls with temperature."""
    cold, warm = sorted((a, b))
    low, high = temperature_share(quantity, kind, [cold, warm])
    assert 0.0 < low <= high <= 1.0


def test_the_cold_takes_charge_before_it_takes_range():
    """At 0 °C a pack refuses more power than it loses energy, and it is whole at 20 °C."""
    for kind in CHEMISTRIES:
        capacity, acceptance, discharge = (
            float(temperature_share(quantity, kind, 0.0))
            for quantity in ("capacity", "acceptance", "discharge")
        )
        assert acceptance < discharge < capacity < 1.0
        assert float(temperature_share("capacity", kind, 20.0)) == 1.0


def test_energy_by_hand_and_unknown_stays_unknown():
    """100 kWh, five years, 1,000 cycles, -5 °C, half way between two rows."""
    table = Defaults()
    share = (
        table.number("batteries", "lfp.capacity.at_minus_10")
        + table.number("batteries", "lfp.capacity.at_0")
    ) / 2
    by_hand = 100_000 * (1 - 5 * 0.018 - 1000 * 0.00005) * share
    energy = usable_energy_wh(PACK, [5.0, math.nan], 1000.0, battery_temperature_c=[-5.0, -5.0])
    assert energy[0] == pytest.approx(by_hand)
    assert np.isnan(energy[1])
    assert np.isnan(temperature_share("capacity", "lfp", math.nan))
    assert float(usable_energy_wh(PACK)) == 100_000.0


def test_nothing_that_fades_lives_for_ever():
    """No fade, no end; and no battery holds less than nothing."""
    still = Defaults({"batteries:lfp.calendar_fade": 0, "batteries:lfp.cycle_fade": 0})
    assert years_to_end_of_life(fade_rates("lfp", defaults=still), 300.0) == math.inf
    assert float(state_of_health(fade_rates("lfp"), 100.0, 0.0)) == 0.0


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: fade_rates("wood"), "chemistry"),
        (lambda: fade_rates("lfp", fast_charging_share=1.5), "fast_charging_share"),
        (lambda: state_of_health(fade_rates("lfp"), [-1.0], 0.0), "age_years"),
        (lambda: state_of_health(fade_rates("lfp"), 1.0, [-2.0]), "equivalent_full_cycles"),
        (lambda: years_to_end_of_life(fade_rates("lfp"), -1.0), "cycles_per_year"),
        (lambda: temperature_share("capacity", "wood", 0.0), "chemistry"),
        (lambda: usable_energy_wh(
            PACK, defaults=Defaults({"batteries:lfp.calendar_fade": 2})), "lfp.calendar_fade"),
        (lambda: usable_energy_wh(
            PACK, defaults=Defaults({"batteries:end_of_life_share": 0})), "end_of_life_share"),
    ],
)  # fmt: skip
def test_impossible_ages_and_rows_are_refused(call, field):
    """Younger than new, more than all of it charged fast."""
    with pytest.raises(InputError) as error:
        call()
    assert [problem.field for problem in error.value.problems] == [field]


def test_every_row_is_checked_before_any_work():
    """All faults of all rows at once, each by name; the packaged rows have none."""
    check_batteries(Defaults())
    wrong = ("lfp.acceptance.at_minus_20", "charger_efficiency.ac", "nmc.cycle_fade",
             "fade_air_cooled", "charging_power.from_80")  # fmt: skip
    with pytest.raises(InputError) as error:
        check_batteries(Defaults({f"batteries:{row}": 3 for row in wrong}))
    assert {problem.field for problem in error.value.problems} == set(wrong)
    nothing = {"batteries:fade_fleet_average": 0, "batteries:fade_liquid_cooled": 0}
    with pytest.raises(InputError) as error:
        check_batteries(Defaults(nothing))
    assert {f"batteries:{p.field}" for p in error.value.problems} == set(nothing)


def test_only_rows_that_count_are_named_as_used():
    """An average fleet reads nothing about fast charging or air cooling."""
    defaults = Defaults()
    fade_rates("lfp", defaults=defaults)
    assert defaults.used == (
        "batteries:end_of_life_share", "batteries:lfp.calendar_fade", "batteries:lfp.cycle_fade",
    )  # fmt: skip

"""The catalogue: what is published stays, what is missing is filled by rule and said so."""

from __future__ import annotations

import pandas as pd
import pytest

from geofleet.defaults import STATUSES, Defaults, read_table
from geofleet.energy import ElectricModels, electric_models
from geofleet.energy.catalogue import check_models
from geofleet.errors import InputError
from geofleet.fleet import vehicle_class_names


def test_every_row_of_both_tables_has_a_source_and_a_known_status():
    """A number that nobody can trace does not belong here."""
    for name in ("electric_models", "energy", "model_estimates", "exchange_rates", "powertrain"):
        table = read_table(name)
        assert set(table["status"]) <= set(STATUSES)
        assert (table["source"] != "").all()
        assert (table["unit"] != "").all()


def test_every_model_has_every_physical_quantity():
    """Thirty-five or more real models, each complete and within its gross weight."""
    frame = electric_models().frame
    assert len(frame) >= 35
    may_be_unknown = ["range_claimed_km", "price_year", "price_mxn", "price_usd"]
    numbers = frame.drop(columns=may_be_unknown).select_dtypes("number")
    assert numbers.notna().all().all()
    assert (frame["curb_mass_kg"] + frame["payload_capacity_kg"] <= frame["gvw_kg"] + 1e-6).all()
    assert frame["replaces"].str.len().min() > 0


def test_published_figures_are_kept_and_gaps_are_estimated():
    """E-Transit: 68 kWh usable as published; its curb mass by the stated rule."""
    row = electric_models(["ford_e_transit_350"]).frame.iloc[0]
    assert row["battery_usable_wh"] == 68000
    assert row["motor_power_w"] == 135000
    expected = 3500 * (0.629 - 0.063) + 75000 / 150
    assert row["curb_mass_kg"] == pytest.approx(expected)
    assert row["payload_capacity_kg"] == pytest.approx(3500 - expected)
    assert set(row["estimated"].split(";")) == {
        "curb_mass_kg", "payload_capacity_kg", "drag_area_m2", "rolling_coefficient",
        "auxiliary_power_w", "charge_power_w", "discharge_power_w",
    }  # fmt: skip
    assert row["status"] == "verified"
    assert "motor16.com" in row["source"]


def test_usable_battery_is_estimated_from_gross_and_curb_from_payload():
    """eCanter of 2017: 82.8 kWh · 0.9 and 7500 - 3500 kg."""
    row = electric_models(["fuso_ecanter_2017"]).frame.iloc[0]
    assert row["battery_usable_wh"] == pytest.approx(74520)
    assert row["curb_mass_kg"] == 4000
    assert {"battery_usable_wh", "curb_mass_kg"} <= set(row["estimated"].split(";"))


def test_status_is_the_weakest_of_the_rows_read():
    """A model with one remembered figure is remembered."""
    frame = electric_models().frame
    assert frame.loc["foton_eaumark_6t", "status"] == "memory"
    assert frame.loc["freightliner_em2_class6", "status"] == "derived"


def test_provenance_names_the_rows_of_the_models_taken_and_no_others():
    """One model, its rows and the rules that filled it."""
    used = electric_models(["byd_t3"]).provenance
    assert "electric_models:byd_t3.battery_gross_wh" in used
    assert "energy:usable_gross_ratio" in used
    assert not any("jac" in key for key in used)


def test_models_can_be_chosen_by_the_class_they_replace():
    """Every class from van to 28 t has a candidate; order of names is kept."""
    for name in ("cargo_van", "rigid_7_5t", "rigid_12t", "rigid_14t", "rigid_20t", "rigid_28t"):
        frame = electric_models(vehicle_class=name).frame
        assert len(frame) >= 1
        assert all(name in text.split(";") for text in frame["replaces"])
    chosen = electric_models(["fuso_ecanter_2017", "byd_t3"]).frame
    assert list(chosen.index) == ["fuso_ecanter_2017", "byd_t3"]
    assert electric_models(vehicle_class="airship").frame.empty


def test_a_study_can_set_its_own_figures():
    """Overrides reach the model and mark it as the user's own."""
    defaults = Defaults({"electric_models:byd_t3.battery_gross_wh": 44900})
    row = electric_models(["byd_t3"], defaults=defaults).frame.iloc[0]
    assert row["battery_usable_wh"] == pytest.approx(0.9 * 44900)
    assert row["status"] == "user"
    assert "electric_models:byd_t3.battery_gross_wh" in defaults.used


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("byd_t3.battery_gross_wh", 0),
        ("byd_t3.payload_capacity_kg", -720),
        ("byd_t3.motor_power_w", -1),
        ("byd_t3.battery_gross_wh", "nan"),
        ("byd_t3.battery_gross_wh", "plenty"),
        ("byd_t3.segment", "spaceship"),
        ("byd_t3.replaces", "small_van;spaceship"),
    ],
)
def test_impossible_figures_name_their_row(row, value):
    """A battery of nothing, a payload below nothing."""
    with pytest.raises(InputError, match=row.replace(".", r"\.")):
        electric_models(["byd_t3"], defaults=Defaults({f"electric_models:{row}": value}))


def test_a_rule_that_breaks_a_vehicle_is_named():
    """A pack so heavy that no payload is left is refused, not clipped."""
    defaults = Defaults({"energy:pack_energy_density": 20})
    with pytest.raises(InputError, match=r"ford_e_transit_350\.payload_capacity_kg"):
        electric_models(["ford_e_transit_350"], defaults=defaults)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("usable_gross_ratio", 0), ("usable_gross_ratio", 1.2), ("pack_energy_density", 0),
        ("light.diesel_curb_share", 1.063), ("van.drag_area", "wide"), ("van.auxiliary_power", -4),
    ],
)  # fmt: skip
def test_a_rule_out_of_its_limits_is_named_once(row, value):
    """A rule that divides by zero or is no number names its row once, not every model."""
    with pytest.raises(InputError) as error:
        electric_models(defaults=Defaults({f"energy:{row}": value}))
    assert [(p.file, p.field) for p in error.value.problems] == [("default table energy", row)]


def test_a_battery_cannot_give_more_than_it_holds():
    """Usable energy above gross energy is refused."""
    defaults = Defaults({"electric_models:ford_e_transit_350.battery_usable_wh": 90000})
    with pytest.raises(InputError, match="at most the gross energy"):
        electric_models(["ford_e_transit_350"], defaults=defaults)


def test_every_class_of_vans_and_rigid_trucks_up_to_28_t_has_a_model():
    """Small vans too: a class that no model replaces is never feasible."""
    replaced = set(";".join(electric_models().frame["replaces"]).split(";"))
    assert replaced <= set(vehicle_class_names())
    assert {"small_van", "cargo_van", "rigid_7_5t", "rigid_20t", "rigid_28t"} <= replaced


def test_unknown_names_come_all_at_once():
    """Two typing errors, two problems."""
    with pytest.raises(InputError) as error:
        electric_models(["byd_t3", "byd_t33", "ford_t"])
    assert [problem.value for problem in error.value.problems] == ["byd_t33", "ford_t"]


def test_own_tables_of_models_are_checked(road):
    """A table made by hand passes the same gate: every fault at once."""
    good: ElectricModels = road.one_model()
    check_models(good.frame)
    bad = road.one_model(battery_usable_wh=0.0, curb_mass_kg=-4000.0, rolling_coefficient=0.8)
    with pytest.raises(InputError) as error:
        check_models(bad.frame)
    fields = {problem.field for problem in error.value.problems}
    assert fields == {
        "truck.battery_usable_wh", "truck.curb_mass_kg", "truck.rolling_coefficient",
    }  # fmt: skip
    with pytest.raises(InputError, match="auxiliary_power_w"):
        check_models(road.one_model(auxiliary_power_w=-1.0).frame)
    with pytest.raises(InputError, match="each model once"):
        check_models(pd.concat([good.frame, good.frame]))
    with pytest.raises(InputError, match="motor_power_w"):
        check_models(good.frame.drop(columns="motor_power_w"))

"""Where every field of a model comes from; prices; models of which too little is known."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.energy import electric_models
from geofleet.energy.catalogue import incomplete_models, model_fields
from geofleet.errors import InputError


def test_nothing_on_the_market_list_is_lost():
    """Announced models stay listed with what is missing, and cannot be used."""
    table = incomplete_models()
    assert {"moldex_vekstar_stellar", "jac_e10x_cargo", "dina_electric", "byd_t18"} <= set(
        table.index
    )
    assert not set(table.index) & set(electric_models().frame.index)
    assert "battery" in table.loc["moldex_vekstar_stellar", "missing"]
    assert "gvw_kg or payload_capacity_kg" in table.loc["jac_e10x_cargo", "missing"].split(";")
    assert "segment" in table.loc["dina_electric", "missing"]
    assert (table["source"] != "").all()
    with pytest.raises(InputError, match=r"byd_t18.*battery_gross_wh"):
        electric_models(["byd_t18"])


def test_a_study_completes_a_model():
    """Two figures make the announced one usable."""
    rows = {"byd_t18.battery_gross_wh": "280000", "byd_t18.replaces": "rigid_20t"}
    defaults = Defaults(tables={"electric_models": _rows(rows)})
    assert "byd_t18" not in incomplete_models(defaults=defaults).index
    assert electric_models(["byd_t18"], defaults=defaults).frame.loc["byd_t18", "gvw_kg"] > 13_000


def test_every_field_of_every_model_has_an_origin():
    """Published with source and status, estimated by named rows, or said to be unknown."""
    fields = model_fields()
    assert set(fields["basis"]) == {"published", "estimated", "unknown"}
    known = fields[fields["basis"] != "unknown"]
    assert (known["source"] != "").all()
    assert (known["status"] != "").all()
    unknown = fields[fields["basis"] == "unknown"]
    # A chemistry that nobody publishes is the cautious one, and says so.
    assert set(unknown.loc[unknown["value"] != "", "value"]) == {"other"}
    estimated = known[known["basis"] == "estimated"]
    frame = electric_models().frame
    for name, group in estimated.groupby("model_id"):
        assert set(group["field"]) == set(frame.loc[name, "estimated"].split(";"))


def test_a_price_keeps_its_currency_and_year():
    """34,200 EUR of 2022 at 1.053 USD/EUR and 0.0497 USD/MXN."""
    row = electric_models(["maxus_edeliver3_35"]).frame.iloc[0]
    assert (row["price"], row["price_currency"], row["price_year"]) == (34_200, "EUR", 2022)
    assert row["price_usd"] == pytest.approx(34_200 * 1.053)
    assert row["price_mxn"] == pytest.approx(34_200 * 1.053 / 0.0497)


def test_a_price_without_a_rate_is_unknown_never_zero():
    """Colombian pesos of 2026: no rate, no number, and a reason."""
    row = electric_models(["byd_t35"]).frame.iloc[0]
    assert row["price"] == 140_000_000
    assert math.isnan(row["price_mxn"])
    assert math.isnan(row["price_usd"])
    assert row["price_note"] == "no exchange rate for COP of 2026"
    rate = _rows({"usd_per_cop.2026": "0.00025"}, unit="USD/COP")
    row = electric_models(["byd_t35"], defaults=Defaults(tables={"exchange_rates": rate})).frame
    assert row["price_usd"].iloc[0] == pytest.approx(35_000)
    assert row["price_mxn"].iloc[0] == pytest.approx(35_000 / 0.0556)


def test_the_estimated_price_is_near_the_published_ones():
    """Within half to double of them; it grows with the battery and is marked."""
    frame = electric_models().frame
    marked = frame["estimated"].str.split(";").map(lambda names: "price" in names)
    published = frame[~marked & frame["price_mxn"].notna()]
    assert len(published) >= 3
    rule = Defaults()
    for _, row in published.iterrows():
        band = {"small van": "small_van", "large van": "van"}[row["segment"]]
        estimate = rule.number("model_estimates", f"{band}.glider_price")
        estimate += rule.number("model_estimates", "pack_price") * row["battery_usable_wh"] / 1000
        assert 0.5 <= row["price_mxn"] / estimate <= 2.0
    assert frame.loc["ford_e_transit_425_89", "price"] > frame.loc["ford_e_transit_425", "price"]
    assert frame.loc[marked, "price_note"].str.startswith("estimated").all()


def test_charging_powers_are_those_published_or_estimated():
    """E10's sister vans: 7 kW where nobody says otherwise; peak power by size."""
    frame = electric_models().frame
    assert frame.loc["byd_t35", "dc_charge_w"] == 126_000
    assert "ac_charge_w" in frame.loc["byd_t35", "estimated"].split(";")
    assert (frame["charge_power_w"] >= frame["dc_charge_w"]).all()
    assert (frame["discharge_power_w"] > frame["motor_power_w"]).all()


@pytest.mark.parametrize(
    ("row", "value", "expected"),
    [
        ("byd_t3.chemistry", "lead", "one of lfp"),
        ("byd_t3.battery_usable_wh", "-1", "above 0"),
        ("byd_t3.charging_power", "0:2", "at most 1"),
    ],
)
def test_rows_that_no_vehicle_can_have_are_named(row, value, expected):
    """By table and row, with what was expected."""
    tables = {"electric_models": _rows({row: value})}
    with pytest.raises(InputError, match=expected):
        electric_models(["byd_t3"], defaults=Defaults(tables=tables))


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("exchange_rates:usd_per_mxn.2025", 0), ("model_estimates:pack_price", "much"),
        ("model_estimates:light.ac_charge_power", 0), ("model_estimates:dc_charge_c_rate", 0),
        ("batteries:other.discharge_c_rate", 0), ("powertrain:converter_efficiency", 1.2),
    ],
)  # fmt: skip
def test_rules_out_of_their_limits_are_named(row, value):
    """A rate of nothing, an efficiency above 1."""
    table, _, name = row.partition(":")
    bare = Defaults({row: value}, tables={"electric_models": _bare_model()})
    with pytest.raises(InputError) as error:
        electric_models(["bare"], defaults=bare)
    assert (f"default table {table}", name) in {(p.file, p.field) for p in error.value.problems}


def _rows(values: dict[str, str], unit: str = "text"):
    """Return rows of a table as a study would set them."""
    return pd.DataFrame(
        {"value": values, "unit": unit, "year": "2026", "source": "a test", "status": "user",
         "note": ""}
    ).rename_axis("id")  # fmt: skip


def _bare_model():
    """Return a model of which nothing but the needful is known."""
    return _rows({
        "bare.make": "B", "bare.model": "B", "bare.segment": "light truck",
        "bare.replaces": "rigid_7_5t", "bare.battery_gross_wh": "80000", "bare.gvw_kg": "7000",
    })  # fmt: skip


def test_an_exchange_rate_of_nothing_is_named_where_a_price_is_published():
    """Named, not divided by."""
    with pytest.raises(InputError, match=r"usd_per_mxn\.2022"):
        electric_models(
            ["maxus_edeliver3_35"], defaults=Defaults({"exchange_rates:usd_per_mxn.2022": 0})
        )

"""What a day of access is worth, and what would tip an operator."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.access import (
    ACCESS_SCHEMA,
    LEVERS,
    access_by_group,
    access_terms,
    access_value,
    clear_share,
    days_won,
    option_cases,
    tipping,
)
from geofleet.economics.ledger import new_cases, switching
from geofleet.errors import InputError
from geofleet.policy.programme import as_members, as_non_members, benefits, load_programmes
from geofleet.policy.rules import Event
from geofleet.policy.rules.packs import load_pack

OPTIONS = ["keep", "dpf_retrofit", "electric:van"]
YEAR = [dt.date(2023, 1, 1) + dt.timedelta(days) for days in range(365)]


def _terms(index: object, **given: object) -> pd.DataFrame:
    usual = {
        "whole_days": 0.0, "contingency_days": 16.0, "contingency_hours": 4.0, "clear_share": 1.0,
        "margin_per_day": 900.0, "working_day_h": 8.0, "worked_share": 1.0, "enforcement": 1.0,
    }  # fmt: skip
    return pd.DataFrame({**usual, **given}, index=index)


def _cases() -> pd.DataFrame:
    """Return a filter on credit (71,082 a year) and an electric van 475,000 dearer, 3.80 a km."""
    index = pd.MultiIndex.from_product([["T1"], OPTIONS], names=["vehicle_id", "option"])
    return new_cases(
        index, years=5, discount_rate=0.16,
        price=[0.0, 200_000, 475_000], loan=[0.0, 200_000, 0.0], loan_rate=0.16, loan_years=5,
        filter_per_year=[0.0, 10_000, 0.0], energy_per_year=[125_000.0, 125_000, 30_000],
    )  # fmt: skip


def _won(**given: object) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([["T1"], OPTIONS[1:]], names=["vehicle_id", "option"])
    return _terms(index, **given)


def test_value_by_hand() -> None:
    """Hologram 2: 104 days, and 4 of 8 hours on what is left of 16; half enforced, 90 % worked."""
    terms = _terms(
        ["two"], whole_days=104.0, clear_share=[1 - 104 / 365], worked_share=0.9, enforcement=0.5
    )
    days = 104 + 16 * (1 - 104 / 365) * 4 / 8
    assert access_value(terms)["two"] == pytest.approx(days * 900 * 0.9 * 0.5)
    assert access_value(_terms(["x"], contingency_hours=17.0))["x"] == 16 * 900
    assert clear_share(pd.Series([0.0, 365.0, 366.0])).tolist() == [1.0, 0.0, 0.0]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 300), st.integers(0, 364), st.integers(0, 200), st.floats(0, 17),
    st.floats(0, 5e3), st.floats(0, 1),
)  # fmt: skip
def test_more_contingency_days_are_never_worth_less(
    whole: float, days: int, more: int, hours: float, margin: float, enforcement: float
) -> None:
    """Monotone in declared days, and so is the gain of switching; in their hours as well."""
    share = float(clear_share(pd.Series([whole]))[0])
    given = {"whole_days": whole, "clear_share": share, "margin_per_day": margin,
             "contingency_hours": hours, "enforcement": enforcement}  # fmt: skip
    later = min(days + more, 365)
    values = [
        access_value(_terms(["x"], contingency_days=float(d), **given))["x"] for d in (days, later)
    ]
    assert values[0] <= values[1]
    longer = access_value(_terms(["x"], contingency_days=float(days),
                                 **{**given, "contingency_hours": hours + 1}))["x"]  # fmt: skip
    assert values[0] <= longer
    both = pd.concat([_cases(), _cases()], keys=["fewer", "more"], names=["days"])
    both = both.reset_index("vehicle_id", drop=True)
    both["access_per_year"] = [0.0, values[0], values[0], 0.0, values[1], values[1]]
    gains = switching(both, group="days", returns=False)["npv"].xs("dpf_retrofit", level="option")
    assert gains["fewer"] <= gains["more"]


def test_clean_holograms_do_not_pay_for_a_filter_alone() -> None:
    """00 and 0: 16 mornings at 900 a day are 7,200 a year, the filter costs 71,082.

    158 declared days would do it (71,082 / 450 = 157.96), ten times the most seen; and a margin of
    8,885 a day would.
    """
    found = tipping(_cases(), _won()).loc[("T1", "dpf_retrofit")]
    assert set(found.index) == set(LEVERS)
    assert found.loc["contingency_days", "needed"] == 158
    assert found.loc["contingency_days", "answer"] == "tips"
    assert found.loc["margin_per_day", "needed"] == pytest.approx(8_885.23, abs=0.01)
    # four hours more each day, or certainty: not enough
    assert found.loc["contingency_hours", "answer"] == "never"
    assert found.loc["enforcement", "answer"] == "never"
    assert (found["npv_present"] < 0.0).all()
    # given away, it still costs 10,000 a year against 7,200
    assert found.loc["grant", "answer"] == "never"
    assert found.loc["grant", "needed"] == pytest.approx(
        200_000 + (10_000 - 7_200) * sum(1.16**-y for y in range(1, 6))
    )
    # 72 whole days and what is left of the 16 mornings
    assert 70 <= found.loc["whole_days", "needed"] <= 80


def test_at_a_smaller_margin_no_number_of_days_is_enough() -> None:
    """385 pesos a day: half a day on each of the year's 365 falls short of 71,082."""
    found = tipping(_cases(), _won(margin_per_day=385.0)).loc[("T1", "dpf_retrofit")]
    assert found.loc["contingency_days", "answer"] == "never"
    assert np.isnan(found.loc["contingency_days", "npv_needed"])
    assert found.loc["contingency_days", "needed"] == np.ceil(71_081.876324 / (385 / 2))


def test_clean_holograms_do_not_pay_for_an_electric_van_alone() -> None:
    """Fuel saved pays 311,058 of 475,000 at 16 %; the rest is 50,070 a year, or 112 mornings."""
    found = tipping(_cases(), _won()).loc[("T1", "electric:van")]
    rest = 475_000 / sum(1.16**-y for y in range(1, 6)) - 95_000
    assert found.loc["contingency_days", "needed"] == np.ceil(rest / 450)
    grant = 475_000 - (95_000 + 16 * 450) * sum(1.16**-y for y in range(1, 6))
    assert found.loc["grant", "needed"] == pytest.approx(grant)
    assert found.loc["grant", "answer"] == "tips"


def test_either_side_of_every_tipping_point() -> None:
    """At what is needed the gain is not below zero; one step short of it it is."""
    found = tipping(_cases(), _won(whole_days=20.0, clear_share=1 - 20 / 365))
    tips = found[found["answer"] == "tips"]
    assert len(tips) >= 6
    assert (tips["npv_needed"] >= -1e-6).all()
    assert (tips["npv_short_of"] < 0.0).all()
    assert (found.loc[found["answer"] == "never", "npv_present"] < 0.0).all()


def test_what_pays_already_needs_nothing_more() -> None:
    """Hologram 2 at 900 a day: the filter pays, with 683 needed at the least, less the mornings."""
    won = _won(whole_days=104.0, contingency_days=0.0)
    found = tipping(_cases(), won).loc[("T1", "dpf_retrofit")]
    assert (found["answer"] == "pays already").all()
    assert found.loc["margin_per_day", "needed"] == pytest.approx(71_081.876324 / 104)
    assert found.loc["whole_days", "needed"] == 79
    assert found.loc["grant", "needed"] == 0.0


def test_who_wins_no_access_and_what_is_unknown() -> None:
    """Levers of access move nothing for an option that wins none; unknown margins stay unknown."""
    won = _won(margin_per_day=[np.nan, 900.0])
    found = tipping(_cases(), won.iloc[:1], levers=["whole_days", "margin_per_day", "grant"])
    assert found.loc[("T1", "dpf_retrofit", "whole_days"), "answer"] == "unknown"
    assert found.loc[("T1", "dpf_retrofit", "grant"), "answer"] == "unknown"
    assert found.loc[("T1", "dpf_retrofit", "margin_per_day"), "needed"] == pytest.approx(8885.2345)
    assert found.loc[("T1", "electric:van", "whole_days"), "answer"] == "never"
    assert found.loc[("T1", "electric:van", "grant"), "answer"] == "tips"


def test_holograms_read_as_numbers_are_those_of_the_rows() -> None:
    """A column with an empty cell makes 2 to 2.0; the empty one stays unknown."""
    vehicles = pd.DataFrame(
        {"vehicle_class": "rigid_7_5t", "operator_size": "1-5", "hologram": [2.0, np.nan]}
    )
    found = access_terms(vehicles)["whole_days"]
    assert found.iloc[0] == 104.0
    assert np.isnan(found.iloc[1])
    with pytest.raises(InputError, match=r"margin_per_day.*much"):
        access_terms(vehicles.assign(margin_per_day="much"))


def test_faults_are_named() -> None:
    """Levers that are none, cases that are not there, shares above one, columns that lack."""
    with pytest.raises(InputError, match="levers: 'weather'"):
        tipping(_cases(), _won(), levers=["weather"])
    with pytest.raises(InputError, match="access terms, field index"):
        tipping(_cases(), _terms(pd.MultiIndex.from_tuples([("T9", "keep")])))
    with pytest.raises(InputError) as caught:
        access_value(
            _terms(["x"], enforcement=2.0, contingency_hours=25.0).drop(columns="clear_share")
        )
    assert [p.field for p in caught.value.problems] == [
        "contingency_hours", "clear_share", "enforcement",
    ]  # fmt: skip
    with pytest.raises(InputError, match="a column hologram"):
        access_terms(pd.DataFrame({"vehicle_class": ["cargo_van"], "operator_size": ["1-5"]}))


def test_terms_of_a_fleet_come_from_rows() -> None:
    """Class, size and hologram choose rows; what has none is unknown; own margins go first."""
    vehicles = pd.DataFrame(
        {
            "vehicle_class": ["rigid_7_5t", "rigid_7_5t", "rigid_7_5t", "spaceship"],
            "operator_size": ["1-5", ">100", "1-5", "1-5"],
            "hologram": ["2", "00", None, "1"],
            "margin_per_day": [np.nan, np.nan, 700.0, np.nan],
        },
        index=pd.Index(list("abcd"), name="vehicle_id"),
    )
    defaults = Defaults({"economics_access:margin_per_day.rigid_7_5t": 1_000})
    terms = access_terms(vehicles, defaults=defaults)
    assert list(terms.columns) == [column.name for column in ACCESS_SCHEMA.columns]
    assert terms["margin_per_day"].tolist()[:3] == [1_000.0, 500.0, 700.0]
    assert terms["whole_days"].tolist()[:2] == [104.0, 0.0]
    assert access_value(terms).isna().tolist() == [False, False, True, True]
    assert "economics_access:barred_days.2" in defaults.used
    assert "economics_access:contingency_days" in defaults.used
    with pytest.raises(InputError, match="enforcement"):
        access_terms(vehicles, defaults=Defaults({"economics_access:enforcement": 3}))


def _trucks() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "use": "freight", "fuel": "diesel", "hologram": hologram, "plate_digit": "5",
                "plate_jurisdiction": "local", "body": "rigid", "gvw_kg": 11000.0, "length_m": 8.5,
                "cargo_type": "general", "refrigeration": "none", "model_year": 2015.0,
                "standard": "epa_2004", "particle_filter": "none",
                "programme_membership": "none",
            }
            for hologram in ("2", "1", "00")
        ],
        index=["two", "one", "clean"],
    )  # fmt: skip


def test_days_won_as_the_rules_decide_them() -> None:
    """104, 76 and no days; on 16 declared days four hours of eight, where the day is not lost.

    What is won agrees with what membership saves by the rooms of policy.
    """
    rules, trucks = load_pack("mexico"), _trucks()
    programme = load_programmes("mexico").programme("autorregulacion_cdmx")
    inside = {name: name == "zmvm" for name in rules.geographies}
    declared = Event(
        "contingencia", "I",
        tuple(dt.date(2023, 4, 1) + dt.timedelta(days) for days in range(16)),
        pollutants=("o3",), parity="odd", colour="rosa",
    )  # fmt: skip
    before, after = as_non_members(trucks), as_members(programme, trucks, until=YEAR[-1])
    found = days_won(rules, before, after, YEAR, events=[declared], inside=inside)
    assert found["whole_days"].tolist() == [104.0, 76.0, 0.0]
    assert found["contingency_days"].tolist() == [16.0] * 3
    # Saturdays 1, 8 and 15 April and two Mondays are lost to hologram 2 anyway
    assert found["contingency_hours"].tolist() == pytest.approx([4 * 11 / 16, 4 * 12 / 16, 4.0])
    saved = benefits(programme, rules, trucks, YEAR, events=[declared], inside=inside).by_case
    assert found["hours_won"].tolist() == saved["hours_saved"].tolist()
    vehicles = trucks.assign(vehicle_class="rigid_12t", operator_size="1-5")
    terms = access_terms(vehicles, won=found)
    assert terms["whole_days"].tolist() == [104.0, 76.0, 0.0]
    margin = Defaults().number("economics_access", "margin_per_day.rigid_12t")
    assert access_value(terms)["two"] == pytest.approx((104 + 5.5) * margin)
    assert access_value(terms)["clean"] == pytest.approx(8 * margin)


def test_what_rules_cannot_tell_is_not_worth_anything_known() -> None:
    """Without a hologram it is not known which days are barred, so not what access is worth."""
    rules, trucks = load_pack("mexico"), _trucks().assign(hologram=None)
    programme = load_programmes("mexico").programme("autorregulacion_cdmx")
    inside = {name: name == "zmvm" for name in rules.geographies}
    before, after = as_non_members(trucks), as_members(programme, trucks, until=YEAR[-1])
    found = days_won(rules, before, after, YEAR[:31], inside=inside)
    assert found["whole_days"].isna().all()
    assert (found["hours_perhaps_won"] > 0).all()
    terms = access_terms(trucks.assign(vehicle_class="rigid_12t", operator_size="1-5"), won=found)
    assert access_value(terms).isna().all()
    with pytest.raises(InputError, match="cases of before"):
        days_won(rules, before, after.iloc[:1], YEAR[:2])


def test_what_each_option_wins_by_the_rules_and_programmes_of_mexico() -> None:
    """A filter joins if the truck is young enough; an electric truck has hologram exento for good.

    The truck of 2000 is too old for the programme: its filter wins nothing.
    """
    rules = load_pack("mexico")
    trucks = _trucks().loc[["two", "two", "clean"]].set_axis(["young", "old", "clean"])
    trucks["model_year"] = [2015.0, 2000.0, 2015.0]
    trucks["drives_in"] = "CDMX"
    programmes = [
        load_programmes("mexico").programme(name)
        for name in ("autorregulacion_cdmx", "holograma_exento")
    ]
    index = pd.MultiIndex.from_product(
        [trucks.index, [*OPTIONS, "euro_6"]], names=["vehicle_id", "option"]
    )
    before, after = option_cases(trucks, index, programmes, on=YEAR[0], until=YEAR[-1])
    inside = {name: name == "zmvm" for name in rules.geographies}
    days = days_won(rules, before, after, YEAR, inside=inside)["whole_days"].unstack("option")
    assert days["keep"].tolist() == [0.0] * 3
    assert days.loc[["young", "old", "clean"], "dpf_retrofit"].tolist() == [104.0, 0.0, 0.0]
    assert days.loc[["young", "old", "clean"], "electric:van"].tolist() == [104.0, 104.0, 0.0]
    assert days.loc[["young", "old", "clean"], "euro_6"].tolist() == [104.0, 104.0, 0.0]


def test_who_may_perhaps_join_has_access_of_unknown_worth() -> None:
    """Without its model year nobody knows whether the truck with a filter may join."""
    rules = load_pack("mexico")
    trucks = _trucks().loc[["two"]].assign(model_year=None, drives_in="CDMX")
    index = pd.MultiIndex.from_product([["two"], OPTIONS], names=["vehicle_id", "option"])
    programme = load_programmes("mexico").programme("autorregulacion_cdmx")
    before, after = option_cases(trucks, index, [programme], on=YEAR[0], until=YEAR[-1])
    inside = {name: name == "zmvm" for name in rules.geographies}
    days = days_won(rules, before, after, YEAR[:31], inside=inside)["whole_days"]
    assert days.loc[("two", "keep")] == 0.0
    assert np.isnan(days.loc[("two", "dpf_retrofit")])
    with pytest.raises(InputError) as caught:
        option_cases(
            trucks,
            pd.MultiIndex.from_tuples([("nobody", "keep"), ("two", "sails")]),
            [programme], on=YEAR[0], until=YEAR[-1],
        )  # fmt: skip
    assert [problem.value for problem in caught.value.problems] == ["nobody", "sails"]


def test_worth_of_a_day_by_operator() -> None:
    """Two trucks of one operator, one of another whose margin is not known."""
    terms = _terms(["a", "b", "c"], whole_days=[10.0, 0.0, 5.0], contingency_days=[0.0, 16.0, 0.0],
                   margin_per_day=[900.0, 450.0, np.nan])  # fmt: skip
    found = access_by_group(terms, pd.Series({"a": "one", "b": "one", "c": "two"}))
    assert found.loc["one", "days"] == 18.0
    assert found.loc["one", "access_per_year"] == 9_000 + 3_600
    assert found.loc["one", "worth_of_a_day"] == 700.0
    assert found.loc["two", ["vehicles", "unknown", "access_per_year"]].tolist() == [1, 1, 0]
    assert np.isnan(found.loc["two", "worth_of_a_day"])

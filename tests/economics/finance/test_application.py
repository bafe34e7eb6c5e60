"""What products do to a ledger, against hand-worked figures and numpy-financial."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Callable

import numpy as np
import numpy_financial
import pandas as pd
import pytest

from geofleet.economics.finance import Product, ProductSet, apply_product, load_products
from geofleet.economics.ledger import ledger, ledger_totals, new_cases
from geofleet.errors import InputError

Truck = Callable[..., pd.DataFrame]
Make = Callable[[str], Product]
CASE = ("a", "euro_6")
LOAN = "kind: loan\nrate: 0.16\nrate_is: effective\nterm_years: 5\ndown_payment: 0"


def test_filter_of_200_000_on_a_loan_of_16_per_cent(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """The instalment is 61,081.88 a year, and its monthly twin has the same effective rate."""
    cases = truck("dpf_retrofit", price=200_000)
    financed = apply_product(cases, product(LOAN), vehicles=owner)
    table = ledger(financed.cases, ("a", "dpf_retrofit")).table
    assert table["instalments"][1:6].round(2).tolist() == [61_081.88] * 5
    monthly = -numpy_financial.pmt(1.16 ** (1 / 12) - 1, 60, 200_000)
    totals = ledger_totals(financed.cases).loc[("a", "dpf_retrofit")]
    assert np.isclose(totals["month_one"], monthly, rtol=1e-12)
    assert totals["upfront"] == 0.0


def test_bonus_is_16_5_per_cent_of_the_price(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """140,250 of 850,000, borne by the donor, and the old truck brings nothing more."""
    cases = truck(price=850_000, trade_in=90_000)
    financed = apply_product(cases, mexico["bono"], vehicles=owner, date=datetime.date(2026, 3, 1))
    assert financed.cases.loc[CASE, "grant"] == pytest.approx(140_250, rel=1e-12)
    assert financed.cases.loc[CASE, "trade_in"] == 0.0
    terms = financed.terms.loc[CASE]
    assert (terms["public_cost"], terms["paid_by"]) == (0.0, "donor")
    assert terms["donor_cost"] == pytest.approx(140_250, rel=1e-12)
    early = apply_product(cases, mexico["bono"], vehicles=owner, date=datetime.date(2025, 3, 1))
    assert early.terms.loc[CASE, "reason"] == "bono: not in force on 2025-03-01"
    assert early.cases.equals(cases.astype(float))


@pytest.mark.parametrize(
    ("vehicle_class", "amount"),
    [
        ("rigid_14t", 107_000),
        ("rigid_26t", 160_000),
        ("articulated_40t", 250_000),
        ("cargo_van", None),
    ],
)
def test_substitution_pays_by_class(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet, vehicle_class: str, amount: float | None
) -> None:
    """Trucks of two and three axles and tractors have their amounts; vans have none."""
    owner["vehicle_class"] = vehicle_class
    day = datetime.date(2016, 1, 1)
    financed = apply_product(
        truck(price=1_400_000), mexico["substitution"], vehicles=owner, date=day
    )
    terms = financed.terms.loc[CASE]
    if amount is None:
        assert (terms["eligible"], terms["public_cost"]) == ("no", 0.0)
    else:
        assert (terms["eligible"], terms["public_cost"]) == ("yes", amount)
        assert financed.cases.loc[CASE, "grant"] == amount


def test_age_decides_and_without_it_nobody_knows(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """Older than ten years; no model year or no date, no answer and no money."""
    day, scheme = datetime.date(2016, 1, 1), mexico["substitution"]
    cases = truck(price=1_400_000)
    for year, answer in ((2005, "yes"), (2006, "no"), (np.nan, "unknown")):
        owner["model_year"] = year
        found = apply_product(cases, scheme, vehicles=owner, date=day)
        assert found.terms.loc[CASE, "eligible"] == answer, year
    assert np.isnan(found.terms.loc[CASE, "public_cost"])
    assert found.cases.loc[CASE, "grant"] == 0.0
    owner["model_year"] = 1990
    assert apply_product(cases, scheme, vehicles=owner).terms.loc[CASE, "eligible"] == "unknown"
    owner["age_years"] = 26.0
    assert apply_product(cases, scheme, vehicles=owner).terms.loc[CASE, "eligible"] == "yes"


def test_two_for_one_pairs_each_truck_once(mexico: ProductSet) -> None:
    """Three old trucks make one pair, the two oldest; both amounts come, both trucks go."""
    ids = ["a", "b", "c", "d"]
    vehicles = pd.DataFrame(
        {"operator_id": ["o", "o", "o", "p"], "operator_size": "1-5",
         "vehicle_class": ["rigid_14t", "articulated_40t", "rigid_14t", "rigid_14t"],
         "model_year": [1995, 1990, 1998, 1980]},
        index=pd.Index(ids, name="vehicle_id"),
    )  # fmt: skip
    index = pd.MultiIndex.from_product([ids, ["keep", "euro_6"]], names=["vehicle_id", "option"])
    cases = new_cases(
        index, years=10, discount_rate=0.16, price=[0, 1_400_000] * 4, value=[60_000, 1_400_000] * 4
    )
    day = datetime.date(2016, 1, 1)
    found = apply_product(cases, mexico["two_for_one"], vehicles=vehicles, date=day)
    terms = found.terms.xs("euro_6", level="option")
    assert terms["eligible"].tolist() == ["yes", "yes", "no", "no"]
    assert terms["partner"].tolist() == ["b", "a", "", ""]
    assert terms["public_cost"].tolist() == [357_000, 357_000, 0, 0]
    # the second truck's worth of 60,000 is given up
    assert found.cases.loc[("a", "euro_6"), "grant"] == 297_000
    without = vehicles.drop(columns="operator_id")
    terms = apply_product(cases, mexico["two_for_one"], vehicles=without, date=day).terms
    assert terms.loc[("a", "euro_6"), "eligible"] == "unknown"


def test_colombia_pays_by_what_comes_instead() -> None:
    """A simple truck: 90.7 million without replacement, 70 % with electric, 60 % with diesel."""
    options = ["keep", "scrap", "electric", "euro_6"]
    index = pd.MultiIndex.from_product([["a"], options], names=["vehicle_id", "option"])
    cases = new_cases(
        index, years=10, discount_rate=0.18, price=[0, 0, 4e8, 3e8], purchase_tax=[0, 0, 0, 5e7]
    )
    vehicles = pd.DataFrame(
        {"operator_size": "1-5", "vehicle_class": "rigid_14t", "age_years": 25.0,
         "gvw_kg": 14_000.0},
        index=pd.Index(["a"], name="vehicle_id"),
    )  # fmt: skip
    scheme = load_products("colombia")["modernisation"]
    found = apply_product(cases, scheme, vehicles=vehicles, currency="COP")
    assert found.cases["grant"].tolist() == pytest.approx([0, 90.7e6, 63.49e6, 54.42e6])
    assert found.cases.loc[("a", "euro_6"), "purchase_tax"] == 0.0
    assert found.terms.loc[("a", "euro_6"), "public_cost"] == pytest.approx(54.42e6 + 5e7)
    light = vehicles.assign(gvw_kg=10_500.0)
    refused = apply_product(cases, scheme, vehicles=light, currency="COP").terms
    assert (
        refused.loc[("a", "electric"), "reason"] == "modernisation: the vehicle is not heavy enough"
    )


def test_lease_fee_is_annuity_less_residual_and_services(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """Worked with numpy-financial; operator owns nothing, insures nothing, pays from year one."""
    cases = truck(
        price=1_000_000, duty=100_000, value=900_000, value_decline=0.2, insurance_share=0.05,
        maintenance_per_year=20_000, maintenance_growth=0.03, inflation=0.04, battery_price=5e5,
        battery_year=8, charger=80_000, tyres_per_year=7_000,
    )  # fmt: skip
    lease = product(
        "kind: lease\nrate: 0.13\nrate_is: effective\nterm_years: 4\n"
        "includes: [maintenance, insurance]\noverhead_share: 0.05"
    )
    found = apply_product(cases, lease, vehicles=owner).cases.loc[CASE]
    capital = -numpy_financial.pmt(0.13, 4, 1_100_000, -900_000 * 0.8**4)
    services = [20_000 * (1.04 * 1.03) ** y + 0.05 * 900_000 * 0.8**y for y in range(4)]
    level = -numpy_financial.pmt(0.13, 4, numpy_financial.npv(0.13, [0, *services]))
    assert found["fee_per_year"] == pytest.approx((capital + level) * 1.05, rel=1e-12)
    gone = ["price", "duty", "value", "insurance_share", "maintenance_per_year", "battery_price"]
    assert (found[gone] == 0.0).all()
    assert (found["charger"], found["tyres_per_year"], found["fee_years"]) == (80_000, 7_000, 10)


def test_a_grant_for_a_leased_vehicle_is_passed_on_once(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """Ten years of lower fees, brought to today at the lessor's rate, are the grant."""
    cases = truck(price=1_000_000, value=1_000_000, value_decline=0.1)
    lease = product(
        "kind: lease\nrate: 0.13\nrate_is: effective\nterm_years: 4\nincludes: [insurance]"
    )
    grant = product("kind: grant\namount: 200000")
    fees = [
        apply_product(cases, products, vehicles=owner).cases.loc[CASE, "fee_per_year"]
        for products in (lease, (grant, lease))
    ]
    spared = numpy_financial.npv(0.13, [0, *[fees[0] - fees[1]] * 10])
    assert spared == pytest.approx(200_000, rel=1e-12)


def test_battery_service_takes_the_pack_out_of_the_price(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """96.7 kWh at 3,300: 319,110 less to buy, and its annuity plus a tenth to pay."""
    cases = truck("electric:jac_n55_ev", price=1_600_000, value=1_600_000, battery_price=3e5,
                  battery_year=9)  # fmt: skip
    physical = pd.DataFrame(
        {"technology": ["keep", "electric"], "model_id": ["", "jac_n55_ev"]}, index=cases.index
    )
    service = mexico["battery_service"]
    found = apply_product(cases, service, vehicles=owner, physical=physical).cases.iloc[1]
    assert found["price"] == found["value"] == pytest.approx(1_600_000 - 319_110)
    fee = -numpy_financial.pmt(0.14, 10, 319_110) * 1.1
    assert found["fee_per_year"] == pytest.approx(fee, rel=1e-12)
    assert (found["battery_price"], found["fee_years"]) == (0.0, 10.0)
    named = apply_product(cases, service, vehicles=owner).cases.iloc[1]  # the option names it
    assert named["price"] == found["price"]
    physical["model_id"] = ["", "unheard_of"]
    terms = apply_product(cases, service, vehicles=owner, physical=physical).terms.iloc[1]
    assert terms["reason"] == "battery_service: size of the battery not known"
    assert terms["eligible"] == "unknown"


def test_fees_can_be_agreed_by_use(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """Per month, kilometre and kWh add up."""
    cases = truck("electric", price=1_000_000, km_per_year=20_000)
    physical = pd.DataFrame(
        {"battery_gross_kwh": [0.0, 50.0], "energy_wh": [0.0, 8e6]}, index=cases.index
    )
    service = product(
        "kind: battery_service\nrate: 0.1\nrate_is: effective\nterm_years: 8\n"
        "fee_per_month: 100\nfee_per_km: 0.5\nfee_per_kwh: 1.5"
    )
    found = apply_product(cases, service, vehicles=owner, physical=physical).cases.iloc[1]
    assert found["fee_per_year"] == pytest.approx(1_200 + 10_000 + 12_000)


def test_daily_payments_buy_the_vehicle(truck: Truck, owner: pd.DataFrame, product: Make) -> None:
    """A tenth down, the rest with interest in four years; the value stays the operator's."""
    owner["vehicle_class"] = "cargo_van"
    cases = truck("electric", price=500_000, value=450_000)
    hire = product(
        "kind: pay_as_you_go\nrate: 0.22\nrate_is: effective\nterm_years: 4\ndown_payment: 0.1"
    )
    found = apply_product(cases, hire, vehicles=owner).cases.iloc[1]
    assert found["fee_per_year"] == pytest.approx(-numpy_financial.pmt(0.22, 4, 450_000))
    assert (found["fee_years"], found["value"]) == (4.0, 450_000)
    assert ledger_totals(found.to_frame().T)["upfront"].iloc[0] == pytest.approx(50_000)
    short = apply_product(truck("electric", price=1e5, years=3), hire, vehicles=owner).terms.iloc[1]
    assert short["eligible"] == "no"


def test_daily_payments_for_a_dear_charger_leave_no_price_below_nothing(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """Duty, tax and charger are paid by the provider too where the vehicle alone is cheaper."""
    owner["vehicle_class"] = "cargo_van"
    cases = truck("electric", price=1e6, duty=3e5, purchase_tax=1e5, charger=2e5)
    hire = product(
        "kind: pay_as_you_go\nrate: 0.22\nrate_is: effective\nterm_years: 4\ndown_payment: 0.1"
    )
    found = apply_product(cases, hire, vehicles=owner).cases
    left = found.iloc[1][["price", "duty", "purchase_tax", "charger"]]
    assert (left >= 0.0).all()
    assert left.sum() == pytest.approx(160_000)
    assert ledger_totals(found)["upfront"].iloc[1] == pytest.approx(160_000)


def test_interest_subsidy_pays_the_difference_of_instalments(
    truck: Truck, owner: pd.DataFrame, product: Make, mexico: ProductSet
) -> None:
    """The operator pays as at 12 %, the lender gets 16 %, the treasury the rest at its own rate."""
    cases = truck(price=500_000)
    found = apply_product(cases, (product(LOAN), mexico["interest_subsidy"]), vehicles=owner)
    assert found.cases.loc[CASE, "loan_rate"] == pytest.approx(0.12)
    gap = numpy_financial.pmt(0.12, 5, 500_000) - numpy_financial.pmt(0.16, 5, 500_000)
    cost = numpy_financial.npv(0.09, [0, *[gap] * 5])
    assert found.terms.loc[CASE, "interest_subsidy"] == pytest.approx(cost, rel=1e-12)
    assert found.terms.loc[CASE, "public_cost"] == pytest.approx(cost, rel=1e-12)


def test_guarantee_lowers_rate_and_down_payment_for_an_expected_loss(
    truck: Truck, owner: pd.DataFrame, product: Make, mexico: ProductSet
) -> None:
    """Ten per cent default × 60 % lost × half covered × what is owed, from the debt's own table."""
    cases = truck(price=500_000)
    loan = product(LOAN.replace("down_payment: 0", "down_payment: 0.2"))
    found = apply_product(cases, (mexico["guarantee"], loan), vehicles=owner)
    case, terms = found.cases.loc[CASE], found.terms.loc[CASE]
    assert case["loan"] == pytest.approx(450_000)
    assert case["loan_rate"] == pytest.approx(0.14)
    owed, lost = 450_000.0, 0.0
    payment = -numpy_financial.pmt(0.14, 5, owed)
    for year in range(1, 6):
        lost += owed / 1.09**year
        owed = owed * 1.14 - payment
    assert terms["expected_loss"] == pytest.approx(0.1 / 5 * 0.6 * 0.5 * lost, rel=1e-9)
    assert terms["public_cost"] == terms["expected_loss"]


def test_trial_pays_the_charger_and_spares_the_first_fee(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """With a lease the month free of charge is money today; the donor bears both."""
    cases = truck("electric", price=900_000, value=900_000, value_decline=0.1, charger=80_000)
    found = apply_product(cases, (mexico["trial"], mexico["lease"]), vehicles=owner)
    case, terms = found.cases.iloc[1], found.terms.iloc[1]
    month = case["fee_per_year"] / 12
    assert case["grant"] == pytest.approx(80_000 + month)
    assert terms["donor_cost"] == pytest.approx(80_000 + month)
    bought = apply_product(cases, mexico["trial"], vehicles=owner)
    assert bought.cases.iloc[1]["grant"] == pytest.approx(80_000)
    assert bought.terms.iloc[1]["donor_cost"] == pytest.approx(80_000 + month)


def test_grants_come_before_the_loan_in_any_order(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet, product: Make
) -> None:
    """The loan is on what grant and trade-in leave, less the down payment."""
    owner["vehicle_class"] = "cargo_van"
    cases = truck("electric", price=1_000_000, charger=100_000, trade_in=50_000)
    loan = product(LOAN.replace("down_payment: 0", "down_payment: 0.2"))
    results = [
        apply_product(cases, order, vehicles=owner).cases
        for order in itertools.permutations((mexico["grant"], loan))
    ]
    assert results[0].equals(results[1])
    assert results[0].iloc[1]["loan"] == pytest.approx((1_100_000 - 200_000 - 50_000) * 0.8)


def test_grants_never_exceed_what_is_bought(
    truck: Truck, owner: pd.DataFrame, product: Make
) -> None:
    """A grant of a million for a filter of 200,000 is 200,000."""
    found = apply_product(truck("dpf_retrofit", price=200_000),
                          product("kind: grant\namount: 1000000"), vehicles=owner)  # fmt: skip
    assert found.terms.iloc[1]["public_cost"] == 200_000
    assert ledger_totals(found.cases)["upfront"].iloc[1] == 0.0


def test_same_slot_and_lone_guarantee_are_refused(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """Lease and loan exclude each other; a guarantee needs a loan."""
    cases = truck(price=1e6)
    with pytest.raises(InputError, match="one product for credit"):
        apply_product(cases, (mexico["lease"], mexico["commercial_credit"]), vehicles=owner)
    with pytest.raises(InputError, match="a loan beside it"):
        apply_product(cases, mexico["guarantee"], vehicles=owner)


@pytest.mark.parametrize(
    ("country", "answer"),
    [("MX", "yes"), ("MX;US", "yes"), ("CN", "no"), ("US;CN", "unknown"), (None, "unknown")],
)
def test_country_of_assembly(
    truck: Truck, owner: pd.DataFrame, product: Make, country: str | None, answer: str
) -> None:
    """A model from one of several countries is in doubt unless all of them are allowed."""
    cases = truck("electric", price=1e6)
    physical = pd.DataFrame({"assembly_country": [None, country]}, index=cases.index)
    grant = product("kind: grant\nshare: 0.1\nassembly_countries: [MX, US]")
    found = apply_product(cases, grant, vehicles=owner, physical=physical).terms.iloc[1]
    assert found["eligible"] == answer


def test_unknown_size_and_price_stay_unknown(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """No operator size, no answer; no price, no amounts."""
    cases = truck(price=np.nan)
    found = apply_product(cases, mexico["bono"], vehicles=owner)
    assert np.isnan(found.cases.loc[CASE, "grant"])
    assert np.isnan(found.terms.loc[CASE, "donor_cost"])
    owner["operator_size"] = None
    assert (
        apply_product(cases, mexico["bono"], vehicles=owner).terms.loc[CASE, "eligible"]
        == "unknown"
    )


def test_index_vehicles_and_currency_are_checked(
    truck: Truck, owner: pd.DataFrame, mexico: ProductSet
) -> None:
    """A vehicle that is not in the table, a truck without its present, money without a rate."""
    cases = truck(price=1e6)
    with pytest.raises(InputError, match="a row for each vehicle"):
        apply_product(cases, mexico["cash"], vehicles=owner.rename({"a": "b"}))
    with pytest.raises(InputError, match="a case keep"):
        apply_product(cases.iloc[1:], mexico["cash"], vehicles=owner)
    with pytest.raises(InputError, match="a currency with a rate"):
        apply_product(cases, mexico["grant"], vehicles=owner, currency="XXX")

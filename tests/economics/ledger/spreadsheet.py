"""A ledger as one would set it up in a spreadsheet: plain Python, a cell at a time.

Written from the meaning of the items, with the loan carried forward payment by payment.
"""

from __future__ import annotations

from typing import Any


def sheet(case: dict[str, float]) -> dict[str, Any]:
    """Return flows by year, their totals, and the month's cash."""
    get = {**dict.fromkeys(NAMES, 0.0), **case}
    years = int(get["years"])
    rate, i = get["discount_rate"], get["inflation"]
    bought = get["price"] + get["duty"] + get["purchase_tax"] + get["charger"]
    flows = [bought - get["grant"] - get["trade_in"] - get["loan"]]

    payment = 0.0
    term = int(get["loan_years"])
    if get["loan"]:
        annuity_factor = sum((1 + get["loan_rate"]) ** -k for k in range(1, term + 1))
        payment = get["loan"] / annuity_factor
    owed = get["loan"]

    for y in range(1, years + 1):
        up = (1 + i) ** (y - 1)
        worth = get["value"] * (1 - get["value_decline"]) ** (y - 1)
        costs = get["energy_per_year"] * up * (1 + get["energy_growth"]) ** (y - 1)
        costs += get["maintenance_per_year"] * up * (1 + get["maintenance_growth"]) ** (y - 1)
        for name in ("fluid", "filter", "tyres", "downtime", "payload_loss", "charges",
                     "vehicle_tax"):  # fmt: skip
            costs += get[f"{name}_per_year"] * up
        costs -= get["access_per_year"] * up
        costs += get["insurance_share"] * worth
        if y <= get["fee_years"]:
            costs += get["fee_per_year"]
        if y == get["battery_year"]:
            costs += get["battery_price"]

        paid = interest = 0.0
        if get["loan"] and y <= term:
            interest = owed * get["loan_rate"]
            owed = owed + interest - payment
            paid = payment
            if y == years:
                paid += owed
        flow = costs + paid

        fetched = 0.0
        if y == years:
            fetched = get["value"] * (1 - get["value_decline"]) ** years
            flow -= fetched
        if get["income_tax_rate"]:
            basis = bought - get["grant"]
            span = get["depreciation_years"]
            off = basis / span if span and y <= span else 0.0
            taxable = -(costs + interest + off)
            if y == years:
                book = basis - (basis / span * min(span, years) if span else 0.0)
                taxable += fetched - book
            flow += get["income_tax_rate"] * taxable
        flows.append(flow)

    month = sum(
        get[f"{name}_per_year"]
        for name in ("energy", "fluid", "filter", "tyres", "maintenance", "downtime",
                     "payload_loss", "charges", "vehicle_tax")
    )  # fmt: skip
    month += get["insurance_share"] * get["value"] - get["access_per_year"]
    if get["fee_years"] >= 1:
        month += get["fee_per_year"]
    month /= 12
    if get["loan"]:
        j = (1 + get["loan_rate"]) ** (1 / 12) - 1
        month += get["loan"] / sum((1 + j) ** -k for k in range(1, 12 * term + 1))

    discounted = [flow / (1 + rate) ** y for y, flow in enumerate(flows)]
    km = sum(get["km_per_year"] / (1 + rate) ** y for y in range(1, years + 1))
    tonne_km = sum(get["tonne_km_per_year"] / (1 + rate) ** y for y in range(1, years + 1))
    return {
        "flows": flows,
        "upfront": flows[0],
        "month_one": month,
        "present_cost": sum(discounted),
        "undiscounted_cost": sum(flows),
        "present_km": km,
        "present_tonne_km": tonne_km,
    }


NAMES = (
    "years", "discount_rate", "inflation", "price", "duty", "purchase_tax", "charger", "grant",
    "trade_in", "loan", "loan_rate", "loan_years", "fee_per_year", "fee_years", "energy_per_year",
    "energy_growth", "fluid_per_year", "filter_per_year", "tyres_per_year",
    "maintenance_per_year", "maintenance_growth", "value", "value_decline", "insurance_share",
    "downtime_per_year", "payload_loss_per_year", "access_per_year", "charges_per_year",
    "vehicle_tax_per_year", "battery_price", "battery_year", "income_tax_rate",
    "depreciation_years", "km_per_year", "tonne_km_per_year",
)  # fmt: skip

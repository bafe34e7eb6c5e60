"""Cargo in Bogotá: who may drive when, what do barred hours cost, what does the state renew?

Run with a folder for the results: ``python examples/bogota/answer.py out/bogota``.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from geofleet import Defaults
from geofleet.economics.finance import affordability, load_products
from geofleet.economics.ledger import new_cases
from geofleet.economics.outcomes import Outcomes, table_outcomes
from geofleet.energy import electric_models
from geofleet.fleet import Fleet, read_fleet
from geofleet.maps import bar_chart
from geofleet.policy import RuleSet, decide, eligibility, fleet_cases, load_pack, load_programmes

HERE = Path(__file__).parent
YEAR = 2024
NEW = {"euro_6": {}, "cng": {"fuel": "cng", "fuel_origin": "factory"}}


def week_of(
    rules: RuleSet, cases: pd.DataFrame, in_zone: np.ndarray, said: pd.Series
) -> pd.DataFrame:
    """Return the working hours of the week by truck and status, and the rules that bar it."""
    first = datetime.date.fromisoformat(said["week_from"])
    dates = [first + datetime.timedelta(days=day) for day in range(6)]
    inside = {"bogota": True, "bogota_peak_zone": in_zone, "la_candelaria": False}
    table = decide(rules, cases, dates, inside=inside).table()
    from_s, until_s = (3600.0 * float(said[name]) for name in ("workday_from_h", "workday_until_h"))
    begin, end = table["from_s"].clip(lower=from_s), table["to_s"].clip(upper=until_s)
    table["hours"] = (end - begin).clip(lower=0.0) / 3600.0
    worked = table[table["hours"] > 0.0]
    hours = worked.pivot_table("hours", "case", "status", "sum", fill_value=0.0, observed=True)
    hours = hours.reindex(index=cases.index, columns=["allowed", "forbidden", "unknown"]).fillna(
        0.0
    )
    barred = worked[worked["status"] == "forbidden"].groupby("case")["rule_id"]
    hours["rules"] = barred.agg(lambda ids: ", ".join(dict.fromkeys(ids))).reindex(cases.index)
    return hours


def ledger_of(
    fleet: Fleet, outcomes: Outcomes, lost_hours: pd.DataFrame, own: pd.Series
) -> pd.DataFrame:
    """Return ledger cases in pesos of Colombia: kept, new with diesel, new with gas."""
    physical = outcomes.physical
    vehicles = fleet.vehicles.loc[physical.index.get_level_values("vehicle_id")]
    option = physical.index.get_level_values("option")
    keep, gas = option == "keep", option == "cng"
    three_axles = (vehicles["vehicle_class"] == "rigid_26t").to_numpy()
    price = np.where(three_axles, own["price_c3"], own["price_c2"])
    price = price * np.where(gas, 1.0 + own["gas_premium"], 1.0)
    lost = np.array([lost_hours.loc[vehicle, name] for vehicle, name in physical.index])
    today = lost_hours.loc[vehicles.index, "keep"].to_numpy()
    fuel = np.where(gas, own["gas_price"], own["diesel_price"])
    return new_cases(
        physical.index,
        years=own["years"],
        discount_rate=own["discount_rate"],
        price=np.where(keep, 0.0, price),
        purchase_tax=np.where(keep, 0.0, price * own["value_added_tax"]),
        value=np.where(keep, price * own["old_value_share"], price),
        value_decline=own["value_decline"],
        energy_per_year=physical["fuel_l"].to_numpy() * fuel,
        maintenance_per_year=np.where(keep, own["upkeep_old"], own["upkeep_new"]),
        access_per_year=(today - lost) * own["weeks_per_year"] * own["margin_per_hour"],
    )


def answer(folder: Path) -> str:
    """Write the tables and the chart to a folder and return the answer in words."""
    assumed = pd.read_csv(HERE / "assumptions.csv", index_col="id")
    said = assumed["value"]
    own = said.drop("week_from").astype(float)
    defaults = Defaults()
    fleet = read_fleet(HERE / "trucks.csv", HERE / "operators.csv", year=YEAR, defaults=defaults)
    in_zone = pd.read_csv(HERE / "trucks.csv")["in_peak_zone"].to_numpy() == "yes"
    rules, programmes = load_pack("colombia"), load_programmes("colombia")
    asked = {**rules.attributes, **programmes.attributes}
    cases = fleet_cases(fleet, attributes=asked, defaults=defaults)
    of_rules = cases[[name for name in cases if name in rules.attributes]]

    week = week_of(rules, of_rules, in_zone, said)
    lost = pd.DataFrame({"keep": week["forbidden"]})
    for name, change in NEW.items():
        renewed = of_rules.assign(model_year=YEAR, engine_model_year=YEAR, **change)
        lost[name] = week_of(rules, renewed, in_zone, said)["forbidden"]
    member = of_rules.assign(
        programme_membership="autorregulacion_bogota", membership_until=datetime.date(2026, 1, 1)
    )
    week["forbidden_as_member"] = week_of(rules, member, in_zone, said)["forbidden"]
    first = datetime.date.fromisoformat(said["week_from"])
    joins = eligibility(programmes.programme("autorregulacion_bogota"), cases, first)
    week["may_join"] = joins["answer"]
    week["missing_to_join"] = joins["missing"]
    week["lost_cop_per_year"] = week["forbidden"] * own["weeks_per_year"] * own["margin_per_hour"]

    vehicles = fleet.vehicles.assign(
        operator_size=fleet.vehicles["operator_id"].map(fleet.operators["operator_size"])
    )
    outcomes = table_outcomes(
        vehicles, models=electric_models(["byd_etm6"], defaults=defaults), country="CO", year=YEAR,
        technologies=list(NEW), defaults=defaults,
    )  # fmt: skip
    ledger = ledger_of(fleet, outcomes, lost, own)
    package = load_products("colombia", defaults=defaults).packages["modernisation"]
    offers = affordability(
        ledger, package, vehicles=vehicles.assign(cash_at_hand=own["cash_at_hand"]),
        physical=outcomes.physical, date=first, currency="COP", defaults=defaults,
    )  # fmt: skip
    offers = offers.join(outcomes.physical[["pm25_exhaust_g", "bc_exhaust_g"]])
    offers = offers[offers.index.get_level_values("option") != "keep"]

    folder.mkdir(parents=True, exist_ok=True)
    week.round(1).to_csv(folder / "week.csv", index_label="vehicle_id")
    columns = ["eligible", "able", "reason", "grant", "upfront", "instalment", "outlay",
               "outlay_today", "npv", "public_cost", "pm25_exhaust_g", "bc_exhaust_g"]  # fmt: skip
    offers[columns].round(0).to_csv(folder / "renewal_cop.csv")
    shown = week[["forbidden", "unknown"]].set_axis(["barred", "not known"], axis=1)
    bar_chart(shown, title="Working hours of the week, barred or not known").write(
        folder / "week.svg"
    )
    used = defaults.describe()
    pd.concat([used, assumed.reset_index(names="row")]).to_csv(
        folder / "provenance.csv", index=False, columns=used.columns
    )
    lines = [f"Six trucks of a carrier in Bogotá (synthetic), week of {first}, working hours:"]
    for vehicle, row in week.iterrows():
        rule = "" if pd.isna(row["rules"]) else f" by {row['rules']}"
        lines.append(
            f"- {vehicle}: {row['forbidden']:.0f} h barred{rule}, {row['unknown']:.0f} h not "
            f"known; costs {row['lost_cop_per_year'] / 1e6:.1f} million COP a year; "
            f"autorregulación: {row['may_join']}"
            + (f" ({row['missing_to_join']})" if row["missing_to_join"] else "")
        )
    had = offers[offers["eligible"] == "yes"]
    for (vehicle, option), row in had.iterrows():
        word = "can pay" if row["able"] == "yes" else "cannot pay"
        word += f" ({row['reason']})" if row["reason"] else ""
        lines.append(
            f"- Programa de Modernización, {vehicle} to {option}: {row['grant'] / 1e6:.0f} million "
            f"COP and the tax; {row['outlay'] / 1e6:.1f} million COP a month against "
            f"{row['outlay_today'] / 1e6:.1f} today; {word}"
        )
    keep = outcomes.physical["pm25_exhaust_g"].xs("keep", level="option")
    oldest = keep.idxmax()
    lines.append(
        f"- {oldest} gives off {keep[oldest] / keep.sum():.0%} of the {keep.sum() / 1000.0:.0f} kg "
        "of exhaust PM2.5 of all six in a year (one mean speed; the height of Bogotá is not in it)"
    )
    counts = pd.concat([used["status"], assumed["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"Rests on {rests} numbers: see provenance.csv.")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

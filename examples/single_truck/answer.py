"""One truck, one firm: may it drive tomorrow, what is a day worth, what can it join, what pays?

Run with a folder for the results: ``python examples/single_truck/answer.py out/single_truck``.
"""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pandas as pd

from geofleet import Defaults
from geofleet.economics.access import access_terms, access_value
from geofleet.fleet import Fleet, read_fleet
from geofleet.outputs.vehicle_costs import VehicleCosts, vehicle_costs
from geofleet.policy import Event, eligibility, fleet_cases, load_pack, load_programmes
from geofleet.policy.may_drive import may_drive

HERE = Path(__file__).parent
MEMBER_OF = "autorregulacion_edomex"


def drives(fleet: Fleet, said: pd.Series, *, member: bool) -> pd.DataFrame:
    """Return the hours of the declared day and the next: who says what."""
    truck = fleet.vehicles.iloc[0]
    first = datetime.date.fromisoformat(said["contingency_day"])
    dates = [first, first + datetime.timedelta(days=1)]
    event = Event("contingencia", "I", (first,), parity="even", colour="rosa")
    asked = ("plate", "hologram", "fuel", "gvw_kg", "model_year", "cargo_type")
    known = {name: str(truck[name]) for name in asked}
    known |= {name: said[name] for name in ("plate_jurisdiction", "refrigeration")}
    known["programme_membership"] = MEMBER_OF if member else "none"
    if member:
        known["membership_until"] = (first + datetime.timedelta(days=700)).isoformat()
    rules = load_pack("mexico")
    others = set(rules.geographies) - {"zmvm"}
    found = may_drive(rules, known, dates, inside=["zmvm"], outside=sorted(others), events=[event])
    table = found.table()
    table["hours"] = (table["to_s"] - table["from_s"]) / 3600.0
    return table.assign(member="yes" if member else "no")


def joins(fleet: Fleet, said: pd.Series, on: datetime.date, defaults: Defaults) -> pd.DataFrame:
    """Return which programmes the truck may join as it is, and with a particle filter fitted."""
    assume = {name: said[name] for name in ("plate_jurisdiction", "drives_in")}
    cases = fleet_cases(fleet, assume=assume, defaults=defaults)
    programmes = load_programmes("mexico")
    answers = {
        (programme.programme_id, state): eligibility(programme, changed, on).iloc[0]
        for programme in programmes
        if programme.open_on(on)
        for state, changed in (
            ("as it is", cases),
            ("with a filter", cases.assign(particle_filter="retrofit")),
        )
    }
    table = pd.DataFrame(answers).T
    return table.rename_axis(["programme", "truck"])[
        ["answer", "route", "needs_plan", "failed", "missing"]
    ]


def best_offers(found: VehicleCosts) -> pd.DataFrame:
    """Return for each technology its best option, and the product that asks least of a month."""
    truck = found.costs.index.get_level_values("vehicle_id")[0]
    costs = found.costs.xs(truck).join(found.options.physical.xs(truck)["technology"])
    sizes = {
        "small_carrier_credit": "credit",
        "lease": "lease",
        "battery_service": "battery service",
    }
    rows = {}
    for technology, group in costs[costs["npv"].notna()].groupby("technology", observed=True):
        if technology == "keep":
            continue
        option = group["npv"].idxmax()
        offers = found.offers.loc[(truck, option)].loc[list(sizes)]
        able = offers[offers["able"] == "yes"]
        chosen = offers.loc[(able if len(able) else offers)["smallest_grant"].fillna(1e18).idxmin()]
        rows[technology] = {
            "option": option,
            "upfront_mxn": group.loc[option, "upfront"],
            "gain_mxn": group.loc[option, "npv"],
            "product": sizes[str(chosen.name)],
            "able": chosen["able"],
            "reason": chosen["reason"],
            "smallest_grant_mxn": chosen["smallest_grant"],
            "outlay_mxn_per_month": chosen["outlay"],
            "outlay_today_mxn_per_month": chosen["outlay_today"],
        }
    return pd.DataFrame.from_dict(rows, orient="index").sort_values("gain_mxn", ascending=False)


def answer(folder: Path) -> str:
    """Write the tables to a folder and return the answer in words."""
    assumed = pd.read_csv(HERE / "assumptions.csv", index_col="id")
    said = assumed["value"]
    day = datetime.date.fromisoformat(said["contingency_day"])
    defaults = Defaults()
    fleet = read_fleet(HERE / "truck.csv", None, year=day.year, defaults=defaults)
    hours = pd.concat([drives(fleet, said, member=False), drives(fleet, said, member=True)])
    sizes = fleet.vehicles.assign(operator_size=fleet.operators["operator_size"].iloc[0])
    worth = float(access_value(access_terms(sizes, defaults=defaults)).iloc[0])
    programmes = joins(fleet, said, day, defaults)
    found = vehicle_costs(HERE / "truck.csv", year=day.year, defaults=defaults)
    offers = best_offers(found)
    folder.mkdir(parents=True, exist_ok=True)
    hours.to_csv(folder / "hours.csv", index=False)
    programmes.to_csv(folder / "programmes.csv")
    offers.round(2).to_csv(folder / "offers.csv", index_label="technology")
    used = defaults.describe()
    pd.concat([used, assumed.reset_index(names="row")]).to_csv(
        folder / "provenance.csv", index=False, columns=used.columns
    )
    lines = [
        f"A truck of 7.4 t of 2011, Euro III, hologram 2, of a firm of one (synthetic), {day}:"
    ]
    for (member, date), part in hours.groupby(["member", "date"], sort=False):
        barred = part[part["status"] == "forbidden"]
        when = ", ".join(
            f"{row.from_s / 3600:.0f}–{row.to_s / 3600:.0f} h by {row.rule_id}"
            for row in barred.itertuples()
        )
        who = "as a member of the programme" if member == "yes" else "today"
        lines.append(f"- {who}, on {date}: {'may drive' if not when else 'may not drive ' + when}")
    lines.append(f"- a year of access is worth {worth:,.0f} MXN to it, {worth / 12.0:,.0f} a month")
    for state in ("as it is", "with a filter"):
        part = programmes.xs(state, level="truck")
        names = [
            f"{name} (by a plan of the fleet)" if row["needs_plan"] else str(name)
            for name, row in part[part["answer"] == "eligible"].iterrows()
        ]
        lines.append(f"- may join {state}: {', '.join(names) or 'none'}")
    for _, row in offers.iterrows():
        word = "can pay" if row["able"] == "yes" else f"cannot pay ({row['reason']})"
        grant = "" if row["able"] == "yes" else (
            f"; a grant of {row['smallest_grant_mxn']:,.0f} MXN would do"
            if pd.notna(row["smallest_grant_mxn"]) else "; no grant tried is enough"
        )  # fmt: skip
        lines.append(
            f"- {row['option']} by {row['product']}: "
            f"{row['outlay_mxn_per_month']:,.0f} MXN a month against "
            f"{row['outlay_today_mxn_per_month']:,.0f} today; paid in cash it gains "
            f"{row['gain_mxn']:,.0f} in ten years (present value); {word}{grant}"
        )
    counts = pd.concat([used["status"], assumed["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"Rests on {rests} numbers: see provenance.csv.")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

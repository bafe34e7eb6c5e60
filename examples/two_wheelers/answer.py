"""Can a rider pay for an electric motorcycle day by day, and does its battery last the day?

Run with a folder for the results: ``python examples/two_wheelers/answer.py out/two_wheelers``.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from geofleet import Defaults
from geofleet.economics.finance import affordability, read_products
from geofleet.economics.ledger import new_cases
from geofleet.energy import electric_models
from geofleet.energy.catalogue import read_model_rows, vehicle_parameters
from geofleet.energy.driving import air_density_kg_m3
from geofleet.energy.vehicle import Conditions, Cycle, trace_energies
from geofleet.maps import bar_chart

HERE = Path(__file__).parent


def day_of(rider: pd.Series, own: pd.Series) -> Cycle:
    """Return a rider's day second by second: starts, cruising, brakes, halts in traffic."""
    cruise, rate = rider["cruise_kmh"] / 3.6, own["acceleration"]
    leg_m = 1000.0 * rider["km_per_day"] / rider["deliveries"]
    pieces = max(round(leg_m / own["halt_every_m"]), 1)
    piece_m = leg_m / pieces
    cruise = min(cruise, math.sqrt(piece_m * rate))  # never faster than the piece allows
    ramp_s = cruise / rate
    even_s = (piece_m - cruise * ramp_s) / cruise
    # the moments of one piece, the last of them the end of its halt
    steps = np.array([ramp_s, max(even_s, 1e-3), ramp_s, own["halt_s"]])
    count = pieces * int(rider["deliveries"])
    time = np.concatenate([[0.0], np.cumsum(np.tile(steps, count))])
    speed = np.concatenate([[0.0], np.tile([cruise, cruise, 0.0, 0.0], count)])
    moments = np.arange(0.0, time[-1], 1.0)
    moments = np.union1d(moments, time)
    return Cycle(rider.name, moments, np.interp(moments, time, speed))


def energy_of(riders: pd.DataFrame, own: pd.Series, defaults: Defaults) -> pd.DataFrame:
    """Return kWh of the day, the charge at its end by age of the battery, and what a stop mends."""
    models = electric_models(["e_motorcycle"], defaults=defaults)
    working_days = defaults.number("mends", "working_days")
    reserve = defaults.number("energy", "reserve_share")
    charger_w = float(models.frame.loc["e_motorcycle", "ac_charge_w"])
    charger_w *= defaults.number("batteries", "charger_efficiency.ac")
    air = air_density_kg_m3(own["air_temperature_c"], own["air_pressure_pa"])
    rows = {}
    for name, rider in riders.iterrows():
        conditions = Conditions(air_density_kg_m3=float(air), payload_kg=rider["load_kg"])
        new = vehicle_parameters(models, "e_motorcycle", defaults=defaults)
        endless = replace(
            new, battery_usable_wh=1e6
        )  # what the day takes, whether or not it is there
        first = trace_energies([day_of(rider, own)], [endless], [conditions]).iloc[0]
        share = first["energy_wh"] / new.battery_usable_wh
        age = own["battery_years"]
        old = vehicle_parameters(
            models, "e_motorcycle", age_years=age, defaults=defaults,
            equivalent_full_cycles=share * working_days * age,
        )  # fmt: skip
        short_wh = first["energy_wh"] - (1.0 - reserve) * old.battery_usable_wh
        rows[name] = {
            "kwh_per_day": first["energy_wh"] / 1000.0,
            "wh_per_km": first["energy_wh"] / rider["km_per_day"],
            "charge_left_new": 1.0 - share,
            "charge_left_old": 1.0 - first["energy_wh"] / old.battery_usable_wh,
            "battery_lasts": bool(short_wh <= 0.0),
            "charge_at_noon_min": max(60.0 * short_wh / charger_w, 0.0),
            "way_done_share": first["distance_share"],
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def money_of(
    riders: pd.DataFrame, energy: pd.DataFrame, own: pd.Series, defaults: Defaults
) -> pd.DataFrame:
    """Return what a working day costs with petrol and with daily payments, and who can pay."""
    days = defaults.number("mends", "working_days")
    grid = energy["kwh_per_day"] / defaults.number("batteries", "charger_efficiency.ac")
    petrol = riders["km_per_day"] / 100.0 * own["petrol_l_per_100km"] * own["petrol_price"]
    index = pd.MultiIndex.from_product(
        [riders.index, ["keep", "electric:e_motorcycle"]], names=["vehicle_id", "option"]
    )

    def both(keep: object, electric: object) -> np.ndarray:
        """Return the numbers of both options in the order of the index."""
        columns = [np.broadcast_to(each, len(riders)) for each in (keep, electric)]
        return np.column_stack(columns).ravel()

    cases = new_cases(
        index,
        years=own["years"],
        discount_rate=own["discount_rate"],
        price=both(0.0, own["price"]),
        value=both(own["petrol_value"], own["price"]),
        value_decline=own["value_decline"],
        trade_in=both(0.0, own["trade_in"]),
        energy_per_year=both(petrol * days, grid * own["electricity_price"] * days),
        maintenance_per_year=both(own["upkeep_petrol"], own["upkeep_electric"]),
        battery_price=both(0.0, own["price"] * own["battery_share"]),
        battery_year=both(0, own["battery_years"]),
    )
    vehicles = pd.DataFrame(
        {"operator_size": "1-5", "vehicle_class": None, "cash_at_hand": own["cash_at_hand"]},
        index=riders.index.rename("vehicle_id"),
    )
    package = read_products(HERE / "products.yaml", defaults=defaults).packages["daily payments"]
    found = affordability(cases, package, vehicles=vehicles, currency="USD", defaults=defaults)
    electric = found.xs("electric:e_motorcycle", level="option")
    keep = found.xs("keep", level="option")
    per_day = 12.0 / days
    return pd.DataFrame(
        {
            "petrol_usd_per_day": keep["outlay"] * per_day,
            "electric_usd_per_day": electric["outlay"] * per_day,
            "of_it_payment_usd_per_day": electric["fee"] * per_day,
            "down_today_usd": electric["upfront"],
            "gain_usd": electric["npv"],
            "payback_years": electric["payback_years"],
            "able": electric["able"],
            "reason": electric["reason"],
        }
    )


def answer(folder: Path) -> str:
    """Write the tables and the chart to a folder and return the answer in words."""
    assumed = pd.read_csv(HERE / "assumptions.csv", index_col="id")
    own = assumed["value"].astype(float)
    riders = pd.read_csv(HERE / "riders.csv", index_col="rider")
    defaults = Defaults(tables={"electric_models": read_model_rows(HERE / "models.csv")})
    energy = energy_of(riders, own, defaults)
    table = energy.join(money_of(riders, energy, own, defaults))
    folder.mkdir(parents=True, exist_ok=True)
    table.round(3).to_csv(folder / "riders.csv", index_label="rider")
    columns = ["petrol_usd_per_day", "electric_usd_per_day"]
    chart = table[columns].set_axis(["petrol, as today", "electric, daily payments"], axis=1)
    bar_chart(chart, title="Outlay of a working day, USD").write(folder / "riders.svg")
    used = defaults.describe()
    pd.concat([used, assumed.reset_index(names="row")]).to_csv(
        folder / "provenance.csv", index=False, columns=used.columns
    )
    lines = ["An electric motorcycle paid by the day (synthetic riders, Kenya 2023, USD):"]
    for name, row in table.iterrows():
        pays = "can pay" if row["able"] == "yes" else f"cannot pay ({row['reason']})"
        holds = "the battery lasts the day"
        if not row["battery_lasts"]:
            holds = f"the day needs {row['charge_at_noon_min']:.0f} min at a plug on the way"
        if row["way_done_share"] < 0.98:
            holds += f"; the motor is weak for it ({row['way_done_share']:.0%} of the way is done)"
        lines.append(
            f"- {name}: {row['petrol_usd_per_day']:.2f} a working day with petrol, "
            f"{row['electric_usd_per_day']:.2f} electric (the payment is "
            f"{row['of_it_payment_usd_per_day']:.2f}), {row['down_today_usd']:.0f} down: {pays}. "
            f"{row['kwh_per_day']:.1f} kWh a day; with a pack {own['battery_years']:.0f} years old "
            f"{holds}."
        )
    counts = pd.concat([used["status"], assumed["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"Rests on {rests} numbers: see provenance.csv.")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

"""Which bus blocks can batteries run for eight years, and how small a connection serves the depot?

Run with a folder for the results: ``python examples/bus_depot/answer.py out/bus_depot``.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from geofleet import Defaults
from geofleet.energy import electric_models
from geofleet.energy.battery import charging_curve
from geofleet.energy.catalogue import model_battery, read_model_rows, vehicle_parameters
from geofleet.energy.depot import (
    DailyStay,
    Depot,
    DepotVehicle,
    charger_cost,
    chargers,
    compare_charging,
    concave_taper,
    mexican_tariff,
    month_horizon,
    repeated_month,
    replay,
    smallest_connection,
)
from geofleet.energy.vehicle import Conditions, Cycle, trace_energies
from geofleet.maps import bar_chart

HERE = Path(__file__).parent
BUS = "bus_12m"
MONTH, ZONE = "2025-11", "America/Mexico_City"
DIVISION, PRICES = "Valle de México Centro", "2021-07"
DAY_S = 86400.0


def trip_cycle(name: str, line: pd.DataFrame, aboard: list[float], own: pd.Series) -> Cycle:
    """Return one trip second by second, with its passengers as load and the layover at its end."""
    time, speed, grade, load = [[0.0]], [[0.0]], [[0.0]], [[0.0]]
    clock = 0.0
    last = len(line) - 1
    for place in range(1, last + 1):
        metres, rate = line["metres_from_last"].iloc[place], own["acceleration"]
        cruise = min(line["speed_kmh"].iloc[place] / 3.6, math.sqrt(metres * rate))
        ramp_s = cruise / rate
        even_s = (metres - cruise * ramp_s) / cruise
        wait_s = own["stop_s"] if place < last else 60.0 * own["layover_min"]
        knots = clock + np.cumsum([0.0, ramp_s, even_s, ramp_s, wait_s])
        moments = np.union1d(np.arange(clock + 1.0, knots[-1]), knots[1:])
        driving = moments <= knots[3]
        time.append(moments)
        speed.append(np.interp(moments, knots, [0.0, cruise, cruise, 0.0, 0.0]))
        grade.append(np.where(driving, line["rise_m"].iloc[place] / metres, 0.0))
        after = aboard[place] if place < last else 0.0
        load.append(own["passenger_kg"] * np.where(driving, aboard[place - 1], after))
        clock = knots[-1]
    parts = (np.concatenate(each) for each in (time, speed, grade, load))
    return Cycle(name, *parts)


def trips_of(line: pd.DataFrame, passengers: pd.DataFrame, own: pd.Series) -> dict[str, Cycle]:
    """Return a cycle for each direction and period of the day."""
    back = pd.DataFrame({
        "metres_from_last": [0, *line["metres_from_last"].iloc[:0:-1]],
        "speed_kmh": [0, *line["speed_kmh"].iloc[:0:-1]],
        "rise_m": [0, *(-line["rise_m"].iloc[:0:-1])],
    })  # fmt: skip
    cycles = {}
    for period, row in passengers.iterrows():
        aboard = [float(word) for word in row["aboard_after_stop"].split()]
        cycles[f"out, {period}"] = trip_cycle(f"out, {period}", line, aboard, own)
        cycles[f"back, {period}"] = trip_cycle(f"back, {period}", back, aboard[::-1], own)
    return cycles


def run_blocks(
    blocks: pd.DataFrame, passengers: pd.DataFrame, cycles: dict[str, Cycle], energy: pd.Series
) -> pd.DataFrame:
    """Walk each block trip by trip: its end, its way and what it takes from the battery."""
    rows = {}
    for block, row in blocks.iterrows():
        start = clock = pd.Timedelta(f"{row['first_trip']}:00").total_seconds()
        wh = metres = 0.0
        for trip in range(int(row["trips"])):
            hour = clock % DAY_S / 3600.0
            begins, ends = passengers["from_hour"], passengers["until_hour"]
            period = passengers.index[(begins <= hour) & (hour < ends)][0]
            name = f"{'back' if trip % 2 else 'out'}, {period}"
            wh += energy[name]
            metres += cycles[name].distance_m
            clock += cycles[name].duration_s
        rows[block] = {"from_s": start, "until_s": clock, "km": metres / 1000.0, "kwh": wh / 1000.0}
    return pd.DataFrame.from_dict(rows, orient="index")


def answer(folder: Path) -> str:
    """Write the tables and the chart to a folder and return the answer in words."""
    assumed = pd.read_csv(HERE / "assumptions.csv", index_col="id")
    own = assumed["value"].astype(float)
    line = pd.read_csv(HERE / "line.csv", index_col="stop")
    passengers = pd.read_csv(HERE / "passengers.csv", index_col="period")
    blocks = pd.read_csv(HERE / "blocks.csv", index_col="block")
    defaults = Defaults(tables={"electric_models": read_model_rows(HERE / "models.csv")})
    models = electric_models([BUS], defaults=defaults)
    battery = model_battery(models, BUS)
    bus = vehicle_parameters(models, BUS, defaults=defaults)
    day = Conditions(
        air_density_kg_m3=own["air_density_kg_m3"], climate_power_w=own["climate_w"], start_soc=0.9
    )
    cycles = trips_of(line, passengers, own)
    driven = trace_energies(list(cycles.values()), [bus], [day])
    if not (driven["distance_share"] > 0.995).all():
        raise RuntimeError("the motor is too weak for this line")
    energy = pd.Series(driven["energy_wh"].to_numpy(), index=list(cycles))
    table = run_blocks(blocks, passengers, cycles, energy)
    age = own["battery_age_years"]
    full_days = table["kwh"].mean() * 1000.0 / battery.usable_wh
    aged = vehicle_parameters(
        models, BUS, age_years=age, defaults=defaults,
        equivalent_full_cycles=full_days * own["days_per_year"] * age,
    ).battery_usable_wh  # fmt: skip
    reserve = defaults.number("energy", "reserve_share")
    table["charge_left_new"] = 1.0 - 1000.0 * table["kwh"] / battery.usable_wh
    table["charge_left_aged"] = 1.0 - 1000.0 * table["kwh"] / aged
    table["feasible"] = table["charge_left_aged"] >= reserve

    done = table[table["feasible"]]
    curve = charging_curve(
        battery, own["dc_charger_w"], kind="dc", usable_wh=aged, defaults=defaults
    )
    taper = concave_taper(curve)
    buses = [
        DepotVehicle(f"block {block}", aged, 0.0, own["dc_charger_w"], taper)
        for block in done.index
    ]
    stays = [
        DailyStay(f"block {block}", row["until_s"], row["from_s"], aged - 1000.0 * row["kwh"], aged)
        for block, row in done.iterrows()
    ]
    tariff = mexican_tariff("GDMTH", division=DIVISION, prices_of=PRICES, defaults=defaults)
    horizon = month_horizon(MONTH, timezone=ZONE, defaults=defaults)
    month = repeated_month(stays, buses, horizon, weekdays=range(7), tariff=tariff)
    plugs = chargers(len(buses), own["dc_charger_w"], "DC", defaults=defaults)
    depot = Depot(plugs, base_load_w=1000.0 * own["base_load_kw"])
    found = compare_charging(month, depot, tariff, defaults=defaults)
    if not found.smart.feasible or not replay(found.smart).empty:
        raise RuntimeError("a bus would leave with less than its block needs")
    connection = smallest_connection(month, depot, defaults=defaults)

    folder.mkdir(parents=True, exist_ok=True)
    table.round(3).to_csv(folder / "blocks.csv", index_label="block")
    found.table.round(2).to_csv(folder / "bills.csv", index_label="charging")
    shown = table[["kwh"]].set_axis([f"block {block}" for block in table.index])
    bar_chart(shown, title="Energy of a block, kWh").write(folder / "blocks.svg")
    used = defaults.describe()
    pd.concat([used, assumed.reset_index(names="row")]).to_csv(
        folder / "provenance.csv", index=False, columns=used.columns
    )
    short = ", ".join(f"{block} ({row['km']:.0f} km)" for block, row in table.iterrows()
                      if not row["feasible"]) or "none"  # fmt: skip
    cost = charger_cost(plugs, defaults=defaults)
    price = "unknown" if cost is None else (
        f"{cost.low / 1e6:.1f} to {cost.high / 1e6:.1f} million {cost.currency}"
    )  # fmt: skip
    once, smart = found.table.loc["at once"], found.table.loc["smart"]
    counts = pd.concat([used["status"], assumed["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    return "\n".join([
        f"A depot of {len(table)} electric buses (synthetic line and timetable):",
        f"- {len(done)} blocks are done with a battery {age:.0f} years old and {reserve:.0%} in "
        f"reserve; too long: {short}",
        f"- {table['kwh'].sum() / table['km'].sum():.2f} kWh/km, passengers and climate included; "
        f"{done['kwh'].sum():,.0f} kWh a day into the depot's batteries",
        f"- smallest connection {connection.value / 1000:.0f} kW (charging at once takes "
        f"{once['peak_kw']:.0f}); one kW less leaves {connection.one_less_lacks_kwh:.0f} kWh of "
        "the month undelivered",
        f"- a charger of {own['dc_charger_w'] / 1000:.0f} kW for each bus, installed: {price}",
        f"- bill of {MONTH}, GDMTH of {DIVISION} at prices of {PRICES}, before tax: "
        f"{once['total']:,.0f} MXN at once, {smart['total']:,.0f} planned "
        f"({smart['per_kwh']:.2f} MXN/kWh)",
        f"Rests on {rests} numbers: see provenance.csv.",
    ])  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

"""What does planned charging save a fleet of ride cars, with every car ready for its shift?

Run with a folder for the results: ``python examples/ride_fleet/answer.py out/ride_fleet``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from geofleet import Defaults
from geofleet.energy.depot import (
    DailyStay,
    Depot,
    DepotVehicle,
    chargers,
    compare_charging,
    mexican_tariff,
    month_horizon,
    repeated_month,
    replay,
    smallest_charger_count,
    smallest_connection,
)
from geofleet.maps import line_chart

HERE = Path(__file__).parent
MONTH, ZONE = "2025-11", "America/Mexico_City"
DIVISION, PRICES = "Valle de México Centro", "2021-07"


def fleet_of(shifts: pd.DataFrame, own: pd.Series) -> tuple[list[DepotVehicle], list[DailyStay]]:
    """Return the cars, and the stay that each makes at the depot every day."""
    cars, stays = [], []
    for shift in shifts.itertuples():
        back, leaves = (
            pd.Timedelta(f"{clock}:00").total_seconds()
            for clock in (shift.back_at, shift.leaves_at)
        )
        need_wh = shift.km * own["wh_per_km"]
        if need_wh > (1.0 - own["reserve_share"]) * own["battery_wh"]:
            raise ValueError(f"{shift.group}: {shift.km} km are more than the battery holds")
        for number in range(1, shift.cars + 1):
            name = f"{shift.group} {number:02d}"
            cars.append(DepotVehicle(name, own["battery_wh"], own["ac_power_w"], 0.0))
            stays.append(
                DailyStay(name, back, leaves, own["battery_wh"] - need_wh, own["battery_wh"])
            )
    return cars, stays


def load_by_hour(schedule: object) -> pd.Series:
    """Return the mean load of each hour of the day over the month, kW."""
    load = pd.Series(schedule.load_w / 1000.0, index=schedule.month.horizon.starts)
    return load.groupby(load.index.hour).mean()


def answer(folder: Path) -> str:
    """Write the tables and the chart to a folder and return the answer in words."""
    assumed = pd.read_csv(HERE / "assumptions.csv", index_col="id")
    own = assumed["value"].astype(float)
    shifts = pd.read_csv(HERE / "shifts.csv")
    defaults = Defaults()
    tariff = mexican_tariff("GDMTH", division=DIVISION, prices_of=PRICES, defaults=defaults)
    cars, stays = fleet_of(shifts, own)
    horizon = month_horizon(MONTH, timezone=ZONE, defaults=defaults)
    month = repeated_month(stays, cars, horizon, weekdays=range(7), tariff=tariff)
    plugs = chargers(len(cars), own["charger_power_w"], "AC", defaults=defaults)
    depot = Depot(plugs, base_load_w=1000.0 * own["base_load_kw"])
    found = compare_charging(month, depot, tariff, defaults=defaults)
    for schedule in (found.at_once, found.smart):
        if not schedule.feasible or not replay(schedule).empty:
            raise RuntimeError("a car would leave with less than its shift needs")
    connection = smallest_connection(month, depot, defaults=defaults)
    fewest = smallest_charger_count(month, depot, defaults=defaults)
    folder.mkdir(parents=True, exist_ok=True)
    found.table.round(2).to_csv(folder / "bills.csv", index_label="charging")
    hours = pd.DataFrame(
        {"at once": load_by_hour(found.at_once), "planned": load_by_hour(found.smart)}
    )
    hours.round(2).to_csv(folder / "load.csv", index_label="hour")
    chart = line_chart(hours, title="Mean load of the depot, kW", x_label="hour of the day")
    chart.write(folder / "load.svg")
    used = defaults.describe()
    pd.concat([used, assumed.reset_index(names="row")]).to_csv(
        folder / "provenance.csv", index=False, columns=used.columns
    )
    once, smart = found.table.loc["at once"], found.table.loc["smart"]
    served = int(sum(stay.repeats for stay in month.stays))
    counts = pd.concat([used["status"], assumed["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    return "\n".join([
        f"{len(cars)} ride cars (synthetic shifts), {MONTH}, tariff GDMTH of {DIVISION} at prices "
        f"of {PRICES}, before tax:",
        f"- plugged in and charged at once: {once['total']:,.0f} MXN a month, "
        f"{once['per_kwh']:.2f} MXN/kWh of charging, peak {once['peak_kw']:.0f} kW",
        f"- planned: {smart['total']:,.0f} MXN, {smart['per_kwh']:.2f} MXN/kWh, peak "
        f"{smart['peak_kw']:.0f} kW; no schedule is cheaper by more than {found.smart.gap:.2%}",
        f"- saved: {smart['saving']:,.0f} MXN a month ({smart['saving'] / once['total']:.0%}), "
        f"of it {once['capacity'] - smart['capacity']:,.0f} capacity",
        f"- all {served:,} departures of the month are served",
        f"- smallest connection that serves them: {connection.value / 1000:.0f} kW; fewest plugs, "
        f"if cars change places: {fewest.value:.0f}",
        f"Rests on {rests} numbers: see provenance.csv.",
    ])  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

"""A second way to drive a day: link by link, plain Python, from the stops table alone."""

from __future__ import annotations

import numpy as np

LOADS = (0.0, 500.0, 1000.0)


def drive(task, stops, vehicle, links_wh):
    """Return what breaks on one route: a list of words, empty when nothing does."""
    broken = []
    ids = [*task.depots["depot_id"], *task.orders["order_id"],
           *(c.charger_id for c in task.chargers)]  # fmt: skip
    nodes = [ids.index(name) for name in stops["stop_id"]]
    legs = task.legs[vehicle.name]
    now = stops["window_start"].iloc[0]
    if now < vehicle.shift_start_s - 1e-6:
        broken.append("leaves early")
    begin = now
    load = stops["pickup_kg"].iloc[0]
    charge = vehicle.start_wh if vehicle.start_wh is not None else vehicle.battery_wh
    for k in range(1, len(nodes)):
        a, b, row = nodes[k - 1], nodes[k], stops.iloc[k]
        if load > vehicle.capacity_kg + 1e-6:
            broken.append(f"overloaded on leaving stop {k - 1}")
        if vehicle.battery_wh is not None:
            for link in range(links_wh.shape[-1]):
                wh = np.interp(load, LOADS, links_wh[a, b, :, link])
                charge = min(charge - wh, vehicle.battery_wh)
                if charge < vehicle.reserve_wh - 1e-6:
                    broken.append(f"charge on the way to stop {k}")
        now += legs.time_s[a, b]
        arrive = now
        if not np.isnan(row["window_start"]):
            now = max(now, row["window_start"])
        if now > np.nan_to_num(row["window_end"], nan=np.inf) + 1e-6:
            broken.append(f"late at stop {k}")
        now += 60.0 * row["service_min"]
        if vehicle.battery_wh is not None:
            if row["added_kwh"] == 0.0:  # at the plug nothing is drawn from the battery
                charge -= vehicle.standing_power_w * (now - arrive) / 3600.0
            if charge < vehicle.reserve_wh - 1e-6:
                broken.append(f"charge at stop {k}")
            charge += 1000.0 * row["added_kwh"]
            if charge > vehicle.battery_wh + 1e-3:
                broken.append(f"charged over full at stop {k}")
        load += row["pickup_kg"] - row["drop_kg"]
    if abs(load) > 1e-6:
        broken.append("load left")
    if now > vehicle.shift_end_s + 1e-6:
        broken.append("back late")
    if now - begin > 3600.0 * vehicle.longest_shift_h + 1e-6:
        broken.append("shift too long")
    return broken

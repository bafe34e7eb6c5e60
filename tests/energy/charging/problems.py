"""Random small problems: everything that the solver takes, from one seed."""

from __future__ import annotations

import numpy as np

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging import Charger, ChargingInstance, FixedRoute

BATTERY_WH = 12000.0


def hour_table(rng, values):
    """24 values, one until some hour of the morning and another after it."""
    switch = int(rng.integers(9, 11))
    low, high = rng.permutation(values)[:2]
    return (float(low),) * switch + (float(high),) * (24 - switch)


def small(seed, *, stops=3, chargers=2, clock=True, prices=False, pieces=2):
    """One instance and route: windows, queues, hours, load, hills, as the seed has it."""
    rng = np.random.default_rng(seed)
    nodes = stops - 1 + chargers
    at = rng.uniform(0.0, 60.0, (nodes, 2))
    km = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    height = rng.uniform(0.0, 3000.0, nodes) * rng.integers(0, 2)
    layers = [km * rate + (height - height[:, None]) for rate in (130.0, rng.uniform(130, 200))]
    energy = np.array(layers)
    places = []
    for c in range(chargers):
        power = rng.choice([11000.0, 22000.0, 44000.0])
        shares = (0.0, 0.8, 1.0) if pieces == 2 else (0.0, 1.0)
        times = np.cumsum([0.0, *(3600.0 * BATTERY_WH * np.diff(shares) / power)])
        if pieces == 2:
            times[-1] += 1800.0
        curve = ChargingCurve.from_shares(
            f"{power:g} W", soc=shares, time_s=tuple(times), battery_wh=BATTERY_WH,
            grid_efficiency=0.9,
        )  # fmt: skip
        hours, wait = (), 0.0
        kind = rng.integers(0, 4) if clock else 0
        if kind == 1:
            opens = 3600.0 * rng.uniform(7, 10)
            hours = ((opens, opens + 3600.0 * rng.uniform(0.3, 6)),)
            if rng.integers(0, 2):
                hours = (*hours, (hours[0][1] + 600.0, hours[0][1] + 9000.0))
        elif kind == 2:
            wait = hour_table(rng, [0.0, 600.0, 2400.0])
        elif kind == 3:
            wait = float(rng.uniform(0, 1200))
        price = hour_table(rng, [1.0, 3.0, 6.0]) if prices and rng.integers(0, 2) else 2.0
        places.append(Charger(f"c{c}", stops - 1 + c, curve, hours, wait, price))
    instance = ChargingInstance(
        km / 40.0 * 3600.0, energy, tuple(places), BATTERY_WH, float(rng.choice([0.0, 600.0]))
    )
    window = ()
    if clock and rng.integers(0, 2):
        spans = [(28800.0 + rng.uniform(0, 7200), 28800.0 + rng.uniform(7200, 30000))
                 for _ in range(stops - 2)]  # fmt: skip
        window = ((-np.inf, np.inf), *spans, (-np.inf, np.inf))
    route = FixedRoute(
        (*range(stops - 1), 0),
        float(rng.uniform(0.3, 1.0)) * BATTERY_WH,
        28800.0,
        service_s=tuple(rng.uniform(0, 900, stops)),
        window_s=window,
        layers=tuple(int(x) for x in rng.integers(0, 2, stops - 1)),
        end_wh=float(rng.choice([0.0, 3000.0])),
        latest_end_s=28800.0 + 3600.0 * 14,
    )
    return instance, route

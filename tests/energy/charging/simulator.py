"""Drive a plan again, step by step in plain Python, and object to whatever cannot be."""

from __future__ import annotations

import numpy as np
import pytest

SLACK_S, SLACK_WH = 1e-3, 1e-3


def replay(instance, route, plan, legs=None):
    """Return time and energy at the end; fails where a plan breaks a rule.

    ``legs(load, a, b)`` may give the energies of the links of a leg; its sum otherwise.
    """
    layers = np.asarray(instance.energy_wh).reshape(-1, *instance.drive_s.shape)
    service = route.service_s or (0.0,) * len(route.nodes)
    window = route.window_s or ((-np.inf, np.inf),) * len(route.nodes)
    nodes = {c.charger_id: c for c in instance.chargers}
    visits = list(plan.visits)
    time, energy = route.start_s, route.start_wh

    def drive(load, a, b):
        nonlocal time, energy
        time += instance.drive_s[a, b]
        for draw in [layers[load, a, b]] if legs is None else legs(load, a, b):
            energy = min(energy - draw, instance.battery_wh)
            assert energy >= instance.reserve_wh - SLACK_WH

    def serve(k):
        nonlocal time
        row = plan.stops[k]
        assert time <= row[0] + SLACK_S
        assert energy >= row[3] - SLACK_WH
        assert row[1] >= max(row[0], window[k][0]) - SLACK_S
        assert row[1] <= window[k][1] + SLACK_S
        assert row[2] == pytest.approx(row[1] + service[k])
        time = row[2]

    serve(0)
    for k in range(len(route.nodes) - 1):
        load, at = (route.layers[k] if route.layers else 0), route.nodes[k]
        while visits and visits[0].gap == k:
            visit = visits.pop(0)
            charger = nodes[visit.charger_id]
            drive(load, at, charger.node)
            at = charger.node
            time, energy = _charge(charger, visit, time, energy)
        drive(load, at, route.nodes[k + 1])
        serve(k + 1)
    assert not visits
    assert energy >= max(route.end_wh, instance.reserve_wh) - SLACK_WH
    assert time <= route.latest_end_s + SLACK_S
    return time, energy


def _charge(charger, visit, time, energy):
    assert time <= visit.arrive_s + SLACK_S
    assert energy >= visit.arrive_wh - SLACK_WH
    if visit.energy_wh <= 0.0:
        return visit.end_s, energy
    waits = charger.wait_s if isinstance(charger.wait_s, tuple) else (charger.wait_s,) * 24
    # whoever gains by it joins the queue later; a full hour belongs to both hours
    joins = np.arange(np.floor(visit.arrive_s / 3600.0), visit.begin_s / 3600.0 + 1)
    joins = [visit.arrive_s, *(h * 3600.0 for h in joins if h * 3600.0 > visit.arrive_s)]
    plug = min(
        at + min(waits[int(at // 3600) % 24], waits[int((at - SLACK_S) // 3600) % 24])
        for at in joins
    )
    assert visit.begin_s >= plug - SLACK_S
    hours = charger.open_s or ((-np.inf, np.inf),)
    open_s = sum(max(0.0, min(b, visit.end_s) - max(a, visit.begin_s)) for a, b in hours)
    gained = charger.curve.energy_after(max(min(visit.arrive_wh, energy), 0.0), open_s + SLACK_S)
    assert visit.leave_wh <= gained + SLACK_WH
    assert visit.leave_wh <= charger.curve.battery_wh + SLACK_WH
    return visit.end_s, visit.leave_wh

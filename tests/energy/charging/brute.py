"""Small charging problems solved another way: every chain of chargers, the rest by linear programs.

For each gap every sequence of different chargers, for each visit the hour of joining the queue,
the piece of the curve on which charging begins and every way through periods and pieces; what
is left is linear and goes to HiGHS. Hours, prices and curves are read from the problem anew.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import linprog

DAY = 24


class Program:
    """Rows of a linear program, written as they come."""

    def __init__(self):
        self.bounds, self.rows, self.limits, self.cost = [], [], [], {}

    def new(self, low=-np.inf, high=np.inf):
        self.bounds.append((low, high))
        return len(self.bounds) - 1

    def at_most(self, terms, limit):
        if limit < np.inf:
            self.rows.append(terms)
            self.limits.append(limit)

    def solve(self):
        matrix = np.zeros((len(self.rows), len(self.bounds)))
        for i, terms in enumerate(self.rows):
            for j, factor in terms:
                matrix[i, j] += factor
        cost = np.zeros(len(self.bounds))
        for j, factor in self.cost.items():
            cost[j] += factor
        done = linprog(cost, matrix, self.limits, bounds=self.bounds, method="highs")
        return done.fun if done.status == 0 else np.inf


def spans(values):
    """Hours of one value from midnight to midnight."""
    if not isinstance(values, tuple) or len(set(values)) == 1:
        return [(-np.inf, np.inf, values[0] if isinstance(values, tuple) else values)]
    cuts = [0, *(h for h in range(1, DAY) if values[h] != values[h - 1]), DAY]
    return [(a * 3600.0, b * 3600.0, values[a]) for a, b in itertools.pairwise(cuts)]


def periods(charger, with_prices):
    prices = spans(charger.price_per_kwh) if with_prices else [(-np.inf, np.inf, 0.0)]
    hours = charger.open_s or ((-np.inf, np.inf),)
    cut = [(max(a, x), min(b, y), p) for a, b in hours for x, y, p in prices]
    return [span for span in cut if span[0] < span[1]]


def sessions(charger, with_prices):
    """Every way to spend a visit: hour of the queue, then (period, piece) steps."""
    pieces = len(charger.curve.energy_wh) - 1
    spells = periods(charger, with_prices)
    for queue in spans(charger.wait_s):
        for first in range(pieces):
            for a in range(len(spells)):
                for b in range(a, len(spells)):
                    moves = ["t"] * (b - a) + ["u"] * (pieces - 1 - first)
                    for order in set(itertools.permutations(moves)):
                        at, piece = a, first
                        steps = [(spells[at], piece)]
                        for move in order:
                            at, piece = at + (move == "t"), piece + (move == "u")
                            steps.append((spells[at], piece))
                        yield queue, steps


def chains(chargers, longest):
    for size in range(min(longest, len(chargers)) + 1):
        yield from itertools.permutations(range(len(chargers)), size)


def best(instance, route, prices=None, longest=2):
    """Least end (s) or, with prices, least cost; infinite if no structure is feasible."""
    gaps = len(route.nodes) - 1
    menu = [list(sessions(c, prices is not None)) for c in instance.chargers]
    found = np.inf
    for chosen in itertools.product(chains(instance.chargers, longest), repeat=gaps):
        flat = [c for chain in chosen for c in chain]
        for how in itertools.product(*(menu[c] for c in flat)):
            found = min(found, _one(instance, route, prices, chosen, list(how)))
    return found


def _one(instance, route, prices, chosen, how):
    lp = Program()
    joule = 3600.0
    layers = instance.energy_wh.reshape(-1, *instance.drive_s.shape)

    def table(values):
        if values is None:
            return np.maximum(layers, 0.0)
        return np.asarray(values).reshape(layers.shape)

    need, refused = table(instance.need_wh), table(instance.refused_wh)
    service = route.service_s or (0.0,) * len(route.nodes)
    window = route.window_s or ((-np.inf, np.inf),) * len(route.nodes)
    reserve, full = instance.reserve_wh, instance.battery_wh

    def drive(time, energy, load, a, b):
        lp.at_most([(energy, -1.0)], -(reserve + need[load, a, b]))
        after = lp.new(reserve, full - refused[load, a, b])
        lp.at_most([(after, 1.0), (energy, -1.0)], -layers[load, a, b])
        there = lp.new()
        lp.at_most([(time, 1.0), (there, -1.0)], -instance.drive_s[a, b])
        return there, after

    def serve(time, k):
        begin = lp.new(window[k][0], window[k][1])
        lp.at_most([(time, 1.0), (begin, -1.0)], 0.0)
        leave = lp.new()
        lp.at_most([(begin, 1.0), (leave, -1.0)], -service[k])
        return leave

    def spend(time, energy, charger, session):
        (opens, closes, wait), steps = session
        join = lp.new(opens, closes)
        lp.at_most([(time, 1.0), (join, -1.0)], 0.0)
        plug = lp.new()
        lp.at_most([(join, 1.0), (plug, -1.0)], -wait)
        curve = charger.curve
        lp.at_most([(energy, 1.0)], curve.energy_wh[steps[0][1] + 1])
        now = plug
        for (begins, ends, price), piece in steps:
            rate = (curve.energy_wh[piece + 1] - curve.energy_wh[piece]) / (
                curve.time_s[piece + 1] - curve.time_s[piece]
            )  # Wh a second
            start, lasts, end = lp.new(begins), lp.new(0.0), lp.new(-np.inf, ends)
            lp.at_most([(now, 1.0), (start, -1.0)], 0.0)
            lp.at_most([(start, 1.0), (lasts, 1.0), (end, -1.0)], 0.0)
            more = lp.new(-np.inf, curve.energy_wh[piece + 1])
            lp.at_most([(more, 1.0), (energy, -1.0), (lasts, -rate)], 0.0)
            if prices is not None:
                lp.cost[lasts] = price * rate / 1000.0 / curve.grid_efficiency
            now, energy = end, more
        return now, energy

    time, energy = lp.new(route.start_s, route.start_s), lp.new(route.start_wh, route.start_wh)
    how = iter(how)
    time = serve(time, 0)
    for k, chain in enumerate(chosen):
        load = route.layers[k] if route.layers else 0
        at = route.nodes[k]
        for c in chain:
            charger = instance.chargers[c]
            time, energy = drive(time, energy, load, at, charger.node)
            time, energy = spend(time, energy, charger, next(how))
            at = charger.node
        time, energy = drive(time, energy, load, at, route.nodes[k + 1])
        time = serve(time, k + 1)
    lp.at_most([(energy, -1.0)], -max(reserve, route.end_wh))
    lp.at_most([(time, 1.0)], route.latest_end_s)
    if prices is None:
        lp.cost[time] = 1.0
        return lp.solve()
    lp.cost[time] = lp.cost.get(time, 0.0) + prices.driver_per_h / joule
    lp.cost[energy] = lp.cost.get(energy, 0.0) - prices.end_energy_per_kwh / 1000.0
    return lp.solve() - prices.driver_per_h / joule * route.start_s

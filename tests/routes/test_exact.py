"""The trip search is exact: hourly speeds, turn rules and destination roads together."""

from __future__ import annotations

import heapq
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.network import TurnRestriction
from geofleet.network.routing import _kernels
from geofleet.network.routing.paths import RoutingGraph
from geofleet.routes.itinerary import Driver
from geofleet.routes.snap import Snapped
from geofleet.routes.speeds import HourlySpeeds


def seconds_later(length, kmh, factors, leave):
    """Drive in steps of one hour, in whole numbers of the definition."""
    now = leave
    while length > 1e-12:
        hour = int(now // 3600)
        speed = kmh / 3.6 * factors[hour % 24]
        step = min(length / speed, (hour + 1) * 3600 - now)
        length -= step * speed
        now += step
        if step == 0:
            break
    return now


def legal(way, rules):
    for r in rules:
        n = len(r.edges)
        for i in range(len(way) - n + 1):
            piece = tuple(way[i : i + n])
            if piece == r.edges and not r.only:
                return False
            if r.only and piece[:-1] == r.edges[:-1] and piece[-1] != r.edges[-1]:
                return False
    return True


def earliest(network, codes, speeds, leave, origin, goal):
    """Least arrival from one place to another, remembering the last links of the way."""
    arrays, rules = network.arrays, network.turn_restrictions
    row = speeds.edge_row

    def drive(edge, share, now):
        kmh = arrays.speed_free_kmh[edge]
        return seconds_later(arrays.length_m[edge] * share, kmh, speeds.factors[row[edge]], now)

    def sides(edge, fraction):
        twin = arrays.twin[edge]
        both = twin >= 0 and codes[twin] != 0
        return [(edge, fraction)] + ([(int(twin), 1 - fraction)] if both else [])

    best = np.inf
    queue, count, done = [], 0, set()
    targets = sides(*goal)
    for edge, fraction in sides(*origin):
        for other, to in targets:
            if other == edge and to >= fraction:
                best = min(best, drive(edge, to - fraction, leave))
        arrive = drive(edge, 1 - fraction, leave)
        heapq.heappush(queue, (arrive, count := count + 1, (edge,), str(codes[edge])))
    while queue:
        now, _, way, kinds = heapq.heappop(queue)
        if (way, kinds) in done:
            continue
        done.add((way, kinds))
        node = arrays.edge_to[way[-1]]
        for edge in range(arrays.indptr[node], arrays.indptr[node + 1]):
            kind = str(codes[edge])
            after = kinds if kinds.endswith(kind) else kinds + kind
            if kind == "0" or not re.fullmatch("2?1?2?", after) or not legal((*way, edge), rules):
                continue
            for other, to in targets:
                if other == edge:
                    best = min(best, drive(edge, to, now))
            state = (*way, edge)[-3:]
            heapq.heappush(queue, (drive(edge, 1.0, now), count := count + 1, state, after))
    return best


def scene(roads, seed, restricted=True):
    """Return a random network with rules, codes, speeds, and six places on it."""
    rng = np.random.default_rng(seed)
    places = {i + 1: tuple(rng.random(2) * 9000) for i in range(8)}
    pairs = set()
    while len(pairs) < 20:
        a, b = (int(n) + 1 for n in rng.integers(0, 8, 2))
        if a != b:
            pairs |= {(a, b)} | ({(b, a)} if rng.random() < 0.6 else set())
    links = [(a, b, {"speed_free_kmh": float(rng.uniform(5, 90))}) for a, b in sorted(pairs)]
    network = roads.make_network(places, links)
    arrays = network.arrays
    rules = []
    for _ in range(8):
        walk = [int(rng.integers(arrays.edge_count))]
        for _ in range(int(rng.integers(1, 4))):
            node = arrays.edge_to[walk[-1]]
            out = np.arange(arrays.indptr[node], arrays.indptr[node + 1])
            walk += [int(rng.choice(out))] if len(out) else []
        if len(walk) > 1:
            rules.append(TurnRestriction(tuple(walk), bool(rng.random() < 0.3), "all", (), 1))
    network = network.replace(turn_restrictions=tuple(rules))
    codes = rng.choice([0, 1, 2], arrays.edge_count, p=[0.05, 0.7, 0.25])
    factors = rng.uniform(0.1, 1.2, (3, 24))
    row = rng.integers(0, 3, arrays.edge_count).astype(np.int32)
    usable = np.flatnonzero(codes)
    edge = rng.choice(usable, 6).astype(np.int32)
    edge[3] = edge[2]
    fraction = rng.choice([0.0, 0.25, 0.5, 1.0, float(rng.random())], 6)
    return network, codes, HourlySpeeds(("a", "b", "c"), factors, row), edge, fraction


def driver(network, codes, speeds, edge, fraction):
    graph = RoutingGraph.build(network, allowed=codes, u_turn_radius_m=0.0)
    table = pd.DataFrame({"service_min": 7.0, "window_start": np.nan, "window_end": np.nan},
                         index=range(len(edge)))  # fmt: skip
    places = Snapped(edge, fraction, np.zeros(len(edge)))
    return Driver(graph, speeds, table, places)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_arrivals_equal_a_search_that_forgets_nothing(roads, seed):
    """From place to place over random rules and hours, the arrival is the earliest there is."""
    network, codes, speeds, edge, fraction = scene(roads, seed)
    leave = 8.7 * 3600.0
    day = driver(network, codes, speeds, edge, fraction)(np.arange(6), departure_s=leave)
    last = 0
    for stop in range(1, 6):
        best = earliest(
            network, codes, speeds, day.depart_s[last],
            (int(edge[last]), fraction[last]), (int(edge[stop]), fraction[stop]),
        )  # fmt: skip
        assert day.origin[stop] == last
        if np.isinf(best):
            assert not day.reached[stop]
            assert np.isnan(day.arrive_s[stop])
            continue
        assert day.arrive_s[stop] == pytest.approx(best, rel=1e-9)
        on = day.stop_before == last
        way = day.edge[on].tolist()
        assert legal(way, network.turn_restrictions)
        assert re.fullmatch("2*1*2*", "".join(str(codes[e]) for e in way))
        last = stop
    assert (day.length_m > 0).all()
    assert (day.duration_s > 0).all()


def test_uncompiled(roads, monkeypatch):
    """The plain Python of the day's kernel gives what the compiled one gives."""
    network, codes, speeds, edge, fraction = scene(roads, 5)
    drive = driver(network, codes, speeds, edge, fraction)
    compiled = drive(np.arange(6), departure_s=30000.0)
    monkeypatch.setattr(_kernels, "drive_day", _kernels.drive_day.py_func)
    plain = drive(np.arange(6), departure_s=30000.0)
    for a, b in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)

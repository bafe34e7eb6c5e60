"""A year of a rule pack for a whole city's trucks, beside a plain evaluator in the same run.

A seeded fleet with plates, holograms, model years, standards, memberships that end on different
days, cargo and empty cells; bulletins of a year; places by vehicle. The engine answers for every
vehicle, day and stretch of the day between edges of windows. The evaluator of the tests
(`tests/oracles/plain_rules.py`) answers one moment at a time, for a sample of the same questions;
status and deciding rule of each are compared before a ratio is printed.

    python benchmarks/policy_year.py [--vehicles N] [--days N] [--sample N] [--pack NAME]
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.util
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geofleet.policy.decisions import FORBIDDEN, STATUS_WORDS, Decisions, decide
from geofleet.policy.rules import Event, RuleSet
from geofleet.policy.rules.packs import load_pack

PLAIN = Path(__file__).resolve().parents[1] / "tests" / "oracles" / "plain_rules.py"
FIRST = dt.date(2025, 6, 1)
EMPTY_SHARE = 0.01
PLACES = {
    "zmvm": 0.9, "cdmx": 0.7, "cdmx_minor_roads": 0.4, "controlled_access_central": 0.05,
    "perimetro_a": 0.1, "perimetro_a_main_roads": 0.05, "bogota": 0.9,
}  # fmt: skip


def spent(function: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU and wall seconds of a call, and what it returned."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = function()
    return time.process_time() - cpu, time.perf_counter() - wall, result


def plain_evaluator() -> Any:
    spec = importlib.util.spec_from_file_location("plain_rules", PLAIN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plain_rules"] = module
    spec.loader.exec_module(module)
    return module


def trucks(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return a fleet as cases; a small share of cells is empty, which is unknown."""

    def pick(shares: dict[Any, float]) -> np.ndarray:
        words = np.array(list(shares), object)
        chances = np.array(list(shares.values()))
        return words[rng.choice(len(words), count, p=chances / chances.sum())]

    heavy = rng.random(count) < 0.15
    year = 2026 - np.minimum(rng.gamma(2.6, 5.5, count).astype(int), 45)
    diesel = pick({"diesel": 88, "gasoline": 6, "cng": 3, "lpg": 1.5, "electric": 1, "hybrid": 0.5})
    by_year = np.array(["pre_euro", "epa_1998", "epa_2004", "epa_2007", "epa_2010"], object)
    stage = np.searchsorted([1999, 2008, 2019, 2023], year, side="right")
    member = pick({"none": 85, "autorregulacion_cdmx": 7, "autorregulacion_edomex": 7,
                   "autorregulacion_cdmx;autorregulacion_edomex": 1})  # fmt: skip
    last_day = np.array(
        [FIRST + dt.timedelta(days=int(n)) for n in rng.integers(-200, 700, count)], object
    )
    last_day[member == "none"] = None
    cargo = {"general": 60, "perishable": 14, "construction": 8, "parcels": 8, "concrete": 3,
             "lp_gas": 2, "hazardous": 3, "cash": 1, "building materials": 1}  # fmt: skip
    gvw = np.where(heavy, rng.uniform(20_000, 48_000, count), rng.uniform(2_800, 20_000, count))
    frame = pd.DataFrame({
        "use": np.full(count, "freight", object),
        "body": np.where(heavy, "articulated", "rigid").astype(object),
        "gvw_kg": gvw.round(-1),
        "length_m": np.where(heavy, rng.uniform(14, 23, count), rng.uniform(5, 12, count)).round(1),
        "axles": np.where(heavy, rng.integers(4, 7, count), rng.integers(2, 4, count)),
        "fuel": diesel,
        "model_year": year,
        "standard": np.where(diesel == "electric", "none", by_year[stage]),
        "hologram": pick({"2": 45, "1": 25, "0": 15, "00": 5, "none": 10}),
        "plate_digit": pick({**{str(n): 9.8 for n in range(10)}, "none": 2}),
        "plate_jurisdiction": pick({"local": 55, "federal": 35, "state": 9, "foreign": 1}),
        "programme_membership": member,
        "membership_until": last_day,
        "permits": pick({"none": 95, "semovi_ssc": 3, "verificacion": 2}),
        "cargo_type": pick(cargo),
        "refrigeration": pick({"none": 90, "chilled": 7, "frozen": 3}),
        "dry_disconnect_valve": pick({True: 1, False: 1}),
        "capacity_l": rng.uniform(5_000, 50_000, count).round(),
        "activity": pick({"drive": 3, "unload": 1}),
        "trip_relation": pick({"within": 60, "destination": 25, "through": 15}),
        "entered": rng.integers(0, 86_400, count),
        "heavy_freight": heavy.astype(object),
    })  # fmt: skip
    for name in frame.columns.drop("use"):
        frame[name] = frame[name].mask(rng.random(count) < EMPTY_SHARE)
    return frame


def bulletins(days: int, rng: np.random.Generator) -> list[Event]:
    """Return declared days: about ten a year, most of phase I, a few that announce nothing."""
    found = []
    for number in range(max(1, round(10 * days / 365))):
        day = FIRST + dt.timedelta(days=int(rng.integers(0, days)))
        found.append(Event(
            "contingencia", ("I", "I", "I", "I combinada", "II")[number % 5], (day,),
            area="ZMVM", pollutants=("o3",),
            parity=(None, "odd", "even")[number % 3],
            colour=("amarillo", "rosa", "rojo", "verde", "azul")[number % 5],
        ))  # fmt: skip
    return found


def places(rule_set: RuleSet, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return for each place whether a vehicle drives there; one in a hundred is unknown."""
    found = {}
    for name in rule_set.geographies:
        truths = np.where(rng.random(count) < PLACES.get(name, 0.05), 2, 0)
        truths[rng.random(count) < EMPTY_SHARE] = 1
        found[name] = truths.astype(np.int8)
    return found


def agreement(
    plain: Any, found: Decisions, cases: pd.DataFrame, events: list[Event],
    inside: dict[str, np.ndarray], questions: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Return CPU seconds of the plain evaluator, and the share of its answers that are equal."""
    rows = cases.iloc[questions[:, 0]].astype(object).to_dict("records")
    truth = {0: False, 1: None, 2: True}
    where = [
        {name: truth[int(truths[case])] for name, truths in inside.items()}
        for case in questions[:, 0]
    ]
    moments = [
        dt.datetime.combine(found.dates[day], dt.time()) + dt.timedelta(seconds=int(second))
        for _, day, second in questions
    ]

    def ask() -> list[Any]:
        return [
            plain.plain_decision(found.rule_set, row, moment, events=events, inside=here)
            for row, moment, here in zip(rows, moments, where, strict=True)
        ]

    cpu, _, said = spent(ask)
    status = found.status_at(*questions.T) == np.array([one.status for one in said])
    rule = found.rule_at(*questions.T) == np.array([one.position for one in said])
    return cpu, float((status & rule).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vehicles", type=int, default=125_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--sample", type=int, default=3_000)
    parser.add_argument("--pack", default="mexico")
    given = parser.parse_args()
    rng = np.random.default_rng(1)
    rule_set = load_pack(given.pack)
    cases = trucks(given.vehicles, rng)
    events = bulletins(given.days, rng)
    inside = places(rule_set, given.vehicles, rng)
    dates = [FIRST + dt.timedelta(days=n) for n in range(given.days)]
    plain = plain_evaluator()
    few = {name: truths[:2] for name, truths in inside.items()}
    _, first_s, _ = spent(lambda: decide(rule_set, cases[:2], dates[:2], events=events, inside=few))
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu, wall, found = spent(lambda: decide(rule_set, cases, dates, events=events, inside=inside))
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    questions = np.column_stack([
        rng.integers(0, given.vehicles, given.sample), rng.integers(0, given.days, given.sample),
        rng.choice(found.slots[:-1], given.sample),
    ])  # fmt: skip
    plain_cpu, equal = agreement(plain, found, cases, events, inside, questions)
    assert equal == 1.0, f"only {equal:.4%} of answers and rules are equal"
    many = 2_000_000
    moments = (
        rng.integers(0, given.vehicles, many), rng.integers(0, given.days, many),
        rng.integers(0, 86_400, many),
    )  # fmt: skip
    look_cpu, _, status = spent(lambda: found.status_at(*moments))
    days_cpu, _, barred = spent(lambda: found.days_with(FORBIDDEN))
    stretches = len(found.slots) - 1
    answers = given.vehicles * given.days * stretches
    shares = np.bincount(status, minlength=len(STATUS_WORDS)) / many
    out = {
        "rules": len(rule_set.active),
        "vehicles": given.vehicles,
        "days": given.days,
        "stretches_of_a_day": stretches,
        "kinds_of_vehicles": len(found.pattern),
        "kinds_of_days": len(found.day_status),
        "first_call_s": round(first_s, 2),
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "peak_mb": round(after_mb),
        "peak_mb_before": round(before_mb),
        "vehicle_days_per_cpu_s": round(given.vehicles * given.days / cpu),
        "answers_per_cpu_s": round(answers / cpu),
        "plain_answers_per_cpu_s": round(given.sample / plain_cpu),
        "engine_over_plain": round(answers / cpu / (given.sample / plain_cpu)),
        "sample": given.sample,
        "equal_share": equal,
        "look_ups_per_cpu_s": round(many / look_cpu),
        "days_barred_cpu_s": round(days_cpu, 2),
        "mean_days_barred": round(float(barred.mean()), 1),
        **{f"share_{word.replace(' ', '_')}": round(float(share), 4)
           for word, share in zip(STATUS_WORDS, shares, strict=True)},
    }  # fmt: skip
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()

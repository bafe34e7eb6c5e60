"""Answer times of a planner's desk: up to thirty settings of each question, none asked before.

Searches are timed in this process; ``geofleet serve`` does them in others, where they can be ended.

An answer is all that the desk does between a request and the text that it sends: sums, figures in
both languages, packing of the map. CPU is that of the whole process; wall time depends on what
else the machine does. The second answer, which replaces the first when it comes, is timed too.

    python benchmarks/desk.py STUDY [--stored FOLDER]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from geofleet.desk import Desk, open_desk
from geofleet.desk.answer import Question
from geofleet.desk.searcher import Here, Searcher
from geofleet.study import Study

POSITIONS = 30


def settings_of(question: Question) -> list[dict[str, Any]]:
    """Return thirty settings that differ; fewer where there are no more."""
    rng = np.random.default_rng(0)
    found: list[dict[str, Any]] = []
    sliders = [control for control in question.controls if control.kind == "slider"]
    base = {control.name: control.value for control in question.controls}
    every = [{sliders[0].name: option.value} for option in sliders[0].options]
    while len(every) < POSITIONS and len(question.controls) > 1:
        lists = [control for control in question.controls if control.name != sliders[0].name]
        moved = dict(every[int(rng.integers(len(every)))])
        for control in lists:
            moved[control.name] = control.options[int(rng.integers(len(control.options)))].value
        if moved not in every:
            every.append(moved)
    for place in np.linspace(0, len(every) - 1, min(POSITIONS, len(every))).round().astype(int):
        found.append(base | every[place])
    return found


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return CPU and wall seconds of some work."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def told(name: str, times: list[tuple[float, float]]) -> None:
    """Print median, 95th percentile and worst of CPU and wall seconds."""
    cpu, wall = np.array(times).T
    parts = [
        f"{label} p50 {np.median(values):.2f}, p95 {np.quantile(values, 0.95):.2f}, "
        f"worst {values.max():.2f} s"
        for label, values in (("CPU", cpu), ("wall", wall))
    ]
    print(f"{name:<26}" + "; ".join(parts))


def here(desk: Desk) -> Here:
    """Return what does searches in this process."""
    assert isinstance(desk.search, Searcher)
    make = desk.search.make
    desk.search.close()
    return Here(make())


def measure(desk: Desk, question: Question) -> None:
    """Time first and second answers of a question."""
    name, asked = question.name, settings_of(question)
    first = [timed(lambda s=s: desk.text(name, desk.quick(name, s))) for s in asked]
    told(f"{name}, first answer", first)
    some = [one for one in asked if one.get("response", "respond") == "respond"]
    some = some[:: max(1, len(some) // 6)]
    second = [timed(lambda s=s: desk.text(name, desk.full(name, s))) for s in some]
    told(f"{name}, second answer", second)


def main() -> None:
    """Read the arguments, open the desk, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--stored", type=Path)
    given = parser.parse_args()
    start = time.process_time()
    desk = open_desk(Study.open(given.study), stored=given.stored)
    desk = replace(desk, search=here(desk))
    print(f"opened in {time.process_time() - start:.1f} CPU s")
    for question in desk.questions:
        measure(desk, question)


if __name__ == "__main__":
    main()

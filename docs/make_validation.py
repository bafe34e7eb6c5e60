"""Write the figures of docs/concepts/validation.md and the numbers between its markers.

    python docs/make_validation.py [--shared FOLDER]

Needs ``matplotlib`` (extra ``docs``) and, for all but the tracer experiments and the city's sums,
the folder of development data beside the repository; parts whose data are not there keep what the
page has, and say so.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
from validation import mexico_city, reference, tracers
from validation.oakland_tables import compare, oakland_numbers
from validation.tables import SCORES, scores, small, table

from geofleet.defaults import Defaults
from geofleet.exposure.skill import skill

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "concepts" / "validation.md"
FIGURES = ROOT / "docs" / "concepts" / "figures"
ORACLES = ROOT / "tests" / "oracles"
LEVELS = ("coarse", "standard", "fine")


def published() -> dict[str, str]:
    """Figures of other people."""
    rows = pd.read_csv(ROOT / "docs" / "validation" / "published_skill.csv")
    lines = ["| source | against | figure | status |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows.itertuples(index=False, name=None)]
    return {"published": "\n".join(lines)}


def tracer_numbers() -> dict[str, str]:
    """Idaho Falls and Highway 99."""
    falls = tracers.idaho_falls(ORACLES)
    rows = []
    for test in (None, *tracers.STABILITY):
        name = "all" if test is None else f"test {test}, {tracers.STABILITY[test]}"
        rows += [
            [f"{name}: {label}", *scores(falls.skill_of(model, test))]
            for model, label in (("geofleet", "geofleet"), ("rline", "R-LINE v1.2"))
        ]
    road = tracers.highway_99(ORACLES)
    names = list(tracers.PLACES)
    ratio = road.geofleet / road.rline
    lines = []
    for distance in (0, 50, 100, 200):
        near = [i for i, name in enumerate(names)
                if name == "middle" * (distance == 0) or name.endswith(f"_{distance}")]  # fmt: skip
        part, lee = ratio[:, near], road.downwind[:, near]
        cells = [part] if distance == 0 else [part[lee], part[~lee]]
        shown = [f"{np.median(c):.2f} ({c.min():.2f}–{c.max():.2f})" for c in cells]
        lines.append([f"{distance} m", *shown, *(["–"] if distance == 0 else [])])
    return {
        "idaho-falls": table(("Idaho Falls 2008", *SCORES), rows),
        "highway-99": table(("distance", "downwind", "upwind"), lines),
    }


def reference_numbers(shared: Path | None) -> dict[str, str]:
    """Kernels and sums against slower solutions."""
    rows = []

    def row(name: str, found: dict[str, float]) -> list[str]:
        return [name, *(small(found[key]) for key in ("median", "p99", "largest"))]

    if shared is not None:
        cases = reference.oracle_cases(shared)
        truth = cases["ref_exact_23132"].to_numpy()
        rows.append(row(f"direct kernel, {len(cases):,} single links and hours",
                        reference.quantiles(cases["geofleet"].to_numpy(), truth)))  # fmt: skip
        rows.append(row("AERMOD v23132 as given out, the same",
                        reference.quantiles(cases["aermod_23132"].to_numpy(), truth)))  # fmt: skip
    city = reference.bundled_city(ROOT)
    levels = [Defaults().number("exposure_accuracy", f"{name}_tolerance") for name in LEVELS]
    every = reference.city_sums(city, levels)
    for sums in every:
        found = reference.quantiles(sums.exposure, sums.exposure_direct)
        rows.append(row(f"unit exposure of a link and hour, tolerance {sums.tolerance:g}", found))
        found = reference.quantiles(sums.concentration, sums.concentration_direct)
        rows.append(row(f"air at a receptor in an hour, tolerance {sums.tolerance:g}", found))
    if shared is None:
        return {}
    from validation import figures

    figures.reference(cases, every[0], FIGURES / "validation-reference.png")
    taken = ", ".join(f"{sums.grids_from_m:g}" for sums in every if sums.grids_from_m)
    extent = f"{city.extent}; grids take over at {taken} m for the three tolerances"
    head = ("relative difference", "median", "99th percentile", "largest")
    return {"reference": table(head, rows), "city": f"The bundled city: {extent}."}


def mexico_numbers(shared: Path) -> dict[str, str]:
    """Hours of a year at one station."""
    found = mexico_city.hours(shared)
    spans = {"all hours": (0, 24), "0–7 h": (0, 8), "8–17 h": (8, 18), "18–23 h": (18, 24)}
    rows = []
    for label, (first, last) in spans.items():
        some = (found.hour >= first) & (found.hour < last)
        rows.append([label, f"{some.sum():,}", *(
            f"{skill(found.observed_ppb[some], getattr(found, name)[some]).rank_correlation:.2f}"
            for name in ("modelled", "emission", "slow_wind"))])  # fmt: skip
    rows.append(["means of the 24 hours of the day", "24", *(
        f"{skill(found.by_hour('observed_ppb'), found.by_hour(name)).rank_correlation:.2f}"
        for name in ("modelled", "emission", "slow_wind"))])  # fmt: skip
    measured, made = found.by_hour("observed_ppb"), found.by_hour("modelled")
    morning = (
        "Means of an hour over that of 7 o'clock: at 8, 10 and 13 o'clock "
        + ", ".join(f"{measured[hour] / measured[7]:.2f}" for hour in (8, 10, 13))
        + " as measured and "
        + ", ".join(f"{made[hour] / made[7]:.2f}" for hour in (8, 10, 13))
        + " as modelled."
    )
    head = ("rank R with NOx", "hours", "geofleet", "traffic alone", "traffic over wind speed")
    return {"mexico-city": table(head, rows), "mexico-morning": morning}


def insert(page: str, blocks: dict[str, str]) -> str:
    """Put each block between its markers.

    Raises
    ------
    ValueError
        A block for which the page has no markers.
    """
    for name, text in blocks.items():
        pattern = re.compile(f"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        page, count = pattern.subn(lambda found, text=text: found[1] + text + found[2], page)
        if count != 1:
            raise ValueError(f"the page has {count} places for {name!r}, not one")
    return page


def main() -> None:
    """Draw, count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=None, help="folder of development data")
    given = parser.parse_args().shared or Path(
        os.environ.get("GEOFLEET_SHARED", ROOT.parent / "shared")
    )
    shared = given if (given / "data").is_dir() else None
    FIGURES.mkdir(exist_ok=True)
    from validation import figures

    blocks = {**published(), **tracer_numbers()}
    figures.idaho_falls(tracers.idaho_falls(ORACLES), FIGURES / "validation-idaho-falls.png")
    figures.highway_99(tracers.highway_99(ORACLES), FIGURES / "validation-highway-99.png")
    if shared is None:
        print(f"development data folder {given} is not here: reference, Oakland and Mexico City"
              " keep the numbers that the page has")  # fmt: skip
    else:
        streets = compare(shared)
        blocks |= reference_numbers(shared) | oakland_numbers(streets) | mexico_numbers(shared)
        figures.oakland_scatter(streets.pairs, FIGURES / "validation-oakland-scatter.png")
        seen, made = streets.pairs["nox"]
        shown = {"measured NO + NO₂": seen, "modelled NO + NO₂": made}
        figures.oakland_map(streets.points, shown, FIGURES / "validation-oakland-map.png")
    for name, text in blocks.items():
        print(f"\n[{name}]\n{text}")
    PAGE.write_text(insert(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")


if __name__ == "__main__":
    main()

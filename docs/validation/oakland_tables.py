"""How well the streets of Oakland come out, and by what assumption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from geofleet.exposure.skill import skill
from validation import oakland
from validation.tables import SCORES, scores, table

Floats = npt.NDArray[np.float64]

NAMES = {"no": "NO", "no2": "NO₂", "nox": "NO + NO₂", "bc": "black carbon"}
CLASSES = ("motorway", "primary", "secondary", "tertiary", "residential")
RESAMPLED_M, RESAMPLES = 500.0, 500


def interval(seen: Floats, made: Floats, block: npt.NDArray[np.int64]) -> str:
    """Rank correlation with a 90 % interval from blocks drawn anew."""
    rng = np.random.default_rng(1)
    rows = [np.flatnonzero(block == number) for number in range(block.max() + 1)]
    drawn = []
    for _ in range(RESAMPLES):
        chosen = np.concatenate([rows[k] for k in rng.integers(0, len(rows), len(rows))])
        drawn.append(skill(seen[chosen], made[chosen]).rank_correlation)
    low, high = np.quantile(drawn, [0.05, 0.95])
    return f"{low:.2f}–{high:.2f}"


def beyond(seen: Floats, made: Floats, known: Floats) -> float:
    """Rank correlation of what is left when the ranks of ``known`` are accounted for."""
    a, b, c = (skill(*pair).rank_correlation for pair in ((seen, made), (seen, known),
                                                          (made, known)))  # fmt: skip
    return float((a - b * c) / np.sqrt((1 - b * b) * (1 - c * c)))


@dataclass(frozen=True)
class Comparison:
    """Street points that the extract covers, measured and modelled by pollutant."""

    everywhere: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    ways: gpd.GeoDataFrame
    background: dict[str, float]
    base: oakland.Modelled
    pairs: dict[str, tuple[Floats, Floats]]


def compare(shared: Path) -> Comparison:
    """Model the streets by the plain assumptions."""
    everywhere, ways = oakland.measured(shared), oakland.roads(shared)
    gap = oakland.nearest_class(ways, everywhere)[1]
    points = everywhere[gap <= oakland.COVERED_M].reset_index(drop=True)
    back = oakland.background(points)
    base = oakland.model(ways, points, oakland.weather())
    pairs = {name: (points[name].to_numpy(), base.of(name, back)) for name in NAMES}
    return Comparison(everywhere, points, ways, back, base, pairs)


def oakland_numbers(found: Comparison) -> dict[str, str]:
    """All that the page says of Oakland."""
    return {
        "oakland-counts": _counts(found), **_main(found), "oakland-rivals": _rivals(found),
        "oakland-no2": _nitrogen(found), "oakland-classes": _classes(found),
        "oakland-changes": _changes(found),
    }  # fmt: skip


def _counts(found: Comparison) -> str:
    back = found.background
    return (
        f"{len(found.everywhere):,} points lie in the box of the extract; {len(found.points):,} of "
        f"them have their street in it (within {oakland.COVERED_M:g} m) and are compared. "
        f"{len(found.ways):,} ways with traffic, {found.ways.length.sum() / 1000:.0f} km. "
        f"Background, the {oakland.BACKGROUND_PERCENTILE:g}th percentile of the points: NO "
        f"{back['no']:.1f} ppb, NO₂ {back['no2']:.1f} ppb, NO + NO₂ {back['nox']:.1f} ppb, black "
        f"carbon {back['bc']:.2f} µg/m³."
    )


def _main(found: Comparison) -> dict[str, str]:
    block = oakland.blocks(found.points)
    coarse = oakland.blocks(found.points, RESAMPLED_M)
    main, squares = [], []
    for name, label in NAMES.items():
        seen, made = found.pairs[name]
        whole = skill(seen, made)
        mean = skill(oakland.by_block(seen, block), oakland.by_block(made, block))
        main.append([label, *scores(whole), interval(seen, made, coarse),
                     f"{whole.log_correlation:.2f}"])  # fmt: skip
        squares.append([label, *scores(mean)])
    head = ("street points", *SCORES, "90 % of rank R", "R of logs")
    return {
        "oakland": table(head, main),
        "oakland-blocks": table((f"squares of {oakland.BLOCK_M:g} m", *SCORES), squares),
    }


def _rivals(found: Comparison) -> str:
    others = oakland.baselines(found.ways, found.points)
    road_class = others["class of the nearest road"]
    by_name = {
        "geofleet": {name: made for name, (_, made) in found.pairs.items()},
        **{label: dict.fromkeys(NAMES, values) for label, values in others.items()},
    }
    rows = [
        [label, *(f"{skill(found.pairs[name][0], values[name]).rank_correlation:.2f}"
                  for name in NAMES)]
        for label, values in by_name.items()
    ]  # fmt: skip
    more = (f"{beyond(*found.pairs[name], road_class):.2f}" for name in NAMES)
    rows.append(["geofleet, beyond the class of the nearest road", *more])
    return table(("rank R with", *NAMES.values()), rows)


def _nitrogen(found: Comparison) -> str:
    ways_of = {"ambient ratio": None, f"ozone, {oakland.OZONE_PPB:g} ppb": oakland.OZONE_PPB}
    rows = []
    for label, ozone_ppb in ways_of.items():
        for name in ("no", "no2"):
            made = found.base.of(name, found.background, ozone_ppb=ozone_ppb)
            rows.append([f"{NAMES[name]}: {label}", *scores(skill(found.points[name], made))])
    return table(("method", *SCORES), rows)


def _classes(found: Comparison) -> str:
    classes = oakland.nearest_class(found.ways, found.points)[0]
    lines = []
    for name in CLASSES:
        rows = (classes == name).to_numpy()
        cells = []
        for pollutant in ("no", "nox", "bc"):
            seen, made = (values[rows] for values in found.pairs[pollutant])
            part = skill(seen, made)
            cells += [f"{part.mean_observed:.2g}", f"{part.mean_modelled:.2g}",
                      f"{part.rank_correlation:.2f}"]  # fmt: skip
        lines.append([name, f"{rows.sum():,}", *cells])
    head = ("nearest road", "points", "NO ppb", "modelled", "rank R", "NO + NO₂ ppb", "modelled",
            "rank R", "BC µg/m³", "modelled", "rank R")  # fmt: skip
    return table(head, lines)


def _changes(found: Comparison) -> str:
    """Skill when one assumption at a time is another."""
    ways, points, usual = found.ways, found.points, oakland.weather()
    model, air = oakland.model, oakland.weather
    cases: dict[str, tuple[Callable[[], oakland.Modelled], gpd.GeoDataFrame]] = {
        "as above": (lambda: model(ways, points, usual), points),
        "wind evenly from all sides": (lambda: model(ways, points, air(rose="uniform")), points),
        "wind always from the west": (lambda: model(ways, points, air(rose="west")), points),
        "half the wind speed": (lambda: model(ways, points, air(speed_factor=0.5)), points),
        "roughness 1 m": (lambda: model(ways, points, air(roughness_m=1.0)), points),
        "always neutral": (lambda: model(ways, points, air(neutral=True)), points),
        "trucks also where they are banned": (
            lambda: model(ways, points, usual, truck_bans=False), points),
        "points moved to the edge of the carriageway": (
            lambda: model(ways, points, usual, off_road=True), points),
        "also points whose street is not in the extract": (
            lambda: model(ways, found.everywhere, usual), found.everywhere),
    }  # fmt: skip
    rows = []
    for label, (run, where) in cases.items():
        made = run()
        cells = []
        for name in ("nox", "bc"):
            part = skill(where[name], made.of(name, found.background))
            cells += [f"{part.rank_correlation:.2f}", f"{part.fac2:.2f}",
                      f"{part.fractional_bias:+.2f}"]  # fmt: skip
        rows.append([label, *cells])
    head = ("assumption", "NO + NO₂: rank R", "FAC2", "FB", "black carbon: rank R", "FAC2", "FB")
    return table(head, rows)

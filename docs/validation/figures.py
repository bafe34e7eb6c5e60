"""Figures of the validation page; colours after Okabe & Ito, told apart by all eyes."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from PIL import Image

from validation.reference import CitySums
from validation.tracers import DISTANCES_M, PLACES, STABILITY, Highway99, IdahoFalls

mpl.use("Agg")
mpl.rcParams.update({
    "figure.dpi": 110, "savefig.dpi": 110, "font.size": 9, "axes.spines.top": False,
    "axes.spines.right": False, "legend.frameon": False, "axes.titlesize": 10,
})  # fmt: skip

Floats = npt.NDArray[np.float64]
BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#666666",
)  # fmt: skip
_TESTS = {1: (BLUE, "o"), 2: (RED, "^"), 3: (GREEN, "s"), 5: (PURPLE, "D")}
_OSM = "Roads © OpenStreetMap contributors, ODbL."
_APTE = "Measurements: Apte et al. 2017 (Google, Aclima, EDF, UT Austin)."


def _save(figure: plt.Figure, path: Path) -> None:
    """Write a small picture: 128 colours are enough here."""
    page = io.BytesIO()
    figure.savefig(page)
    plt.close(figure)
    Image.open(page).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def _factor_two(axis: plt.Axes, low: float, high: float) -> None:
    ends = np.array([low, high])
    axis.plot(ends, ends, color="black", linewidth=0.8)
    for factor in (0.5, 2.0):
        axis.plot(ends, factor * ends, color="black", linewidth=0.6, linestyle="--")
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high), aspect="equal")


def _plain_ticks(axis: plt.Axes, which: str = "both") -> None:
    for side in ("x", "y") if which == "both" else (which,):
        part = getattr(axis, f"{side}axis")
        part.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
        part.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        part.set_minor_formatter(NullFormatter())


def reference(cases: pd.DataFrame, sums: CitySums, path: Path) -> None:
    """Direct kernel over the exact solution, and how large the differences are."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
    truth, value = cases["ref_exact_23132"], cases["geofleet"]
    for stable, colour, name in ((True, BLUE, "stable"), (False, ORANGE, "unstable")):
        rows = (cases["L_m"] > 0) == stable
        left.scatter(truth[rows], value[rows], s=3, color=colour, linewidths=0, alpha=0.5,
                     label=f"{name}, {int(rows.sum()):,} values", rasterized=True)  # fmt: skip
    ends = [truth.min(), truth.max()]
    left.plot(ends, ends, color="black", linewidth=0.6)
    left.set(xscale="log", yscale="log", xlabel="exact solution, µg/m³ for 1 g/(s m)",
             ylabel="direct kernel, µg/m³ for 1 g/(s m)",
             title="Single links: fast kernel and exact solution")  # fmt: skip
    left.legend(markerscale=4, loc="upper left")

    def spread(value: Floats, truth: Floats, colour: str, style: str, name: str) -> None:
        gap = np.sort(np.abs(np.ravel(value) / np.ravel(truth) - 1.0))
        share = 100.0 * (1.0 - np.arange(len(gap)) / len(gap))
        right.plot(np.maximum(gap, 1e-9), share, color=colour, linestyle=style, label=name)

    spread(value.to_numpy(), truth.to_numpy(), BLUE, "-", "direct kernel, single links")
    spread(sums.exposure, sums.exposure_direct, GREEN, "-.", "city: unit exposure of a link")
    spread(sums.concentration, sums.concentration_direct, ORANGE, "--", "city: air at a receptor")
    spread(cases["aermod_23132"].to_numpy(), truth.to_numpy(), GREY, ":",
           "AERMOD v23132, single links")  # fmt: skip
    right.set(xscale="log", yscale="log", xlim=(1e-8, 1.0), ylim=(0.01, 110),
              xlabel="relative difference", ylabel="values that differ by more, %",
              title="How many values differ by how much")  # fmt: skip
    right.legend(loc="lower left", fontsize=7)
    _save(figure, path)


def idaho_falls(data: IdahoFalls, path: Path) -> None:
    """Tracer measured and modelled: pair by pair, and by distance."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 4.0), layout="constrained")
    for test, (colour, marker) in _TESTS.items():
        rows = data.rows(test)
        left.scatter(data.observed[rows], data.geofleet[rows], s=14, color=colour, marker=marker,
                     alpha=0.7, linewidths=0, label=f"test {test}, {STABILITY[test]}")  # fmt: skip
        for values, style, fill in (
            (data.observed, "none", colour), (data.geofleet, "-", "none"), (data.rline, ":", "none")
        ):  # fmt: skip
            mean = np.nanmean(values[rows], axis=0)
            shown = marker if style == "none" else None
            right.plot(DISTANCES_M, mean, color=colour, linestyle=style, marker=shown,
                       markersize=5, markerfacecolor=fill)  # fmt: skip
    _factor_two(left, 0.2, 150.0)
    _plain_ticks(left)
    left.set(xlabel="measured, ppb of SF₆", ylabel="modelled, ppb of SF₆",
             title="Every period and distance")  # fmt: skip
    left.legend(loc="upper left", fontsize=8)
    right.plot([], [], color=GREY, marker="o", linestyle="none", label="measured")
    right.plot([], [], color=GREY, label="geofleet")
    right.plot([], [], color=GREY, linestyle=":", label="R-LINE v1.2, as published")
    right.set(xscale="log", yscale="log", xlabel="distance downwind, m",
              ylabel="mean of the test, ppb of SF₆", title="Fall-off with distance")  # fmt: skip
    right.set_xticks(DISTANCES_M, [str(distance) for distance in DISTANCES_M])
    right.xaxis.set_minor_formatter(NullFormatter())
    _plain_ticks(right, "y")
    right.legend(loc="lower left", fontsize=8)
    _save(figure, path)


def highway_99(data: Highway99, path: Path) -> None:
    """Fall-off on either side of the road against R-LINE's own numbers."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained", sharey=True)
    distance = np.array([50, 100, 200])
    names = list(PLACES)
    sides = {
        side: [names.index(f"{side}_{d}") for d in distance] for side in ("southwest", "northeast")
    }
    for axis, model in zip(axes, ("geofleet", "rline"), strict=True):
        values = getattr(data, model)
        for hour in range(len(values)):
            lee = "northeast" if data.downwind[hour, sides["northeast"][0]] else "southwest"
            middle = values[hour, names.index("middle")]
            for side, at in sides.items():
                colour, style = (BLUE, "-") if side == lee else (ORANGE, "--")
                axis.plot(np.r_[0, distance], np.r_[1.0, values[hour, at] / middle], color=colour,
                          linestyle=style, linewidth=0.9, alpha=0.8)  # fmt: skip
        title = "geofleet (AERMOD v23132)" if model == "geofleet" else "R-LINE v1.2, as published"
        axis.set(yscale="log", xlabel="distance from the middle of the road, m", title=title)
    axes[0].set_ylabel("concentration over that in the middle")
    axes[0].plot([], [], color=BLUE, label="downwind side")
    axes[0].plot([], [], color=ORANGE, linestyle="--", label="upwind side")
    axes[0].legend(loc="lower left")
    _save(figure, path)


def oakland_scatter(pairs: dict[str, tuple[Floats, Floats]], path: Path) -> None:
    """Measured and modelled at street points, as counts, with the medians of equal groups."""
    units = {"no": "NO, ppb", "nox": "NO + NO₂, ppb", "bc": "black carbon, µg/m³"}
    limits = {"no": (1.0, 200.0), "nox": (8.0, 200.0), "bc": (0.1, 5.0)}
    figure, axes = plt.subplots(1, 3, figsize=(10.4, 3.6), layout="constrained")
    for axis, (name, unit) in zip(axes, units.items(), strict=True):
        seen, made = pairs[name]
        low, high = limits[name]
        kept = (seen > low) & (made > low)
        counts = axis.hexbin(seen[kept], made[kept], gridsize=38, xscale="log", yscale="log",
                             extent=(*np.log10((low, high)), *np.log10((low, high))),
                             mincnt=1, bins="log", cmap="cividis")  # fmt: skip
        order = np.argsort(seen)
        groups = np.array_split(order, 15)
        axis.plot([np.median(seen[g]) for g in groups], [np.median(made[g]) for g in groups],
                  "o-", color=RED, markersize=4, linewidth=1.2,
                  label="median of a fifteenth")  # fmt: skip
        _factor_two(axis, low, high)
        _plain_ticks(axis)
        axis.set(xlabel=f"measured {unit}", ylabel=f"modelled {unit}")
    axes[0].legend(loc="upper left", fontsize=8)
    figure.colorbar(counts, ax=axes, label="street points", shrink=0.75)
    figure.supxlabel(f"{_APTE} {_OSM}", fontsize=7, color=GREY)
    _save(figure, path)


def oakland_map(points: gpd.GeoDataFrame, columns: dict[str, Floats], path: Path) -> None:
    """Rank of each street point among all, measured and modelled."""
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 4.3), layout="constrained", sharey=True)
    x, y = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
    for axis, (name, values) in zip(axes, columns.items(), strict=True):
        rank = 100.0 * pd.Series(values).rank(pct=True).to_numpy()
        order = np.argsort(rank)
        shown = axis.scatter((x[order] - x.min()) / 1000, (y[order] - y.min()) / 1000,
                             c=rank[order], s=3, linewidths=0, cmap="cividis", vmin=0,
                             vmax=100)  # fmt: skip
        axis.set(aspect="equal", xlabel="east, km", title=name)
    axes[0].set_ylabel("north, km")
    figure.colorbar(shown, ax=axes, label="rank among all street points, %", shrink=0.7)
    figure.supxlabel(f"{_APTE} {_OSM}", fontsize=7, color=GREY)
    _save(figure, path)

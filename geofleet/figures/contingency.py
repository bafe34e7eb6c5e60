"""What a day under rules changes: by hour, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.figures.bars import Part, key, stacked_bars
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import INK, Sheet
from geofleet.fleet.classes import operator_sizes
from geofleet.maps.policy_tables import signed_percent
from geofleet.policy.day.effect import CHANGED
from geofleet.report.codes import size
from geofleet.report.phrases import sign
from geofleet.wording import Text, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame

__all__ = ["contingency_figure"]

_BEFORE, _AFTER = "#8f979e", "#0072b2"
_LESS, _MORE = "#2166ac", "#b2182b"
_STOPPED, _FREE, _UNKNOWN = "#b3123f", "#c3c9cf", "#5c5c5c"
_HOURS = np.arange(24)

Floats = npt.NDArray[np.float64]


def contingency_figure(layers: Mapping[str, Layer], *, frame: PageFrame) -> StudyFigure | None:
    """Return the day by hour with and without rules, and who is stopped; None without traffic.

    Parameters
    ----------
    layers
        ``policy_day_hours``, and ``policy_days`` for who is stopped.
    """
    hours, write = layers["policy_day_hours"].frame.sort_values("hour"), frame.readers
    before, after = (hours[f"pm25_{when}_g"].to_numpy(np.float64) for when in ("before", "after"))
    if not before.sum() > 0:
        return None
    emitted = signed_percent(float(after.sum() / before.sum()) - 1.0, write)
    harm = [float(hours[f"harm_{when}"].sum(skipna=False)) for when in ("before", "after")]
    known = bool(np.isfinite(harm).all() and harm[0] > 0)
    facts = [say("figures.day_emitted", before=write.quantity(float(before.sum()), "g", 4),
                 after=write.quantity(float(after.sum()), "g", 4), change=emitted)]  # fmt: skip
    change = emitted
    if known:
        change = signed_percent(harm[1] / harm[0] - 1.0, write)
        facts.append(say("figures.day_harm", change=change))
    of = "harm" if known else "emitted"
    pair = harm if known else [float(before.sum()), float(after.sum())]
    if sign(pair[1] / pair[0] - 1.0) == 0:
        of += "_same"
    sizes: list[tuple[Text, int, int, int]] = []
    words = {} if of.endswith("_same") else {"change": change}
    title = say(f"figures.day_title_{of}", **words)
    if "policy_days" in layers and len(layers["policy_days"].frame):
        days = layers["policy_days"].frame
        stopped = int(days["outcome"].isin(CHANGED).sum())
        counts = {"changed": write.whole(stopped), "all": write.whole(len(days))}
        title = say(f"figures.day_title_{of}_days", **words, **counts)
        facts.append(say("figures.day_days", **counts))
        sizes = _by_size(days, frame)
        facts += [say("figures.day_size", name=name, changed=write.whole(hit),
                      all=write.whole(every)) for name, hit, _, every in sizes]  # fmt: skip

    def draw(sheet: Sheet) -> None:
        _draw(sheet, before, after, sizes)

    return StudyFigure(
        "contingency", title, say("figures.day_shown"), say("figures.day_caption"),
        sentences([say("figures.day_alt"), *facts]), frame, draw,
    )  # fmt: skip


def _by_size(days: pd.DataFrame, frame: PageFrame) -> list[tuple[Text, int, int, int]]:
    """Return by size of operator: words, days that do not go as planned, not known, all."""
    of = days["operator_size"].astype(object).where(days["operator_size"].notna(), "").astype(str)
    names = [name for name in operator_sizes() if (of == name).any()]
    names += sorted(set(of) - set(names))
    rows = []
    for name in names:
        outcome = days.loc[of == name, "outcome"]
        rows.append((size(name, frame.readers), int(outcome.isin(CHANGED).sum()),
                     int((outcome == "unknown").sum()), len(outcome)))  # fmt: skip
    return rows


def _draw(
    sheet: Sheet, before: Floats, after: Floats, sizes: list[tuple[Text, int, int, int]]
) -> None:
    right = 0.56 if sizes else 0.98
    axes = sheet.axes(0.055, right, 0.41, 0.8, grid="y")
    axes.bar(_HOURS + 0.5, before, width=1.0, color="#dfe3e6", edgecolor=_BEFORE, linewidth=1.0)
    axes.stairs(after, np.arange(25), color=_AFTER, linewidth=2.6, baseline=None)
    axes.set(xlim=(0, 24), ylim=(0, 1.08 * float(max(before.max(), after.max()))))
    axes.set_xticks(range(0, 25, 4), [""] * 7)
    sheet.numbers(axes.yaxis, 4)
    head = sheet.axes(0.0, right, 0.84, 1.0)
    _headed(sheet, head, say("figures.day_hours"))
    _key_of_hours(sheet, head)
    moved, under = after - before, sheet.axes(0.055, right, 0.08, 0.28, grid="y")
    under.bar(_HOURS + 0.5, moved, width=0.82, color=np.where(moved > 0, _MORE, _LESS))
    under.axhline(0.0, color=INK, linewidth=0.9)
    most = 1.15 * max(float(np.abs(moved).max()), 1e-12)
    under.set(xlim=(0, 24), ylim=(-most, most))
    under.set_xticks(range(0, 25, 4), [f"{hour:02d}:00" for hour in range(0, 25, 4)])
    sheet.numbers(under.yaxis, 4)
    _headed(sheet, sheet.axes(0.0, right, 0.32, 0.36), say("figures.day_move"))
    if not sizes:
        return
    counts = np.array([row[1:] for row in sizes], dtype=np.float64)
    parts = [
        Part(say("figures.day_changed"), counts[:, 0], _STOPPED),
        Part(say("figures.day_unknown"), counts[:, 1], _UNKNOWN, "--"),
        Part(say("figures.day_as_planned"), counts[:, 2] - counts[:, 0] - counts[:, 1], _FREE,
             letters=INK),
    ]  # fmt: skip
    parts = [part for part in parts if part.values.any()]
    write = sheet.figure.frame.readers
    ends = [say("figures.of", count=write.whole(hit), all=write.whole(every))
            for _, hit, _, every in sizes]  # fmt: skip
    bars = sheet.axes(0.8, 0.93, 0.08, 0.72)
    stacked_bars(sheet, bars, [row[0] for row in sizes], parts, ends=ends, room=0.19)
    head = sheet.axes(0.62, 1.0, 0.76, 1.0)
    _headed(sheet, head, say("figures.day_who"))
    key(sheet, head, parts, columns=1, at=(0.0, 0.72))


def _headed(sheet: Sheet, axes: Axes, text: Text) -> None:
    axes.set_axis_off()
    axes.text(0.0, 1.0, sheet.words(text), size=13.5, weight="bold", va="top",
              transform=axes.transAxes)  # fmt: skip


def _key_of_hours(sheet: Sheet, axes: Axes) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [Patch(facecolor="#dfe3e6", edgecolor=_BEFORE),
               Line2D([], [], color=_AFTER, linewidth=2.6)]  # fmt: skip
    axes.legend(
        handles, [sheet.capital(say(f"figures.day_{when}")) for when in ("before", "after")],
        ncols=2, loc="upper left", bbox_to_anchor=(0.0, 0.55), borderaxespad=0.0, borderpad=0.0,
        fontsize=11.5,
    )  # fmt: skip

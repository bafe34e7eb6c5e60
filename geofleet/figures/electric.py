"""Who can go electric, by class of vehicle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.figures.bars import Part, key, stacked_bars
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import Sheet
from geofleet.fleet.classes import vehicle_class_names
from geofleet.maps.electric.words import VERDICTS, verdicts
from geofleet.report.codes import vehicle_class
from geofleet.wording import Text, say

if TYPE_CHECKING:
    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame

__all__ = ["electric_figure"]

_LOOK = {
    "always": ("#0072b2", ""), "most": ("#00835f", "//"), "planned": ("#a86200", "\\\\"),
    "untried": ("#35719f", ".."), "fails": ("#b3123f", "xx"), "unknown": ("#5c5c5c", "--"),
}  # fmt: skip
_ABLE = ("always", "most", "planned", "untried")


def electric_figure(
    layers: Mapping[str, Layer], *, frame: PageFrame, promised: float
) -> StudyFigure | None:
    """Return bars of vehicle-days by class and verdict; None where no verdict is known.

    Parameters
    ----------
    layers
        ``routes``.
    promised
        Share of the days of a year from which on a model can do a day nearly always.
    """
    routes, write = layers["routes"].frame, frame.readers
    verdict = verdicts(routes, promised)
    if not len(routes) or (verdict == "unknown").all():
        return None
    classes = routes["vehicle_class"].fillna("").astype(str)
    counts = pd.crosstab(classes, pd.Series(verdict, index=routes.index))
    counts = counts.reindex(index=_order(counts.index), columns=list(VERDICTS), fill_value=0)
    able = counts[list(_ABLE)].sum(axis=1)
    total, days = counts.sum(axis=1), write.number(100.0 * promised)
    names = [vehicle_class(name, write) if name else say("common.unknown")
             for name in counts.index]  # fmt: skip
    ends = [say("figures.of", count=write.whole(able[name]), all=write.whole(total[name]))
            for name in counts.index]  # fmt: skip
    parts = [
        Part(say(f"figures.verdict_{name}", days=days) if name in ("always", "most")
             else say(f"figures.verdict_{name}"),
             counts[name].to_numpy(np.float64), *_LOOK[name])
        for name in VERDICTS if counts[name].any()
    ]  # fmt: skip
    sums = {name: write.whole(int(counts[name].sum())) for name in VERDICTS}
    facts = [say("figures.electric_count", name=part.label, count=write.whole(part.values.sum()))
             for part in parts]  # fmt: skip
    by_class = [say("figures.electric_class", name=name, end=end)
                for name, end in zip(names, ends, strict=True)]  # fmt: skip
    whole = {"able": write.whole(int(able.sum())), "all": write.whole(len(routes)), "days": days}
    title = say("figures.electric_title", always=sums["always"], **whole)
    unknown = int(counts["unknown"].sum())
    if len(routes) == 1:
        title = say(f"figures.electric_title_one{'' if able.sum() else '_none'}")
    elif unknown:
        title = say("figures.electric_title_unknown", unknown=write.whole(unknown),
                    able=whole["able"], all=whole["all"])  # fmt: skip
    elif not able.sum():
        title = say("figures.electric_title_none", all=whole["all"])
    elif not counts[["always", "most", "planned"]].to_numpy().any():
        title = say("figures.electric_title_planned", able=whole["able"], all=whole["all"])

    def draw(sheet: Sheet) -> None:
        _draw(sheet, names, parts, ends)

    return StudyFigure(
        "electric", title, say("figures.electric_shown"), say("figures.electric_caption"),
        sentences([say("figures.electric_alt"), *facts, *by_class]), frame, draw,
    )  # fmt: skip


def _order(found: pd.Index) -> list[str]:
    known = [name for name in vehicle_class_names() if name in found]
    return known + sorted(set(found) - set(known))


def _draw(sheet: Sheet, names: list[Text], parts: list[Part], ends: list[Text]) -> None:
    lines = (len(parts) + 1) // 2
    axes = sheet.axes(0.3, 0.87, 0.0, 1.0 - 0.07 * lines - 0.03)
    stacked_bars(sheet, axes, names, parts, ends=ends, room=0.3)
    over = sheet.axes(0.0, 1.0, 1.0 - 0.07 * lines, 1.0)
    over.set_axis_off()
    key(sheet, over, parts, columns=2, at=(0.0, 1.0))

"""What a budget buys: when, for whom, at what price."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.figures.bars import Part, key, stacked_bars
from geofleet.figures.model import StudyFigure, sentences
from geofleet.figures.sheet import INK, QUIET, TEXT_PT, Sheet
from geofleet.fleet.classes import operator_sizes
from geofleet.maps.plan_words import technology_words
from geofleet.report.codes import code, size
from geofleet.report.phrases import headed
from geofleet.wording import Text, both, say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame
    from geofleet.wording import Readers

__all__ = ["frontier_figure", "plan_figure", "price_figure"]

_KEEP, _ELECTRIC = "keep", "electric"
_LOOK = {
    "dpf_retrofit": ("#e69f00", "", INK), "euro_6": ("#56b4e9", "//", INK),
    "cng": ("#cc79a7", "..", INK), "diesel_hybrid": ("#d55e00", "\\\\", "black"),
    "electric": ("#0072b2", "", "white"),
}  # fmt: skip
_OTHER = ("#3d4348", "xx", "white")
_KEPT = ("#d4d9dd", "", INK)
_KG, _T = "pm25_avoided_kg", "co2e_avoided_t"
_LINE = "#0072b2"
_KEY_COLUMNS = 3
_HALF = 0.5
_REASONS = 5

Floats = npt.NDArray[np.float64]


def plan_figure(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    currency: str,
    harm_today: float | None = None,
) -> StudyFigure | None:
    """Return what changes by year and by size of operator; None for a plan without vehicles.

    Parameters
    ----------
    layers
        ``plan_vehicles`` and ``plan_years``.
    harm_today
        Exposure over the years of the plan if nothing changed, where it is known.
    """
    vehicles, years = layers["plan_vehicles"].frame, layers["plan_years"].frame
    if not len(vehicles) or not len(years):
        return None
    write = frame.readers
    changed = vehicles[vehicles["option"] != _KEEP]
    money = write.money(float(years[["vehicle_spend", "charging_spend"]].sum().sum()), currency)
    counts = {"changed": write.whole(len(changed)), "all": write.whole(len(vehicles))}
    span = {"first": str(int(years["year"].min())), "last": str(int(years["year"].max()))}
    kept = vehicles.loc[vehicles["option"] == _KEEP, "reason"].fillna("unknown")
    why = [(code("reason", str(name)), int(count))
           for name, count in kept.value_counts().items()]  # fmt: skip
    moved = int((vehicles["duty_id"].fillna("") != vehicles["vehicle_id"]).sum())
    harm = float(vehicles["harm_avoided"].sum(skipna=False))
    share = harm / harm_today if harm_today else math.nan
    title = _title(counts, money, share, write, moved=moved, why=why if changed.empty else [])
    names = _technologies(changed)
    when = pd.crosstab(changed["year"].astype("float"), changed["technology"])
    at = years["year"].to_numpy(np.int64)
    by_year = {name: when[name].reindex(at, fill_value=0).to_numpy(np.float64) for name in names}
    sizes = _by_size(vehicles, names, frame)
    facts = [say("figures.plan_count", technology=technology_words(name),
                 count=write.whole(by_year[name].sum())) for name in names]  # fmt: skip
    facts += [say("figures.plan_size", name=words, changed=write.whole(int(row[:-1].sum())),
                  all=write.whole(int(row.sum()))) for words, row in sizes]  # fmt: skip
    facts += [say("figures.plan_reason", why=words, count=write.whole(count))
              for words, count in why]  # fmt: skip
    if moved:
        facts.append(say("figures.plan_exchanged", count=write.whole(moved)))
    opening = say("figures.plan_alt", money=money, **span, **counts) if len(changed) \
        else say("figures.plan_alt_none", **span)  # fmt: skip

    def draw(sheet: Sheet) -> None:
        _draw_plan(sheet, at, by_year, sizes, why)

    return StudyFigure(
        "plan", title, say("figures.plan_shown", **span), say("figures.plan_caption", **span),
        sentences([opening, *facts]), frame, draw,
    )  # fmt: skip


def _title(
    counts: Mapping[str, Text],
    money: Text,
    share: float,
    write: Readers,
    *,
    moved: int,
    why: Sequence[tuple[Text, int]],
) -> Text:
    """Return what a plan does, in a sentence that is true of plans that buy nothing, too.

    ``share`` is what is avoided of the exposure, by all vehicles: those that are kept may exchange
    their work, as ``moved`` of all do; ``why`` is why all are kept, empty where some change.
    """
    known = math.isfinite(share)
    told = write.percent(abs(share)) if known else both("")
    if not why:
        if not known:
            return say("figures.plan_title_plain", money=money, **counts)
        name = "plan_title" if share >= 0.0 else "plan_title_more"
        return say(f"figures.{name}", money=money, share=told, **counts)
    if moved and known and share > 0.0:
        return say("figures.plan_title_exchange", share=told, exchanged=write.whole(moved),
                   all=counts["all"])  # fmt: skip
    return say("figures.plan_title_none", why=why[0][0])


def _technologies(changed: pd.DataFrame) -> list[str]:
    found = set(changed["technology"].dropna().astype(str))
    return [name for name in _LOOK if name in found] + sorted(found - set(_LOOK))


def _by_size(
    vehicles: pd.DataFrame, technologies: list[str], frame: PageFrame
) -> list[tuple[Text, Floats]]:
    """Return by size of operator how many get each technology, and how many are kept."""
    given = vehicles["operator_size"]
    of = given.astype(object).where(given.notna(), "").astype(str)
    names = [name for name in operator_sizes() if (of == name).any()]
    rows = []
    for name in names + sorted(set(of) - set(names)):
        own = vehicles[of == name]
        kept = own["option"] == _KEEP
        counts = [float((own["technology"][~kept] == one).sum()) for one in technologies]
        rows.append((size(name, frame.readers), np.array([*counts, float(kept.sum())])))
    return rows


def _draw_plan(
    sheet: Sheet, years: npt.NDArray[np.int64], by_year: dict[str, Floats],
    sizes: list[tuple[Text, Floats]], why: Sequence[tuple[Text, int]],
) -> None:  # fmt: skip
    looks = [_LOOK.get(name, _OTHER) for name in by_year]
    parts = [Part(technology_words(name), by_year[name], colour, hatch, letters)
             for name, (colour, hatch, letters) in zip(by_year, looks, strict=True)]  # fmt: skip
    every = [*parts, Part(technology_words(_KEEP), np.zeros(1), *_KEPT)]
    # heads and bars stand below the rows of the key
    head = 0.98 - 0.07 * math.ceil(len(every) / _KEY_COLUMNS)
    if parts:
        _draw_years(sheet, years, parts, head)
    else:
        _draw_reasons(sheet, why, head)
    shares = [Part(part.label, np.array([row[place] for _, row in sizes]), part.colour,
                   part.hatch, part.letters) for place, part in enumerate(every)]  # fmt: skip
    write = sheet.figure.frame.readers
    ends = [say("figures.plan_end", share=write.percent(float(row[:-1].sum() / row.sum())))
            for _, row in sizes]  # fmt: skip
    right = sheet.axes(0.7, 0.91, 0.08, head - 0.13)
    stacked_bars(sheet, right, [words for words, _ in sizes], shares, ends=ends, room=0.18)
    _headed(sheet, say("figures.plan_by_size"), 0.56, head)
    over = sheet.axes(0.0, 1.0, 0.9, 1.0)
    over.set_axis_off()
    key(sheet, over, every, columns=_KEY_COLUMNS, at=(0.0, 1.0))


def _draw_years(
    sheet: Sheet, years: npt.NDArray[np.int64], parts: Sequence[Part], head: float
) -> None:
    axes = sheet.axes(0.045, 0.5, 0.08, head - 0.13, grid="y")
    below = np.zeros(len(years))
    for part in parts:
        axes.bar(years, part.values, bottom=below, width=0.76, color=part.colour,
                 hatch=part.hatch, edgecolor="white", linewidth=0.8)  # fmt: skip
        below = below + part.values
    for year, count in zip(years, below, strict=True):
        if count:
            axes.text(year, count, sheet.number(count), ha="center", va="bottom", size=TEXT_PT - 1)
    axes.set(ylim=(0, max(1.0, 1.14 * float(below.max(initial=0.0)))),
             xlim=(years[0] - 0.6, years[-1] + 0.6))  # fmt: skip
    step = max(1, math.ceil(len(years) / 10))
    axes.set_xticks(years[::step], [str(year) for year in years[::step]])
    sheet.numbers(axes.yaxis, 5, whole=True)
    _headed(sheet, say("figures.plan_by_year"), 0.0, head)


def _draw_reasons(sheet: Sheet, why: Sequence[tuple[Text, int]], head: float) -> None:
    """Draw why vehicles are kept, most first: words above each bar, its count at the end."""
    axes = sheet.axes(0.0, 0.46, 0.08, head - 0.1)
    shown = list(why)[:_REASONS]
    most = max(count for _, count in shown)
    for row, (words, count) in enumerate(shown):
        axes.barh(row + 0.25, count, height=0.3, color=_KEPT[0])
        lines = sheet.wrapped(headed(words), TEXT_PT, 0.44)[:2]
        axes.text(0.0, row + 0.05, "\n".join(lines), va="bottom", size=TEXT_PT)
        axes.annotate(sheet.number(count), (count, row + 0.25), xytext=(6, 0), va="center",
                      textcoords="offset points", size=TEXT_PT)  # fmt: skip
    axes.set(ylim=(max(len(shown), 3) - 0.5, -0.6), xlim=(0, most * 1.15))
    axes.set_axis_off()
    _headed(sheet, say("figures.plan_by_reason"), 0.0, head)


def _headed(sheet: Sheet, text: Text, left: float, top: float) -> None:
    head = sheet.axes(left, 1.0, top - 0.05, top)
    head.set_axis_off()
    head.text(0.0, 1.0, sheet.words(text), size=13.5, weight="bold", va="top",
              transform=head.transAxes)  # fmt: skip


def price_figure(
    layers: Mapping[str, Layer], *, frame: PageFrame, currency: str
) -> StudyFigure | None:
    """Return public money per kilogram and tonne avoided; None where the plan avoids nothing known.

    Money of chargers and connections, where there is any, counts as that of electric vehicles.

    Parameters
    ----------
    layers
        ``plan_vehicles`` and ``plan_years``.
    """
    vehicles, years = layers["plan_vehicles"].frame, layers["plan_years"].frame
    changed = vehicles[vehicles["option"] != _KEEP]
    names, write = _technologies(changed), frame.readers
    # what is not known of one vehicle is not known of all that become the same
    columns = ["spend", _KG, _T]
    known = changed[columns].notna().groupby(changed["technology"]).all()
    sums = changed.groupby("technology")[columns].sum().where(known)
    table = sums.reindex(names)
    charging = float(years["charging_spend"].sum())
    table["spend"] += np.where(table.index == _ELECTRIC, charging, 0.0)
    for name, column in (("kg", _KG), ("t", _T)):
        amount = table[column].where(table[column] > 0)
        table[f"per_{name}"] = table["spend"] / amount
    if not table["per_kg"].notna().any():
        return None
    table = table.sort_values("per_kg", kind="stable")
    best = str(table.index[0])
    money = write.money(float(table["per_kg"].iloc[0]), currency)
    told = [
        {unit: _priced(row[f"per_{unit}"], row[column], currency, frame)
         for unit, column in (("kg", _KG), ("t", _T))}
        for _, row in table.iterrows()
    ]  # fmt: skip
    facts = [
        say("figures.price_of", technology=technology_words(str(name)),
            **{unit: say(f"figures.price_{unit}", money=text) if np.isfinite(row[f"per_{unit}"])
               else text for unit, text in one.items()})
        for (name, row), one in zip(table.iterrows(), told, strict=True)
    ]  # fmt: skip

    def draw(sheet: Sheet) -> None:
        for place, unit in enumerate(("kg", "t")):
            axes = sheet.axes(0.22 + 0.4 * place, 0.46 + 0.4 * place, 0.04, 0.86)
            _draw_prices(sheet, axes, table[f"per_{unit}"], [one[unit] for one in told],
                         named=not place)  # fmt: skip
            axes.set_title(sheet.words(say(f"figures.price_per_{unit}", currency=currency)),
                           loc="left", size=13.5, weight="bold", pad=12)  # fmt: skip

    return StudyFigure(
        "price", say("figures.price_title", technology=technology_words(best), money=money),
        say("figures.price_shown"), say("figures.price_caption"),
        sentences([say("figures.price_alt"), *facts]), frame, draw,
    )  # fmt: skip


def _priced(price: float, amount: float, currency: str, frame: PageFrame) -> Text:
    if math.isfinite(price):
        return frame.readers.money(price, currency)
    return say("common.unknown" if math.isnan(amount) else "figures.price_none")


def _draw_prices(
    sheet: Sheet, axes: Axes, prices: pd.Series, texts: list[Text], *, named: bool
) -> None:
    rows = np.arange(len(prices), dtype=np.float64)
    known = prices.fillna(0.0).to_numpy(np.float64)
    most = max(float(known.max()), 1e-12)
    for row, (name, value) in enumerate(zip(prices.index, known, strict=True)):
        colour, hatch, _ = _LOOK.get(str(name), _OTHER)
        axes.barh(row, value, height=0.62, color=colour, hatch=hatch, edgecolor="white")
        axes.annotate(sheet.words(texts[row]), (value, row), xytext=(7, 0), va="center",
                      textcoords="offset points", size=TEXT_PT)  # fmt: skip
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, most * 1.02))
    axes.set_yticks(rows, [sheet.beside(axes, technology_words(str(name)), 0.22) if named else ""
                           for name in prices.index])  # fmt: skip
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def frontier_figure(
    frontier: pd.DataFrame, *, frame: PageFrame, currency: str
) -> StudyFigure | None:
    """Return what avoiding more costs; None of fewer than two plans.

    Parameters
    ----------
    frontier
        ``cost`` (present cost to all concerned) and ``harm`` (exposure avoided) of each plan.

    Raises
    ------
    InputError
        A column that is not there, or a number that is not known.
    """
    if missing := [name for name in ("cost", "harm") if name not in frontier.columns]:
        raise InputError([Problem("frontier", name, expected="a column of numbers")
                          for name in missing])  # fmt: skip
    points = frontier[["cost", "harm"]].astype(np.float64).sort_values(["harm", "cost"])
    values = points.to_numpy()
    if not np.isfinite(values).all():
        row = int((~np.isfinite(values).all(axis=1)).argmax()) + 1
        raise InputError([Problem("frontier", "cost, harm", row, "", "known numbers")])
    if len(values) < 2 or not values[-1, 1] > 0:
        return None
    write = frame.readers
    shares = values[:, 1] / values[-1, 1]
    some = int(np.argmax(shares >= _HALF))
    title = say(
        "figures.frontier_title", share=write.percent(float(shares[some])),
        some=write.money(float(values[some, 0]), currency),
        all=write.money(float(values[-1, 0]), currency),
    )  # fmt: skip
    facts = [
        say("figures.frontier_point", cost=write.money(float(cost), currency),
            share=write.percent(float(share)))
        for cost, share in zip(values[:, 0], shares, strict=True)
    ]  # fmt: skip

    def draw(sheet: Sheet) -> None:
        axes = sheet.axes(0.08, 0.98, 0.12, 0.94, grid="y")
        scale, unit = _scaled(float(np.abs(values[:, 0]).max()))
        axes.plot(
            100.0 * shares,
            values[:, 0] / scale,
            color=_LINE,
            linewidth=2.6,
            marker="o",
            markersize=8,
        )
        axes.axhline(0.0, color=QUIET, linewidth=0.8)
        axes.margins(x=0.03, y=0.1)
        sheet.numbers(axes.xaxis, 10)
        sheet.numbers(axes.yaxis, 6)
        axes.set_xlabel(sheet.words(say("figures.frontier_x")), size=TEXT_PT)
        label = say("figures.frontier_y", currency=currency, unit=unit)
        axes.set_ylabel(sheet.words(label), size=TEXT_PT)

    return StudyFigure(
        "frontier", title, say("figures.frontier_shown"), say("figures.frontier_caption"),
        sentences([say("figures.frontier_alt"), *facts]), frame, draw,
    )  # fmt: skip


def _scaled(largest: float) -> tuple[float, Text]:
    if largest >= 1e6:
        return 1e6, say("figures.millions")
    if largest >= 1e4:
        return 1e3, say("figures.thousands")
    return 1.0, both("")

"""Plain charts as SVG: bars by group, and lines or points over an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.maps.pictures import Picture, svg_page
from geofleet.maps.scales import short

__all__ = ["COLOURS", "bar_chart", "line_chart", "round_ticks"]

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#000000")
"""Seven colours that colour-blind readers can tell apart (Okabe and Ito 2008)."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_BAR, _SPACE, _TOP, _LETTER = 11, 8, 46, 6.6


def round_ticks(low: float, high: float, *, most: int = 6) -> list[float]:
    """Return round numbers from the last one below ``low`` to the first one above ``high``.

    Raises
    ------
    ValueError
        Ends that are not finite, or the wrong way round.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValueError(f"no ticks from {low} to {high}")
    if low == high:
        low, high = (0.0, high) if high > 0 else (low, low + 1.0)
    raw = (high - low) / (most - 1)
    size = 10.0 ** math.floor(math.log10(raw))
    for factor in (*_STEPS, 20.0):
        step = factor * size
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first < most:
            break
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def bar_chart(
    table: pd.DataFrame,
    *,
    title: str,
    colours: Sequence[str] = COLOURS,
    width_px: int = 860,
) -> Picture:
    """Draw a group of bars for each row and a bar for each column, with its number.

    Parameters
    ----------
    table
        Numbers of at least 0; the index names the groups. What is not known (NaN) has no bar, and
        says so.
    title
        What the bars show, with the unit.
    colours
        Of the columns.

    Raises
    ------
    ValueError
        No numbers, negative ones, or more columns than colours.
    """
    values = _numbers(table, colours)
    if np.nanmin(values) < 0.0:
        raise ValueError("bars show numbers of at least 0")
    left = 16 + _LETTER * max(len(str(name)) for name in table.index)
    scale = (width_px - left - 60) / max(float(np.nanmax(values)), 1e-300)
    group = _BAR * values.shape[1] + _SPACE
    parts = [_head(title, table.columns, colours)]
    for row, name in enumerate(table.index):
        y = _TOP + row * group
        middle = y + _BAR * values.shape[1] / 2 + 4
        parts.append(
            f'<text x="{left - 8:.0f}" y="{middle:.0f}" text-anchor="end" font-size="12">'
            f"{escape(str(name))}</text>"
        )
        for column, value in enumerate(values[row]):
            at, known = y + column * _BAR, math.isfinite(value)
            end = left + (value * scale if known else 0.0)
            parts.append(
                f'<rect x="{left:.1f}" y="{at}" width="{end - left:.1f}" height="{_BAR - 1}" '
                f'fill="{colours[column]}"/>'
                f'<text x="{end + 4:.0f}" y="{at + 9}" font-size="10" fill="#333">'
                f"{_three(value) if known else 'not known'}</text>"
            )
    return Picture(svg_page("".join(parts), width_px, _TOP + len(table) * group))


def line_chart(
    table: pd.DataFrame,
    *,
    title: str,
    x_label: str,
    marks_only: bool = False,
    from_zero: bool = True,
    colours: Sequence[str] = COLOURS,
    width_px: int = 860,
    height_px: int = 360,
) -> Picture:
    """Draw a line for each column over the index, or marks alone.

    Parameters
    ----------
    table
        Index in numbers, ascending; what is not known (NaN) leaves a gap.
    title
        What the vertical axis shows, with the unit.
    x_label
        What the index is, with the unit.
    marks_only
        Points that no line joins.
    from_zero
        Whether the vertical axis begins at 0; a cut axis makes small differences look large.

    Raises
    ------
    ValueError
        No numbers, an index that does not ascend, or more columns than colours.
    """
    values, x = _numbers(table, colours), table.index.to_numpy(np.float64)
    if np.any(np.diff(x) < 0):
        raise ValueError("a line chart needs an ascending index")
    low = 0.0 if from_zero else float(np.nanmin(values))
    rows = round_ticks(min(low, float(np.nanmin(values))), float(np.nanmax(values)))
    columns = round_ticks(float(x[0]), float(x[-1]), most=13)
    left, right, bottom = 58.0, width_px - 16.0, height_px - 40.0

    def across(value: float) -> float:
        return left + (value - columns[0]) / (columns[-1] - columns[0]) * (right - left)

    def up(value: float) -> float:
        return bottom - (value - rows[0]) / (rows[-1] - rows[0]) * (bottom - _TOP - 8)

    parts = [_head(title, table.columns, colours)]
    for tick in rows:
        parts.append(
            f'<path d="M{left:.0f} {up(tick):.1f}H{right:.0f}" stroke="#ddd"/>'
            f'<text x="{left - 6:.0f}" y="{up(tick) + 4:.0f}" text-anchor="end" font-size="11">'
            f"{short(tick)}</text>"
        )
    for tick in columns:
        parts.append(
            f'<path d="M{across(tick):.1f} {bottom:.0f}v4" stroke="#555"/>'
            f'<text x="{across(tick):.0f}" y="{bottom + 17:.0f}" text-anchor="middle" '
            f'font-size="11">{short(tick)}</text>'
        )
    parts.append(f'<path d="M{left:.0f} {bottom:.0f}H{right:.0f}" stroke="#555"/>')
    parts.append(
        f'<text x="{(left + right) / 2:.0f}" y="{bottom + 34:.0f}" text-anchor="middle" '
        f'font-size="12">{escape(x_label)}</text>'
    )
    for column in range(values.shape[1]):
        points = [(across(a), up(b)) for a, b in zip(x, values[:, column], strict=True)]
        parts.append(_series(points, colours[column], marks_only=marks_only))
    return Picture(svg_page("".join(parts), width_px, height_px))


def _series(points: Sequence[tuple[float, float]], colour: str, *, marks_only: bool) -> str:
    known = [math.isfinite(y) for _, y in points]
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{5 if marks_only else 2.5}" fill="{colour}"/>'
        for (x, y), there in zip(points, known, strict=True)
        if there
    )
    if marks_only:
        return marks
    moves = "".join(
        f"{'L' if k and known[k - 1] else 'M'}{x:.1f} {y:.1f}"
        for k, (x, y) in enumerate(points)
        if known[k]
    )
    return f'<path d="{moves}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}'


def _numbers(table: pd.DataFrame, colours: Sequence[str]) -> npt.NDArray[np.float64]:
    values = table.to_numpy(np.float64)
    if not values.size or not np.isfinite(values).any():
        raise ValueError("a chart needs at least one number")
    if values.shape[1] > len(colours):
        raise ValueError(f"{values.shape[1]} columns for {len(colours)} colours")
    return values


def _head(title: str, names: pd.Index, colours: Sequence[str]) -> str:
    """Return the title, and a key below it where there is more than one column."""
    parts = [f'<text x="8" y="16" font-size="14" font-weight="bold">{escape(title)}</text>']
    x = 8.0
    for name, colour in zip(names if len(names) > 1 else [], colours, strict=False):
        parts.append(
            f'<rect x="{x:.0f}" y="25" width="12" height="12" fill="{colour}"/>'
            f'<text x="{x + 17:.0f}" y="35" font-size="12">{escape(str(name))}</text>'
        )
        x += 36 + _LETTER * len(str(name))
    return "".join(parts)


def _three(value: float) -> str:
    """Return a number with three digits, without exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"

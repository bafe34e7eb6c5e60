"""Static maps as SVG: streets, zones and routes by class, for reports and pages without scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.maps.scales import STEPS, class_labels, round_breaks, spread

__all__ = ["Picture", "Shapes", "classed", "map_picture", "thumbnail"]

UNKNOWN = "#c9d6c9"
"""Colour of what is not known: none of any scale."""

_FONT = 'font-family="sans-serif"'
_ROUND = (1.0, 2.0, 5.0)
_UNITS_PER_PX = 4.0  # coordinates are whole numbers of a quarter of a pixel
_LEAST_PX = 0.6  # bends and pieces smaller than this are not drawn
_COARSE_PX = 1.5  # the same in small pictures, where streets are joined to be drawn with few points
_GAP, _TITLE, _ROW = 12, 24, 18


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """An SVG picture, which notebooks show as it is.

    Parameters
    ----------
    svg
        The text of the file.
    """

    svg: str

    def __repr__(self) -> str:
        """Return a few words in place of the whole text."""
        return f"Picture(SVG of {len(self.svg) / 1000:.0f} kB)"

    def _repr_svg_(self) -> str:
        return self.svg

    def write(self, path: Path) -> None:
        """Write the picture to a file."""
        path.write_text(self.svg, encoding="utf-8")


@dataclass(frozen=True)
class Shapes:
    """Lines or polygons that are drawn alike.

    Parameters
    ----------
    frame
        Geometry with its CRS; other columns do not matter. May be empty.
    colour, width_px
        Of the lines; polygons are filled with the colour and have no border.
    label
        What the key says of them; no entry where it is empty.
    """

    frame: gpd.GeoSeries
    colour: str
    width_px: float = 1.0
    label: str = ""


def classed(
    geometry: gpd.GeoSeries,
    values: npt.ArrayLike,
    *,
    breaks: Sequence[float] | None = None,
    colours: Sequence[str] = STEPS,
    widths_px: tuple[float, float] = (0.7, 1.8),
) -> list[Shapes]:
    """Return shapes by class of a value, low classes first so that high ones lie on top.

    Parameters
    ----------
    geometry, values
        A value for each geometry; those without one (NaN) are a class of their own.
    breaks
        Ascending limits; a value at a limit belongs to the class above. Rounded quantiles of the
        values when not given. Pictures to be compared need the same.
    colours
        From low to high; spread over the classes.
    widths_px
        Width of lines of the lowest and of the highest class.

    Raises
    ------
    ValueError
        Another number of values than geometries, breaks that do not ascend, or more classes than
        colours.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (len(geometry),):
        raise ValueError(f"values of shape {array.shape} for {len(geometry)} geometries")
    limits = round_breaks(array) if breaks is None else [float(value) for value in breaks]
    if any(b <= a for a, b in pairwise(limits)):
        raise ValueError(f"breaks {limits}: expected ascending limits")
    labels = class_labels(limits)
    if len(labels) > len(colours):
        raise ValueError(f"{len(labels)} classes for {len(colours)} colours")
    number = np.where(np.isfinite(array), np.searchsorted(limits, array, side="right"), -1)
    steps = np.linspace(*widths_px, len(labels))
    found = [
        Shapes(geometry[number == k], colour, float(steps[k]), labels[k])
        for k, colour in enumerate(spread(colours, len(labels)))
    ]
    unknown = geometry[number == -1]
    return [Shapes(unknown, UNKNOWN, widths_px[0], "not known"), *found] if len(unknown) else found


def map_picture(
    panels: Mapping[str, Sequence[Shapes]],
    *,
    title: str,
    attribution: str,
    bounds: tuple[float, float, float, float] | None = None,
    width_px: int = 860,
    north_label: str = "north is up",
) -> Picture:
    """Draw maps beside each other, north up, at one scale and with one key.

    Parameters
    ----------
    panels
        Shapes by the heading of each map, in the order of drawing. The key is made of all labels,
        each once.
    title
        Stands over the key: what the colours mean, with the unit.
    attribution
        Whose data it is.
    bounds
        West, south, east and north in degrees; all that is drawn when not given.
    width_px
        Of the whole picture.
    north_label
        Stands beside the scale.

    Raises
    ------
    ValueError
        Nothing to draw, or shapes without CRS.
    """
    drawn = [shapes for part in panels.values() for shapes in part if len(shapes.frame)]
    if not drawn or any(shapes.frame.crs is None for shapes in drawn):
        raise ValueError("expected at least one shape, and a CRS of all of them")
    crs = drawn[0].frame.to_crs(4326).estimate_utm_crs()
    west, south, east, north = _extent(drawn, bounds, crs)
    span_x, span_y = max(east - west, 1.0), max(north - south, 1.0)
    panel = (width_px - _GAP * (len(panels) - 1)) / len(panels)
    scale = panel / span_x  # pixels per metre
    key: dict[str, Shapes] = {}  # in order of the drawing; a class may be empty in one of the maps
    for shapes in (shapes for part in panels.values() for shapes in part if shapes.label):
        if shapes.label not in key or not len(key[shapes.label].frame):
            key[shapes.label] = shapes
    columns = max(1, width_px // 150)
    top = _TITLE + _ROW * math.ceil(len(key) / columns) + 8
    height = span_y * scale
    parts = [f'<text x="0" y="16" font-size="14" font-weight="bold">{escape(title)}</text>']
    parts += [_entry(shapes, k, columns) for k, shapes in enumerate(key.values())]
    for number, (heading, part) in enumerate(panels.items()):
        left = number * (panel + _GAP)
        paths = "".join(_path(shapes, crs, (west, south, east, north), scale) for shapes in part)
        parts.append(
            f'<svg x="{left:.0f}" y="{top}" width="{panel:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {panel * _UNITS_PER_PX:.0f} {height * _UNITS_PER_PX:.0f}">{paths}</svg>'
            f'<rect x="{left + 0.5:.1f}" y="{top}.5" width="{panel - 1:.0f}" '
            f'height="{height - 1:.0f}" fill="none" stroke="#bbb"/>'
        )
        if heading:
            parts.append(
                f'<text x="{left + 10:.0f}" y="{top + 22}" font-size="15" font-weight="bold" '
                'stroke="white" stroke-width="4" paint-order="stroke" '
                f'stroke-linejoin="round">{escape(heading)}</text>'
            )
    beside = width_px - 6 * len(attribution) > 200  # else below the bar
    low = top + height + (20 if beside else 36)
    parts.append(_scale_bar(scale, panel, top + height + 16, north_label))
    parts.append(
        f'<text x="{width_px}" y="{low:.0f}" font-size="11" fill="#444" '
        f'text-anchor="end">{escape(attribution)}</text>'
    )
    return Picture(svg_page("".join(parts), width_px, low + 10))


def thumbnail(
    shapes: Sequence[Shapes],
    *,
    bounds: tuple[float, float, float, float] | None = None,
    size_px: tuple[int, int] = (480, 250),
) -> Picture:
    """Draw one small map, north up, without words: a picture that leads to a page.

    Parameters
    ----------
    shapes
        In the order of drawing.
    bounds
        West, south, east and north in degrees; all that is drawn when not given. The picture holds
        all of it, and more to the sides that are short.

    Raises
    ------
    ValueError
        Nothing to draw, or shapes without CRS.
    """
    drawn = [part for part in shapes if len(part.frame)]
    if not drawn or any(part.frame.crs is None for part in drawn):
        raise ValueError("expected at least one shape, and a CRS of all of them")
    crs = drawn[0].frame.to_crs(4326).estimate_utm_crs()
    west, south, east, north = _extent(drawn, bounds, crs)
    width, height = size_px
    scale = 0.96 * min(width / max(east - west, 1.0), height / max(north - south, 1.0))
    x, y = (west + east) / 2, (south + north) / 2
    half_x, half_y = width / scale / 2, height / scale / 2
    extent = (x - half_x, y - half_y, x + half_x, y + half_y)
    paths = "".join(_path(part, crs, extent, scale, coarse=True) for part in drawn)
    return Picture(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 '
        f'{width * _UNITS_PER_PX:.0f} {height * _UNITS_PER_PX:.0f}">{paths}</svg>'
    )


def svg_page(content: str, width: float, height: float) -> str:
    """Return an SVG file with a white ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" {_FONT}>'
        f'<rect width="100%" height="100%" fill="white"/>{content}</svg>'
    )


def _extent(
    drawn: Sequence[Shapes], bounds: tuple[float, float, float, float] | None, crs: object
) -> tuple[float, float, float, float]:
    if bounds is not None:
        box = gpd.GeoSeries([shapely.box(*bounds)], crs=4326)
        found = box.to_crs(crs).total_bounds
    else:
        each = np.array([shapes.frame.to_crs(crs).total_bounds for shapes in drawn])
        found = np.append(np.nanmin(each[:, :2], axis=0), np.nanmax(each[:, 2:], axis=0))
    west, south, east, north = (float(value) for value in found)
    return west, south, east, north


def _path(
    shapes: Shapes,
    crs: object,
    extent: tuple[float, float, float, float],
    scale: float,
    *,
    coarse: bool = False,
) -> str:
    """Return everything of a kind as one path; a street's two directions are drawn once."""
    if not len(shapes.frame):
        return ""
    metric = shapes.frame.to_crs(crs).to_numpy()
    filled = bool(shapely.get_dimensions(metric).max() == 2)
    parts = shapely.get_parts(metric[~shapely.is_missing(metric)])
    parts = parts[shapely.intersects(parts, shapely.box(*extent))]
    _, first = np.unique(shapely.to_wkb(shapely.normalize(parts)), return_index=True)
    parts = parts[np.sort(first)]
    if coarse and not filled:
        parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
        parts = parts[shapely.length(parts) * scale > _COARSE_PX]
    simple = shapely.simplify(parts, (_COARSE_PX / 2 if coarse else _LEAST_PX) / scale)
    factor, corner = scale * _UNITS_PER_PX, (extent[0], extent[3])
    text = []
    for shape in simple:
        rings = [shape.exterior, *shape.interiors] if filled else [shape]
        for ring in rings:
            text.append(_moves(shapely.get_coordinates(ring), corner, factor, closed=filled))
    data = "".join(text)
    if filled:
        return f'<path d="{data}" fill="{shapes.colour}" fill-rule="evenodd" stroke="none"/>'
    width = shapes.width_px * _UNITS_PER_PX
    return (
        f'<path d="{data}" fill="none" stroke="{shapes.colour}" stroke-width="{width:.1f}" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def _moves(
    points: npt.NDArray[np.float64], corner: tuple[float, float], factor: float, *, closed: bool
) -> str:
    """Return a line as one absolute point and steps from point to point, in whole units."""
    whole = np.rint((points - corner) * (factor, -factor)).astype(np.int64)
    steps = np.diff(whole, axis=0)
    steps = steps[np.any(steps != 0, axis=1)]
    if not len(steps):
        return ""
    return (
        f"M{whole[0, 0]} {whole[0, 1]}l"
        + " ".join(f"{x} {y}" for x, y in steps)
        + ("z" if closed else "")
    )


def _entry(shapes: Shapes, number: int, columns: int) -> str:
    """Return a line of the key: a mark and its label."""
    x, y = 150 * (number % columns), _TITLE + _ROW * (number // columns)
    filled = shapely.get_dimensions(shapes.frame.to_numpy()).max(initial=1) == 2
    thick = 12.0 if filled else max(3.0, 1.5 * shapes.width_px)
    return (
        f'<rect x="{x}" y="{y + 8 - thick / 2:.1f}" width="22" height="{thick:.1f}" '
        f'fill="{shapes.colour}"/>'
        f'<text x="{x + 28}" y="{y + 12}" font-size="12">{escape(shapes.label)}</text>'
    )


def _scale_bar(scale: float, panel: float, y: float, north_label: str) -> str:
    """Return a bar of a round length, about a fifth of a map."""
    most = panel / 5.0 / scale
    size = 10.0 ** math.floor(math.log10(most))
    metres = max(step * size for step in _ROUND if step * size <= most)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    end = metres * scale
    return (
        f'<path d="M1 {y - 5:.0f}v5h{end:.1f}v-5" fill="none" stroke="#444"/>'
        f'<text x="{end + 8:.0f}" y="{y + 4:.0f}" font-size="11" fill="#444">'
        f"{text}, {escape(north_label)}</text>"
    )

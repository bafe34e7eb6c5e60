"""The folium layer of packed lines, and its controls for a plain map."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from branca.element import Figure, MacroElement
from folium.map import Layer as FoliumLayer
from folium.template import Template

from geofleet.errors import InputError, Problem
from geofleet.maps.elements import Ref, _map_name, _Scripted, to_script
from geofleet.maps.packed.assets import line_assets
from geofleet.maps.packed.blocks import coded
from geofleet.maps.packed.check import check_columns, check_variables
from geofleet.maps.packed.columns import packed_number, packed_texts
from geofleet.maps.packed.given import numbers_of, shapes_of, texts_of
from geofleet.maps.packed.pack import pack_variables
from geofleet.maps.packed.paths import pack_paths
from geofleet.maps.packed.variables import HOURS, Variable
from geofleet.maps.packed.views import UNKNOWN_LOOK
from geofleet.wording import Readers, Text, say

__all__ = ["Card", "CardRow", "LinesControl", "PackedLines"]

_IDENTIFIER = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True)
class CardRow:
    """One more line of the table about a link: a column of ``texts`` or ``numbers``."""

    label: Text
    column: str
    unit: str | Text = ""


@dataclass(frozen=True)
class Card:
    """What the table about a link says beside its values.

    Parameters
    ----------
    title, subtitle
        Columns of ``texts``; the title is what streets are searched by.
    untitled
        In place of a title that is None.
    rows
        More columns.
    hint
        At the foot.
    """

    title: str | None = "name"
    untitled: Text | None = None
    subtitle: str | None = None
    rows: Sequence[CardRow] = ()
    hint: Text | None = None


class PackedLines(_Scripted, FoliumLayer):
    """Lines of a whole city, drawn on one canvas from packed data.

    Parameters
    ----------
    geometry
        LineStrings or MultiLineStrings: a GeoSeries or GeoDataFrame in any CRS, or shapes in
        EPSG:4326. None and empty ones are not drawn.
    variables
        What the lines can be coloured by; the first is shown unless ``selected`` says otherwise.
    texts
        Columns of text (plain or in every language), in the order of the lines whatever their
        index; None and NaN for unknown.
    numbers
        Columns of numbers, NaN for unknown; kept to three digits.
    card
        What is told about a link.
    readers
        How numbers of the legend are written.
    identifier
        Makes the JavaScript name: letters, digits and underscores. Made from the content if it is
        not given, so that several layers on one map have names of their own.
    name, show, control
        As in folium's layers.
    selected, hour
        Variable and hour shown at first; hour None is the whole day.
    degrees
        Grid that coordinates are rounded to.
    max_bytes
        What the layer may weigh in the page; values are then kept as finely as fits, at worst as
        their class. None: as finely as one byte a value allows.
    attribution
        Who must be named for the data, where the page does not.

    Attributes
    ----------
    order
        Place of each row of the page in what was given.

    Raises
    ------
    geofleet.errors.InputError
        Values, breaks, colours or columns that do not fit; or ``max_bytes`` that cannot be kept.
    """

    _template = Template("")
    order: npt.NDArray[np.int64]

    def __init__(
        self,
        geometry: Any,
        variables: Sequence[Variable],
        *,
        texts: Mapping[str, Sequence[str | Text | None]] | None = None,
        numbers: Mapping[str, npt.ArrayLike] | None = None,
        card: Card | None = None,
        readers: Readers | None = None,
        identifier: str | None = None,
        name: str | None = None,
        show: bool = True,
        control: bool = True,
        selected: str | None = None,
        hour: int | None = None,
        degrees: float = 1e-5,
        max_bytes: float | None = None,
        attribution: str | None = None,
    ) -> None:
        shapes = shapes_of(geometry)
        texts = {column: texts_of(cells) for column, cells in (texts or {}).items()}
        numbers = {column: numbers_of(cells) for column, cells in (numbers or {}).items()}
        variables = [replace(one, values=numbers_of(one.values)) for one in variables]
        card = card or Card(title=None)
        check_variables(variables, len(shapes))
        check_columns(len(shapes), texts, numbers, card)
        names = [variable.name for variable in variables]
        chosen = names[0] if selected is None else selected
        if chosen not in names:
            raise InputError([Problem("selected", value=chosen, expected=f"one of {names}")])
        if hour is not None and hour not in range(HOURS):
            raise InputError([Problem("hour", value=str(hour), expected="0 to 23, or None")])
        if identifier is not None and not _IDENTIFIER.fullmatch(identifier):
            expected = "letters, digits and underscores"
            raise InputError([Problem("identifier", value=identifier[:80], expected=expected)])
        paths = pack_paths(shapes, degrees=degrees)
        self.order = paths.order
        self.spec: dict[str, Any] = {
            "count": len(shapes),
            "degrees": degrees,
            "bounds": _bounds(shapes),
            "paths": coded(paths.data),
            "texts": packed_texts(texts, paths.order),
            "numbers": {
                column: packed_number(cells, paths.order) for column, cells in numbers.items()
            },
            "card": _card_spec(card, texts),
            "unknown": UNKNOWN_LOOK,
            "selected": chosen,
            "hour": hour,
            "attribution": attribution,
        }
        room = None if max_bytes is None else max_bytes - len(to_script(self.spec))
        self.spec["variables"] = pack_variables(
            variables, paths.order, readers=readers or Readers.of(), room=room
        )
        known = identifier or f"lines_{zlib.crc32(to_script(self.spec).encode()):08x}"
        super().__init__(name=name or known, overlay=True, control=control, show=show)
        self._name, self._id = "packed", known

    def add_to(self, parent: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the layer to a map or a group of layers.

        Raises
        ------
        InputError
            Another layer of the same name is there, which folium would drop without a word.
        """
        other = parent._children.get(self.get_name())
        if other is not None and other is not self:
            raise InputError([
                Problem("identifier", value=self._id, expected="another: the map has such a layer")
            ])  # fmt: skip
        return super().add_to(parent, *args, **kwargs)

    def _get_self_bounds(self) -> list[list[float | None]]:
        """Return south and west, north and east of the lines, as folium asks for them."""
        return self.spec["bounds"] or [[None, None], [None, None]]

    def render(self, **kwargs: Any) -> Any:
        """Add the layer's script to the page, and what it needs where the page has it not."""
        _equip(self)
        return super().render(**kwargs)

    def statement(self) -> str:
        """Return the JavaScript expression of the layer."""
        return f"geofleet.packedLines({to_script(self.spec)})"


class LinesControl(_Scripted, MacroElement):
    """Variable, hour, legend and worst links of packed lines, in a corner of a plain map."""

    _template = Template("")

    def __init__(
        self,
        *layers: PackedLines,
        label: Text | None = None,
        worst: int = 20,
        position: str = "topleft",
        language: str = "en",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "lines_control", "_".join(layer._id for layer in layers)
        self.layers = layers
        self.group = {
            "kind": "lines",
            "name": self._id,
            "label": label or say("lines.colour_by"),
            "layers": [Ref(layer.get_name()) for layer in layers],
            "worst": worst,
        }
        self.position, self.language = position, language

    def render(self, **kwargs: Any) -> Any:
        """Add the controls' script to the page, and what it needs where the page has it not."""
        _equip(self)
        return super().render(**kwargs)

    def statement(self) -> str:
        """Return the JavaScript expression that makes the controls."""
        options = {"position": self.position, "language": self.language}
        arguments = f"{_map_name(self)}, {to_script(self.group)}, {to_script(options)}"
        return f"geofleet.linesControl({arguments})"


def _equip(element: MacroElement) -> None:
    """Put scripts, words and styles into the head of a page that has not geofleet's own."""
    figure = element.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("add the element to a map before rendering it")
    children = figure.header._children
    if "assets" not in children and "lines_assets" not in children:
        figure.header.add_child(line_assets(), name="lines_assets")


def _bounds(shapes: npt.NDArray[np.object_]) -> list[list[float]] | None:
    if not len(shapes):
        return None
    west, south, east, north = (float(item) for item in shapely.total_bounds(shapes))
    return None if west != west else [[south, west], [north, east]]


def _card_spec(card: Card, texts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": card.title,
        "untitled": card.untitled or say("lines.unnamed"),
        "subtitle": card.subtitle,
        "rows": [
            {"label": row.label, "column": row.column, "unit": row.unit,
             "text": row.column in texts}
            for row in card.rows
        ],
        "hint": card.hint,
    }  # fmt: skip

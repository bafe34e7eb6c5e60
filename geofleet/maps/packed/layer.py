"""The folium layer of packed lines, and its controls for a plain map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from branca.element import MacroElement
from folium.map import Layer as FoliumLayer
from folium.template import Template

from geofleet.maps.elements import Ref, _Scripted, to_script
from geofleet.maps.packed.variables import Variable
from geofleet.wording import Readers, Text, say

__all__ = ["Card", "CardRow", "LinesControl", "PackedLines"]


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
        LineStrings or MultiLineStrings in EPSG:4326; None and empty ones are not drawn.
    variables
        What the lines can be coloured by; the first is shown unless ``selected`` says otherwise.
    texts
        Columns of text (plain or in every language), None for unknown.
    numbers
        Columns of numbers, NaN for unknown; kept to three digits.
    card
        What is told about a link.
    readers
        How numbers of the legend are written.
    identifier
        Makes the JavaScript name.
    name, show, control
        As in folium's layers.
    selected, hour
        Variable and hour shown at first; hour None is the whole day.
    degrees
        Grid that coordinates are rounded to.
    max_bytes
        What the layer may weigh in the page; values are then kept as finely as fits, at worst as
        their class. None: as finely as one byte a value allows.

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
        identifier: str = "lines",
        name: str | None = None,
        show: bool = True,
        control: bool = True,
        selected: str | None = None,
        hour: int | None = None,
        degrees: float = 1e-5,
        max_bytes: float | None = None,
    ) -> None:
        super().__init__(name=name or identifier, overlay=True, control=control, show=show)
        self._name, self._id = "packed", identifier


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

    def statement(self) -> str:
        """Return the JavaScript expression that makes the controls."""
        return f"geofleet.linesControl({self._parent.get_name()}, {to_script(self.group)})"

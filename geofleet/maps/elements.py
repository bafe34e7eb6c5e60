"""Folium elements that draw many features from packed data with one style function each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from branca.element import Element, Figure, MacroElement
from folium.map import Layer as FoliumLayer
from folium.template import Template

from geofleet.maps.packing import Packed
from geofleet.wording import Words

__all__ = [
    "GroundPane",
    "Panel",
    "Ref",
    "Source",
    "StyledLines",
    "StyledPoints",
    "StyledPolygons",
    "Verbatim",
    "Written",
    "to_script",
]


class Ref(str):
    """A JavaScript name, written without quotes."""

    __slots__ = ()


class Written(str):
    """Text that is safe in a script as it is, but for its quotes: packed numbers, no words."""

    __slots__ = ()


def to_script(data: Any) -> str:
    """Return plain data as a JavaScript literal that is inert inside an HTML script.

    Only ``Ref`` texts become code. Characters that could end the script, open a comment or start a
    template are written as escapes; NaN becomes null.
    """
    if isinstance(data, Ref):
        return str(data)
    if isinstance(data, Written):
        return f'"{data}"'
    if isinstance(data, Words):
        data = data.text
    if isinstance(data, Mapping):
        parts = (f"{to_script(str(key))}:{to_script(value)}" for key, value in data.items())
        return "{" + ",".join(parts) + "}"
    if isinstance(data, np.ndarray):
        return _array(data)
    if isinstance(data, list | tuple):
        return "[" + ",".join(to_script(item) for item in data) + "]"
    if isinstance(data, float) and not np.isfinite(data):
        return "null"
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    for mark in "<>&{}\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _array(values: np.ndarray[Any, np.dtype[Any]]) -> str:
    if values.dtype.kind != "f":
        return json.dumps(values.tolist(), separators=(",", ":"))
    items = ("null" if item != item else f"{item:.4g}" for item in values.tolist())
    return "[" + ",".join(items) + "]"


class Verbatim(Element):
    """Text that goes into the page as it is (a branca Element would read it as a template)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text

    def render(self, **_: Any) -> str:
        """Return the text."""
        return self.text


class _Scripted:
    """Adds one statement to the page's script when rendered."""

    def statement(self) -> str:
        raise NotImplementedError

    def render(self, **kwargs: Any) -> Any:
        figure = self.get_root()  # type: ignore[attr-defined]
        if not isinstance(figure, Figure):
            raise TypeError("add the element to a map before rendering it")
        name = self.get_name()  # type: ignore[attr-defined]
        figure.script.add_child(Verbatim(f"var {name} = {self.statement()};\n"), name=name)
        return super().render(**kwargs)  # type: ignore[misc]


def _map_name(element: MacroElement) -> str:
    if element._parent is None:
        raise TypeError("add the element to a map before rendering it")
    return str(element._parent.get_name())


class Source(_Scripted, MacroElement):
    """Packed geometry and columns that several layers share.

    Parameters
    ----------
    packed
        As from ``geofleet.maps.packing.pack``.
    identifier
        Makes the JavaScript name, so that the same study gives the same page.
    """

    _template = Template("")

    def __init__(self, packed: Packed, identifier: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "source", identifier
        self.packed = packed

    def statement(self) -> str:
        """Return the JavaScript expression of the source."""
        packed = self.packed
        return (
            "geofleet.source("
            + to_script(
                {
                    "count": packed.count,
                    "paths": packed.paths,
                    "columns": packed.columns,
                    "strings": packed.strings,
                }
            )
            + ")"
        )


class _Styled(_Scripted, FoliumLayer):
    """A layer of one source with one style function.

    Parameters
    ----------
    source
        Where geometry and columns come from; must be added to the map before.
    style
        ``column`` with ``breaks``, ``classes`` (one Leaflet path style more than breaks) and
        ``missing``; or ``column`` with ``categories``; or ``fixed``. ``card`` describes the
        tooltip: ``title``, ``untitled``, ``subtitle`` and ``rows`` of ``label, column, unit``.
    identifier
        Makes the JavaScript name.
    name, show
        As in folium's layers.
    """

    _template = Template("")
    _kind = ""
    _function = ""

    def __init__(
        self,
        source: Source,
        style: Mapping[str, Any],
        identifier: str,
        *,
        name: str | None = None,
        show: bool = False,
    ) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name, self._id = self._kind, identifier
        self.source, self.style = source, dict(style)

    def statement(self) -> str:
        """Return the JavaScript expression of the layer."""
        return f"{self._function}({self.source.get_name()}, {to_script(self.style)})"


class StyledLines(_Styled):
    """Lines of one look (``fixed``) that only give orientation."""

    _kind, _function = "lines", "geofleet.styledLines"


class StyledPolygons(_Styled):
    """Filled areas, classed by a column."""

    _kind, _function = "areas", "geofleet.styledPolygons"


class StyledPoints(_Styled):
    """Marks of several shapes, by category."""

    _kind, _function = "points", "geofleet.styledPoints"


class GroundPane(_Scripted, MacroElement):
    """A canvas below the layers that react, for roads that only give orientation."""

    _template = Template("")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "ground", "pane"

    def statement(self) -> str:
        """Return the JavaScript expression of the pane's renderer."""
        return f"geofleet.groundPane({_map_name(self)})"


class Panel(_Scripted, MacroElement):
    """Title, notes, key figures and the switches of the layers with their legends."""

    _template = Template("")

    def __init__(self, content: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "panel", "main"
        self.content = content

    def statement(self) -> str:
        """Return the JavaScript expression that makes the panel."""
        return f"geofleet.panel({_map_name(self)}, {to_script(self.content)})"

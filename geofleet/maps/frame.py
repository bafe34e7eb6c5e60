"""What surrounds every page: title, notes, credits, languages, and the way to its sisters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field

from geofleet.wording import Readers, Text

__all__ = ["OSM_TILES", "PageFrame", "Sister"]

OSM_TILES = {
    "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
    "attribution": "Map tiles © OpenStreetMap contributors",
}


@dataclass(frozen=True)
class Sister:
    """Another page of the same study.

    Parameters
    ----------
    name
        Of the page, such as ``harm``; its file is ``<name>.html`` beside this one.
    label
        What the link says.
    """

    name: str
    label: Text


@dataclass(frozen=True)
class PageFrame:
    """What surrounds a page.

    Parameters
    ----------
    name
        Of the page among its sisters: ``harm``, ``electric``, ``contingency``, ``plan``, ``index``.
    title
        The question that the page answers; head of the panel and title of the page.
    study
        Name of the study, as its owner wrote it.
    answer
        What the page answers, in sentences: the first thing that is read.
    notes
        What a reader must know (that the freight is synthetic, say).
    attribution
        Who must be named for the data.
    readers
        How numbers, money and dates are written.
    language
        The one shown first; the reader switches on the page.
    sisters
        Pages of the study in reading order, this one among them; none for a page that stands alone.
    tiles
        ``url`` and ``attribution`` of background tiles, asked for only when the reader wants them.
    """

    name: str
    title: Text
    study: str
    _: KW_ONLY
    answer: Sequence[str | Text] = ()
    notes: Sequence[str | Text] = ()
    attribution: Sequence[str] = ("© OpenStreetMap contributors, ODbL",)
    readers: Readers = field(default_factory=Readers.of)
    language: str = "en"
    sisters: Sequence[Sister] = ()
    tiles: Mapping[str, str] = field(default_factory=lambda: dict(OSM_TILES))

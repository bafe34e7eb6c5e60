"""What a figure is: an answer, who it rests on, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geofleet.wording import Text, both, say

if TYPE_CHECKING:
    from geofleet.figures.sheet import Sheet
    from geofleet.maps.frame import PageFrame

__all__ = ["StudyFigure", "sentences"]


@dataclass(frozen=True)
class StudyFigure:
    """One slide.

    Parameters
    ----------
    name
        Of its files, such as ``harm_map``.
    title
        The answer with its number.
    shown
        What is drawn, with its unit; stands under the title.
    caption
        What goes under the picture in a text: what is shown, over what, and its limits.
    alt
        What the picture shows, with the numbers in it, for those who do not see it.
    frame
        Study, credits and notes, and how numbers are written.
    draw
        Draws what lies between title and source.
    """

    name: str
    title: Text
    shown: Text
    caption: Text
    alt: Text
    frame: PageFrame
    draw: Callable[[Sheet], None]

    @property
    def source(self) -> Text:
        """Whose study and whose data it is."""
        credits = "; ".join(self.frame.attribution)
        key = "figures.source" if credits else "figures.source_plain"
        return say(key, study=self.frame.study, **({"credits": credits} if credits else {}))

    @property
    def notes(self) -> Text:
        """What a reader must know of the study; empty where there is nothing."""
        notes = [both(note) if isinstance(note, str) else note for note in self.frame.notes]
        return _joined(notes)


def sentences(parts: Sequence[Text]) -> Text:
    """Return sentences one after the other, each with a capital first letter."""
    return _joined([
        {language: text[:1].upper() + text[1:] for language, text in part.items()}
        for part in parts
    ])  # fmt: skip


def _joined(parts: Sequence[Text]) -> Text:
    said = [part for part in parts if any(part.values())]
    if not said:
        return both("")
    return {language: " ".join(part[language] for part in said) for language in said[0]}

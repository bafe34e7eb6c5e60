"""What a brief holds: texts in every language, one picture, one table, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from geofleet.wording import Readers, Text, say

__all__ = [
    "AUDIENCES", "About", "Assumption", "Assumptions", "Audience", "Brief", "BriefTable", "Figure",
    "Section",
]  # fmt: skip

Audience = Literal["official", "operator", "lender"]
AUDIENCES: tuple[Audience, ...] = ("official", "operator", "lender")


@dataclass(frozen=True)
class About:
    """Which study a brief is of.

    Parameters
    ----------
    study
        Its name, as its settings give it.
    readers
        How its country writes numbers, money and dates.
    synthetic
        Whether its freight was made up.
    notes, attribution
        As its settings give them.
    country
        ISO 3166, two letters; None where it is not told.
    inputs
        Files that the study is made of, by the setting that names them.
    """

    study: str
    readers: Readers
    synthetic: bool = False
    notes: str | Text = ""
    attribution: str = ""
    country: str | None = None
    inputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Figure:
    """A static map.

    Parameters
    ----------
    svg
        The picture by language: its words are part of it.
    alt
        What it shows, for those who do not see it.
    caption
        What it shows, for those who do.
    """

    svg: Text
    alt: Text
    caption: Text


@dataclass(frozen=True)
class BriefTable:
    """The table of a brief.

    Parameters
    ----------
    caption
        What it lists.
    heads
        Of the columns; the first column names the row.
    rows
        Cells of each row, as many as heads.
    words
        Numbers of the columns that hold words; all others hold numbers.
    total
        Whether the last row sums up the others.
    note
        What must be known to read it.
    """

    caption: Text
    heads: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    words: frozenset[int] = frozenset({0})
    total: bool = False
    note: Text | None = None

    def __post_init__(self) -> None:
        wrong = {len(row) for row in self.rows} - {len(self.heads)}
        if wrong:
            raise ValueError(f"rows of {sorted(wrong)} cells under {len(self.heads)} heads")


@dataclass(frozen=True)
class Section:
    """A part of a brief.

    Parameters
    ----------
    heading
        What it answers.
    paragraphs, items
        Sentences, and sentences that are listed.
    facts
        Names with their values.
    marks
        For each of ``items``: ``yes``, ``no``, ``unknown`` or nothing.
    ordered
        Whether the items are steps.
    """

    heading: Text
    paragraphs: tuple[Text, ...] = ()
    items: tuple[Text, ...] = ()
    facts: tuple[tuple[Text, Text], ...] = ()
    marks: tuple[str, ...] = ()
    ordered: bool = False


@dataclass(frozen=True)
class Assumption:
    """A value that numbers of a brief rest on.

    Parameters
    ----------
    row
        ``table:row`` of the default tables.
    name
        What it is, in words.
    value, unit, year, source
        As the table has them, or as the study sets them; value and unit as readers write them.
    status
        How well it is known, in words.
    contested
        Whether sources disagree on it.
    between
        How far sources let it go; None where no range is known.
    """

    row: str
    name: Text
    value: Text
    unit: Text
    year: str
    source: str
    status: Text
    contested: bool = False
    between: Text | None = None


@dataclass(frozen=True)
class Assumptions:
    """What the numbers of a brief rest on.

    Parameters
    ----------
    shown
        Those that its answer turns on.
    used
        How many values were read for its numbers.
    by_status
        How many of them are how well known, in words.
    file
        Name of the table of all of them, beside the brief; empty where there is none.
    memory, illustrative
        How many of them were not checked against a source, and how many were made up.
    """

    shown: tuple[Assumption, ...] = ()
    used: int = 0
    by_status: tuple[tuple[Text, Text], ...] = ()
    file: str = ""
    memory: int = 0
    illustrative: int = 0


@dataclass(frozen=True)
class Brief:
    """A brief for one kind of reader.

    Parameters
    ----------
    audience
        ``official``, ``operator`` or ``lender``.
    about
        Which study it is of.
    title
        Its heading.
    lead
        The answer in two sentences.
    figures
        The few numbers that stand out: value and what it is.
    sections, after
        Parts before and after the table.
    picture, table
        One each; None where nothing is known to draw or to list.
    assumptions
        What its numbers rest on.
    questions
        What is not known in this study.
    sources
        Where data and rules come from.
    """

    audience: Audience
    about: About
    title: Text
    lead: Text
    figures: tuple[tuple[Text, Text], ...] = ()
    sections: tuple[Section, ...] = ()
    after: tuple[Section, ...] = ()
    picture: Figure | None = None
    table: BriefTable | None = None
    assumptions: Assumptions = field(default_factory=Assumptions)
    questions: tuple[Text, ...] = ()
    sources: tuple[Text, ...] = ()

    @property
    def warning(self) -> Text | None:
        """What must be said before anything else; None where there is nothing."""
        return say("brief.synthetic") if self.about.synthetic else None

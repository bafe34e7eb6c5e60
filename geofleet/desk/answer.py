"""Questions that a desk answers, and their answers as a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geofleet.desk.errors import AskedError
from geofleet.desk.searcher import Search
from geofleet.maps.elements import to_script
from geofleet.maps.packed import PackedLines, Variable
from geofleet.maps.packed.pack import pack_variables
from geofleet.wording import Readers, Text, say

__all__ = [
    "Answer", "Bars", "Control", "Fact", "Option", "Question", "Table", "View", "checked",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Option:
    """One position of a slider, or one choice of a list.

    Parameters
    ----------
    value
        As it stands in settings: plain data.
    label
        In words.
    sets
        Values of other controls that go with it when a reader chooses it.
    """

    value: Any
    label: Text
    sets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Control:
    """A slider or a list.

    Parameters
    ----------
    name
        In settings.
    kind
        ``slider`` or ``list``.
    label, hint
        In words.
    options
        What can be chosen.
    value
        What is chosen at first: one of the options' values.
    """

    name: str
    kind: str
    label: Text
    options: tuple[Option, ...]
    value: Any
    hint: Text | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as plain data for the page."""
        return {
            "name": self.name, "kind": self.kind, "label": self.label, "hint": self.hint,
            "value": self.value,
            "options": [{"value": one.value, "label": one.label, "sets": dict(one.sets)}
                        for one in self.options],
        }  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One figure, as it is and as it would be."""

    label: Text
    after: Text
    before: Text | None = None
    note: Text | None = None


@dataclass(frozen=True)
class Table:
    """A small table; the first cell of a row names it."""

    name: str
    label: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[Text]]
    note: Text | None = None
    open: bool = False


@dataclass(frozen=True)
class Bars:
    """A number of each hour of the day, before and after."""

    label: Text
    unit: Text
    before: Floats
    after: Floats


@dataclass(frozen=True)
class View:
    """A layer of the map that tells of a question.

    Parameters
    ----------
    name
        In answers.
    label
        In words.
    lines
        The layer.
    shown
        Its shapes, which the map holds at first.
    """

    name: str
    label: Text
    lines: PackedLines
    shown: Any = None


@dataclass(frozen=True)
class Answer:
    """What a desk says to settings.

    Parameters
    ----------
    settings
        What was asked.
    final
        Whether nothing better will come for these settings.
    status
        How the answer was come by, and what it rests on.
    facts, tables, bars
        Figures.
    variables
        New values of the map by view.
    beyond
        Lines besides those of a view, with its variables, by view.
    """

    settings: Settings
    final: bool
    status: Text
    facts: Sequence[Fact]
    variables: Mapping[str, Sequence[Variable]]
    tables: Sequence[Table] = ()
    bars: Bars | None = None
    beyond: Mapping[str, PackedLines] = field(default_factory=dict)

    def plain(self, views: Sequence[View] = (), *, readers: Readers) -> dict[str, Any]:
        """Return it as plain data; variables are packed for the layers of the views."""
        order = {view.name: view.lines.order for view in views}
        bars = self.bars
        return {
            "settings": dict(self.settings), "final": self.final, "status": self.status,
            "facts": [{"label": one.label, "before": one.before, "after": one.after,
                       "note": one.note} for one in self.facts],
            "tables": [{"name": one.name, "label": one.label, "columns": list(one.columns),
                        "rows": [list(row) for row in one.rows], "note": one.note,
                        "open": one.open} for one in self.tables],
            "bars": None if bars is None else {
                "label": bars.label, "unit": bars.unit, "before": bars.before,
                "after": bars.after,
            },
            "lines": {
                name: pack_variables(self.variables[name], rows, readers=readers)
                for name, rows in order.items() if name in self.variables
            },
            "beyond": {name: lines.spec for name, lines in self.beyond.items() if name in order},
        }  # fmt: skip

    def text(self, views: Sequence[View], *, readers: Readers) -> str:
        """Return it as JSON."""
        return to_script(self.plain(views, readers=readers))


class Question(Protocol):
    """One question of a desk."""

    @property
    def name(self) -> str:
        """``budget``, ``hours`` or ``battery``."""
        ...

    @property
    def controls(self) -> tuple[Control, ...]:
        """What a reader moves."""
        ...

    @property
    def views(self) -> tuple[View, ...]:
        """What the map shows."""
        ...

    def quick(self, settings: Settings) -> Answer:
        """Answer within a second."""
        ...

    def full(self, settings: Settings, *, search: Search, stop: Callable[[], bool]) -> Answer:
        """Answer as well as can be.

        Parameters
        ----------
        search
            Does what takes long.
        stop
            Asked now and then whether nobody waits for it any more.

        Raises
        ------
        StoppedError
            ``stop`` said so.
        """
        ...

    def idle(self) -> Settings | None:
        """Return settings that are worth answering in full while nobody asks; None: no more."""
        ...


def checked(controls: Sequence[Control], given: Any) -> dict[str, Any]:
    """Return settings with a value of every control.

    Raises
    ------
    AskedError
        A setting that there is none of, one that is missing, or a value that cannot be chosen.
    """
    if not isinstance(given, Mapping):
        raise AskedError(say("desk.bad_settings"))
    known = {control.name: control for control in controls}
    for name in given:
        if name not in known:
            raise AskedError(say("desk.bad_name", name=str(name)[:40], known=", ".join(known)))
    found = {}
    for name, control in known.items():
        if name not in given:
            raise AskedError(say("desk.bad_missing", name=name))
        value = given[name]
        # true is 1 to Python, and no budget
        same = [one.value for one in control.options
                if type(value) is not bool and one.value == value]  # fmt: skip
        if not same:
            raise AskedError(say("desk.bad_value", name=name, value=str(value)[:40]))
        found[name] = same[0]
    return found

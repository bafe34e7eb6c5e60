"""Sections of a YAML file whose every fault is named with its line."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from geofleet.errors import InputError, Problem
from geofleet.schema import read_text
from geofleet.wording import LANGUAGES, worded

__all__ = ["Section", "open_sections"]

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_DATES = "a date like 2026-02-17"


@dataclass(eq=False)
class Section:
    """A mapping of a YAML file, read key by key; what nobody asked for is a fault.

    Text is taken as it stands in the file, so that ``off``, ``no`` and ``05:00`` stay text.
    """

    file: str
    node: yaml.Node | None
    path: str
    problems: list[Problem]
    _asked: set[str] = field(default_factory=set)
    _nodes: dict[str, tuple[yaml.Node, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index the keys; one that stands twice is a fault."""
        if self.node is None:
            return
        if not isinstance(self.node, yaml.MappingNode):
            self.wrong("", _raw(self.node), "settings as 'key: value' lines", node=self.node)
            return
        for key, value in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.wrong("", "", "keys that are a word", line=key.start_mark.line + 1)
                continue
            name = str(key.value)
            if name in self._nodes:
                expected = f"each key once; it stands on line {self._nodes[name][1]} too"
                self.wrong(name, "", expected, line=key.start_mark.line + 1)
                continue
            self._nodes[name] = (value, key.start_mark.line + 1)

    def wrong(
        self, key: str, value: str, expected: str, *, line: int = 0, node: yaml.Node | None = None
    ) -> None:
        """Note a fault."""
        if not line:
            line = node.start_mark.line + 1 if node is not None else self.line(key)
        place = ".".join(part for part in (self.path, key) if part)
        self.problems.append(Problem(self.file, place, line, value, expected))

    def line(self, key: str = "") -> int:
        """Return the line of a key, of the section where it has none."""
        if key in self._nodes:
            return self._nodes[key][1]
        return self.node.start_mark.line + 1 if self.node is not None else 0

    def has(self, key: str) -> bool:
        """Whether a key is there and not empty."""
        return key in self._nodes and not _is_null(self._nodes[key][0])

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys, in order of the file."""
        return tuple(self._nodes)

    def node_of(self, key: str) -> yaml.Node | None:
        """Return what stands under a key, None where nothing does."""
        self._asked.add(key)
        return self._nodes[key][0] if self.has(key) else None

    def text(self, key: str, *, required: bool = False, default: str = "") -> str:
        """Return a text as it stands."""
        node = self.node_of(key)
        if node is None:
            if required:
                self.wrong(key, "", f"a {key}")
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(key, "", "text")
            return default
        return str(node.value).strip()

    def words(self, key: str, *, required: bool = False) -> str:
        """Return a text that may be told by language.

        It stands plain, where it is the same in all languages, or as ``{en: …, es: …}``, of which
        one may be missing; ``<key>_es`` beside a plain text tells it in Spanish too.
        """
        node = self.node_of(key)
        beside = {
            language: self.text(f"{key}_{language}")
            for language in LANGUAGES[1:] if f"{key}_{language}" in self._nodes
        }  # fmt: skip
        if not isinstance(node, yaml.MappingNode):
            return worded({LANGUAGES[0]: self.text(key, required=required), **beside})
        inner = self.section(key)
        found = {language: inner.text(language) for language in LANGUAGES}
        inner.done()
        for language in beside:
            self.wrong(f"{key}_{language}", "", f"each language once; {key} tells them")
        if not any(found.values()):
            self.wrong(key, "", f"a {key} in one of the languages {', '.join(LANGUAGES)}")
        return worded(found)

    def words_list(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, each of which may be told by language."""
        node = self.node_of(key)
        if not isinstance(node, yaml.SequenceNode):
            return tuple(text for text in (self.words(key),) if text)
        above = ".".join(part for part in (self.path, key) if part)
        found = []
        for item in node.value:
            if isinstance(item, yaml.MappingNode):
                inner = Section(self.file, item, above, self.problems)
                told = worded({name: inner.text(name) for name in LANGUAGES})
                inner.done()
                if not told:
                    expected = f"a text in one of the languages {', '.join(LANGUAGES)}"
                    self.wrong(key, "", expected, node=item)
                found.append(told)
            else:
                found += self.items(key, item)
        return tuple(found) if found else self.items(key, node)

    def choice(
        self, key: str, choices: Sequence[str], *, default: str = "", required: bool = False
    ) -> str:
        """Return a text that must be one of several."""
        found = self.text(key, required=required, default=default)
        if found and found not in choices:
            self.wrong(key, found, "one of " + ", ".join(choices))
            return default or choices[0]
        return found

    def number(
        self, key: str, *, required: bool = False, low: float = -math.inf, high: float = math.inf
    ) -> float | None:
        """Return a finite number within limits, None where there is none."""
        found = self.text(key, required=required)
        if not found:
            return None
        try:
            number = float(found)
        except ValueError:
            number = math.nan
        if not low <= number <= high or not math.isfinite(number):
            limits = "" if math.isinf(low) else f" of at least {low:g}"
            limits += "" if math.isinf(high) else f" and at most {high:g}"
            self.wrong(key, found, f"a number{limits}")
            return None
        return number

    def boolean(self, key: str, *, default: bool = False, required: bool = False) -> bool:
        """Return true or false."""
        found = self.text(key, required=required).lower()
        if found in _TRUE or found in _FALSE:
            return found in _TRUE
        if found:
            self.wrong(key, found, "true or false")
        return default

    def date(self, key: str) -> datetime.date | None:
        """Return a date, None where there is none."""
        found = self.text(key)
        return self.as_date(key, found) if found else None

    def as_date(self, key: str, found: str) -> datetime.date | None:
        """Return a text of this section as a date, noting a fault where it is none."""
        try:
            if len(found) != 10:
                raise ValueError(found)
            return datetime.date.fromisoformat(found)
        except ValueError:
            self.wrong(key, found, _DATES)
            return None

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """Return a list of texts; a single text is a list of one."""
        node = self.node_of(key)
        if node is None:
            if required:
                self.wrong(key, "", f"a list of {key}")
            return ()
        return self.items(key, node)

    def items(self, key: str, node: yaml.Node) -> tuple[str, ...]:
        """Return the texts of a list, or of a single text; a list without any is a fault."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found = []
        if not nodes:
            self.wrong(key, "", "a list that is not empty, or no such key")
        for item in nodes:
            if isinstance(item, yaml.ScalarNode):
                found.append(str(item.value).strip())
            else:
                self.wrong(key, "", "a list of texts", node=item)
        return tuple(found)

    def section(self, key: str) -> Section:
        """Return the section under a key, empty where there is none."""
        node = self.node_of(key)
        return Section(self.file, node, ".".join(p for p in (self.path, key) if p), self.problems)

    def sections(self, key: str, *, named_by: str = "") -> Iterator[Section]:
        """Yield each section of a list; a single section is a list of one."""
        node = self.node_of(key)
        if node is None:
            return
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        above = ".".join(part for part in (self.path, key) if part)
        for number, item in enumerate(nodes, start=1):
            name = _named(item, named_by) or f"{above}[{number}]"
            yield Section(self.file, item, name, self.problems)

    def done(self) -> None:
        """Note the keys that nobody asked for, and those that say nothing."""
        for key in self._nodes:
            if not self.has(key):
                self.wrong(key, "", "something under the key, or no such key")
            elif key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.wrong(key, "", f"a key that is known here: {known}")


def open_sections(path: Path) -> Section:
    """Read a YAML file.

    Raises
    ------
    InputError
        Missing file, not UTF-8, or not YAML.
    """
    text = read_text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        what = getattr(error, "problem", None) or "broken syntax"
        raise InputError([Problem(str(path), "", line, expected=f"YAML ({what})")]) from None
    except RecursionError:
        expected = "YAML with lists in lists a few deep"
        raise InputError([Problem(str(path), expected=expected)]) from None
    return Section(str(path), root, "", [])


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _raw(node: yaml.Node) -> str:
    return str(node.value)[:80] if isinstance(node, yaml.ScalarNode) else ""


def _named(node: yaml.Node, key: str) -> str:
    if key and isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return ""

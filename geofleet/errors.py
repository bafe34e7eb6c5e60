"""What geofleet raises: one clear message per problem, naming where it is and what was expected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 50


class GeofleetError(Exception):
    """Base of every error that geofleet raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with one input.

    Parameters
    ----------
    file
        The file as the user named it (or the setting that names no file).
    field
        Column, key or tag concerned; empty when the whole file is concerned.
    row
        Line number in a text table (the header is line 1) or 1-based feature number; 0 when
        the problem is not one row's.
    value
        The offending value as text, empty when there is none.
    expected
        What would have been right, and how to mend it.
    """

    file: str
    field: str = ""
    row: int = 0
    value: str = ""
    expected: str = ""

    def __str__(self) -> str:
        """Return ``file, row N, field: value (expected …)``."""
        place = self.file
        if self.row:
            place += f", row {self.row}"
        if self.field:
            place += f", field {self.field}"
        value = f": {self.value!r}" if self.value else ""
        return f"{place}{value}: expected {self.expected}"


class InputError(ValueError, GeofleetError):
    """Inputs that cannot be used; carries every problem found, not just the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise ValueError("InputError needs at least one problem")
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        hidden = len(self.problems) - _SHOWN
        if hidden > 0:
            lines.append(f"… and {hidden} more")
        super().__init__("\n".join(lines))


class NetworkDataError(ValueError, GeofleetError):
    """Road data that was read but does not make a network that vehicles can use."""


class RemoteServiceError(OSError, GeofleetError):
    """A map or geocoding service that did not answer, or not usefully."""


class MissingDefaultError(KeyError, GeofleetError):
    """A default number was asked for that no table holds."""

    def __str__(self) -> str:
        """Return the message without the quotes that KeyError adds."""
        return str(self.args[0])


class MissingExtraError(ImportError, GeofleetError):
    """An optional library is needed; the message names the extra that installs it."""

"""Read default rows within limits, gathering every row that a study set wrongly."""

from __future__ import annotations

from collections.abc import Collection

from geofleet.defaults import Defaults
from geofleet.errors import InputError, MissingDefaultError, Problem

__all__ = ["CheckedRows"]


class CheckedRows:
    """Reads rows and remembers those that are out of their limits.

    Parameters
    ----------
    defaults
        Where the rows are read; their use is recorded there.
    """

    def __init__(self, defaults: Defaults) -> None:
        self.defaults = defaults
        self.problems: list[Problem] = []

    def number(
        self,
        table: str,
        row: str,
        low: float,
        high: float,
        expected: str,
        *,
        above: bool = False,
    ) -> float:
        """Return a number from ``low`` (or ``above`` it) to ``high``; NaN when it is not one."""
        try:
            value = self.defaults.number(table, row)
        except MissingDefaultError:
            # No such row is a fault of the code and goes on; text in a number's place is a study's.
            text = self.defaults.text(table, row)
            self._report(table, row, text, expected)
            return float("nan")
        if not (low < value if above else low <= value) or not value <= high:
            self._report(table, row, f"{value:g}", expected)
        return value

    def choice(self, table: str, row: str, allowed: Collection[str]) -> str:
        """Return a text that is one of ``allowed``."""
        value = self.defaults.text(table, row)
        if value not in allowed:
            self._report(table, row, value, "one of " + ", ".join(allowed))
        return value

    def finish(self) -> None:
        """Raise one InputError for all rows out of their limits, each by name."""
        if self.problems:
            raise InputError(dict.fromkeys(self.problems))

    def _report(self, table: str, row: str, value: str, expected: str) -> None:
        self.problems.append(Problem(f"default table {table}", row, 0, value, expected))

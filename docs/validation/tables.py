"""Markdown tables of figures of merit."""

from __future__ import annotations

from collections.abc import Iterable

from geofleet.exposure.skill import Skill

SCORES = ("pairs", "FAC2", "NMSE", "FB", "R", "rank R")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; the first column is text, the others numbers."""
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"|---|{'--:|' * (len(names) - 1)}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)


def scores(found: Skill) -> list[str]:
    """Cells of the usual figures of merit."""
    return [
        f"{found.pairs:,}", f"{found.fac2:.2f}", f"{found.nmse:.2f}",
        f"{found.fractional_bias:+.2f}", f"{found.correlation:.2f}",
        f"{found.rank_correlation:.2f}",
    ]  # fmt: skip


def small(value: float) -> str:
    """Return a number with two digits as a power of ten."""
    digits, power = f"{value:.1e}".split("e")
    return f"{digits}·10{str(int(power)).translate(_RAISED)}" if int(power) else digits

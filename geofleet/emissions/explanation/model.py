"""Explanation: the chain of steps behind one number, from the result back to its sources."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = [
    "BAND_ROWS",
    "COLD",
    "HOT",
    "IDLE",
    "PROCESSES",
    "WEAR_PARTS",
    "Explanation",
    "Step",
    "percent",
]

HOT, COLD, IDLE = "hot", "cold_start", "idle"
WEAR_PARTS = ("tyre", "brake", "road")
PROCESSES = (HOT, COLD, IDLE, *WEAR_PARTS)
BAND_ROWS = "band_rows"
"""Fact of a step: the rows that say how far its factor may be off."""

_COEFFICIENTS = ("alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta")
_DIGITS = 6
_SOURCES = (
    "Figures by source (verified: read in the source; derived: computed from such; memory: "
    "remembered, to be checked; illustrative: made up; user: set in the study):"
)
_NO_UNIT = ("", "1", "text", "file")
_SIGNS = {"sum": " + ", "product": " × ", "ratio": " / "}


@dataclass(frozen=True, eq=False)
class Step:
    """One number of a chain and how it comes about.

    Parameters
    ----------
    name
        Short identifier, the same for steps of the same kind.
    label
        What it is, in plain words.
    value, unit
        The number.
    operation
        ``given``: a figure; ``sum``, ``product``, ``ratio`` (first over second, 0 where the second
        is not above 0): of ``parts``; ``limited``: first over second, not below the third nor above
        the fourth, which it is where the second is not above 0; ``formula``: a published speed
        function, whose coefficients and speed are in ``facts``; ``line``: the guard's line, which
        stands in for it.
    parts
        The steps it is made of.
    process
        ``hot``, ``cold_start``, ``idle``, ``tyre``, ``brake`` or ``road`` where all of it belongs
        to that process.
    rows
        Default rows read for it (``table:id``), and factor rows (``factor:id``).
    facts
        What else there is to know: coefficients, speeds, flags; values that JSON knows. A factor
        with a band has ``gsd`` (geometric standard deviation) and ``within_factor`` (that factor
        holds in nine cases of ten), or ``low`` and ``high``; and ``band_rows``.
    note
        What a reader must know of it, a sentence; empty when nothing.
    """

    name: str
    label: str
    value: float
    unit: str = ""
    operation: str = "given"
    parts: tuple[Step, ...] = ()
    process: str = ""
    rows: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def recompute(self, process: str | None = None) -> float:
        """Return the number from the leaves up, without the values that stand in between.

        Parameters
        ----------
        process
            Count only what belongs to one process.
        """
        if process is not None and self.process and self.process != process:
            return 0.0
        parts = [part.recompute(process) for part in self.parts]
        if self.operation == "sum":
            return math.fsum(parts)
        if self.operation == "product":
            return math.prod(parts)
        if self.operation == "ratio":
            return parts[0] / parts[1] if parts[1] > 0.0 else 0.0
        if self.operation == "limited":
            over, under, low, high = parts
            return min(max(over / under if under > 0.0 else math.inf, low), high)
        if self.operation == "formula":
            return _formula(self.facts)
        if self.operation == "line":
            facts = self.facts
            beyond = facts["speed_used_kmh"] - facts["guard_from_kmh"]
            return float(facts["guard_from_value"] + facts["guard_slope"] * beyond)
        return self.value

    def walk(self) -> Iterator[Step]:
        """Return this step and all below it, each once."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            step = waiting.pop()
            if id(step) in seen:
                continue
            seen.add(id(step))
            yield step
            waiting += reversed(step.parts)

    def find(self, name: str) -> tuple[Step, ...]:
        """Return the steps of a name, in the order of the chain."""
        return tuple(step for step in self.walk() if step.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Return the step as values that JSON knows; what is empty is left out."""
        out: dict[str, Any] = {
            "name": self.name, "label": self.label, "value": _json(self.value), "unit": self.unit,
            "operation": self.operation,
        }  # fmt: skip
        extra = {
            "process": self.process, "rows": list(self.rows), "note": self.note,
            "facts": {key: _json(value) for key, value in self.facts.items()},
            "parts": [part.to_dict() for part in self.parts],
        }  # fmt: skip
        return out | {key: value for key, value in extra.items() if value}


@dataclass(frozen=True)
class Explanation:
    """How one number came about.

    Parameters
    ----------
    quantity, value, unit
        The number, as the emission tables report it.
    subject
        What it is of, a sentence.
    chain
        The steps, nested; its value is the number.
    rows
        Every default row and every factor row behind the whole number, of a sum also those behind
        what is not spelled out: ``row, kind`` (default, factor, or band: how far one of the others
        may be off), ``value, unit, year, source, status, note``.
    contributors
        Where the number is a sum over traversals, or over the kinds of vehicle of a flow: one row
        for each, the largest first, with ``value`` and ``share``; empty for one traversal.
    warnings
        What was done to stay inside the published functions, and figures of little evidence; of the
        whole number.
    flags
        What was done to stay inside the published functions: ``flag``, ``count`` of the traversals
        (vehicles of a flow), their ``km``, their ``share`` of the number, and what it ``means``.
        Of flags that the quantity depends on alone.
    spelled_out_share
        Share of the number whose chain is given whole; 1 for one traversal.
    listed
        How many contributors :meth:`to_dict` holds; the others are summed.
    """

    quantity: str
    value: float
    unit: str
    subject: str
    chain: Step
    rows: pd.DataFrame
    contributors: pd.DataFrame = field(default_factory=pd.DataFrame)
    warnings: tuple[str, ...] = ()
    flags: pd.DataFrame = field(default_factory=pd.DataFrame)
    spelled_out_share: float = 1.0
    listed: int = 20

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the number is directly made of."""
        return self.chain.parts

    def recompute(self) -> float:
        """Return the number from the figures and formulas of the chain alone."""
        return self.chain.recompute()

    def processes(self) -> dict[str, float]:
        """Return what hot engine, cold start, idling, tyres, brakes and road add to the number.

        Of what the chain spells out: of a sum that is the part ``spelled_out_share``, and for the
        rest there is nothing here.
        """
        named = {step.process for step in self.chain.walk()}
        return {name: self.chain.recompute(name) for name in PROCESSES if name in named}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as values that JSON knows; of contributors the largest ``listed``.

        The others are one entry of ``contributors`` with their number under ``others``.
        """
        largest = _records(self.contributors.iloc[: self.listed])
        rest = self.contributors.iloc[self.listed :]
        if len(rest):
            summed = {name: math.fsum(rest[name]) for name in ("value", "share")}
            largest.append({"others": len(rest), **{k: _json(v) for k, v in summed.items()}})
        return {
            "quantity": self.quantity,
            "value": _json(self.value),
            "unit": self.unit,
            "subject": self.subject,
            "warnings": list(self.warnings),
            "chain": self.chain.to_dict(),
            "rows": _records(self.rows),
            "flags": _records(self.flags),
            "spelled_out_share": _json(self.spelled_out_share),
            "contributors": largest,
        }

    def to_text(self, *, depth: int | None = None, sources: bool = True) -> str:
        """Return the chain in plain words, one line a step, indented by what it is made of.

        Parameters
        ----------
        depth
            How many levels to show; all when not given.
        sources
            Whether the list of sources follows.
        """
        lines = [f"{self.subject}: {_number(self.value)} {self.unit}"]
        lines += [f"Note: {warning}" for warning in self.warnings]
        heading = "How it comes about, from the result back to its figures"
        if self.spelled_out_share < 1.0:
            heading += f", for the largest {percent(self.spelled_out_share)} of it"
        lines += ["", f"{heading}:"]
        _tell(self.chain, 0, depth, lines, set())
        if sources and len(self.rows):
            lines += ["", _SOURCES]
            for (status, source, year), rows in self.rows.groupby(
                ["status", "source", "year"], sort=False
            ):
                lines.append(f"- {status}: {source} ({year})")
                lines += [f"    {_row_text(row)}" for row in rows.itertuples(index=False)]
        return "\n".join(lines)


def _row_text(row: Any) -> str:
    unit = "" if row.unit in _NO_UNIT or row.kind == "factor" else f" {row.unit}"
    return f"{row.row}: {row.value}{unit}" if row.value else str(row.row)


def _formula(facts: Mapping[str, Any]) -> float:
    """Return a published function at a speed, by the formula of the guidebook."""
    v = facts["speed_used_kmh"]
    a, b, c, d, e, z, h = (facts["coefficients"][name] for name in _COEFFICIENTS)
    fraction = (a * v * v + b * v + c + d / v) / (e * v * v + z * v + h)
    return float(fraction * (1.0 - facts["coefficients"]["reduction"]))


def _tell(step: Step, level: int, depth: int | None, lines: list[str], seen: set[int]) -> None:
    indent = "  " * level
    unit = "" if step.unit in _NO_UNIT else f" {step.unit}"
    line = f"{indent}- {step.label}: {_number(step.value)}{unit}"
    again = id(step) in seen and bool(step.parts)
    if step.parts and not again:
        values = [_number(part.value) for part in step.parts]
        if step.operation == "limited":
            line += " = {} / {}, not below {} nor above {}".format(*values)
        elif len(step.parts) > 1:
            line += " = " + _SIGNS[step.operation].join(values)
    if step.note:
        line += f". {step.note}"
    if again:
        line += " (as above)"
    elif step.rows:
        line += f" [{', '.join(step.rows)}]"
    lines.append(line)
    seen.add(id(step))
    if not again and (depth is None or level + 1 < depth):
        for part in step.parts:
            _tell(part, level + 1, depth, lines, seen)


def percent(share: float) -> str:
    """Return a share in words that do not make nothing of little."""
    return "less than 0.1 %" if 0.0 < share < 1e-3 else f"{100.0 * share:.1f} %"


def _number(value: float) -> str:
    text = f"{value:,.{_DIGITS}g}"
    return text.replace("e-0", "e-").replace("e+0", "e+")


def _json(value: Any) -> Any:
    """Return a value that JSON knows: NumPy numbers as Python's, what is no number as None."""
    if isinstance(value, Mapping):
        return {str(key): _json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): _json(v) for k, v in row.items()} for row in frame.to_dict("records")]

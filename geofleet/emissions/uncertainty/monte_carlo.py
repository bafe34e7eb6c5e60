"""Draws on the parts of emissions: intervals, and the share of each source in the variance.

Emissions are linear in the factors of their parts: a set of draws is a product of sparse matrices
with the factors.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions.aggregate import grouped
from geofleet.emissions.engines.technologies import Technologies
from geofleet.emissions.inventories.keys import as_keys, certified
from geofleet.emissions.model import QUANTITIES
from geofleet.emissions.uncertainty.certification import Certification, mean_share
from geofleet.emissions.uncertainty.parts import Cells
from geofleet.emissions.uncertainty.shared_factors import Draws, emitter_factors, factor
from geofleet.errors import InputError, Problem

__all__ = ["Spread"]

_LOW, _HIGH = 0.05, 0.95
_BLOCK = 512
_HIGH_SHARE = ("inventory", "intervals.high_emitter_share", 0.0, 1.0, "a share from 0 to 1")
_TTW, _WTW = "co2e_ttw_g", "co2e_wtw_g"
_NEEDS = {
    _TTW: ("co2_g", "ch4_exhaust_g", "n2o_exhaust_g"),
    _WTW: ("co2_g", "ch4_exhaust_g", "n2o_exhaust_g", "co2e_wtt_g"),
}

Floats = npt.NDArray[np.float64]


class Spread:
    """Emissions taken apart, ready for draws; see :func:`spread` and :func:`flow_spread`.

    ``attrs`` says what the draws stand on, and stands in ``DataFrame.attrs`` of the tables.
    """

    def __init__(self, cells: Cells, draws: Draws, attrs: Mapping[str, Any]) -> None:
        self.attrs: dict[Hashable, Any] = dict(attrs.items())
        self._cells = cells
        self._draws = draws
        self._technologies = Technologies(draws.rows)
        self._share = draws.rows.number(*_HIGH_SHARE)

    def intervals(self, *, quantities: str | Sequence[str] = QUANTITIES) -> pd.DataFrame:
        """Return central value and interval of each quantity; see :func:`intervals`."""
        quantities = _checked(quantities)
        cells = self._cells
        world = _World(self, self._draws, quantities)
        table = np.empty((len(cells.index), len(quantities), 5))
        for start in range(0, len(cells.index), _BLOCK):
            block = range(start, min(start + _BLOCK, len(cells.index)))
            central = self._central(block)
            for place, values in enumerate(world.of_rows(block)):
                ends = np.quantile(values, (_LOW, _HIGH), axis=1)
                mean, sd = values.mean(axis=1), values.std(axis=1, ddof=1)
                number = QUANTITIES.index(quantities[place])
                columns = np.stack([central[number], *ends, mean, sd], axis=1)
                table[block.start : block.stop, place] = columns
        out = pd.DataFrame(
            table.reshape(-1, 5), columns=["central", "p05", "p95", "mean", "sd"],
            index=_with_quantity(cells.index, quantities),
        )  # fmt: skip
        out.attrs.update(self.attrs)
        return out

    def samples(self, *, quantities: str | Sequence[str] = QUANTITIES) -> Floats:
        """Return the draws themselves, shape (rows, quantities, draws), to be summed with others.

        Spreads of one seed share their factors: the same draw of each belongs together. All rows
        are held at once: meant for totals and a few groups.
        """
        quantities = _checked(quantities)
        world = _World(self, self._draws, quantities)
        return np.stack(world.of_rows(range(len(self._cells.index))), axis=1)

    def variance_shares(self, *, quantities: str | Sequence[str] = QUANTITIES) -> pd.DataFrame:
        """Return the part of each source in the variance; see :func:`variance_shares`."""
        quantities = _checked(quantities)
        index, every = self._cells.index, self._draws
        _World(self, every, quantities)  # asks for every source once
        sources = list(every.sources)
        variance = np.zeros((len(index), len(quantities), len(sources)))
        for number, name in enumerate(sources):
            world = _World(self, every.of(name), quantities)
            for start in range(0, len(index), _BLOCK):
                block = range(start, min(start + _BLOCK, len(index)))
                for place, values in enumerate(world.of_rows(block)):
                    # From the first draw on: what does not vary has no variance by rounding.
                    moved = values - values[:, :1]
                    variance[block.start : block.stop, place, number] = moved.var(axis=1, ddof=1)
        total = variance.sum(axis=2, keepdims=True)
        share = np.divide(variance, total, out=np.zeros_like(variance), where=total > 0.0)
        keys = _with_quantity(index, quantities)
        long = keys.repeat(len(sources)).to_frame(index=False)
        long["source"] = sources * len(keys)
        table = pd.DataFrame(
            {"sd": np.sqrt(variance).ravel(), "share": share.ravel()},
            index=pd.MultiIndex.from_frame(long),
        )
        found = table[table["sd"] > 0.0]
        found.attrs.update(self.attrs)
        return found

    def _central(self, block: range) -> Floats:
        cells = self._cells
        first, last = np.searchsorted(cells.row, [block.start, block.stop])
        out = np.zeros((len(QUANTITIES), len(block)))
        found, _, sums = grouped(
            cells.row[first:last] - block.start, np.ascontiguousarray(cells.grams[:, first:last])
        )
        out[:, found] = sums
        return out


class _World:
    """One set of draws on the parts of a spread."""

    def __init__(self, spread: Spread, draws: Draws, quantities: Sequence[str]) -> None:
        self._cells, self._wanted = spread._cells, tuple(quantities)
        needed = dict.fromkeys(name for q in quantities for name in _NEEDS.get(q, (q,)))
        cells = self._cells
        self._high = draws.high_emitters(list(cells.vehicles), spread._share)
        self._engine = Certification(cells.mixes, cells.vehicles, draws)
        self._standard = [certified(one.group.standard) for one in cells.components]
        self._factor: dict[str, Floats] = {}
        self._emitter: dict[str, tuple[Floats, Floats]] = {}
        shape = (len(cells.components), draws.count)
        mixture = np.ones(shape)
        for number, component in enumerate(cells.components):
            if any(mix for mix, _ in component.mixes):
                mixture[number] = mean_share(component.mixes, self._standard[number], draws)
        for name in needed:
            whole = mixture.copy()
            normal, high = np.ones(shape), np.ones(shape)
            for number, component in enumerate(cells.components):
                whole[number] *= factor(component, name, draws)
                normal[number], high[number] = emitter_factors(
                    component, name, draws, spread._technologies, spread._share
                )
                if component.group.emitter == "high":
                    whole[number] *= high[number]
                    normal[number] = high[number] = 1.0
            self._factor[name] = whole
            if self._high is not None and not (normal == high).all():
                self._emitter[name] = (normal, high)
        draws.rows.finish()

    def of_rows(self, block: range) -> list[Floats]:
        """Return the draws of each quantity for some rows, shape (rows, draws)."""
        simple = {name: self._sum(name, block) for name in self._factor}
        out = []
        for name in self._wanted:
            if name in _NEEDS:
                methane, nitrous = self._cells.warming
                value = simple["co2_g"] + methane * simple["ch4_exhaust_g"]
                value = value + nitrous * simple["n2o_exhaust_g"]
                if name == _WTW:
                    value = value + simple["co2e_wtt_g"]
            else:
                value = simple[name]
            out.append(value)
        return out

    def _sum(self, name: str, block: range) -> Floats:
        """Sum the cells of some rows times their factors."""
        from scipy.sparse import csr_array

        cells = self._cells
        first, last = np.searchsorted(cells.row, [block.start, block.stop])
        row = cells.row[first:last] - block.start
        grams = cells.grams[QUANTITIES.index(name), first:last]
        component = cells.component[first:last]
        whole = self._factor[name]
        vehicle = cells.vehicle[first:last]
        own = vehicle >= 0
        if name not in self._emitter:
            own[own] = self._engine.mixed[vehicle[own]]
        alone = ~own
        size = (len(block), len(cells.components))
        # Sparse products add in the order of the cells: the same bits on any machine's threads.
        matrix = csr_array((grams[alone], (row[alone], component[alone])), shape=size)
        total: Floats = matrix @ whole
        if alone.all():
            return total
        row, grams = row[~alone], grams[~alone]
        pair = vehicle[~alone] * size[1] + component[~alone]
        pairs, column = np.unique(pair, return_inverse=True)
        for start in range(0, len(pairs), _BLOCK):
            chosen = pairs[start : start + _BLOCK]
            c, v = chosen % size[1], chosen // size[1]
            factors = self._of_vehicles(name, c, v)
            here = (column >= start) & (column < start + len(chosen))
            part = csr_array(
                (grams[here], (row[here], column[here] - start)), shape=(size[0], len(chosen))
            )
            total = total + part @ factors
        return total

    def _of_vehicles(
        self, name: str, component: npt.NDArray[np.int64], vehicle: npt.NDArray[np.int64]
    ) -> Floats:
        """Return the factors of components in single vehicles, shape (pairs, draws)."""
        factors: Floats = self._factor[name][component]
        if name in self._emitter and self._high is not None:
            normal, high = self._emitter[name]
            factors = factors * np.where(self._high[vehicle], high[component], normal[component])
        if self._engine.mixed[vehicle].any():
            standards = [self._standard[number] for number in component.tolist()]
            factors = factors * self._engine.factors(vehicle, standards)
        return factors


def _checked(quantities: str | Sequence[str]) -> tuple[str, ...]:
    quantities = as_keys(quantities)
    expected = "one of " + ", ".join(QUANTITIES)
    wrong = [
        Problem("intervals", "quantities", value=str(name), expected=expected)
        for name in quantities
        if name not in QUANTITIES
    ]
    if wrong:
        raise InputError(wrong)
    return quantities


def _with_quantity(index: pd.Index, quantities: Sequence[str]) -> pd.MultiIndex:
    keys = index.repeat(len(quantities)).to_frame(index=False)
    keys["quantity"] = np.tile(np.array(quantities, dtype=object), len(index))
    return pd.MultiIndex.from_frame(keys)

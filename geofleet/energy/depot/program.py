"""The linear (mixed-integer) program of charging at a depot, as sparse matrices in kW and kWh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.depot.horizon import hour_profile
from geofleet.energy.depot.model import Depot, DepotMonth
from geofleet.energy.depot.slots import slots_needed, whole_stays

__all__ = ["Effort", "Peak", "Program", "Solution", "read_effort", "staffed_slots"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
_W_PER_KW = 1000.0
_OPTIMAL, _INFEASIBLE = 0, 2
_LIMITED = (1, 4)  # of scipy: iterations or time, and what it has no word for, such as nodes


@dataclass(frozen=True, slots=True)
class Peak:
    """A price on the highest demand over some planned slots.

    Parameters
    ----------
    rate
        Money per kW.
    slots
        Planned slots that count.
    base_kw
        Other loads in them.
    least_kw
        Demand below this costs as much as this.
    """

    rate: float
    slots: IntArray
    base_kw: FloatArray
    least_kw: float


@dataclass(frozen=True, slots=True)
class Effort:
    """Where a search in whole numbers may stop: at a gap, after nodes, at last after seconds.

    Nodes are the same on every machine, seconds are not: they are a guard far beyond the nodes.
    """

    gap: float = 0.0
    nodes: int | None = None
    seconds: float = np.inf


def read_effort(defaults: Defaults) -> Effort:
    """Read rows ``depot:mip_gap``, ``mip_nodes`` and ``mip_time``.

    Raises
    ------
    InputError
        Every row out of its limits.
    """
    rows = CheckedRows(defaults)
    gap = rows.number("depot", "mip_gap", 0.0, 1.0, "a share from 0 to 1")
    nodes = rows.number("depot", "mip_nodes", 1.0, 1e9, "a number from 1 to 1e9")
    seconds = rows.number("depot", "mip_time", 0.0, np.inf, "seconds above 0", above=True)
    rows.finish()
    return Effort(gap, int(nodes), seconds)


@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver found: status ``optimal``, ``stopped`` (a plan, not proven) or ``none``.

    ``by_clock`` says that seconds ended the search, so that another machine may find another plan.
    """

    status: str
    value: float
    bound: float
    power_kw: FloatArray
    plugged: FloatArray
    short_kwh: FloatArray
    by_clock: bool = False


_ALL = Effort()


@dataclass
class _Rows:
    """Constraints as they are gathered."""

    row: list[IntArray] = field(default_factory=list)
    column: list[IntArray] = field(default_factory=list)
    value: list[FloatArray] = field(default_factory=list)
    low: list[FloatArray] = field(default_factory=list)
    high: list[FloatArray] = field(default_factory=list)
    count: int = 0

    def add(
        self,
        entries: Sequence[tuple[IntArray, IntArray, FloatArray | float]],
        low: FloatArray | float,
        high: FloatArray | float,
        count: int,
    ) -> None:
        """Add ``count`` rows: entries are (row within these, column, value)."""
        for row, column, value in entries:
            self.row.append(np.asarray(row, np.int64) + self.count)
            self.column.append(np.asarray(column, np.int64))
            self.value.append(np.broadcast_to(np.asarray(value, np.float64), len(row)))
        self.low.append(np.broadcast_to(np.asarray(low, np.float64), count))
        self.high.append(np.broadcast_to(np.asarray(high, np.float64), count))
        self.count += count

    def constraint(self, columns: int) -> LinearConstraint:
        """Return all rows."""
        data = np.concatenate(self.value)
        at = (np.concatenate(self.row), np.concatenate(self.column))
        matrix = sparse.csr_array((data, at), shape=(self.count, columns))
        return LinearConstraint(matrix, np.concatenate(self.low), np.concatenate(self.high))


class Program:
    """Everything that must hold when vehicles charge at a depot in a month.

    Columns: power into the battery by stay and slot; energy handed on, and energy that is
    missing, by stay; energy in batteries with a taper; plugs and plugging in where chargers are
    scarce; then what a question adds.

    Parameters
    ----------
    month, depot
        What there is to plan, and where.
    connection_w, count
        In place of the depot's own; None leaves them open (a question may ask for the least).
    relaxed
        Plugs may be shared in fractions: a bound for the plan with whole plugs.
    """

    def __init__(
        self,
        month: DepotMonth,
        depot: Depot,
        *,
        connection_w: float | None,
        count: int | None,
        relaxed: bool = False,
    ) -> None:
        self.month, self.depot, self.relaxed = month, depot, relaxed
        stays, horizon = month.stays, month.horizon
        self.slot_h = horizon.slot_h
        self.base_kw = hour_profile(depot.base_load_w, horizon) / _W_PER_KW
        self.size = [len(stay.slots) for stay in stays]
        self.first = np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)
        self.cells = int(self.first[-1])
        nothing = np.zeros(0, dtype=np.int64)
        self.slot = np.concatenate([nothing, *(stay.slots for stay in stays)]).astype(np.int64)
        self.owner = np.repeat(np.arange(len(stays)), self.size)
        limit = [depot.chargers.battery_power_w(stay.vehicle) / _W_PER_KW for stay in stays]
        self.limit = np.array(limit, dtype=np.float64)
        self.grid = 1.0 / depot.chargers.efficiency
        self.rows = _Rows()
        self.upper: list[FloatArray] = []
        self.whole: list[FloatArray] = []
        self.columns = 0
        self.power = self._new(self.limit[self.owner])
        hands_on = np.zeros(len(stays))
        for stay in stays:
            if stay.after >= 0:
                before = stays[stay.after]
                hands_on[stay.after] = (before.vehicle.battery_wh - before.departure_wh) / _W_PER_KW
        self.carry = self._new(hands_on)
        self.short = self._new(np.array([stay.need_wh for stay in stays]) / _W_PER_KW)
        self._energy()
        self._tapers()
        if connection_w is not None and np.isfinite(connection_w):
            self._connection(connection_w / _W_PER_KW)
        self.plug = nothing
        self.plug_cells = nothing
        if count is not None:
            self._plugs(count)

    def _new(self, upper: FloatArray, *, whole: bool = False) -> IntArray:
        """Add columns from 0 to ``upper``."""
        columns = self.columns + np.arange(len(upper))
        self.columns += len(upper)
        self.upper.append(np.asarray(upper, dtype=np.float64))
        self.whole.append(np.full(len(upper), float(whole)))
        return columns

    def _energy(self) -> None:
        """Every stay takes its need, what it hands on, less what it was handed and what lacks."""
        stays = self.month.stays
        count = len(stays)
        each = np.arange(count)
        receives = np.array([i for i, stay in enumerate(stays) if stay.after >= 0], dtype=np.int64)
        gives = np.array([stays[i].after for i in receives], dtype=np.int64)
        need = np.array([stay.need_wh for stay in stays]) / _W_PER_KW
        self.rows.add(
            [
                (self.owner, self.power, self.slot_h),
                (each, self.carry, -1.0),
                (receives, self.carry[gives], 1.0),
                (each, self.short, 1.0),
            ],
            need,
            need,
            count,
        )

    def _tapers(self) -> None:
        """Power stays below the taper at the charge reached at the end of the slot."""
        for number, stay in enumerate(self.month.stays):
            lines = stay.vehicle.lines()
            size = self.size[number]
            if not lines or not size:
                continue
            battery = stay.vehicle.battery_wh / _W_PER_KW
            held = self._new(np.full(size, battery))
            power = self.power[self.first[number] : self.first[number + 1]]
            each = np.arange(size)
            entries: list[tuple[IntArray, IntArray, FloatArray | float]] = [
                (each, held, 1.0),
                (each[1:], held[:-1], -1.0),
                (each, power, -self.slot_h),
            ]
            start = np.zeros(size)
            start[0] = stay.arrival_wh / _W_PER_KW
            if stay.after >= 0:
                entries.append((each[:1], self.carry[[stay.after]], -1.0))
            self.rows.add(entries, start, start, size)
            for a, b in lines:
                top = a / _W_PER_KW
                slope = b / _W_PER_KW / battery
                self.rows.add([(each, power, 1.0), (each, held, slope)], -np.inf, top, size)

    def _connection(self, limit_kw: float) -> None:
        """All charging and other loads stay within the connection."""
        horizon = self.month.horizon
        room = limit_kw - horizon.largest(self.base_kw)
        self._by_slot(room, [])

    def _by_slot(self, high: FloatArray, extra: Sequence[tuple[int, float]]) -> None:
        """Limit the power from the grid in every slot with a stay, with columns that widen it."""
        used, row = np.unique(self.slot, return_inverse=True)
        each = np.arange(len(used))
        entries: list[tuple[IntArray, IntArray, FloatArray | float]] = [
            (row, self.power, self.grid)
        ]
        entries += [(each, np.full(len(used), column), value) for column, value in extra]
        # Where other loads alone are above the limit, charging is left nothing.
        self.rows.add(
            entries, -np.inf, high[used] if extra else np.maximum(high[used], 0.0), len(used)
        )

    def scarce(self, count: int) -> BoolArray:
        """Say for each cell whether its stay shares a slot with more stays than chargers."""
        needy = np.array([s.need_wh > 0.0 or s.after >= 0 for s in self.month.stays], dtype=bool)
        needy |= np.isin(np.arange(len(needy)), [stay.after for stay in self.month.stays])
        present = np.bincount(self.slot[needy[self.owner]], minlength=self.month.horizon.size)
        crowded = (present > count)[self.slot] & needy[self.owner]
        if self.depot.plugs == "swap":
            return np.asarray(crowded, dtype=bool)
        stays = np.zeros(len(needy), dtype=bool)
        stays[self.owner[crowded]] = True
        out: BoolArray = stays[self.owner]
        return out

    def _plugs(self, count: int) -> None:
        """No more vehicles are plugged in than there are chargers."""
        cells = np.flatnonzero(self.scarce(count))
        if not cells.size:
            return
        self._plug_columns(cells)
        used, row = np.unique(self.slot[cells], return_inverse=True)
        self.rows.add([(row, self.plug, 1.0)], -np.inf, float(count), len(used))

    def _plug_columns(self, cells: IntArray) -> None:
        """Add plugs for cells; power flows only through a plug."""
        once = self.depot.plugs == "once"
        tapered = np.array([bool(stay.vehicle.taper) for stay in self.month.stays], dtype=bool)
        whole = (np.ones(len(cells)) if once else tapered[self.owner[cells]]) * (not self.relaxed)
        self.plug = self._new(np.ones(len(cells)))
        self.whole[-1] = whole.astype(np.float64)
        self.plug_cells = cells
        each = np.arange(len(cells))
        flow = -self.limit[self.owner[cells]]
        self.rows.add(
            [(each, self.power[cells], 1.0), (each, self.plug, flow)], -np.inf, 0.0, len(cells)
        )
        if once:
            self._plug_once(cells)

    def _least_slots(self) -> None:
        """Each stay holds a charger for as many slots as it needs at least.

        Whole plugs obey this anyway; said in a row of its own, it keeps fractions of plugs from
        looking like a plan, which the search would otherwise have to refute one by one.
        """
        if self.relaxed or not self.plug.size:
            return
        owner = self.owner[self.plug_cells]
        count = np.bincount(owner, minlength=len(self.size))
        needed = np.where(whole_stays(self.month, self.depot),
                          slots_needed(self.month, self.depot), 0)  # fmt: skip
        least = needed - (np.array(self.size, dtype=np.int64) - count)
        stays = np.flatnonzero((least > 0) & (count > 0))
        place = np.full(len(count), -1, dtype=np.int64)
        place[stays] = np.arange(len(stays))
        mine = place[owner] >= 0
        if len(stays):
            entries = [(place[owner[mine]], self.plug[mine], 1.0)]
            self.rows.add(entries, least[stays].astype(np.float64), np.inf, len(stays))

    def _plug_once(self, cells: IntArray) -> None:
        """Each stay is plugged in at most once, and plugs change only when someone is there."""
        begins = self.owner[cells] != np.concatenate([[-1], self.owner[cells][:-1]])
        plugging = self._new(np.ones(len(cells)))
        each = np.arange(len(cells))
        later = each[~begins]
        self.rows.add(
            [
                (each, self.plug, 1.0),
                (later, self.plug[later - 1], -1.0),
                (each, plugging, -1.0),
            ],
            -np.inf,
            0.0,
            len(cells),
        )
        stays, row = np.unique(self.owner[cells], return_inverse=True)
        self.rows.add([(row, plugging, 1.0)], -np.inf, 1.0, len(stays))
        alone = later[~self._staffed()[self.slot[cells[later]]]]
        number = np.arange(len(alone))
        self.rows.add(
            [(number, self.plug[alone], 1.0), (number, self.plug[alone - 1], -1.0)],
            0.0,
            0.0,
            len(alone),
        )

    def _staffed(self) -> BoolArray:
        """Say for each planned slot whether plugs may change at its beginning."""
        return staffed_slots(self.month, self.depot)

    def least_connection(self, effort: Effort = _ALL) -> Solution:
        """Return the plan of the smallest peak (kW, other loads included) that serves all."""
        base = self.month.horizon.largest(self.base_kw)
        column = int(self._new(np.array([np.inf]))[0])
        self._by_slot(-base, [(column, -1.0)])
        cost = np.zeros(self.columns)
        cost[column] = 1.0
        return self._solve(cost, served=True, effort=effort)

    def least_chargers(self) -> Solution:
        """Return the plan of the fewest chargers, fractions allowed, that serves all."""
        self._plug_columns(np.arange(self.cells))
        column = int(self._new(np.array([np.inf]))[0])
        used, row = np.unique(self.slot, return_inverse=True)
        each = np.arange(len(used))
        entries: list[tuple[IntArray, IntArray, FloatArray | float]] = [(row, self.plug, 1.0)]
        entries.append((each, np.full(len(used), column), -1.0))
        self.rows.add(entries, -np.inf, 0.0, len(used))
        cost = np.zeros(self.columns)
        cost[column] = 1.0
        return self._solve(cost, served=True)

    def serving(self, effort: Effort = _ALL) -> Solution:
        """Return any plan that serves all; bound infinity where there is none."""
        return self._solve(np.zeros(self.columns), served=True, effort=effort)

    def least_shortfall(self, effort: Effort = _ALL) -> Solution:
        """Return the plan that leaves the least energy of the month undelivered (kWh)."""
        cost = np.zeros(self.columns)
        cost[self.short] = [stay.repeats for stay in self.month.stays]
        return self._solve(cost, served=False, effort=effort)

    def cheapest(
        self,
        price: FloatArray,
        peaks: Sequence[Peak],
        effort: Effort = _ALL,
    ) -> Solution:
        """Return the cheapest plan that serves all.

        Parameters
        ----------
        price
            Money per kWh from the grid in each planned slot, times the slots it stands for.
        peaks
            Demand that is paid for.
        """
        columns = []
        for peak in peaks:
            column = int(self._new(np.array([np.inf]))[0])
            columns.append((column, peak.rate))
            place = np.full(self.month.horizon.size, -1, dtype=np.int64)
            place[peak.slots] = np.arange(len(peak.slots))
            mine = place[self.slot] >= 0
            each = np.arange(len(peak.slots))
            self.rows.add(
                [
                    (place[self.slot[mine]], self.power[mine], self.grid),
                    (each, np.full(len(each), column), -1.0),
                ],
                -np.inf,
                -peak.base_kw,
                len(each),
            )
            self.rows.add([(each[:1] * 0, np.array([column]), 1.0)], peak.least_kw, np.inf, 1)
        cost = np.zeros(self.columns)
        cost[self.power] = price[self.slot] * self.grid * self.slot_h
        for column, rate in columns:
            cost[column] = rate
        return self._solve(cost, served=True, effort=effort)

    def _solve(self, cost: FloatArray, *, served: bool, effort: Effort = _ALL) -> Solution:
        """Hand the program to HiGHS."""
        if self.columns == 0:  # nobody comes, and nothing is asked
            nothing = np.zeros(0)
            return Solution("optimal", 0.0, 0.0, nothing, nothing, nothing)
        if served:
            self._least_slots()
        upper = np.concatenate(self.upper)
        if served:
            upper[self.short] = 0.0
        whole = np.concatenate(self.whole)
        constraint = self.rows.constraint(self.columns)
        options: dict[str, float] = {"mip_rel_gap": effort.gap}
        if effort.nodes is not None:
            options["node_limit"] = effort.nodes
        if np.isfinite(effort.seconds):
            options["time_limit"] = effort.seconds
        found = milp(
            cost, integrality=whole, bounds=Bounds(0.0, upper), constraints=constraint,
            options=options,
        )  # fmt: skip
        empty = np.zeros(0)
        by_clock = found.status != _OPTIMAL and "time limit" in found.message.lower()
        limited = by_clock or found.status in _LIMITED
        if found.x is None:
            bound = np.inf if found.status == _INFEASIBLE else -np.inf
            dual = found.get("mip_dual_bound")
            if limited and dual is not None and np.isfinite(dual):
                bound = float(dual)
            return Solution("none", np.inf, bound, empty, empty, empty, by_clock)
        if found.status != _OPTIMAL and not limited:
            raise RuntimeError(f"the solver stopped: {found.message}")
        dual = found.get("mip_dual_bound") if whole.any() else None
        bound = float(found.fun) if dual is None else float(dual)
        return Solution(
            "optimal" if found.status == 0 else "stopped",
            float(found.fun),
            bound,
            np.clip(found.x[self.power], 0.0, self.limit[self.owner]),
            found.x[self.plug],
            np.maximum(found.x[self.short], 0.0),
            by_clock,
        )


def staffed_slots(month: DepotMonth, depot: Depot) -> BoolArray:
    """Say for each planned slot whether someone is there to change plugs at its beginning."""
    horizon = month.horizon
    if depot.staffed_h is None:
        return np.ones(horizon.size, dtype=bool)
    first = horizon.starts[horizon.first]
    hour = (first.hour + first.minute / 60.0).to_numpy()
    out = np.zeros(horizon.size, dtype=bool)
    for begin, end in depot.staffed_h:
        over = (hour >= begin) | (hour < end)
        out |= (hour >= begin) & (hour < end) if begin < end else over
    return out

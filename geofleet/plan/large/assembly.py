"""The linear rows of some choices with the chargers of some depots, for HiGHS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from geofleet.plan.large.case import Case

__all__ = ["Assembly", "assemble"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Assembly:
    """``min cost·v`` with ``matrix v <= most``, ``0 <= v <= upper``.

    Columns: choices, then chargers that are there by each year (depots, kinds, years), then
    extensions that are there (depots, years). Numbers that are there branch better than numbers
    put up, and make each row of plugs one of a single whole number.
    Rows: shared (if any), one per vehicle, plugs (depots, kinds, years), power (depots, years),
    then that nothing is taken away again.
    """

    cost: Floats
    matrix: sp.csr_matrix
    most: Floats
    upper: Floats
    choices: Ints
    units: Ints
    depots: Ints
    shared: int


def assemble(
    case: Case,
    choices: Ints,
    gains: Floats,
    *,
    depots: Ints,
    charger_price: Floats,
    step_price: Floats,
    shared: Floats | None = None,
    held: Floats | None = None,
) -> Assembly:
    """Set up the rows.

    Parameters
    ----------
    case
        The whole.
    choices, gains
        Choices that may be taken, and what each is worth (choices,).
    depots
        Numbers of the depots whose chargers and connection are chosen here.
    charger_price, step_price
        To pay for a charger (kinds, years) and an extension (years,).
    shared
        What is there of each shared row; None to leave these rows out.
    held
        Plugs that other vehicles use (depots, kinds, years); None for none.
    """
    places, kinds, years = len(depots), case.kinds, case.years
    units, row_of_unit = np.unique(case.unit[choices], return_inverse=True)
    count = len(choices)
    first_charger, first_step = count, count + places * kinds * years
    columns = first_step + places * years
    parts = _Rows(columns)
    if held is None:
        held = np.zeros((places, kinds, years))
    if shared is not None:
        charger_use, step_use = case.charger_use()
        charger_use, step_use = _there(charger_use), _there(step_use)
        tiled = np.broadcast_to(charger_use[:, None], (case.rows, places, kinds, years))
        steps = np.broadcast_to(step_use[:, None], (case.rows, places, years))
        dense = [
            case.use(choices),
            tiled.reshape(case.rows, places * kinds * years),
            steps.reshape(case.rows, places * years),
        ]
        parts.block(sp.csr_matrix(np.concatenate(dense, axis=1)), shared)
    parts.add(row_of_unit, np.arange(count), np.ones(count), np.ones(len(units)))
    if places:
        parts.depots(case, choices, depots, held, first_charger, first_step)
    charger_most = _useful_chargers(case, choices, depots, held, charger_price)
    return Assembly(
        cost=np.concatenate([
            -gains,
            np.tile(_there(charger_price).ravel(), places),
            np.tile(_there(step_price).ravel(), places),
        ]),
        matrix=parts.matrix(),
        most=np.concatenate(parts.most) if parts.most else np.zeros(0),
        upper=np.concatenate([
            np.ones(count), charger_most.ravel(), np.full(places * years, float(case.most_steps)),
        ]),
        choices=choices, units=units, depots=depots,
        shared=case.rows if shared is not None else 0,
    )  # fmt: skip


class _Rows:
    """Gathers sparse rows."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.blocks: list[sp.csr_matrix] = []
        self.most: list[Floats] = []

    def block(self, matrix: sp.csr_matrix, most: Floats) -> None:
        self.blocks.append(matrix)
        self.most.append(most)

    def add(self, rows: Ints, columns: Ints, values: Floats, most: Floats) -> None:
        shape = (len(most), self.columns)
        self.block(sp.csr_matrix((values, (rows, columns)), shape=shape), most)

    def matrix(self) -> sp.csr_matrix:
        return sp.vstack(self.blocks, format="csr")

    def depots(
        self, case: Case, choices: Ints, depots: Ints, held: Floats, charger: int, step: int
    ) -> None:
        """Plugs, power and most of each depot."""
        places, kinds, years = len(depots), case.kinds, case.years
        place_of = np.full(len(case.spare_w) + 1, -1)
        place_of[depots] = np.arange(places)
        place = place_of[case.depot[case.unit[choices]]]
        uses = np.flatnonzero((case.kind[choices] >= 0) & (place >= 0))
        # A choice of year y needs its plug in y and all years after.
        group = place[uses] * kinds + case.kind[choices[uses]]
        user, later = _from_year(case.year[choices[uses]], years)
        built = np.arange(places * kinds * years)
        self.add(
            np.concatenate([group[user] * years + later, built]),
            np.concatenate([uses[user], charger + built]),
            np.concatenate([case.plugs[choices[uses[user]]], np.full(len(built), -1.0)]),
            -held.ravel(),
        )
        extended = np.arange(places * years)
        at, year = built // years, built % years
        self.add(
            np.concatenate([at // kinds * years + year, extended]),
            np.concatenate([charger + built, step + extended]),
            np.concatenate([
                case.power_w[at % kinds], np.full(len(extended), -case.step_power)
            ]),
            np.repeat(case.spare_w[depots], years),
        )  # fmt: skip
        there = np.concatenate([built, len(built) + extended])
        stays = there[there % years > 0] + charger
        row = np.arange(len(stays))
        self.add(
            np.concatenate([row, row]), np.concatenate([stays - 1, stays]),
            np.repeat([1.0, -1.0], len(stays)), np.zeros(len(stays)),
        )  # fmt: skip


def _there(put_up: Floats) -> Floats:
    """Turn what one put up in a year takes into what one takes that is there by the year."""
    later = np.zeros_like(put_up)
    later[..., :-1] = put_up[..., 1:]
    return put_up - later


def _from_year(year: Ints, years: int) -> tuple[Ints, Ints]:
    """Pairs of an item and each year from its own to the last."""
    lasts = years - year
    item = np.repeat(np.arange(len(year)), lasts)
    offset = np.arange(len(item)) - np.repeat(np.cumsum(lasts) - lasts, lasts)
    return item, year[item] + offset


def _useful_chargers(
    case: Case, choices: Ints, depots: Ints, held: Floats, charger_price: Floats
) -> Floats:
    """Most chargers of each kind and year that all choices together could use."""
    shape = (len(depots), case.kinds, case.years)
    most = np.broadcast_to(case.kind_most[None, :, None], shape)
    if not len(choices) or (charger_price < 0.0).any() or (case.term_cost < 0.0).any():
        return most
    place_of = np.full(len(case.spare_w) + 1, -1)
    place_of[depots] = np.arange(len(depots))
    place = place_of[case.depot[case.unit[choices]]]
    wired = (case.kind[choices] >= 0) & (place >= 0)
    # Choices are sorted by vehicle: the largest need of each vehicle and kind, then their sum.
    chosen = choices[wired]
    key = case.unit[chosen] * case.kinds + case.kind[chosen]
    keys, first = np.unique(key, return_inverse=True)
    need = np.zeros(len(keys))
    np.maximum.at(need, first, case.plugs[chosen])
    at = np.zeros(len(keys), np.int64)
    at[first] = place[wired]
    wanted = np.zeros(shape[:2])
    np.add.at(wanted, (at, keys % case.kinds), need)
    useful = np.ceil(wanted + held.max(axis=2, initial=0.0))
    limited: Floats = np.minimum(most, useful[:, :, None])
    return limited

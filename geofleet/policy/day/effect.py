"""What rules do to a day: the day after, its grams and harm, and who is hurt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.emissions import QUANTITIES, LinkEmissions
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import operator_sizes
from geofleet.policy.day.accounts import CHANGES, PARTS
from geofleet.policy.day.trial import COSTS

if TYPE_CHECKING:
    import geopandas as gpd

    from geofleet.exposure import UnitExposure
    from geofleet.network import RoadNetwork
    from geofleet.policy.day.judge import DayDecisions
    from geofleet.routes import Itineraries

__all__ = ["CHANGED", "OUTCOMES", "DayEffect"]

OUTCOMES = (
    "allowed", "charged", "permit", "unknown", "waits", "retimed", "rerouted", "swapped", "dropped",
)  # fmt: skip
"""What became of a vehicle-day: as planned in four ways, or changed in five."""
CHANGED = OUTCOMES[4:]

_HOURS, _S_PER_H = 24, 3600.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class DayEffect:
    """A day before and after rules.

    Parameters
    ----------
    before, after
        Itineraries; vehicle-days keep their places. Deliveries that are not made stay among the
        stops with status ``cancelled``; a day that is not driven has no traversals and neither
        departure nor return. The same object where nothing changes.
    decisions, decisions_after
        What the rules say of both.
    grams_before, grams_after
        By traversal, shape ``(traversals, quantities)``.
    emissions_before, emissions_after
        By link and hour.
    account
        Where grams went, see :func:`geofleet.policy.day.accounts.gram_account`.
    frame
        One row per vehicle-day: ``vehicle_id, operator_id, operator_size, vehicle_class, date``;
        ``status`` of the plan; ``outcome`` (one of ``OUTCOMES``); ``driven_by``; ``rule_id,
        version, reason, missing`` of its first worst moment; ``not_possible`` (why other responses
        were not); ``forbidden_km`` of the plan; ``shift_min, wait_min, added_km, added_h``;
        ``deliveries, late, moved, cancelled`` and ``undelivered_kg``; parts of the cost
        (``COSTS``) and ``cost``, NaN where a price or a charge is not known; ``unknown_after``.
    sizes
        Size class by operator.
    currency
        Of all costs.
    harm_quantities
        Whose grams together make the harm.
    unit_exposure
        Of all links with traffic before or after; None without harm.
    """

    before: Itineraries
    after: Itineraries
    decisions: DayDecisions
    decisions_after: DayDecisions
    grams_before: Floats
    grams_after: Floats
    emissions_before: LinkEmissions
    emissions_after: LinkEmissions
    account: pd.DataFrame
    frame: pd.DataFrame
    sizes: Mapping[str, str]
    currency: str
    harm_quantities: tuple[str, ...]
    unit_exposure: UnitExposure | None = None
    provenance: tuple[str, ...] = ()

    @property
    def edges(self) -> npt.NDArray[np.int32]:
        """Links with traffic before or after: those that a unit exposure is needed of."""
        return np.union1d(self.emissions_before.edges, self.emissions_after.edges)

    def with_exposure(self, unit_exposure: UnitExposure) -> DayEffect:
        """Return the effect with the harm that a unit exposure gives.

        Raises
        ------
        InputError
            Links with traffic that it does not know.
        """
        _rows(unit_exposure, self.edges)
        return replace(self, unit_exposure=unit_exposure)

    def grams(self, quantity: str | None = None) -> pd.DataFrame:
        """Return totals by quantity (rows): ``before``, ``after`` and every part."""
        parts = self.account.groupby("part", observed=False)[list(QUANTITIES)].sum().T
        table = pd.DataFrame({
            "before": self.emissions_before.total(), "after": self.emissions_after.total(),
            **{part: parts[part] for part in PARTS},
        })  # fmt: skip
        return table if quantity is None else table.loc[[quantity]]

    @cached_property
    def _harms(self) -> dict[str, pd.DataFrame]:
        """Harm by link and hour: before, after and every part."""
        if self.unit_exposure is None:
            expected = "a unit exposure of the links of `edges`, see with_exposure"
            raise InputError([Problem("harm", "unit_exposure", expected=expected)])
        frames = {"before": self.emissions_before.frame, "after": self.emissions_after.frame}
        for part in PARTS:
            frames[part] = self.account[self.account["part"] == part]
        return {
            name: _harm(self.unit_exposure, frame, self.harm_quantities)
            for name, frame in frames.items()
        }

    def harm(self) -> pd.Series:
        """Return persons·µg/m3·h over the day: before, after, parts, ``avoided`` and ``moved``.

        ``avoided`` is before less after; ``moved`` is what comes into other hours (where
        ``moved_out`` has left as many grams, not as much harm).

        Raises
        ------
        InputError
            No unit exposure, or one that does not know all links.
        """
        totals = {name: float(frame["harm"].sum()) for name, frame in self._harms.items()}
        totals["avoided"] = totals["before"] - totals["after"]
        totals["moved"] = totals["moved_in"]
        return pd.Series(totals, name="harm")

    def by_hour(self, quantity: str = "pm25_exhaust_g") -> pd.DataFrame:
        """Return grams of a quantity by hour of day: before, after and parts; harm where known.

        Columns of harm bear ``harm_`` before the name.
        """
        return self._table(quantity, "hour", pd.RangeIndex(_HOURS, name="hour"))

    def by_link(
        self, quantity: str = "pm25_exhaust_g", *, network: RoadNetwork | None = None
    ) -> pd.DataFrame | gpd.GeoDataFrame:
        """Return the same by link; with its name and line where the network is given."""
        table = self._table(quantity, "edge", pd.Index(self.edges, name="edge"))
        if network is None:
            return table
        import geopandas as gpd

        roads = network.edges.iloc[self.edges]
        table.insert(0, "highway", roads["highway"].to_numpy(object))
        table.insert(0, "name", roads["name"].to_numpy(object))
        return gpd.GeoDataFrame(table, geometry=roads.geometry.to_numpy(), crs=roads.crs)

    def _table(self, quantity: str, by: str, index: pd.Index) -> pd.DataFrame:
        columns = {
            "before": self.emissions_before.frame.groupby(by)[quantity].sum(),
            "after": self.emissions_after.frame.groupby(by)[quantity].sum(),
        }
        for part in PARTS:
            rows = self.account[self.account["part"] == part]
            columns[part] = rows.groupby(by)[quantity].sum()
        if self.unit_exposure is not None:
            for name, frame in self._harms.items():
                columns[f"harm_{name}"] = frame.groupby(by)["harm"].sum()
        return pd.DataFrame(
            {name: column.reindex(index, fill_value=0.0) for name, column in columns.items()},
            index=index,
        )

    def outcomes(self) -> pd.DataFrame:
        """Return vehicle-days, kilometres of the plan and cost by outcome; all of ``OUTCOMES``."""
        rows = self.frame.groupby("outcome")
        table = pd.DataFrame({
            "vehicle_days": rows.size(), "planned_km": rows["planned_km"].sum(),
            "cost": rows["cost"].sum(), "cost_unknown": rows["cost"].agg(_missing),
        })  # fmt: skip
        table = table.reindex(pd.Index(OUTCOMES, name="outcome"), fill_value=0)
        return table.astype({"vehicle_days": int, "cost_unknown": int})

    def operators(self) -> pd.DataFrame:
        """Return who is hurt by size class of the operator.

        An operator is hurt when its day costs more than planned or a delivery is late or not
        made; ``hurt_share`` is NaN for sizes of which nobody drives. ``cost`` is over all
        vehicle-days of known cost, ``cost_per_operator`` over the operators that are hurt.
        """
        frame = self.frame.assign(hurt=_hurt(self.frame))
        firms = frame.groupby("operator_id").agg(
            size=("operator_size", "first"), hurt=("hurt", "any"),
            vehicle_days=("hurt", "size"), hurt_days=("hurt", "sum"), cost=("cost", "sum"),
            late=("late", "sum"), cancelled=("cancelled", "sum"), unknown=("cost", _missing),
        )  # fmt: skip
        by = firms.groupby("size")
        table = pd.DataFrame({
            "operators": by.size(), "hurt": by["hurt"].sum(),
            "vehicle_days": by["vehicle_days"].sum(),
            "vehicle_days_hurt": by["hurt_days"].sum(), "cost": by["cost"].sum(),
            "cost_unknown": by["unknown"].sum(), "late": by["late"].sum(),
            "cancelled": by["cancelled"].sum(),
        })  # fmt: skip
        known = [
            name for name in operator_sizes() if name in set(self.sizes.values()) | set(table.index)
        ]
        rest = [name for name in table.index if name not in known]
        table = table.reindex(pd.Index([*known, *rest], name="operator_size"), fill_value=0)
        hurt = table["hurt"].to_numpy(np.float64)
        table.insert(2, "hurt_share", hurt / table["operators"].where(table["operators"] > 0))
        cost = table["cost"].to_numpy(np.float64)
        table["cost_per_operator"] = np.divide(cost, hurt, out=np.zeros(len(hurt)), where=hurt > 0)
        return table

    def deliveries(self) -> dict[str, float]:
        """Return how many deliveries there are and how many are late, moved and not made."""
        names = ("deliveries", "late", "moved", "cancelled")
        counts: dict[str, float] = {name: int(self.frame[name].sum()) for name in names}
        counts["undelivered_kg"] = float(self.frame["undelivered_kg"].sum())
        return counts

    def report(self) -> dict[str, Any]:
        """Return all of it as plain data, ready for JSON."""
        frame = self.frame
        money = frame["cost"]
        found: dict[str, Any] = {
            "outcomes": self.outcomes().reset_index().to_dict("records"),
            "deliveries": self.deliveries(),
            "operators": _plain(self.operators().reset_index()),
            "waited_min": float(frame["wait_min"].sum()),
            "added_km": float(frame["added_km"].sum()),
            "added_h": float(frame["added_h"].sum()),
            "forbidden_km": float(frame["forbidden_km"].sum()),
            "currency": self.currency,
            "cost": float(money.sum()),
            "cost_parts": {name: float(frame[name].sum()) for name in COSTS},
            "cost_unknown": int(money.isna().sum()),
            "unknown_after": int(frame["unknown_after"].sum()),
            "grams": self.grams().to_dict("index"),
        }
        if self.unit_exposure is not None:
            found["harm"] = self.harm().to_dict()
        return found

    def difference(self) -> pd.DataFrame:
        """Return by quantity after less before, the sum of the parts, and what is left of it."""
        grams = self.grams()
        change = grams["after"] - grams["before"]
        parts = grams[list(CHANGES)].sum(axis=1)
        return pd.DataFrame({"change": change, "parts": parts, "rest": change - parts})


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON, None where there is no number."""
    rows = table.to_dict("records")
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows
    ]


def _missing(values: pd.Series) -> int:
    return int(values.isna().sum())


def _hurt(frame: pd.DataFrame) -> pd.Series:
    hurt: pd.Series = (frame["cost"] > 0.0) | (frame["late"] > 0) | (frame["cancelled"] > 0)
    return hurt


def _rows(unit: UnitExposure, edges: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    at = np.minimum(np.searchsorted(unit.edges, edges), max(len(unit.edges) - 1, 0))
    known = unit.edges[at] == edges if len(unit.edges) else np.zeros(len(edges), bool)
    if not known.all():
        missing = np.unique(np.asarray(edges)[~known])
        expected = "unit exposure of all links with traffic before and after (DayEffect.edges)"
        value = f"{len(missing)} links without, first {int(missing[0])}"
        raise InputError([Problem("unit_exposure", "edges", 0, value, expected)])
    return at.astype(np.int64)


def _harm(unit: UnitExposure, frame: pd.DataFrame, quantities: Sequence[str]) -> pd.DataFrame:
    """Return harm by link and hour of a sparse table of grams, as :meth:`UnitExposure.harm`."""
    edge, hour = frame["edge"].to_numpy(np.int64), frame["hour"].to_numpy(np.int64)
    grams = frame[list(quantities)].to_numpy(np.float64).sum(axis=1)
    value = unit.values[_rows(unit, edge), hour] if len(frame) else np.zeros(0)
    return pd.DataFrame({"edge": edge, "hour": hour, "harm": value * grams / _S_PER_H})

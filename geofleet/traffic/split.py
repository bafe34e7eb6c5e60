"""From light and heavy vehicles to the vehicle classes of geofleet, hour by hour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.fleet.composition import FleetComposition
from geofleet.traffic.profiles import HourlyProfile, hourly_profile

__all__ = [
    "FLOW_GROUPS",
    "ClassSplit",
    "check_groups",
    "check_overlap",
    "class_split",
    "group_of_class",
]

FLOW_GROUPS = ("light", "heavy")
"""What a flow table may count besides vehicle classes: all light vehicles, all heavy vehicles."""

_TABLE = "fleet_composition"
_FREIGHT = {"light": "light_freight", "heavy": "heavy"}
_TOLERANCE = 1e-3

Floats = npt.NDArray[np.float64]


def group_of_class(name: str, *, defaults: Defaults) -> str:
    """Return ``light`` or ``heavy`` for a vehicle class."""
    return defaults.text("vehicle_classes", f"{name}.emep_category")


def check_groups(columns: Mapping[str, str], *, file: str) -> list[Problem]:
    """Return a problem for each key that is neither a flow group nor a vehicle class."""
    known = (*FLOW_GROUPS, *vehicle_class_names())
    return [
        Problem(file, column, value=group, expected="one of " + ", ".join(known))
        for group, column in columns.items()
        if group not in known
    ]


def check_overlap(columns: Mapping[str, str], *, file: str, defaults: Defaults) -> list[Problem]:
    """Return a problem for each group that stands beside classes of its own.

    All heavy vehicles hold those of each heavy class; both together count them twice.
    """
    problems = []
    for group in (name for name in FLOW_GROUPS if name in columns):
        inside = [
            name for name in columns
            if name in vehicle_class_names() and group_of_class(name, defaults=defaults) == group
        ]  # fmt: skip
        if inside:
            names = [columns[group], *(columns[name] for name in inside)]
            expected = f"either all {group} vehicles or classes of them: together they count twice"
            problems.append(Problem(file, ", ".join(names), expected=expected))
    return problems


class ClassSplit:
    """How the daily flow of a group or a class becomes hourly flows of vehicle classes.

    Parameters
    ----------
    shares
        For each group, the share of each vehicle class in its flow (they sum to the freight
        share that geofleet models, not to 1).
    day_kind
        Kind of day of the result.
    defaults
        Where hourly profiles come from.
    """

    def __init__(
        self, shares: Mapping[str, Mapping[str, float]], *, day_kind: str, defaults: Defaults
    ) -> None:
        self.shares = {group: dict(parts) for group, parts in shares.items()}
        self.day_kind = day_kind
        self._defaults = defaults
        self._profiles: dict[tuple[str, str], HourlyProfile] = {}

    def counted(self, group: str, day_kind: str) -> HourlyProfile:
        """Return the profile of what was counted: all light, heavy, or one class."""
        name = group if group in FLOW_GROUPS else _FREIGHT[self._category(group)]
        return self._profile(name, day_kind)

    def driven(self, group: str) -> HourlyProfile:
        """Return the profile of the freight vehicles of a group or class on the result's day."""
        return self._profile(_FREIGHT[self._category(group)], self.day_kind)

    def classes_of(self, group: str) -> dict[str, float]:
        """Return the share of each vehicle class in a group; a class is all of itself."""
        return self.shares[group] if group in FLOW_GROUPS else {group: 1.0}

    def _category(self, group: str) -> str:
        if group in FLOW_GROUPS:
            return group
        return group_of_class(group, defaults=self._defaults)

    def _profile(self, group: str, day_kind: str) -> HourlyProfile:
        key = (group, day_kind)
        if key not in self._profiles:
            self._profiles[key] = hourly_profile(group, day_kind, defaults=self._defaults)
        return self._profiles[key]


def class_split(
    groups: tuple[str, ...],
    *,
    day_kind: str,
    composition: FleetComposition | None = None,
    freight_share: Mapping[str, float] | None = None,
    defaults: Defaults,
) -> ClassSplit:
    """Say how flows of light and heavy vehicles split into vehicle classes.

    Parameters
    ----------
    groups
        Groups or classes of the flow table; only ``light`` and ``heavy`` need a split.
    composition
        With kilometres by class (``FleetComposition.of_fleet``): the proportions of the classes
        within each group; else rows ``fleet_composition:<group>.<class>.share``.
    freight_share
        Share of a group's vehicles that carry goods and are modelled; else the product of rows
        ``<group>.freight_share`` and ``<group>.diesel_share``.

    Raises
    ------
    InputError
        Shares out of 0 to 1, class shares that do not sum to 1, a composition without any
        class of a group.
    """
    rows = CheckedRows(defaults)
    given = dict(freight_share or {})
    rows.problems += [
        Problem("freight_share", group, value=str(share), expected="light or heavy, from 0 to 1")
        for group, share in given.items()
        if group not in FLOW_GROUPS or not 0.0 <= share <= 1.0
    ]
    shares: dict[str, dict[str, float]] = {}
    for group in (name for name in groups if name in FLOW_GROUPS):
        part = given.get(group)
        if part is None:
            part = 1.0
            for row in (f"{group}.freight_share", f"{group}.diesel_share"):
                part *= rows.number(_TABLE, row, 0.0, 1.0, "a share from 0 to 1")
        if composition is not None and composition.class_km:
            proportions = {
                name: float(km)
                for name, km in composition.class_km.items()
                if group_of_class(name, defaults=defaults) == group
            }
            total = sum(proportions.values())
            if not total > 0:
                expected = f"kilometres of a {group} vehicle class"
                rows.problems.append(Problem("fleet composition", group, expected=expected))
                continue
        else:
            proportions = {
                name: rows.number(_TABLE, f"{group}.{name}.share", 0.0, 1.0, "a share from 0 to 1")
                for name in vehicle_class_names()
                if f"{group}.{name}.share" in read_table(_TABLE).index
            }
            total = sum(proportions.values())
            if abs(total - 1.0) > _TOLERANCE:
                expected = "class shares that sum to 1"
                rows.problems.append(
                    Problem(f"default table {_TABLE}", f"{group}.<class>.share", 0, f"{total:g}",
                            expected)
                )  # fmt: skip
                continue
        shares[group] = {name: part * value / total for name, value in proportions.items()}
    if rows.problems:
        raise InputError(dict.fromkeys(rows.problems))
    return ClassSplit(shares, day_kind=day_kind, defaults=defaults)

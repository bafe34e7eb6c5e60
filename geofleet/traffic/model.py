"""LinkFlows: vehicles per hour by class on each link, on an average day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries, Traversals
from geofleet.traffic.rounding import to_float32

__all__ = ["LinkFlows"]

_HOURS = 24
_NAME = "link flows"
_KM = 1e-3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinkFlows:
    """Vehicles by link, class and local hour of an average day.

    Parameters
    ----------
    edges
        Edge numbers of a RoadNetwork, int32, ascending.
    classes
        Vehicle class ids.
    vehicles
        Vehicles that drive the whole link in each hour, float32, C-contiguous, shape
        ``(len(edges), len(classes), 24)``.
    day_kind
        What day it is: ``average``, ``weekday``, ``saturday`` or ``sunday``.
    report
        What making the flows did: what came in, what was left out.
    provenance
        Default rows used.
    known_removed
        Whether vehicles known by name were taken out of these flows, or of a part of them, so
        that what those drive may be added without counting it twice.

    Raises
    ------
    InputError
        Edges out of order, unknown or repeated classes, another shape, flows that are negative or
        no numbers.
    """

    edges: npt.NDArray[np.int32]
    classes: tuple[str, ...]
    vehicles: npt.NDArray[np.float32]
    day_kind: str = "average"
    report: Mapping[str, Any] = field(default_factory=dict)
    provenance: tuple[str, ...] = ()
    known_removed: bool = False

    def __post_init__(self) -> None:
        """Check that the arrays belong together."""
        problems = []
        shape = (self.edges.size, len(self.classes), _HOURS)
        if self.edges.ndim != 1 or self.edges.dtype != np.int32:
            value = f"{self.edges.dtype} {self.edges.shape}"
            problems.append(Problem(_NAME, "edges", value=value, expected="int32, one dimension"))
        elif len(self.edges) and (self.edges[0] < 0 or (np.diff(self.edges) <= 0).any()):
            problems.append(Problem(_NAME, "edges", expected="edge numbers, ascending, each once"))
        for name in sorted(set(self.classes) - set(vehicle_class_names())):
            known = ", ".join(vehicle_class_names())
            problems.append(Problem(_NAME, "classes", value=name, expected=f"one of {known}"))
        if len(set(self.classes)) < len(self.classes):
            problems.append(Problem(_NAME, "classes", expected="each class once"))
        if (
            self.vehicles.shape != shape
            or self.vehicles.dtype != np.float32
            or not self.vehicles.flags.c_contiguous
        ):
            value = f"{self.vehicles.dtype} {self.vehicles.shape}"
            expected = f"float32, C-contiguous, shape {shape}"
            problems.append(Problem(_NAME, "vehicles", value=value, expected=expected))
        elif not (np.isfinite(self.vehicles).all() and (self.vehicles >= 0).all()):
            problems.append(Problem(_NAME, "vehicles", expected="numbers of at least 0"))
        if problems:
            raise InputError(problems)

    @classmethod
    def of(
        cls,
        network: RoadNetwork,
        edges: npt.ArrayLike,
        classes: Sequence[str],
        vehicles: npt.ArrayLike,
        *,
        day_kind: str = "average",
        report: Mapping[str, Any] | None = None,
        provenance: Iterable[str] = (),
        known_removed: bool = False,
    ) -> LinkFlows:
        """Make flows of double-precision numbers, keeping the vehicle-km of each class.

        Links that nobody drives are left out; edges may come in any order but each once. No
        links or no classes are flows without vehicles.
        """
        numbers = np.asarray(edges, dtype=np.int64)
        values = np.asarray(vehicles, dtype=np.float64)
        shape = (numbers.size, len(classes), _HOURS)
        if not values.size and 0 in shape:
            values = values.reshape(shape)  # no rows have no classes or hours to tell their shape
        if numbers.ndim != 1 or values.shape != shape:
            expected = f"shape {shape}, for links, classes and hours"
            raise InputError([Problem(_NAME, "vehicles", 0, str(values.shape), expected)])
        outside = (numbers < 0) | (numbers >= network.arrays.edge_count)
        if outside.any():
            expected = f"edge numbers from 0 to {network.arrays.edge_count - 1}"
            first = ", ".join(map(str, numbers[outside][:5]))
            raise InputError([Problem(_NAME, "edges", value=first, expected=expected)])
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise InputError([Problem(_NAME, "vehicles", expected="numbers of at least 0")])
        kept = np.flatnonzero(values.any(axis=(1, 2)))
        kept = kept[np.argsort(numbers[kept], kind="stable")]
        numbers, values = numbers[kept], values[kept]
        length_km = network.arrays.length_m[numbers] * _KM
        return cls(
            numbers.astype(np.int32),
            tuple(classes),
            to_float32(values, length_km),
            day_kind,
            dict(report or {}),
            tuple(sorted(set(provenance))),
            known_removed,
        )

    @property
    def total(self) -> dict[str, float]:
        """Vehicles of each class summed over links and hours (link entries a day)."""
        sums = self.vehicles.sum(axis=(0, 2), dtype=np.float64)
        return dict(zip(self.classes, sums.tolist(), strict=True))

    def vehicle_km(self, network: RoadNetwork) -> dict[str, float]:
        """Return the kilometres a day of each class.

        Raises
        ------
        InputError
            Flows on links that the network does not have.
        """
        by_hour = self.hourly_km(network)
        return dict(zip(self.classes, by_hour.sum(axis=1).tolist(), strict=True))

    def hourly_km(self, network: RoadNetwork) -> Floats:
        """Return vehicle-km by class and hour, shape ``(classes, 24)``."""
        km: Floats = np.tensordot(self.length_km(network), self.vehicles.astype(np.float64), 1)
        return km

    def length_km(self, network: RoadNetwork) -> Floats:
        """Return the length of each link that has flows."""
        if len(self.edges) and self.edges[-1] >= network.arrays.edge_count:
            expected = f"links of this network, which has {network.arrays.edge_count}"
            raise InputError(
                [Problem(_NAME, "edges", value=str(self.edges[-1]), expected=expected)]
            )
        length: Floats = network.arrays.length_m[self.edges] * _KM
        return length

    def plus(self, other: LinkFlows) -> LinkFlows:
        """Return the flows of both together, over the links and classes of either.

        If known vehicles were taken out of one, ``known_removed`` says so of both.

        Raises
        ------
        InputError
            The two are of different kinds of day.
        """
        if self.day_kind != other.day_kind:
            expected = f"the same kind of day ({self.day_kind})"
            raise InputError([Problem(_NAME, "day_kind", value=other.day_kind, expected=expected)])
        edges = np.union1d(self.edges, other.edges).astype(np.int32)
        classes = tuple(dict.fromkeys((*self.classes, *other.classes)))
        out = np.zeros((len(edges), len(classes), _HOURS), np.float32)
        for part in (self, other):
            rows = np.searchsorted(edges, part.edges)
            columns = np.array([classes.index(name) for name in part.classes], dtype=np.intp)
            out[np.ix_(rows, columns)] += part.vehicles
        provenance = tuple(sorted({*self.provenance, *other.provenance}))
        report = {"parts": [dict(self.report), dict(other.report)]}
        removed = self.known_removed or other.known_removed
        return LinkFlows(edges, classes, out, self.day_kind, report, provenance, removed)

    def scaled(self, factors: Mapping[str, float]) -> LinkFlows:
        """Return the flows with each class multiplied by its factor (1 where none is given).

        Raises
        ------
        InputError
            A class that the flows do not have, or a factor that is negative or no number.
        """
        problems = [
            Problem(_NAME, "factors", value=name, expected="a class of the flows: "
                    + ", ".join(self.classes))
            for name in factors if name not in self.classes
        ]  # fmt: skip
        problems += [
            Problem(_NAME, f"factors, {name}", value=str(factor), expected="a number of at least 0")
            for name, factor in factors.items()
            if not (np.isfinite(factor) and factor >= 0)
        ]
        if problems:
            raise InputError(problems)
        each = np.array([factors.get(name, 1.0) for name in self.classes], dtype=np.float64)
        out = (self.vehicles * each[None, :, None]).astype(np.float32)
        return replace(self, vehicles=np.ascontiguousarray(out))

    def without(
        self,
        known: Itineraries | Traversals,
        network: RoadNetwork,
        *,
        how: Literal["link", "fleet"] = "link",
        dates: Iterable[str] | None = None,
        defaults: Defaults | None = None,
    ) -> LinkFlows:
        """Take known vehicle-days out, so that both may be summed without counting any twice.

        See :func:`geofleet.traffic.known.without`.
        """
        from geofleet.traffic.known import without

        return without(self, known, network, how=how, dates=dates, defaults=defaults)

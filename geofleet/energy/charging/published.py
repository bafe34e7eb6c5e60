"""Read published instances of routing with chargers in the VRP-REP format."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging.model import (
    Charger,
    ChargingInstance,
    ChargingPlans,
    FixedRoute,
)
from geofleet.energy.charging.solve import charge_on_the_way_many
from geofleet.errors import InputError, Problem

__all__ = ["PublishedInstance", "read_published"]

_SECONDS_PER_HOUR = 3600.0
_CHARGER = "2"


@dataclass(frozen=True)
class PublishedInstance:
    """A published instance: places in the plane, one vehicle, chargers of a few kinds.

    Parameters
    ----------
    name
        As in the file.
    instance
        Nodes numbered as in the file; with a charger at the depot, one more node for it.
    service_s
        Per node.
    latest_end_s
        Longest route that the instance allows; infinite where the file names none.
    depot, customers
        Nodes.
    """

    name: str
    instance: ChargingInstance
    service_s: tuple[float, ...]
    latest_end_s: float
    depot: int
    customers: tuple[int, ...]

    def route(
        self, nodes: Sequence[int], *, start_wh: float | None = None, limited: bool = True
    ) -> FixedRoute:
        """Return the route through nodes of the file, first and last included.

        Parameters
        ----------
        nodes
            Numbers as in the file, mostly from depot to depot. Chargers are not among them.
        start_wh
            Energy in the beginning; a full battery when not given.
        limited
            Whether the route must keep to the longest travel time of the file.

        Raises
        ------
        InputError
            Numbers that are no nodes.
        """
        known = len(self.service_s)
        for row, node in enumerate(nodes, start=1):
            if not isinstance(node, (int, np.integer)) or not 0 <= node < known:
                expected = f"a node of the instance, 0 to {known - 1}"
                raise InputError([Problem(self.name, "nodes", row, str(node), expected)])
        return FixedRoute(
            tuple(nodes),
            self.instance.battery_wh if start_wh is None else start_wh,
            service_s=tuple(map(self.service_s.__getitem__, nodes)),
            latest_end_s=self.latest_end_s if limited else np.inf,
        )

    def plans(
        self, routes: Sequence[Sequence[int]], *, start_wh: float | None = None,
        limited: bool = True,
    ) -> ChargingPlans:  # fmt: skip
        """Return the plan of each route, given as numbers of nodes; see :meth:`route`.

        ``plans.duration_s`` has the least durations, NaN where there is no way.
        """
        fixed = [self.route(nodes, start_wh=start_wh, limited=limited) for nodes in routes]
        return charge_on_the_way_many(self.instance, fixed)


def read_published(path: Path, *, depot_charger: bool = True) -> PublishedInstance:
    """Read a VRP-REP file as of Montoya, Guéret, Mendoza and Villegas (2017).

    Distances are Euclidean in km, times in hours, energies in Wh
    (*Transportation Research Part B* 103, 87-110, doi:10.1016/j.trb.2017.02.004).

    Parameters
    ----------
    path
        The file.
    depot_charger
        Whether the depot has a charger of the fastest kind, for use on the way too.

    Raises
    ------
    InputError
        A file that is no such instance.
    """
    path = Path(path)
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        expected = f"XML that is whole ({error})"
        raise InputError([Problem(str(path), expected=expected)]) from None
    if root.find("network/euclidean") is None:
        expected = "a network with Euclidean distances"
        raise InputError([Problem(str(path), "network/euclidean", expected=expected)])
    by_id = {node.get("id"): node for node in root.iterfind("network/nodes/node")}
    nodes = [node for i in range(len(by_id)) if (node := by_id.get(str(i))) is not None]
    if not nodes or len(nodes) < len(root.findall("network/nodes/node")):
        expected = "nodes numbered 0, 1, 2, …, each once"
        raise InputError([Problem(str(path), "node", expected=expected)])
    places = [(_number(path, node, "cx"), _number(path, node, "cy")) for node in nodes]
    kinds = [node.findtext("custom/cs_type", "") for node in nodes]
    at = [i for i, node in enumerate(nodes) if node.get("type") == _CHARGER]
    vehicle = _one(path, root, "fleet/vehicle_profile")
    depot = int(_number(path, vehicle, "departure_node"))
    if not 0 <= depot < len(nodes):
        expected = f"a node of the file, 0 to {len(nodes) - 1}"
        raise InputError([Problem(str(path), "departure_node", 0, str(depot), expected)])
    curves = _curves(path, vehicle)
    if depot_charger:
        at.append(len(places))
        places.append(places[depot])
        kinds.append(max(curves, key=lambda kind: curves[kind].power_w[0]))
    unknown = sorted({kinds[i] for i in at} - set(curves))
    if unknown:
        expected = "kinds of charger with a charging function"
        raise InputError([Problem(str(path), "cs_type", 0, ", ".join(unknown), expected)])
    speed = _number(path, vehicle, "speed_factor")
    if speed <= 0.0:
        raise InputError([Problem(str(path), "speed_factor", 0, str(speed), "km/h above 0")])
    x, y = np.array(places, dtype=np.float64).T
    km = np.hypot(x[:, None] - x, y[:, None] - y)
    instance = ChargingInstance(
        drive_s=km / speed * _SECONDS_PER_HOUR,
        energy_wh=km * _number(path, vehicle, "custom/consumption_rate"),
        chargers=tuple(Charger(f"{i} {kinds[i]}", i, curves[kinds[i]]) for i in at),
        battery_wh=_number(path, vehicle, "custom/battery_capacity"),
        node_ids=tuple(str(i) for i in range(len(places))),
    )
    latest = np.inf
    if vehicle.find("max_travel_time") is not None:
        latest = _number(path, vehicle, "max_travel_time") * _SECONDS_PER_HOUR
    return PublishedInstance(
        root.findtext("info/name", path.stem),
        instance,
        _service(path, root, len(places)),
        latest,
        depot,
        tuple(i for i, node in enumerate(nodes) if node.get("type") == "1"),
    )


def _service(path: Path, root: ElementTree.Element, count: int) -> tuple[float, ...]:
    """Seconds of service at each node; 0 where the file has none."""
    service = {str(node): 0.0 for node in range(count)}
    for request in root.iterfind("requests/request"):
        node = request.get("node", "")
        if node not in service:
            raise InputError([Problem(str(path), "request", 0, node, "a node of the file")])
        if request.find("service_time") is not None:
            service[node] = _number(path, request, "service_time") * _SECONDS_PER_HOUR
    return tuple(service.values())


def _curves(path: Path, vehicle: ElementTree.Element) -> dict[str, ChargingCurve]:
    """Return the charging curve of each kind of charger."""
    curves = {}
    for function in vehicle.iterfind("custom/charging_functions/function"):
        kind = function.get("cs_type", "")
        points = list(function.iterfind("breakpoint"))
        curves[kind] = ChargingCurve(
            kind,
            tuple(_number(path, p, "charging_time") * _SECONDS_PER_HOUR for p in points),
            tuple(_number(path, p, "battery_level") for p in points),
        )
    if not curves:
        raise InputError([Problem(str(path), "charging_functions", expected="at least one")])
    return curves


def _one(path: Path, element: ElementTree.Element, tag: str) -> ElementTree.Element:
    found = element.find(tag)
    if found is None:
        raise InputError([Problem(str(path), tag, expected="one such element")])
    return found


def _number(path: Path, element: ElementTree.Element, tag: str) -> float:
    text = _one(path, element, tag).text or ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError([Problem(str(path), tag, 0, text, "a number")])
    return value

"""Read published instances of routing with chargers in the VRP-REP format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from geofleet.energy.battery import ChargingCurve
from geofleet.energy.charging.model import Charger, ChargingInstance, FixedRoute
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
        Longest route that the instance allows.
    depot, customers
        Nodes.
    """

    name: str
    instance: ChargingInstance
    service_s: tuple[float, ...]
    latest_end_s: float
    depot: int
    customers: tuple[int, ...]

    def route(self, nodes: tuple[int, ...], *, limited: bool = False) -> FixedRoute:
        """Return the route through ``nodes`` with a full battery, ``limited`` in its length."""
        return FixedRoute(
            nodes,
            self.instance.battery_wh,
            service_s=tuple(self.service_s[node] for node in nodes),
            latest_end_s=self.latest_end_s if limited else np.inf,
        )


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
    nodes = sorted(root.iterfind("network/nodes/node"), key=lambda node: int(node.get("id", -1)))
    if [node.get("id") for node in nodes] != [str(i) for i in range(len(nodes))] or not nodes:
        raise InputError([Problem(str(path), "node", expected="nodes numbered 0, 1, 2, …")])
    places = [(_number(path, node, "cx"), _number(path, node, "cy")) for node in nodes]
    kinds = [node.findtext("custom/cs_type", "") for node in nodes]
    at = [i for i, node in enumerate(nodes) if node.get("type") == _CHARGER]
    vehicle = _one(path, root, "fleet/vehicle_profile")
    depot = int(_number(path, vehicle, "departure_node"))
    curves = _curves(path, vehicle)
    if depot_charger:
        at.append(len(places))
        places.append(places[depot])
        kinds.append(max(curves, key=lambda kind: curves[kind].power_w[0]))
    unknown = sorted({kinds[i] for i in at} - set(curves))
    if unknown:
        expected = "kinds of charger with a charging function"
        raise InputError([Problem(str(path), "cs_type", 0, ", ".join(unknown), expected)])
    x, y = np.array(places, dtype=np.float64).T
    km = np.hypot(x[:, None] - x, y[:, None] - y)
    instance = ChargingInstance(
        drive_s=km / _number(path, vehicle, "speed_factor") * _SECONDS_PER_HOUR,
        energy_wh=km * _number(path, vehicle, "custom/consumption_rate"),
        chargers=tuple(Charger(f"{i} {kinds[i]}", i, curves[kinds[i]]) for i in at),
        battery_wh=_number(path, vehicle, "custom/battery_capacity"),
        node_ids=tuple(str(i) for i in range(len(places))),
    )
    service = [0.0] * len(places)
    for request in root.iterfind("requests/request"):
        service[int(request.get("node", -1))] = (
            _number(path, request, "service_time") * _SECONDS_PER_HOUR
        )
    return PublishedInstance(
        root.findtext("info/name", path.stem),
        instance,
        tuple(service),
        _number(path, vehicle, "max_travel_time") * _SECONDS_PER_HOUR,
        depot,
        tuple(i for i, node in enumerate(nodes) if node.get("type") == "1"),
    )


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
        return float(text)
    except ValueError:
        raise InputError([Problem(str(path), tag, 0, text, "a number")]) from None

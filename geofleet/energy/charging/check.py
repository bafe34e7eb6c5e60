"""Every fault of an instance or a route that would make its plan wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.energy.charging import _kernels_prepare as kernels
from geofleet.energy.charging.prepare import JOULES_PER_WH, RouteArrays, route_arrays
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.energy.charging.model import Charger, ChargingInstance, FixedRoute, Prices

__all__ = ["check_instance", "check_prices", "check_routes", "numbers"]

_HOURS = 24
_SLACK = 1e-9
_SHOWN = 5


def numbers(values: npt.ArrayLike, name: str) -> npt.NDArray[np.float64]:
    """Return a matrix as an array of numbers; raise InputError where it is none."""
    try:
        return np.ascontiguousarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError([Problem("matrices", name, expected="rows of numbers")]) from None


def check_instance(instance: ChargingInstance) -> None:
    """Raise InputError with every fault of an instance."""
    problems = [*_battery(instance), *_matrices(instance)]
    for row, charger in enumerate(instance.chargers, start=1):
        problems += _charger(instance, charger, row)
    names = [charger.charger_id for charger in instance.chargers]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(Problem("chargers", "charger_id", 0, name, "each charger once"))
    if problems:
        raise InputError(problems)


def check_routes(instance: ChargingInstance, routes: Sequence[FixedRoute]) -> RouteArrays:
    """Return the routes as arrays; raise InputError with every fault, rows count from 1."""
    given = _sound(instance, routes)
    if given is not None:
        return given
    problems: list[Problem] = []
    for row, route in enumerate(routes, start=1):
        problems += _route(instance, route, row)
    if problems:
        raise InputError(problems)
    return route_arrays(routes)


def _sound(instance: ChargingInstance, routes: Sequence[FixedRoute]) -> RouteArrays | None:
    """Return the arrays if all routes are without fault; which one is not is found one by one."""
    for route in routes:
        stops = len(route.nodes)
        fits = stops > 1 and len(route.service_s) in (0, stops)
        fits = fits and len(route.window_s) in (0, stops) and len(route.layers) in (0, stops - 1)
        if not fits or (not route.layers and instance.layer_count > 1):
            return None
    try:
        given = route_arrays(routes)
    except TypeError:  # a node that is no whole number
        return None
    full = instance.battery_wh * JOULES_PER_WH * (1.0 + _SLACK)
    sound = kernels.are_sound(
        instance.drive_s, instance.layer_count, full, *given.stops, given.starts, given.ends,
        given.first,
    )  # fmt: skip
    return given if sound else None


def check_prices(instance: ChargingInstance, prices: Prices) -> None:
    """Raise InputError with every price that cannot be used."""
    problems = []
    for field in ("driver_per_h", "end_energy_per_kwh"):
        value = getattr(prices, field)
        if not 0.0 <= value < math.inf:
            problems.append(Problem("prices", field, 0, str(value), "a price of at least 0"))
    for row, charger in enumerate(instance.chargers, start=1):
        if not all(0.0 <= price < math.inf for price in _hourly(charger.price_per_kwh)):
            expected = f"prices of at least 0 ({charger.charger_id})"
            value = str(charger.price_per_kwh)
            problems.append(Problem("chargers", "price_per_kwh", row, value, expected))
    if problems:
        raise InputError(problems)


def _hourly(value: float | tuple[float, ...]) -> tuple[float, ...]:
    return value if isinstance(value, tuple) else (value,) * _HOURS


def _battery(instance: ChargingInstance) -> Iterator[Problem]:
    battery, reserve = instance.battery_wh, instance.reserve_wh
    if not 0.0 < battery < math.inf:
        yield Problem("battery", "battery_wh", 0, str(battery), "an energy above 0")
    elif not 0.0 <= reserve <= battery:
        expected = f"from 0 to the full battery ({battery:g} Wh)"
        yield Problem("battery", "reserve_wh", 0, str(reserve), expected)


def _matrices(instance: ChargingInstance) -> Iterator[Problem]:
    nodes = len(instance.drive_s)
    square = (nodes, nodes)
    if instance.drive_s.shape != square or nodes < 2:
        shape = str(instance.drive_s.shape)
        yield Problem("matrices", "drive_s", 0, shape, "as many rows as columns, two or more")
        return
    if np.isnan(instance.drive_s).any() or (instance.drive_s < 0.0).any():
        bad = np.argwhere(~(instance.drive_s >= 0.0))[0]
        expected = "seconds of at least 0 (infinite where there is no way)"
        yield Problem("matrices", "drive_s", int(bad[0]) + 1, _pair(instance, bad), expected)
    names = ("energy_wh", "need_wh", "refused_wh")
    arrays = {name: getattr(instance, name) for name in names}
    for name, values in arrays.items():
        if values is None:
            continue
        if values.ndim not in (2, 3) or values.shape[-2:] != square:
            expected = f"shape {square}, or that for each load"
            yield Problem("matrices", name, 0, str(values.shape), expected)
            return
        if np.isnan(values).any():
            bad = np.argwhere(np.isnan(values))[0][-2:]
            expected = "energies of known size (infinite where there is no way)"
            yield Problem("matrices", name, int(bad[0]) + 1, _pair(instance, bad), expected)
            return
    energy = instance.energy_wh
    for name in names[1:]:
        values = arrays[name]
        if values is None:
            continue
        if values.shape != energy.shape:
            expected = f"the shape of energy_wh, {energy.shape}"
            yield Problem("matrices", name, 0, str(values.shape), expected)
        elif (values < np.maximum(energy, 0.0) - _SLACK * max(instance.battery_wh, 1.0)).any():
            yield Problem("matrices", name, 0, "", "at least 0 and at least energy_wh")


def _pair(instance: ChargingInstance, pair: object) -> str:
    a, b = (int(i) for i in np.asarray(pair)[-2:])
    if instance.node_ids:
        return f"{instance.node_ids[a]} to {instance.node_ids[b]}"
    return f"{a} to {b}"


def _charger(instance: ChargingInstance, charger: Charger, row: int) -> Iterator[Problem]:
    def problem(field: str, value: object, expected: str) -> Problem:
        return Problem("chargers", field, row, str(value), f"{expected} ({charger.charger_id})")

    if not 0 <= charger.node < len(instance.drive_s):
        yield problem("node", charger.node, f"a node from 0 to {len(instance.drive_s) - 1}")
    if charger.curve.energy_wh[-1] > instance.battery_wh * (1.0 + _SLACK):
        expected = f"a curve that ends at the full battery ({instance.battery_wh:g} Wh) or below"
        yield problem("curve", f"{charger.curve.energy_wh[-1]:g} Wh", expected)
    waits = _hourly(charger.wait_s)
    if len(waits) != _HOURS or not all(0.0 <= wait < math.inf for wait in waits):
        yield problem("wait_s", charger.wait_s, "seconds of at least 0, one number or 24 by hour")
    if len(_hourly(charger.price_per_kwh)) != _HOURS:
        yield problem("price_per_kwh", charger.price_per_kwh, "one number or 24 by hour")
    before = -math.inf
    for opens, closes in charger.open_s:
        if not before < opens < closes < math.inf:
            expected = "opening hours in order, each closing after it opens"
            yield problem("open_s", charger.open_s, expected)
            break
        before = closes


def _route(instance: ChargingInstance, route: FixedRoute, row: int) -> Iterator[Problem]:
    def problem(field: str, value: object, expected: str) -> Problem:
        return Problem("routes", field, row, str(value), expected)

    stops, nodes = len(route.nodes), len(instance.drive_s)
    if stops < 2:
        yield problem("nodes", stops, "at least two stops")
    whole = [isinstance(node, (int, np.integer)) for node in route.nodes]
    outside = [
        node
        for node, fits in zip(route.nodes, whole, strict=True)
        if not fits or not 0 <= node < nodes
    ]
    if outside:
        yield problem("nodes", outside[:_SHOWN], f"nodes from 0 to {nodes - 1}")
    elif stops >= 2:
        pairs = np.array(route.nodes)
        legs = np.column_stack([pairs[:-1], pairs[1:]])
        lost = ~np.isfinite(instance.drive_s[legs[:, 0], legs[:, 1]])
        for leg in legs[lost][:_SHOWN]:
            yield problem("nodes", _pair(instance, leg), "a way between every stop and the next")
    battery = instance.battery_wh
    for field in ("start_wh", "end_wh"):
        value = getattr(route, field)
        if not 0.0 <= value <= battery * (1.0 + _SLACK):
            share = f"{value:g} Wh ({value / battery:.0%} of the battery)"
            yield problem(field, share, f"from 0 to the full battery ({battery:g} Wh, 100 %)")
    if not math.isfinite(route.start_s):
        yield problem("start_s", route.start_s, "seconds after midnight")
    if math.isnan(route.latest_end_s):
        yield problem("latest_end_s", route.latest_end_s, "seconds after midnight, or infinity")
    for field, size in (("service_s", stops), ("window_s", stops), ("layers", stops - 1)):
        values = getattr(route, field)
        if values and len(values) != size:
            yield problem(field, f"{len(values)} values", f"{size} values, or none")
    if not all(0.0 <= value < math.inf for value in route.service_s):
        yield problem("service_s", route.service_s, "seconds of at least 0")
    for opens, late in route.window_s:
        if not opens <= late or opens == math.inf:
            yield problem("window_s", (opens, late), "a window that closes after it opens")
    if not route.layers and instance.layer_count > 1:
        expected = f"the layer of each gap: energy is given for {instance.layer_count} loads"
        yield problem("layers", "", expected)
    wrong = [layer for layer in route.layers if not 0 <= layer < instance.layer_count]
    if wrong:
        yield problem("layers", wrong[:_SHOWN], f"layers from 0 to {instance.layer_count - 1}")

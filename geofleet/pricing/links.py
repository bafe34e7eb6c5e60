"""From emissions, exposure, speeds and costs to the price of every link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.flows import flow_grams, prepare_flows
from geofleet.emissions.model import QUANTITIES
from geofleet.errors import InputError, Problem
from geofleet.fleet import Fleet, FleetComposition
from geofleet.network.routing.paths import RoutingGraph, connected_access
from geofleet.network.routing.turns import FORBIDDEN
from geofleet.pricing.model import COST, HARM, TIME, LinkPrices
from geofleet.routes.itinerary import RoadGroup, road_groups
from geofleet.routes.speeds import HourlySpeeds, hourly_speeds
from geofleet.traffic import LinkFlows

if TYPE_CHECKING:
    from geofleet.exposure import UnitExposure
    from geofleet.network import RoadNetwork

__all__ = ["class_group", "harm_table", "link_prices", "open_group", "prices_of"]

Floats = npt.NDArray[np.float64]
Unknown = Literal["refuse", "exclude"]

_TABLE = "pricing"
_HOURS = 24
_CHUNK = 25_000
_S_PER_H = 3600.0
_KMH = 3.6
_MJ_PER_KWH = 3.6
_KEPT = ("nox_exhaust_g", "co2e_wtw_g")


class Setting(NamedTuple):
    """Where and when a vehicle drives, for its emissions."""

    country: str | None = None
    year: int | None = None
    temperature_c: float | Sequence[float] | None = None


def link_prices(
    network: RoadNetwork,
    composition: FleetComposition,
    vehicle_class: str,
    *,
    unit_exposure: UnitExposure,
    speeds: HourlySpeeds | None = None,
    hours: Sequence[int] = tuple(range(_HOURS)),
    pollutants: Sequence[str] | None = None,
    harm_prices: Mapping[str, Floats] | None = None,
    harm: str = HARM,
    quantities: Sequence[str] = _KEPT,
    gvw_kg: float | None = None,
    load_share: float | None = None,
    unknown: Unknown = "refuse",
    country: str | None = None,
    year: int | None = None,
    temperature_c: float | Sequence[float] | None = None,
    u_turn_radius_m: float | None = None,
    defaults: Defaults | None = None,
) -> LinkPrices:
    """Price one passage of the mean vehicle of a class over every link, hour by hour.

    Harm is grams emitted times unit exposure over 3,600 s: what the passage adds to the sum over
    people of the concentration they breathe, times one hour. Grams are those of
    :func:`geofleet.emissions.flow_emissions` for one vehicle, so cold starts of vans stand for an
    average trip and idling at stops is not in them. Speeds are those that routes are driven at.

    Parameters
    ----------
    network
        The roads.
    composition
        Engines of the class: the fleet of a city, or one vehicle by
        ``FleetComposition.of_fleet(fleet_of_one, weights="vehicles")``.
    vehicle_class
        Row of the class table; says access, top speed and costs.
    unit_exposure
        Persons·µg/m3 per g/s of the links, see :func:`geofleet.pricing.network_unit_exposure`.
    speeds
        Speed factors by road class and hour; table ``traffic_speed_profile`` when not given.
    hours
        Local hours to price.
    pollutants
        Quantities of one substance whose grams make the harm; row ``pricing:harm_pollutants``
        (primary PM2.5 of exhaust and wear) when not given.
    harm_prices
        Further harms by name (``harm_deaths``, ``harm_money``), each per gram, shape
        (len(unit_exposure.edges), 24); see :func:`geofleet.pricing.harm_prices`. Money is in the
        currency of row ``pricing:currency``.
    harm
        Which harm least-harm routes keep low.
    quantities
        Further quantities of emission tables to carry along.
    gvw_kg
        Gross weight laden; the heaviest of the class when not given.
    load_share
        Share of the payload capacity on board; default as in ``flow_emissions``.
    unknown
        Links that the vehicle may use and whose unit exposure is not known (absent or NaN):
        ``refuse`` them, or ``exclude`` them, as if closed; ``report`` then counts them. They are
        never free.
    country, year, temperature_c
        As for :func:`geofleet.emissions.flow_emissions`.
    u_turn_radius_m
        As for :meth:`geofleet.network.RoutingGraph.build`.

    Raises
    ------
    InputError
        Unknown harm on usable links, pollutants of more than one substance, hours that do not
        exist, and what ``flow_emissions`` refuses.
    """
    scope = (defaults or Defaults()).scope()
    group = class_group(network, vehicle_class, gvw_kg=gvw_kg, defaults=scope)
    chosen = harm_pollutants(pollutants, scope)
    table = harm_table(network, unit_exposure, harm_prices)
    group, report = open_group(network, group, table, unknown=unknown)
    graph = group.graph(network, u_turn_radius_m, scope)
    return prices_of(
        network, graph, composition, vehicle_class, table=table,
        speeds=speeds or hourly_speeds(network.edges["highway"], defaults=scope),
        hours=hours, pollutants=chosen, harm=harm, quantities=quantities, load_share=load_share,
        setting=Setting(country, year, temperature_c), report=report,
        provenance=(*unit_exposure.provenance, *composition.provenance), defaults=scope,
    )  # fmt: skip


def class_group(
    network: RoadNetwork, vehicle_class: str, *, gvw_kg: float | None, defaults: Defaults
) -> RoadGroup:
    """Return the roads that a vehicle of a class may use, and its speed caps."""
    row = {"operator_id": "", "vehicle_class": vehicle_class, "gvw_kg": gvw_kg}
    vehicles = pd.DataFrame([row], index=pd.Index(["vehicle"], name="vehicle_id"))
    fleet = Fleet(vehicles, pd.DataFrame(index=pd.Index([""], name="operator_id")))
    return road_groups(network, fleet, ["vehicle"], defaults)[0]


def harm_pollutants(given: Sequence[str] | None, defaults: Defaults) -> tuple[str, ...]:
    """Return the quantities that make the harm, which must be of one substance.

    Raises
    ------
    InputError
        No quantity, one that does not exist or is no pollutant, or two substances: their harms
        overlap and their grams do not add.
    """
    names = tuple(given or defaults.text(_TABLE, "harm_pollutants").split())
    fine = tuple(n for n in QUANTITIES if n.endswith(("_exhaust_g", "_wear_g")))
    problems = [
        Problem("pollutants", value=name, expected="one of " + ", ".join(fine))
        for name in names if name not in fine
    ]  # fmt: skip
    if len({name.split("_")[0] for name in names}) > 1 or len(set(names)) < len(names):
        expected = "quantities of one substance, each once: harms of several overlap"
        problems.append(Problem("pollutants", value=" ".join(names), expected=expected))
    if problems:
        raise InputError(problems)
    return names


def harm_table(
    network: RoadNetwork, unit_exposure: UnitExposure, harm_prices: Mapping[str, Floats] | None
) -> dict[str, Floats]:
    """Return harms per gram on every link of the network, NaN where not known.

    Raises
    ------
    InputError
        Links that the network does not have, or arrays of another shape.
    """
    edges, count = unit_exposure.edges, network.arrays.edge_count
    given = {HARM: unit_exposure.values / _S_PER_H, **(harm_prices or {})}
    problems = [
        Problem("harm_prices", name, value=str(np.shape(values)),
                expected=f"shape {(len(edges), _HOURS)}, one row for each link of unit exposure")
        for name, values in given.items() if np.shape(values) != (len(edges), _HOURS)
    ]  # fmt: skip
    if len(edges) and int(edges.max()) >= count:
        expected = f"links of this network, which has {count}"
        problems.append(Problem("unit exposure", "edges", 0, str(edges.max()), expected))
    if problems:
        raise InputError(problems)
    out = {}
    for name, values in given.items():
        out[name] = np.full((count, _HOURS), np.nan)
        out[name][edges] = values
    return out


def open_group(
    network: RoadNetwork, group: RoadGroup, table: Mapping[str, Floats], *, unknown: Unknown
) -> tuple[RoadGroup, dict[str, Any]]:
    """Refuse links of unknown harm, or close them; returns what was done as a report.

    Raises
    ------
    InputError
        Usable links of unknown harm that are to be refused.
    """
    usable = group.access != FORBIDDEN
    lost = usable & ~np.all([np.isfinite(v).all(axis=1) for v in table.values()], axis=0)
    length_km = network.arrays.length_m / 1000.0
    access = group.access
    if lost.any():
        if unknown != "exclude":
            first = ", ".join(map(str, np.flatnonzero(lost)[:5]))
            expected = (
                f"unit exposure for every link that a {group.profile.name} may use; it is unknown "
                f"on {int(lost.sum())} of {int(usable.sum())} ({length_km[lost].sum():.1f} km): "
                "make it for all links with network_unit_exposure, or leave these links out of all "
                'routes with unknown="exclude"'
            )
            raise InputError([Problem("unit exposure", "edges", value=first, expected=expected)])
        access = connected_access(network, np.where(lost, 0, access), profile=group.profile)
    shut = usable & ~lost & (access == FORBIDDEN)
    report = {
        "links_usable": int((access != FORBIDDEN).sum()),
        "links_of_unknown_harm_excluded": int(lost.sum()),
        "km_of_unknown_harm_excluded": float(length_km[lost].sum()),
        "links_cut_off_by_that": int(shut.sum()),
    }
    return RoadGroup(group.profile, access, group.caps_kmh, group.vehicles), report


def prices_of(
    network: RoadNetwork,
    graph: RoutingGraph,
    composition: FleetComposition,
    vehicle_class: str,
    *,
    table: Mapping[str, Floats],
    speeds: HourlySpeeds,
    hours: Sequence[int],
    pollutants: Sequence[str],
    harm: str,
    quantities: Sequence[str],
    load_share: float | None,
    setting: Setting,
    report: Mapping[str, Any],
    provenance: Sequence[str],
    defaults: Defaults,
) -> LinkPrices:
    """Price every usable link of a graph; arguments as of :func:`link_prices`."""
    scope = defaults.scope()
    columns = _checked_hours(hours)
    pick = slice(columns[0], columns[-1] + 1)
    if len(range(_HOURS)[pick]) > len(columns):
        pick = list(columns)  # type: ignore[assignment]
    if harm not in table:
        expected = "one of " + ", ".join(table)
        raise InputError([Problem("harm", value=harm, expected=expected)])
    kept = tuple(dict.fromkeys((*pollutants, "co2e_wtw_g", *quantities)))
    usable = np.flatnonzero(graph.access != FORBIDDEN).astype(np.int32)
    factors = speeds.factors[speeds.edge_row[usable]]
    speed_ms = np.minimum(graph.speed_ms[usable, None] * factors, graph.cap_ms[usable, None])
    time_s = network.arrays.length_m[usable, None] / speed_ms
    rates = _CostRates(vehicle_class, CheckedRows(scope))
    shape = (len(usable), len(columns))
    grams = {name: np.zeros(shape) for name in kept}
    cost = time_s[:, pick] * rates.per_s
    cost += network.arrays.length_m[usable, None] / 1000.0 * rates.per_km
    for fuel, share, rows in _by_fuel(composition, vehicle_class):
        for first in range(0, len(usable), _CHUNK):
            part = slice(first, first + _CHUNK)
            found = _one_vehicle(
                network, rows, vehicle_class, usable[part], speed_ms[part] * _KMH, load_share,
                setting, scope,
            )  # fmt: skip
            for name in kept:
                grams[name][part] += share * found[:, QUANTITIES.index(name)][:, pick]
            cost[part] += share * rates.fuel(fuel, found)[:, pick]
    values = {TIME: time_s[:, pick], COST: cost}
    emitted = sum((grams[name] for name in pollutants), np.zeros(()))
    for name, per_gram in table.items():
        values[name] = emitted * per_gram[:, pick][usable]
    values |= grams
    return LinkPrices(
        network=network,
        graph=graph,
        vehicle_class=vehicle_class,
        hours=columns,
        values={name: _spread(v, usable, network.arrays.edge_count) for name, v in values.items()},
        harm=harm,
        currency=scope.text(_TABLE, "currency"),
        pollutants=tuple(pollutants),
        report=dict(report),
        provenance=tuple(sorted({*scope.used, *graph.provenance, *provenance})),
    )


def _checked_hours(hours: Sequence[int]) -> tuple[int, ...]:
    wrong = [h for h in hours if not (0 <= h < _HOURS and h == int(h))]
    if wrong or not len(hours):
        value = ", ".join(map(str, wrong[:5]))
        expected = "at least one whole hour from 0 to 23"
        raise InputError([Problem("link prices", "hours", value=value, expected=expected)])
    return tuple(sorted({int(hour) for hour in hours}))


def _spread(values: Floats, usable: npt.NDArray[np.int32], count: int) -> Floats:
    out = np.full((count, values.shape[1]), np.nan)
    out[usable] = values
    return out


def _by_fuel(
    composition: FleetComposition, vehicle_class: str
) -> list[tuple[str, float, FleetComposition]]:
    """Split the rows of a class by fuel: name, share of the class, and its rows, as a whole."""
    rows = composition.of(vehicle_class)
    parts = []
    for fuel, group in rows.groupby("fuel", sort=True):
        share = float(group["share"].sum())
        if share > 0.0:
            part = group.assign(zone="", share=group["share"] / share)
            parts.append((str(fuel), share, FleetComposition(part)))
    return parts


def _one_vehicle(
    network: RoadNetwork,
    composition: FleetComposition,
    vehicle_class: str,
    edges: npt.NDArray[np.int32],
    speed_kmh: Floats,
    load_share: float | None,
    setting: Setting,
    defaults: Defaults,
) -> Floats:
    """Return what one vehicle emits on each link in each hour, shape (links, QUANTITIES, 24)."""
    ones = np.ones((len(edges), 1, _HOURS), np.float32)
    flows = LinkFlows(edges, (vehicle_class,), ones, "average")
    work = prepare_flows(
        flows, network, composition, speed_kmh=speed_kmh.astype(np.float32),
        load_share=None if load_share is None else {vehicle_class: load_share},
        country=setting.country, year=setting.year, temperature_c=setting.temperature_c,
        defaults=defaults,
    )  # fmt: skip
    return flow_grams(work)[0]


class _CostRates:
    """Operating costs of a class, from table ``pricing``."""

    def __init__(self, vehicle_class: str, rows: CheckedRows) -> None:
        self._rows = rows
        self.per_s = self._money(f"{vehicle_class}.per_hour") / _S_PER_H
        self.per_km = self._money(f"{vehicle_class}.per_km")
        rows.finish()

    def _money(self, row: str) -> float:
        return self._rows.number(_TABLE, row, 0.0, np.inf, "an amount of at least 0")

    def fuel(self, fuel: str, quantities: Floats) -> Floats:
        """Return the cost of fuel or electricity, shape (links, hours)."""
        kwh = quantities[:, QUANTITIES.index("electricity_kwh")]
        if fuel == "electric":
            cost = kwh * self._money("electricity_per_kwh")
        else:
            # "energy" holds electricity too, which a hybrid's engine has made from its fuel
            number = self._rows.defaults.number
            density = number("fuel", "diesel.density_kg_l")
            if fuel == "cng":
                per_l = density * number("fuel", "diesel.lower_heating_value_mj_kg")
                energy = quantities[:, QUANTITIES.index("energy_mj")] - kwh * _MJ_PER_KWH
                cost = energy / per_l * self._money("cng_per_diesel_l")
            else:
                litres = quantities[:, QUANTITIES.index("fuel_g")] / 1000.0 / density
                cost = litres * self._money("diesel_per_l")
        self._rows.finish()
        return cost

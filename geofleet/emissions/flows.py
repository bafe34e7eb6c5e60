"""From flows to grams: the whole fleet of a city, of which no vehicle is known by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.gases import situation_limits
from geofleet.emissions.engines.mixtures import Engine, Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.processes import cold_trip_share, daily_temperature
from geofleet.emissions.engines.resolve import ELECTRIC_SPEEDS_KMH, Engines, make_engines
from geofleet.emissions.engines.wear import WearArrays, wear_arrays
from geofleet.emissions.hot.factors import LOADS, SLOPES
from geofleet.emissions.model import OTHER_FLOWS, QUANTITIES, WHOLE_FLOWS, LinkEmissions
from geofleet.emissions.traversal import FLAGS
from geofleet.errors import InputError, Problem
from geofleet.network.access import control_delay_s

if TYPE_CHECKING:
    from geofleet.fleet import FleetComposition
    from geofleet.network import RoadNetwork
    from geofleet.traffic import LinkFlows

__all__ = [
    "FlowWork",
    "flow_emissions",
    "flow_grams",
    "link_emissions_of_flows",
    "prepare_flows",
]

_HOURS = 24
_SHOWN = 5


@dataclass(frozen=True)
class FlowWork:
    """Flows and their fleet, ready for the kernel.

    Parameters
    ----------
    flows, length_m, grade, queue_s, speed_kmh
        The flows; length, grade, seconds lost at signals and hourly speeds of their links, row by
        row.
    zone
        Number of the composition zone of each link.
    engines
        All engines; their mixtures are of vehicle kinds and are not used here.
    first, number, weight
        Mixtures by zone and class: entry ``zone · classes + class``.
    cap_kmh, load, wear
        Top speed and share of the capacity on board by class, wear by zone and class.
    flag_share
        Share of each zone and class for which a flag of vehicles is raised.
    kinds, year
        Distinct kinds of vehicle in the order of the mixtures of ``engines``, and the calendar
        year.
    kind_first, kind_number, kind_share
        Kinds by zone and class with their shares, as ``first``, ``number`` and ``weight``.
    """

    flows: LinkFlows
    length_m: npt.NDArray[np.float64]
    grade: npt.NDArray[np.float64]
    queue_s: npt.NDArray[np.float64]
    speed_kmh: npt.NDArray[np.float32]
    zone: npt.NDArray[np.int32]
    engines: Engines
    first: npt.NDArray[np.int32]
    number: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float64]
    cap_kmh: npt.NDArray[np.float64]
    load: npt.NDArray[np.float64]
    wear: npt.NDArray[np.float64]
    flag_share: dict[str, npt.NDArray[np.float64]]
    speed_wear: WearArrays
    limits_kmh: tuple[float, float]
    cold: npt.NDArray[np.float64]
    kinds: tuple[VehicleKind, ...]
    year: int | None
    kind_first: npt.NDArray[np.int64]
    kind_number: npt.NDArray[np.int64]
    kind_share: npt.NDArray[np.float64]


def flow_emissions(
    flows: LinkFlows,
    network: RoadNetwork,
    composition: FleetComposition,
    *,
    speed_kmh: npt.NDArray[np.float32],
    zone_of_edge: Sequence[str] | None = None,
    load_share: dict[str, float] | None = None,
    country: str | None = None,
    year: int | None = None,
    temperature_c: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> LinkEmissions:
    """Return what the vehicles of link flows emit in a day, by link and hour.

    The same functions, technologies and shares as for known vehicles. Each class is the mixture of
    engines that the composition says; vans drive cold for the published share of an average trip,
    spread evenly over their kilometres; idling at stops is not known from flows and not in it.

    Parameters
    ----------
    flows
        Vehicles by link, class and hour.
    network
        Lengths and grades of the links.
    composition
        Shares of fuel, standard and model year within each class, by zone or for all.
    speed_kmh
        Mean speed in each hour of the links of the flows, shape (len(flows.edges), 24), as
        :meth:`geofleet.routes.speeds.HourlySpeeds.of_links` gives it.
    zone_of_edge
        Zone of every link of the network; without it the rows for all zones hold everywhere.
    load_share
        Share of the payload capacity on board, by class; rows ``emissions:flow_load_share.<light or
        heavy>`` where it is not given.
    country, year, temperature_c
        As for :func:`geofleet.emissions.traversal_emissions`; the year is the composition's.
    defaults
        Overrides of default rows.

    Raises
    ------
    InputError
        Speeds that are not above zero, classes without rows in the composition, links that the
        network does not have, engines that cannot be resolved.
    """
    scope = (defaults or Defaults()).scope()
    work = prepare_flows(
        flows, network, composition, speed_kmh=speed_kmh, zone_of_edge=zone_of_edge,
        load_share=load_share, country=country, year=year, temperature_c=temperature_c,
        defaults=scope,
    )  # fmt: skip
    return link_emissions_of_flows(
        work, provenance=(*scope.used, *flows.provenance, *composition.provenance)
    )


def link_emissions_of_flows(work: FlowWork, *, provenance: Iterable[str]) -> LinkEmissions:
    """Return what prepared flows emit in a day, by link and hour."""
    flows = work.flows
    out, passages = flow_grams(work)
    vehicles = flows.vehicles.sum(axis=1, dtype=np.float64)
    row, hour = np.nonzero(vehicles)
    frame = pd.DataFrame(
        {
            "edge": flows.edges[row],
            "hour": hour.astype(np.int8),
            "vehicles": vehicles[row, hour],
            **{name: out[row, number, hour] for number, name in enumerate(QUANTITIES)},
        }
    )
    counts = dict(zip(FLAGS, passages.sum(axis=0).tolist(), strict=True))
    length_km = work.length_m / 1000.0
    flagged_km = dict(zip(FLAGS, (length_km @ passages).tolist(), strict=True))
    by_class = flows.vehicles.sum(axis=2, dtype=np.float64)
    for name, share in work.flag_share.items():
        of_link = (by_class * share.reshape(-1, len(flows.classes))[work.zone]).sum(axis=1)
        counts[name] = float(of_link.sum())
        flagged_km[name] = float(length_km @ of_link)
    return LinkEmissions(
        frame=frame,
        flags=counts,
        flagged_km=flagged_km,
        parts=(OTHER_FLOWS if flows.known_removed else WHOLE_FLOWS,),
        factors=work.engines.used,
        provenance=tuple(sorted(set(provenance))),
    )


def prepare_flows(
    flows: LinkFlows,
    network: RoadNetwork,
    composition: FleetComposition,
    *,
    speed_kmh: npt.NDArray[np.float32],
    zone_of_edge: Sequence[str] | None = None,
    load_share: dict[str, float] | None = None,
    country: str | None = None,
    year: int | None = None,
    temperature_c: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
) -> FlowWork:
    """Check flows and resolve the composition to engines; arguments as of :func:`flow_emissions`.

    What comes out can be summed and drawn by :func:`geofleet.emissions.flow_inventory` and
    :func:`geofleet.emissions.flow_spread`.
    """
    air = daily_temperature(temperature_c)
    defaults = defaults or Defaults()
    defaults.check_overrides()
    _check(flows, network, speed_kmh, zone_of_edge)
    rows = CheckedRows(defaults)
    zones, zone = _zones(flows, composition, zone_of_edge)
    driven = np.atleast_1d(flows.vehicles.any(axis=(0, 2))).tolist()
    nobody = composition.table.iloc[:0]
    parts = [
        composition.of(name, zone=place) if some else nobody
        for place in zones for name, some in zip(flows.classes, driven, strict=True)
    ]  # fmt: skip
    table = pd.concat([nobody, *parts], ignore_index=True)
    sizes = [len(part) for part in parts]
    kinds = [vehicle_kind(row) for _, row in table.iterrows()]
    distinct = list(dict.fromkeys(kinds))
    setting = Setting(
        country=country,
        year=year,
        temperature_c=air,
    )
    names = [f"of the fleet composition ({kind.vehicle_class})" for kind in distinct]
    engines = make_engines(distinct, setting=setting, defaults=defaults, names=names)
    place = {kind: number for number, kind in enumerate(distinct)}
    code = np.array([place[kind] for kind in kinds], dtype=np.int64)
    first, number, weight = _mixtures(engines, code, table["share"].to_numpy(np.float64), sizes)
    classes = flows.classes
    cap = [
        rows.number("vehicle_classes", f"{name}.max_speed_kmh", 0.0, 300.0, "a speed", above=True)
        for name in classes
    ]
    _check_loads(rows, classes, load_share)
    load = [_load(rows, name, load_share) for name in classes]
    share = table["share"].to_numpy(np.float64)
    wear = _summed(engines.wear[code] * share[:, None], sizes)
    cold = 1.0 + engines.cold * cold_trip_share(rows, air)[None, :, None]
    work = FlowWork(
        flows=flows,
        length_m=network.arrays.length_m[flows.edges],
        grade=network.arrays.grade[flows.edges],
        queue_s=control_delay_s(network, defaults=defaults)[flows.edges],
        speed_kmh=np.ascontiguousarray(speed_kmh, dtype=np.float32),
        zone=zone,
        engines=engines,
        first=first,
        number=number,
        weight=weight,
        cap_kmh=np.array(cap),
        load=np.array(load),
        wear=wear,
        flag_share={
            name: _summed((found[code] * share)[:, None], sizes)[:, 0]
            for name, found in engines.flagged_kinds().items()
        },
        speed_wear=wear_arrays(rows),
        limits_kmh=situation_limits(rows),
        cold=cold,
        kinds=tuple(distinct),
        year=year,
        kind_first=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        kind_number=code,
        kind_share=share,
    )
    rows.finish()
    return work


def flow_grams(
    work: FlowWork, *, wanted: Collection[Engine] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return quantities (links, QUANTITIES, 24) and vehicle passages by flag (links, FLAGS).

    Parameters
    ----------
    work
        As :func:`prepare_flows` makes it.
    wanted
        Engines to count; all when not given. Wear is of all vehicles in any case.
    """
    engines, flows = work.engines, work.flows
    weight = work.weight
    if wanted is not None:
        chosen = np.array([engine in wanted for engine in engines.engines], dtype=np.float64)
        weight = weight * chosen[work.number]
    class_first, class_function = _functions_of_classes(work)
    count = len(flows.edges)
    out = np.empty((count, kernels.OUTPUTS, _HOURS))
    passages = np.empty((count, len(FLAGS)))
    kernels.flow_grams(
        work.length_m,
        work.grade,
        work.queue_s,
        work.zone,
        work.speed_kmh,
        flows.vehicles,
        work.cap_kmh,
        work.load,
        work.wear,
        work.first,
        work.number,
        weight,
        class_first,
        class_function,
        engines.functions,
        engines.flat,
        engines.doubtful,
        engines.shape,
        engines.reference,
        engines.coefficients,
        engines.per_km,
        engines.electric,
        work.cold,
        engines.idle,
        engines.slowest_kmh,
        np.array(SLOPES),
        np.array(LOADS),
        np.array(ELECTRIC_SPEEDS_KMH),
        *work.limits_kmh,
        work.speed_wear.tyre_curve,
        work.speed_wear.brake_curve,
        work.speed_wear.shares,
        out,
        passages,
    )
    return out, passages


def _check(
    flows: LinkFlows,
    network: RoadNetwork,
    speed_kmh: npt.NDArray[np.float32],
    zone_of_edge: Sequence[str] | None,
) -> None:
    """Raise one error for flows, speeds and zones that do not fit the network."""
    problems = []
    edges = network.arrays.edge_count
    if len(flows.edges) and flows.edges[-1] >= edges:
        expected = f"links of this network, which has {edges}"
        problems.append(
            Problem("link flows", "edges", value=str(flows.edges[-1]), expected=expected)
        )
    shape = (len(flows.edges), _HOURS)
    if np.shape(speed_kmh) != shape:
        expected = f"speeds of shape {shape}, one row for each link of the flows"
        problems.append(
            Problem("link speeds", "speed_kmh", value=str(np.shape(speed_kmh)), expected=expected)
        )
    else:
        wrong = np.argwhere(~(np.isfinite(speed_kmh) & (speed_kmh > 0)))
        for row, hour in wrong[:_SHOWN].tolist():
            place = f"link {flows.edges[row]}, hour {hour}"
            value = str(speed_kmh[row, hour])
            problems.append(Problem("link speeds", place, value=value, expected="above 0 km/h"))
    if zone_of_edge is not None and len(zone_of_edge) != edges:
        expected = f"a zone for each of {edges} links"
        problems.append(
            Problem("zones of links", "zone", value=str(len(zone_of_edge)), expected=expected)
        )
    if problems:
        raise InputError(problems)


def _zones(
    flows: LinkFlows, composition: FleetComposition, zone_of_edge: Sequence[str] | None
) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Return the zones that the composition tells apart, and the zone number of each link."""
    if zone_of_edge is None or not composition.zones:
        return [""], np.zeros(len(flows.edges), dtype=np.int32)
    names = np.asarray(zone_of_edge, dtype=object)[flows.edges]
    known = set(composition.zones)
    own = [str(name) if str(name) in known else "" for name in names]
    zones = sorted(set(own))
    place = {name: number for number, name in enumerate(zones)}
    return zones, np.array([place[name] for name in own], dtype=np.int32)


def _mixtures(
    engines: Engines,
    code: npt.NDArray[np.int64],
    share: npt.NDArray[np.float64],
    sizes: Sequence[int],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the engines of each zone and class with their shares, each engine once."""
    first: list[int] = [0]
    numbers: list[int] = []
    weights: list[float] = []
    at = 0
    for size in sizes:
        total: dict[int, float] = {}
        for kind, part in zip(code[at : at + size], share[at : at + size], strict=True):
            for entry in range(engines.first[kind], engines.first[kind + 1]):
                engine = int(engines.number[entry])
                total[engine] = total.get(engine, 0.0) + part * float(engines.weight[entry])
        numbers += total.keys()
        weights += total.values()
        first.append(len(numbers))
        at += size
    return (
        np.array(first, dtype=np.int32),
        np.array(numbers, dtype=np.int32),
        np.array(weights, dtype=np.float64),
    )


def _check_loads(rows: CheckedRows, classes: Sequence[str], given: dict[str, float] | None) -> None:
    for name, share in (given or {}).items():
        if name not in classes:
            expected = "a class of the flows: " + ", ".join(classes)
            rows.problems.append(Problem("load_share", value=name, expected=expected))
        elif not 0.0 <= share <= 1.0:
            problem = Problem("load_share", name, value=str(share), expected="from 0 to 1")
            rows.problems.append(problem)


def _load(rows: CheckedRows, name: str, given: dict[str, float] | None) -> float:
    if given is not None and name in given:
        return given[name]
    category = rows.defaults.text("vehicle_classes", f"{name}.emep_category")
    row = f"flow_load_share.{category}"
    return rows.number("emissions", row, 0.0, 1.0, "a share from 0 to 1")


def _summed(values: npt.NDArray[np.float64], sizes: Sequence[int]) -> npt.NDArray[np.float64]:
    """Sum consecutive rows by groups of the given sizes, zero where a group is empty."""
    out = np.zeros((len(sizes), values.shape[1]))
    np.add.at(out, np.repeat(np.arange(len(sizes)), sizes), values)
    return out


def _functions_of_classes(
    work: FlowWork,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the functions that the engines of each class use, each once."""
    count = len(work.flows.classes)
    first, found = [0], []
    for position in range(count):
        used: set[int] = set()
        for entry in range(position, len(work.first) - 1, count):
            for engine in work.number[work.first[entry] : work.first[entry + 1]]:
                used |= set(work.engines.shape[engine].tolist())
                used |= set(work.engines.reference[engine].tolist())
        found += sorted(used - {-1})
        first.append(len(found))
    return np.array(first, dtype=np.int32), np.array(found, dtype=np.int32)

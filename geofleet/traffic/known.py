"""Taking known vehicle-days out of the flows of a whole fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class_names
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries, Traversals
from geofleet.traffic.model import LinkFlows
from geofleet.traffic.split import group_of_class

__all__ = ["without"]

_HOURS = 24
_KM = 1e-3

Floats = npt.NDArray[np.float64]


class _Driven(NamedTuple):
    """Kilometres a day by hour: on each link with flows (links, 24), and on the others (24)."""

    on_links: Floats
    elsewhere: Floats

    @property
    def km(self) -> float:
        """All of them."""
        return float(self.on_links.sum() + self.elsewhere.sum())

    def times(self, factor: Floats | float) -> _Driven:
        """Return the same drives with as much of each hour."""
        return _Driven(self.on_links * factor, self.elsewhere * factor)


def without(
    flows: LinkFlows,
    known: Itineraries | Traversals,
    network: RoadNetwork,
    *,
    how: Literal["link", "fleet"] = "link",
    dates: Iterable[str] | None = None,
    defaults: Defaults | None = None,
) -> LinkFlows:
    """Take known vehicle-days out of the flows.

    Parameters
    ----------
    flows
        The whole fleet on an average day.
    known
        Vehicle-days whose kilometres are part of the flows.
    network
        The roads of both.
    how
        ``link``: kilometres driven on a link in an hour leave the flow of that link, hour and
        class, which never falls below zero. What finds too little there leaves the same class on
        the other links, in proportion, in the same hour as far as that has any, else over the
        day. ``fleet``: every flow of a class shrinks by (total − known) / total.

        What a class cannot give, because the flows do not have it or too little of it, leaves the
        other classes of its EMEP category (light or heavy), in proportion to what is left of
        them and in the same way: with ``link`` from the link and hour, the hour, the day; with
        ``fleet`` from all flows of the category alike.
    dates
        Dates (ISO) that stand for the average day; all that have a vehicle-day when not given. The
        known kilometres are summed over them and divided by their number.
    defaults
        Rows ``vehicle_classes:<class>.emep_category``.

    Returns
    -------
    LinkFlows
        With ``known_removed``. The kilometres of each category are those of ``flows`` less the
        known ones, or zero where more are known than there are. In
        ``report["known_vehicle_days"]``, km a day by class: ``known_km`` is the sum of
        ``taken_km`` (from the class's own flows), ``from_group_km`` (from other classes of the
        category) and ``beyond_flows_km`` (found nowhere); ``moved_km`` is the part of
        ``taken_km`` from other links or hours than driven; ``given_to_group_km`` is what was
        taken from the class for others.

    Raises
    ------
    InputError
        Another ``how``, dates without a vehicle-day, links that the network does not have, flows
        from which known vehicles were taken out before.
    """
    if flows.known_removed:
        expected = "flows of the whole fleet; take all known vehicle-days out at once"
        value = "known vehicles are out of them already"
        raise InputError([Problem("known vehicle-days", "flows", value=value, expected=expected)])
    traversals = known.traversals if isinstance(known, Itineraries) else known
    if how not in ("link", "fleet"):
        expected = "link or fleet"
        raise InputError([Problem("known vehicle-days", "how", value=str(how), expected=expected)])
    scope = (defaults or Defaults()).scope()
    chosen = _dates(traversals, dates)
    length_km = flows.length_km(network)[:, None, None]
    driven = _known_km(flows, traversals, network, chosen)
    left = flows.vehicles * length_km
    before = _by_class(flows, left)
    wanting = dict(driven)
    moved = dict.fromkeys(driven, 0.0)
    take = _from_links if how == "link" else _from_all
    # every class first gives what is known of itself, and only then to others
    for column, name in enumerate(flows.classes):
        if name in driven:
            wanting[name], moved[name] = take(left[:, column : column + 1], driven[name])
    after = _by_class(flows, left)
    beyond = _from_groups(flows, left, wanting, how, scope)
    given = _by_class(flows, left)
    vehicles = np.divide(left, length_km, out=np.zeros_like(left), where=length_km > 0)
    names = tuple(dict.fromkeys((*flows.classes, *driven)))
    shortage = {name: wanting[name].km if name in wanting else 0.0 for name in names}
    by_class: dict[str, Any] = {
        "known_km": {name: driven[name].km if name in driven else 0.0 for name in names},
        "taken_km": {name: before.get(name, 0.0) - after.get(name, 0.0) for name in names},
        "moved_km": {name: moved.get(name, 0.0) for name in names},
        "from_group_km": {name: shortage[name] - beyond.get(name, 0.0) for name in names},
        "given_to_group_km": {name: after.get(name, 0.0) - given.get(name, 0.0) for name in names},
        "beyond_flows_km": {name: beyond.get(name, 0.0) for name in names},
    }
    notes = {"how": how, "dates": list(chosen), **by_class}
    return LinkFlows.of(
        network, flows.edges, flows.classes, vehicles,
        day_kind=flows.day_kind, report={**flows.report, "known_vehicle_days": notes},
        provenance=(*flows.provenance, *scope.used), known_removed=True,
    )  # fmt: skip


def _by_class(flows: LinkFlows, km: Floats) -> dict[str, float]:
    return dict(zip(flows.classes, km.sum(axis=(0, 2)).tolist(), strict=True))


def _dates(known: Traversals, dates: Iterable[str] | None) -> tuple[str, ...]:
    present = known.vehicle_days["date"].astype(str)
    if dates is None:
        return tuple(sorted(set(present)))
    chosen = tuple(sorted(set(map(str, dates))))
    if not chosen or not set(chosen) & set(present):
        expected = "dates of vehicle-days: " + ", ".join(sorted(set(present))[:5])
        raise InputError([Problem("known vehicle-days", "dates", value=", ".join(chosen[:5]),
                                  expected=expected)])  # fmt: skip
    return chosen


def _known_km(
    flows: LinkFlows, known: Traversals, network: RoadNetwork, dates: tuple[str, ...]
) -> dict[str, _Driven]:
    """Return the known kilometres a day of each class that has any."""
    frame, days = known.frame, known.vehicle_days
    edge = frame["edge"].to_numpy()
    if len(edge) and (edge.min() < 0 or edge.max() >= network.arrays.edge_count):
        expected = f"links of this network, which has {network.arrays.edge_count}"
        bad = edge.max() if edge.max() >= network.arrays.edge_count else edge.min()
        raise InputError([Problem("traversals", "edge", value=str(bad), expected=expected)])
    day = frame["vehicle_day"].to_numpy()
    codes, kinds = pd.factorize(days["vehicle_class"].astype(str), sort=True)
    code = codes[day]
    used = days["date"].astype(str).isin(dates).to_numpy(bool)[day]
    km = frame["length_m"].to_numpy(np.float64) * _KM / max(len(dates), 1)
    hour = known.hour.astype(np.int64)
    # links without flows get the row after the last
    count = len(flows.edges)
    row = np.searchsorted(flows.edges, edge)
    row[~np.isin(edge, flows.edges)] = count
    driven = {}
    for kind in np.unique(code[used]):
        mine = used & (code == kind)
        place = row[mine] * _HOURS + hour[mine]
        sums = np.bincount(place, weights=km[mine], minlength=(count + 1) * _HOURS)
        table = sums.reshape(count + 1, _HOURS).astype(np.float64)
        driven[str(kinds[kind])] = _Driven(table[:-1], table[-1])
    return driven


def _from_links(have: Floats, known: _Driven) -> tuple[_Driven, float]:
    """Take drives off the links, hours, and day of classes (links, classes, 24), in place.

    Returns
    -------
    tuple
        What was not to be had, and the kilometres taken from other links or hours than driven.
    """
    there = have.sum(axis=1)
    taken = np.minimum(there, known.on_links)
    have *= _kept(there, taken)[:, None, :]
    over = _Driven(known.on_links - taken, known.elsewhere)
    wanted = over.on_links.sum(axis=0) + over.elsewhere
    in_hour = have.sum(axis=(0, 1))
    from_hour = np.minimum(wanted, in_hour)
    have *= _kept(in_hour, from_hour)
    still = wanted - from_hour
    in_day = have.sum()
    from_day = np.minimum(still.sum(), in_day)
    have *= _kept(in_day, from_day)
    missing = still * _kept(still.sum(), from_day)
    share = np.divide(missing, wanted, out=np.zeros_like(wanted), where=wanted > 0)
    return over.times(share), float(wanted.sum() - missing.sum())


def _from_all(have: Floats, known: _Driven) -> tuple[_Driven, float]:
    """Shrink all flows of classes (links, classes, 24) alike, in place; as :func:`_from_links`."""
    total, wanted = have.sum(), known.km
    taken = np.minimum(total, wanted)
    have *= _kept(total, taken)
    return known.times(float(_kept(np.float64(wanted), taken))), 0.0


def _kept(have: Floats | np.float64, taken: Floats | np.float64) -> Floats:
    """Return the share that stays; all of it where there is nothing."""
    kept: Floats = np.divide(have - taken, have, out=np.ones_like(have), where=have > 0)
    return kept


def _from_groups(
    flows: LinkFlows, left: Floats, wanting: Mapping[str, _Driven], how: str, defaults: Defaults
) -> dict[str, float]:
    """Take what classes could not give off the others of their category, in place.

    Returns
    -------
    dict
        Kilometres of each class that its category does not have.
    """
    beyond = {name: part.km for name, part in wanting.items() if part.km > 0}
    if not beyond:
        return beyond

    def group(name: str) -> str:
        known = name in vehicle_class_names()
        return group_of_class(name, defaults=defaults) if known else name

    groups = {name: group(name) for name in (*flows.classes, *beyond)}
    for wanted in dict.fromkeys(groups[name] for name in beyond):
        columns = [at for at, name in enumerate(flows.classes) if groups[name] == wanted]
        names = [name for name in beyond if groups[name] == wanted]
        parts = [wanting[name] for name in names]
        together = _Driven(
            np.sum([part.on_links for part in parts], axis=0),
            np.sum([part.elsewhere for part in parts], axis=0),
        )
        have = left[:, columns]
        missing, _ = (_from_links if how == "link" else _from_all)(have, together)
        left[:, columns] = have
        share = missing.km / together.km
        beyond |= {name: beyond[name] * share for name in names}
    return beyond

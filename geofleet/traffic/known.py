"""Taking known vehicle-days out of the flows of a whole fleet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from geofleet.errors import InputError, Problem
from geofleet.network.model import RoadNetwork
from geofleet.routes.model import Itineraries, Traversals
from geofleet.traffic.model import LinkFlows

__all__ = ["without"]

_HOURS = 24
_KM = 1e-3

Floats = npt.NDArray[np.float64]


def without(
    flows: LinkFlows,
    known: Itineraries | Traversals,
    network: RoadNetwork,
    *,
    how: Literal["link", "fleet"] = "link",
    dates: Iterable[str] | None = None,
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
    dates
        Dates (ISO) that stand for the average day; all that have a vehicle-day when not given. The
        known kilometres are summed over them and divided by their number.

    Returns
    -------
    LinkFlows
        The kilometres of each class are those of ``flows`` less the known ones, or zero where
        more are known than there are; ``report`` says how many were taken, moved, and beyond
        the flows.

    Raises
    ------
    InputError
        Another ``how``, dates without a vehicle-day, links that the network does not have.
    """
    traversals = known.traversals if isinstance(known, Itineraries) else known
    if how not in ("link", "fleet"):
        expected = "link or fleet"
        raise InputError([Problem("known vehicle-days", "how", value=str(how), expected=expected)])
    chosen = _dates(traversals, dates)
    length_km = flows.length_km(network)
    on_links, elsewhere, missing = _known_km(flows, traversals, network, chosen)
    have = flows.vehicles * length_km[:, None, None]
    totals = have.sum(axis=(0, 2))
    wanted = on_links.sum(axis=(0, 2)) + elsewhere.sum(axis=1)
    moved = np.zeros(len(flows.classes))
    if how == "fleet":
        share = np.divide(wanted, totals, out=np.zeros_like(totals), where=totals > 0)
        left = have * np.clip(1.0 - share, 0.0, 1.0)[None, :, None]
    else:
        left, moved = _link_by_link(have, on_links, elsewhere)
    beyond = np.maximum(wanted - totals, 0.0)
    vehicles = np.divide(
        left, length_km[:, None, None], out=np.zeros_like(left),
        where=length_km[:, None, None] > 0,
    )  # fmt: skip
    report: dict[str, Any] = {
        **flows.report,
        "known_vehicle_days": {
            "how": how,
            "dates": list(chosen),
            "taken_km": _by_class(flows, np.minimum(wanted, totals)),
            "moved_km": _by_class(flows, moved),
            "beyond_flows_km": {**_by_class(flows, beyond), **missing},
        },
    }
    return LinkFlows.of(
        network, flows.edges, flows.classes, vehicles,
        day_kind=flows.day_kind, report=report, provenance=flows.provenance,
    )  # fmt: skip


def _by_class(flows: LinkFlows, values: Floats) -> dict[str, float]:
    return dict(zip(flows.classes, values.tolist(), strict=True))


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
) -> tuple[Floats, Floats, dict[str, float]]:
    """Return known km a day: on links with flows, elsewhere by class and hour, of other classes."""
    on_links = np.zeros(flows.vehicles.shape)
    elsewhere = np.zeros(flows.vehicles.shape[1:])
    frame, days = known.frame, known.vehicle_days
    edge = frame["edge"].to_numpy()
    if len(edge) and (edge.min() < 0 or edge.max() >= network.arrays.edge_count):
        expected = f"links of this network, which has {network.arrays.edge_count}"
        bad = edge.max() if edge.max() >= network.arrays.edge_count else edge.min()
        raise InputError([Problem("traversals", "edge", value=str(bad), expected=expected)])
    day = frame["vehicle_day"].to_numpy()
    classes = days["vehicle_class"].astype(str).to_numpy(object)
    place = {name: number for number, name in enumerate(flows.classes)}
    number = np.array([place.get(name, -1) for name in classes], dtype=np.int64)
    counts = days["date"].astype(str).isin(dates).to_numpy(bool)
    km = frame["length_m"].to_numpy(np.float64) * _KM / max(len(dates), 1)
    kind, hour, used = number[day], known.hour.astype(np.int64), counts[day]
    row = np.searchsorted(flows.edges, edge)
    row = np.minimum(row, max(len(flows.edges) - 1, 0))
    here = used & (kind >= 0)
    found = here & (flows.edges[row] == edge) if len(flows.edges) else np.zeros(len(edge), bool)
    np.add.at(on_links, (row[found], kind[found], hour[found]), km[found])
    rest = here & ~found
    np.add.at(elsewhere, (kind[rest], hour[rest]), km[rest])
    other = used & (kind < 0)
    missing: dict[str, float] = {}
    for name in sorted(set(classes[day[other]])):
        missing[name] = float(km[other & (classes[day] == name)].sum())
    return on_links, elsewhere, missing


def _link_by_link(have: Floats, known: Floats, elsewhere: Floats) -> tuple[Floats, Floats]:
    """Subtract link by link; take what is left over from the rest of the hour, then of the day."""
    taken = np.minimum(have, known)
    left = have - taken
    over = (known - taken).sum(axis=0) + elsewhere
    moved = over.sum(axis=1)
    in_hour = left.sum(axis=0)
    from_hour = np.minimum(over, in_hour)
    keep = np.divide(in_hour - from_hour, in_hour, out=np.ones_like(over), where=in_hour > 0)
    left *= keep[None]
    still = (over - from_hour).sum(axis=1)
    in_day = left.sum(axis=(0, 2))
    from_day = np.minimum(still, in_day)
    keep_day = np.divide(in_day - from_day, in_day, out=np.ones_like(still), where=in_day > 0)
    left *= keep_day[None, :, None]
    return left, moved

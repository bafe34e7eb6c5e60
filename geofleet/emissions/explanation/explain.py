"""For any number of the emission tables: how it came about, down to published rows and sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions.explanation.coverage import covering
from geofleet.emissions.explanation.drives import TraversalChains
from geofleet.emissions.explanation.flags import flag_table, flags_of, raised
from geofleet.emissions.explanation.model import COLD, HOT, IDLE, Explanation
from geofleet.emissions.explanation.sums import checked, explained, sum_of
from geofleet.emissions.model import TraversalEmissions
from geofleet.emissions.prepare import prepare
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["explain"]


def explain(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    emissions: TraversalEmissions,
    quantity: str,
    *,
    traversal: int | None = None,
    edge: int | None = None,
    hour: int | None = None,
    vehicle_day: int | None = None,
    vehicle_id: str | None = None,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
    defaults: Defaults | None = None,
    spelled_out: int = 3,
    listed: int = 20,
) -> Explanation:
    """Return how a number came about: one traversal, a link, an hour, a vehicle or all of them.

    The chain is computed a second time, from the figures and the published functions and without
    the kernel that made the tables, and compared with what they say.

    Parameters
    ----------
    traversals, network, fleet, emissions
        The traversals and what they emit, as :func:`traversal_emissions` made it.
    quantity
        One of ``QUANTITIES``.
    traversal
        Row position in ``traversals.frame``: the chain of this one.
    edge, hour, vehicle_day, vehicle_id
        The sum over the traversals of a link, a local hour, a vehicle-day (row position in
        ``vehicle_days``) or a vehicle; over those that meet all that is given, over all
        traversals where nothing is.
    country, temperature_c, defaults
        As they were given to :func:`traversal_emissions`.
    spelled_out
        In a sum, the number of largest traversals whose whole chain is given; rows, flags and
        warnings are of the whole sum in any case.
    listed
        In a sum, the number of traversals that stand as steps of their own and in
        :meth:`Explanation.to_dict`; ``contributors`` holds all.

    Returns
    -------
    Explanation
        The number with its chain, rows and sources.

    Raises
    ------
    InputError
        An unknown quantity, ``spelled_out`` or ``listed`` that are no whole numbers of at least 0,
        no traversal that meets what is asked, or emissions that were made with another country,
        temperature or default rows than those given here.
    """
    unit = checked(quantity, spelled_out=spelled_out, listed=listed)
    frame = traversals.frame
    reported = emissions.grams[quantity].to_numpy(np.float64)
    chosen = _chosen(traversals, traversal, edge, hour, vehicle_day, vehicle_id)
    scope = (defaults or Defaults()).fresh()
    counted = frozenset(emissions.processes.index) or frozenset((HOT, COLD, IDLE, "wear"))
    chains = TraversalChains(
        traversals, network, fleet, country, temperature_c, counted, defaults=scope
    )
    largest = chosen[np.argsort(-reported[chosen], kind="stable")]
    values = reported[largest]
    km = frame["length_m"].to_numpy(np.float64)[largest] / 1000.0
    amounts = ("traversals", float(len(largest)), float(km.sum()))
    ones = np.ones(len(largest))
    if traversal is not None:
        step = chains.step(traversal, quantity, reported)
        flags = flag_table(
            dict.fromkeys(sorted(flags_of(step)), ones > 0.0), count=ones, km=km, value=values
        )
        return explained(
            quantity, f"of {step.label}", step, behind=[step], defaults=scope, flags=flags,
            amounts=amounts,
        )  # fmt: skip
    work = prepare(
        traversals, network, fleet, country=country, temperature_c=temperature_c,
        defaults=scope.fresh(),
    )  # fmt: skip
    chain = sum_of(
        values, chain=lambda place: chains.step(int(largest[place]), quantity, reported),
        words=lambda place: chains.words(int(largest[place])), spelled_out=spelled_out,
        listed=listed, name="traversal", noun="traversals", unit=unit,
    )  # fmt: skip
    flags = flag_table(raised(work, largest, quantity), count=ones, km=km, value=values)
    enough = covering(work, chosen, quantity).tolist()
    chains.resolve(enough)
    behind = (chains.step(row, quantity, reported) for row in enough)
    return explained(
        quantity, _where(len(chosen), edge, hour, vehicle_day, vehicle_id, traversals), chain,
        behind=behind, defaults=scope, flags=flags, amounts=amounts,
        contributors=_contributors(traversals, fleet, largest, values),
        spelled_out=spelled_out, listed=listed,
    )  # fmt: skip


def _contributors(
    traversals: Traversals,
    fleet: Fleet,
    largest: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
) -> pd.DataFrame:
    """Return one row for each traversal of a sum."""
    frame = traversals.frame
    days = traversals.vehicle_days.iloc[frame["vehicle_day"].to_numpy()[largest]]
    whole = values.sum()
    return pd.DataFrame(
        {
            "traversal": largest,
            **{name: days[name].to_numpy() for name in ("vehicle_id", "operator_id", "date")},
            "vehicle_class": days["vehicle_class"].to_numpy(),
            "standard": fleet.vehicles["standard"].reindex(days["vehicle_id"]).to_numpy(),
            "edge": frame["edge"].to_numpy()[largest],
            "hour": traversals.hour[largest],
            "length_m": frame["length_m"].to_numpy()[largest],
            "speed_kmh": frame["speed_kmh"].to_numpy()[largest],
            "value": values,
            "share": values / whole if whole else np.full(len(values), np.nan),
        }
    )


def _chosen(
    traversals: Traversals,
    traversal: int | None,
    edge: int | None,
    hour: int | None,
    vehicle_day: int | None,
    vehicle_id: str | None,
) -> npt.NDArray[np.int64]:
    frame = traversals.frame
    keep = np.ones(len(frame), dtype=np.bool_)
    if traversal is not None:
        keep &= np.arange(len(frame)) == traversal
    if edge is not None:
        keep &= frame["edge"].to_numpy() == edge
    if hour is not None:
        keep &= traversals.hour == hour
    if vehicle_day is not None:
        keep &= frame["vehicle_day"].to_numpy() == vehicle_day
    if vehicle_id is not None:
        of_day = (traversals.vehicle_days["vehicle_id"] == vehicle_id).to_numpy(np.bool_)
        keep &= of_day[frame["vehicle_day"].to_numpy()]
    chosen = np.flatnonzero(keep)
    if not len(chosen):
        asked = {"traversal": traversal, "edge": edge, "hour": hour, "vehicle_day": vehicle_day,
                 "vehicle_id": vehicle_id}  # fmt: skip
        given = ", ".join(f"{name} {value}" for name, value in asked.items() if value is not None)
        expected = "at least one traversal of what is asked for"
        raise InputError([Problem("traversals", "", value=given, expected=expected)])
    return chosen


def _where(
    count: int,
    edge: int | None,
    hour: int | None,
    vehicle_day: int | None,
    vehicle_id: str | None,
    traversals: Traversals,
) -> str:
    where = []
    if edge is not None:
        where.append(f"on link {edge}")
    if hour is not None:
        where.append(f"from {hour}:00 to {hour + 1}:00")
    if vehicle_day is not None:
        day = traversals.vehicle_days.iloc[vehicle_day]
        where.append(f"of vehicle {day['vehicle_id']} on {day['date']}")
    if vehicle_id is not None:
        where.append(f"of vehicle {vehicle_id}")
    place = " ".join(where) or "in all"
    noun = "traversal" if count == 1 else "traversals"
    return f"{place}, {count} {noun}"

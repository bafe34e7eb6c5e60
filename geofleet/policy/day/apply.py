"""Apply a rule set to a day: decisions, responses, and the day that comes of them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, link_emissions, traversal_emissions
from geofleet.errors import InputError, Problem
from geofleet.policy.day.accounts import gram_account
from geofleet.policy.day.charges import Charges
from geofleet.policy.day.choose import chosen_responses
from geofleet.policy.day.drive import Roads, day_stops
from geofleet.policy.day.effect import DayEffect
from geofleet.policy.day.judge import Judge, judged
from geofleet.policy.day.merge import merged
from geofleet.policy.day.settings import RESPONSES, day_prices, day_settings
from geofleet.policy.day.signatures import Signatures
from geofleet.policy.day.table import day_table
from geofleet.policy.day.trial import Task
from geofleet.policy.decisions import PERMIT, UNKNOWN
from geofleet.policy.rules.events import Event
from geofleet.policy.rules.model import RuleSet

if TYPE_CHECKING:
    from geofleet.exposure import UnitExposure
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.policy.places import LinkPlaces
    from geofleet.routes import Itineraries
    from geofleet.routes.speeds import HourlySpeeds

__all__ = ["apply_rules"]

log = logging.getLogger(__name__)


def apply_rules(
    itineraries: Itineraries,
    network: RoadNetwork,
    fleet: Fleet,
    rule_set: RuleSet,
    *,
    places: LinkPlaces,
    cases: pd.DataFrame,
    events: Sequence[Event] = (),
    responses: Collection[str] = RESPONSES,
    unknown_drives: bool = True,
    same_speeds: bool = False,
    assume: Mapping[str, Any] | None = None,
    range_km: Mapping[str, float] | None = None,
    emissions: TraversalEmissions | None = None,
    unit_exposure: UnitExposure | None = None,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
    speeds: HourlySpeeds | None = None,
    u_turn_radius_m: float | None = None,
    workers: int | None = None,
    defaults: Defaults | None = None,
) -> DayEffect:
    """Say what rules do to a day: who drives as planned, who otherwise, what that emits and costs.

    Every traversal and delivery is judged (:func:`geofleet.policy.day.traversal_decisions`). For a
    vehicle-day with a forbidden moment every response on the menu is tried and driven, judged
    by the same rules, and the cheapest that fits is taken; of equals the first of ``wait``,
    ``retime``, ``reroute``, ``swap``, ``drop``:

    - ``wait``: stand at the stop before, at the depot or at the door until the window is over;
      the driver is paid from the planned departure; later stops move back and may be late.
    - ``retime``: leave at another time, nowhere later than planned beyond a window.
    - ``reroute``: drive around links that are forbidden at any time of the vehicle's day.
    - ``swap``: another vehicle of the operator that may, idle or with a day of its own that it
      changes for this one.
    - ``drop``: leave out deliveries, or cancel the day. The latter is also what is left when
      nothing else fits.

    A changed day has no moment that the rules forbid, is not longer than the longest shift (unless
    the plan was) and keeps each vehicle in one place at a time. Costs are over the planned
    day: time and overtime, kilometres, fuel, late and missing deliveries, changes of departure
    and vehicle, charges; default rows ``policy_day`` and ``pricing``.

    Parameters
    ----------
    itineraries, network, fleet
        The day as planned. ``fleet`` may hold vehicles that do not drive: they are idle.
    rule_set, events
        Rules and what was declared.
    places
        Where links and stops lie, see :func:`geofleet.policy.places.link_places`.
    cases
        Attributes by ``vehicle_id`` of all vehicles of the fleet that may drive, see
        :func:`geofleet.policy.cases.fleet_cases`.
    unknown_drives
        Whether a vehicle-day whose answer is unknown drives as planned; it is counted ``unknown``
        all the same, never ``allowed``. Otherwise it is treated as forbidden.
    same_speeds
        Waits and other departures keep planned streets, speeds and grams; the speeds of the new
        hour and streets by them otherwise. For days that were not routed (GPS traces) the
        former.
    assume
        Values for empty cells of cases.
    range_km
        Distance that electric vehicles come, by ``vehicle_id``; default row
        ``policy_day:swap.electric_range`` for others.
    emissions
        Of the planned traversals, where they are known.
    unit_exposure
        Of all links with traffic before and after; may be put in later
        (:meth:`DayEffect.with_exposure`).
    country, temperature_c
        As for :func:`geofleet.emissions.traversal_emissions`.
    speeds, u_turn_radius_m
        Those that the days were routed with.
    workers
        Threads; the answer does not depend on it.

    Raises
    ------
    InputError
        A response that is none; vehicles without a case; links that places or unit exposure do
        not know; default rows out of their limits.
    """
    scope = (defaults or Defaults()).scope()
    _check(responses, itineraries, emissions, places, network)
    signatures = Signatures.of(places, itineraries)
    judge = Judge(rule_set, signatures, cases, events=events, assume=assume, defaults=scope)
    drivers = _drivers(itineraries, fleet, cases)
    judge.check(itineraries.traversals.vehicle_days["vehicle_id"].astype(str).tolist())
    decisions = judged(judge, itineraries)
    if emissions is None:
        emissions = traversal_emissions(
            itineraries.traversals, network, fleet, country=country, temperature_c=temperature_c,
            defaults=scope,
        )  # fmt: skip
    prices = day_prices(scope)
    limit = UNKNOWN if unknown_drives else PERMIT
    task = Task(
        itineraries=itineraries,
        stops=day_stops(itineraries),
        grams=emissions.grams[list(QUANTITIES)].to_numpy(np.float64),
        decisions=decisions,
        roads=Roads(
            itineraries, network, fleet, vehicles=drivers, speeds=speeds,
            u_turn_radius_m=u_turn_radius_m, workers=workers, defaults=scope,
        ),
        fleet=fleet,
        judge=judge,
        charges=Charges(
            rule_set, signatures, cases, prices, events=events, assume=assume, defaults=scope
        ),
        settings=day_settings(scope),
        prices=prices,
        limit=limit,
        moved=same_speeds,
        country=country,
        temperature_c=temperature_c,
        defaults=scope,
    )  # fmt: skip
    refused = np.flatnonzero(decisions.by_day() > limit)
    chosen, why = chosen_responses(
        task, refused, responses=responses, drivers=drivers,
        range_m={name: 1000.0 * km for name, km in (range_km or {}).items()},
    )  # fmt: skip
    after, grams = merged(task, chosen)
    decisions_after = judged(judge, after) if chosen else decisions
    account = gram_account(
        itineraries.traversals, task.grams, after.traversals, grams,
        {day: tried.changed.response for day, tried in chosen.items()},
    )  # fmt: skip
    log.info("%d of %d vehicle-days changed", len(chosen), len(task.vehicle_days))
    before_links = link_emissions(itineraries.traversals, emissions)
    effect = DayEffect(
        before=itineraries,
        after=after,
        decisions=decisions,
        decisions_after=decisions_after,
        grams_before=task.grams,
        grams_after=grams,
        emissions_before=before_links,
        emissions_after=link_emissions(after.traversals, _emissions(grams, emissions)) if chosen
        else before_links,
        account=account,
        frame=day_table(task, chosen, why, decisions_after),
        sizes=_sizes(fleet),
        currency=prices.currency,
        harm_quantities=tuple(scope.text("pricing", "harm_pollutants").split()),
        provenance=tuple(sorted({
            *scope.used, *judge.used, *emissions.provenance, *places.provenance,
            *cases.attrs.get("provenance", ()),
        })),
    )  # fmt: skip
    return effect if unit_exposure is None else effect.with_exposure(unit_exposure)


def _check(
    responses: Collection[str],
    itineraries: Itineraries,
    emissions: TraversalEmissions | None,
    places: LinkPlaces,
    network: RoadNetwork,
) -> None:
    problems = [
        Problem("responses", value=str(name), expected="one of " + ", ".join(RESPONSES))
        for name in responses if name not in RESPONSES
    ]  # fmt: skip
    count = len(itineraries.traversals)
    if emissions is not None and len(emissions.grams) != count:
        expected = f"emissions of the {count} planned traversals"
        problems.append(Problem("emissions", value=str(len(emissions.grams)), expected=expected))
    links = int(places.inside.shape[1])
    if links != len(network.edges):
        expected = f"a place for each of the {len(network.edges)} links"
        problems.append(Problem("places", value=str(links), expected=expected))
    if problems:
        raise InputError(problems)


def _drivers(itineraries: Itineraries, fleet: Fleet, cases: pd.DataFrame) -> list[str]:
    """Return the vehicles that drive or may: those of the operators of the day."""
    days = itineraries.traversals.vehicle_days
    operators = set(days["operator_id"])
    own = fleet.vehicles.index[fleet.vehicles["operator_id"].isin(operators)]
    known = own[own.isin(cases.index)]
    return sorted({str(name) for name in known} | {str(name) for name in days["vehicle_id"]})


def _emissions(grams: npt.NDArray[np.float64], planned: TraversalEmissions) -> TraversalEmissions:
    table = pd.DataFrame(grams, columns=list(QUANTITIES))
    return TraversalEmissions(table, factors=planned.factors, provenance=planned.provenance)


def _sizes(fleet: Fleet) -> dict[str, str]:
    if "operator_size" not in fleet.operators.columns:
        return {}
    return {str(name): str(size) for name, size in fleet.operators["operator_size"].items()}

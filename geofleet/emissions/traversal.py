"""From traversals to grams: what each traversal emits, and the checks before any work is done."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.gases import fuel_coefficients, situation_limits
from geofleet.emissions.engines.mixtures import Setting, VehicleKind, vehicle_kind
from geofleet.emissions.engines.processes import cold_excess, cold_trip_share
from geofleet.emissions.engines.resolve import make_engines
from geofleet.emissions.engines.wear import wear_arrays, wear_base
from geofleet.emissions.hot.factors import read_factors
from geofleet.emissions.model import QUANTITIES, TraversalEmissions
from geofleet.emissions.prepare import Prepared, evaluate, prepare
from geofleet.errors import InputError
from geofleet.fleet.classes import EMEP_CATEGORIES

if TYPE_CHECKING:
    from geofleet.fleet import Fleet
    from geofleet.network import RoadNetwork
    from geofleet.routes import Traversals

__all__ = ["FLAGS", "PROCESSES", "check_defaults", "check_vehicles", "traversal_emissions"]

log = logging.getLogger(__name__)

PROCESSES = ("hot", "cold_start", "idle", "wear")
"""Where emissions come from; see :func:`traversal_emissions`."""

_PARTS = dict(zip(PROCESSES, (kernels.HOT, kernels.COLD, kernels.IDLE, kernels.WEAR), strict=True))

FLAGS = {
    "speed_below_range": kernels.SPEED_BELOW,
    "speed_above_range": kernels.SPEED_ABOVE,
    "grade_clamped": kernels.GRADE_CLAMPED,
    "grade_unknown": kernels.GRADE_UNKNOWN,
    "payload_over_capacity": kernels.OVER_CAPACITY,
    "factor_repaired": kernels.REPAIRED,
    "grade_not_modelled": kernels.GRADE_NOT_MODELLED,
    "load_not_modelled": kernels.LOAD_NOT_MODELLED,
    "factor_doubtful": kernels.DOUBTFUL,
    "fuel_ratio_limited": kernels.RATIO_LIMITED,
}
"""Counts of traversals: what was done to stay inside the published functions.

- ``speed_below_range``, ``speed_above_range``: took the value at the end of the speed range
- ``grade_clamped``: steeper than ±6 %, took ±6 %
- ``grade_unknown``: no elevation for the link, took a level road
- ``payload_over_capacity``: took a full load
- ``factor_repaired``: a guarded function was used between its guard speeds
- ``grade_not_modelled``, ``load_not_modelled``: the function of a van knows no slope or load
- ``factor_doubtful``: a function was used whose row in the table carries a note of doubt: CO and
  VOC of Euro 5 and Euro 6 vans are published near zero and stand here as published

- ``fuel_ratio_limited``: the energy functions behind a US engine lie farther apart than standards
  do on level roads (downhill, where they near zero): their ratio was limited

Beside them, by vehicle:

- ``grid_of_world``: upstream emissions of an electric vehicle stand on the world's average grid, as
  none of the study's country is known
- ``grid_of_other_year``: the country's grid is known, but not of that year; the year before is
  taken, else the first
- ``state_partly_applied``: of the engines that a vehicle of unknown standard may have, only some
  can have its states
"""


def traversal_emissions(
    traversals: Traversals,
    network: RoadNetwork,
    fleet: Fleet,
    *,
    country: str | None = None,
    temperature_c: float | Sequence[float] | None = None,
    processes: Collection[str] = PROCESSES,
    defaults: Defaults | None = None,
) -> TraversalEmissions:
    """Return what every traversal emits.

    Hot exhaust by the speed functions of EMEP/EEA Tier 3, linear between the published slopes and
    loads; US standards per unit of fuel on a named function; technologies and states as factors;
    cold starts of vans; idling at stops; fuel from energy, carbon dioxide and sulphur dioxide from
    fuel; upstream emissions; wear by EMEP/EEA 1.A.3.b.vi-vii. Electric vehicles have wear,
    electricity and upstream emissions only.

    Parameters
    ----------
    traversals
        ``length_m`` in metres, ``speed_kmh`` in km/h above zero, ``payload_kg`` of at least zero.
    network
        ``grade`` of its links, rise over run; NaN is counted and taken as level.
    fleet
        Class, fuel, standard, model year, technology states and payload capacity of the vehicles.
    country
        ISO 3166 code, for the certification mix and the electricity grid.
    temperature_c
        Mean air temperature, one number or 24 by hour of day, for cold starts; a default row
        without it.
    processes
        Which of ``PROCESSES`` to count; all when not given.
    defaults
        Overrides of default rows.

    Raises
    ------
    ValueError
        A process that does not exist.
    InputError
        Unusable speeds, lengths, payloads, links or vehicles, all at once; then technologies and
        standards that cannot be used and default rows out of their limits.
    """
    if unknown := sorted(set(processes) - set(PROCESSES)):
        raise ValueError(f"no processes {unknown}; there are {list(PROCESSES)}")
    scope = (defaults or Defaults()).scope()
    scope.check_overrides()
    work = prepare(
        traversals, network, fleet, country=country, temperature_c=temperature_c, defaults=scope
    )
    parts = {name: part for name, part in _PARTS.items() if name in processes}
    grams, flags = evaluate(work, parts=sum(parts.values()))
    counts = {name: int(np.count_nonzero(flags & bit)) for name, bit in FLAGS.items()}
    length_km = traversals.frame["length_m"].to_numpy(np.float64) / 1000.0
    flagged = {name: float(length_km[(flags & bit) > 0].sum()) for name, bit in FLAGS.items()}
    day = traversals.frame["vehicle_day"].to_numpy()
    for name, days in work.flagged_days().items():
        counts[name] = int(np.count_nonzero(days[day]))
        flagged[name] = float(length_km[days[day]].sum())
    for name, count in counts.items():
        if count:
            log.info("%s: %d of %d traversals", name, count, len(traversals.frame))
    columns = pd.DataFrame(grams.T, columns=list(QUANTITIES), index=traversals.frame.index)
    return TraversalEmissions(
        grams=columns,
        factors=work.engines.used,
        flags=counts,
        flagged_km=flagged,
        processes=_by_process(work, grams, parts),
        provenance=scope.used,
    )


def _by_process(
    work: Prepared, grams: npt.NDArray[np.float64], parts: Mapping[str, int]
) -> pd.DataFrame:
    """Return sums by process: what is not cold start, idling or wear is hot."""
    sums = {}
    rest = grams.sum(axis=1)
    for name, part in parts.items():
        if name != "hot":
            sums[name] = evaluate(work, parts=part)[0].sum(axis=1)
            rest = rest - sums[name]
    if "hot" in parts:
        sums = {"hot": rest, **sums}
    return pd.DataFrame(sums, index=list(QUANTITIES)).T


def check_vehicles(
    fleet: Fleet,
    *,
    country: str | None = None,
    year: int | None = None,
    defaults: Defaults | None = None,
) -> None:
    """Check that every vehicle of a fleet has emission functions and states that fit it.

    Raises
    ------
    InputError
        Every vehicle whose technology, states or standard cannot be used; at most a few of each
        kind.
    """
    kinds: dict[VehicleKind, str] = {}
    for name, row in fleet.vehicles.iterrows():
        kinds.setdefault(vehicle_kind(row), str(name))
    make_engines(
        list(kinds),
        setting=Setting(country=country, year=year),
        defaults=(defaults or Defaults()).fresh(),
        names=list(kinds.values()),
    )


def check_defaults(defaults: Defaults) -> None:
    """Check the rows that every study of emissions reads, before any work is done.

    Raises
    ------
    InputError
        Every row of fuel, wear, cold start and idling that is out of its limits, and a table of
        hot emission functions that cannot be read.
    """
    rows = CheckedRows(defaults)
    fuel_coefficients(rows, "diesel", country=None, year=None)
    situation_limits(rows)
    wear_arrays(rows)
    for category in EMEP_CATEGORIES:
        wear_base(rows, emep_category=category, axles=2.0)
        cold_excess(rows, category, None)
    cold_trip_share(rows, None)
    try:
        read_factors(defaults.text("emissions", "hot_factors"))
    except InputError as error:
        rows.problems += error.problems
    rows.finish()

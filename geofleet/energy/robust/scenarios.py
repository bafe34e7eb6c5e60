"""Days as they may come: weather, traffic, load, driver and battery drawn together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.driving.conditions import Conditions
from geofleet.energy.robust.weather import DayWeather
from geofleet.errors import InputError, Problem

__all__ = ["Sampler", "Scenarios", "Spreads", "draw_scenarios", "read_draws", "read_spreads"]

Floats = npt.NDArray[np.float64]
Sampler = Literal["sobol", "random"]

_TABLE = "robust"
_DAY, _TRAFFIC, _PAYLOAD, _DRIVER, _AGE, _MODEL, _HOURS = range(7)
_DIMENSIONS = _HOURS + 24
_CLIP = 3.5  # standard deviations beyond which nothing is drawn


@dataclass(frozen=True, slots=True)
class Spreads:
    """How far days differ from the plan, from the ``robust`` table.

    Parameters
    ----------
    traffic_day, traffic_hour
        Standard deviation of the logarithm of speed over plan: of whole days, of single hours.
    payload, driver
        Likewise of load and of the rates of speeding up and slowing down.
    model
        Likewise of what the model of energy itself gets wrong.
    age_years
        Battery age, youngest and oldest; every age between is as likely.
    cycles_per_year
        Equivalent full cycles of the battery in a year.
    """

    traffic_day: float
    traffic_hour: float
    payload: float
    driver: float
    model: float
    age_years: tuple[float, float]
    cycles_per_year: float


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Drawn days, the same for every vehicle and route (common random numbers).

    Parameters
    ----------
    conditions
        One row per draw.
    day
        Day of the weather that each draw has.
    model_error
        Logarithm of true over modelled energy of each draw.
    spreads
        What they were drawn with.
    """

    conditions: Conditions
    day: npt.NDArray[np.int64]
    model_error: Floats
    spreads: Spreads

    def __len__(self) -> int:
        return len(self.day)


def read_spreads(defaults: Defaults) -> Spreads:
    """Read and check the rows of the ``robust`` table.

    Raises
    ------
    InputError
        Every row that is out of its limits.
    """
    rows = CheckedRows(defaults)

    def spread(name: str) -> float:
        return rows.number(_TABLE, name, 0.0, 1.0, "a standard deviation from 0 to 1")

    youngest = rows.number(_TABLE, "age_youngest", 0.0, 50.0, "years from 0 to 50")
    oldest = rows.number(_TABLE, "age_oldest", 0.0, 50.0, "years from 0 to 50")
    if oldest < youngest:
        expected = f"at least age_youngest ({youngest:g})"
        rows.problems.append(
            Problem(f"default table {_TABLE}", "age_oldest", 0, f"{oldest:g}", expected)
        )
    found = Spreads(
        traffic_day=spread("traffic_day_spread"),
        traffic_hour=spread("traffic_hour_spread"),
        payload=spread("payload_spread"),
        driver=spread("driver_spread"),
        model=spread("model_spread"),
        age_years=(youngest, oldest),
        cycles_per_year=rows.number(_TABLE, "cycles_per_year", 0.0, 2000.0, "from 0 to 2000"),
    )
    rows.finish()
    return found


def read_draws(defaults: Defaults) -> int:
    """Read how many days a probability is made of.

    Raises
    ------
    InputError
        Anything but a whole number of at least 1.
    """
    rows = CheckedRows(defaults)
    expected = "a whole number from 1 to 1000000"
    value = rows.number(_TABLE, "draws", 1.0, 1e6, expected)
    rows.finish()
    if value != int(value):
        raise InputError([Problem(f"default table {_TABLE}", "draws", 0, f"{value:g}", expected)])
    return int(value)


def draw_scenarios(
    weather: DayWeather,
    *,
    draws: int,
    seed: int,
    sampler: Sampler = "sobol",
    defaults: Defaults | None = None,
) -> Scenarios:
    """Draw days.

    Parameters
    ----------
    weather
        Days of the year; each is drawn as often as it weighs.
    draws
        How many; of ``sobol``, best a power of two.
    seed
        Of the generator: the same seed gives the same days.
    sampler
        ``sobol``: scrambled Sobol points (Owen, 1998), which fill the space evenly and make a
        probability from a thousand draws as good as from tens of thousands of independent ones;
        ``random``: independent draws, for checks.

    Raises
    ------
    InputError
        No draws, an unknown sampler, rows out of their limits.
    """
    problems = []
    if draws < 1:
        problems.append(Problem("scenarios", "draws", 0, str(draws), "at least 1"))
    if seed < 0:
        problems.append(Problem("scenarios", "seed", 0, str(seed), "a whole number of at least 0"))
    if sampler not in ("sobol", "random"):
        problems.append(Problem("scenarios", "sampler", 0, sampler, "sobol or random"))
    if problems:
        raise InputError(problems)
    spreads = read_spreads(defaults or Defaults())
    if sampler == "sobol":
        from scipy.stats import qmc  # takes most of a second to import

        source = qmc.Sobol(_DIMENSIONS, scramble=True, rng=np.random.default_rng(seed))
        exponent = int(np.ceil(np.log2(draws)))
        uniform = source.random_base2(exponent)[:draws]
    else:
        uniform = np.random.default_rng(seed).random((draws, _DIMENSIONS))
    share = np.cumsum(weather.weight_days) / np.sum(weather.weight_days)
    day = np.minimum(np.searchsorted(share, uniform[:, _DAY], side="right"), len(weather) - 1)
    normal = np.clip(ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12)), -_CLIP, _CLIP)
    low, high = spreads.age_years
    age = low + (high - low) * uniform[:, _AGE]
    traffic = spreads.traffic_day * normal[:, _TRAFFIC, None]
    traffic = traffic + spreads.traffic_hour * normal[:, _HOURS:]
    conditions = Conditions(
        temperature_c=weather.temperature_c[day],
        traffic=np.exp(traffic),
        wind_east_m_s=weather.wind_east_m_s[day],
        wind_north_m_s=weather.wind_north_m_s[day],
        payload_share=np.exp(spreads.payload * normal[:, _PAYLOAD]),
        driver=np.exp(spreads.driver * normal[:, _DRIVER]),
        battery_age_years=age,
        battery_cycles=age * spreads.cycles_per_year,
    )
    return Scenarios(conditions, day, spreads.model * normal[:, _MODEL], spreads)

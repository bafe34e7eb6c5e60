"""What briefs are made of: plain numbers and names, as layers and tables of a study have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "Budget",
    "Check",
    "DayUnderRules",
    "HarmToday",
    "Money",
    "Neighbourhood",
    "OperatorFacts",
    "SizeRow",
    "SizeUnderRules",
    "Truck",
    "Unknowns",
]  # fmt: skip

UNKNOWN = float("nan")


@dataclass(frozen=True)
class Neighbourhood:
    """A population zone: what its people breathe of the trucks.

    Parameters
    ----------
    name
        As the zones have it.
    people
        Who live there.
    ratio
        Mean concentration over that of all people.
    share
        Of all exposure.
    """

    name: str
    people: float
    ratio: float
    share: float


@dataclass(frozen=True)
class HarmToday:
    """What trucks do to people as they drive today.

    Parameters
    ----------
    dates
        Service dates.
    vehicles, operators, distance_km, links_km
        What drove, how far, and on how many kilometres of street directions.
    pm25_exhaust_g, pm25_exhaust_low_g, pm25_exhaust_high_g
        Over the dates, with the ends of its 5–95 % interval.
    pm25_wear_g, nox_g
        Over the dates.
    half_vehicles
        Fewest vehicles that give off half of the exhaust particles.
    half_links_km
        Shortest length of street directions on which half of the exposure begins.
    people
        In the study area.
    streets
        Worst streets by name, with their share of all exposure.
    hours
        Share of exposure by hour of day, 24 of them; empty where not known.
    neighbourhoods
        Worst ones first, by mean concentration.
    groups
        Group of people: share of people, share of exposure; empty where none is known.
    deaths
        Of a year: central, low and high; None where the study does not ask for them.
    deaths_days
        Days of that year that are like those studied.
    """

    dates: tuple[dt.date, ...]
    vehicles: int
    operators: int
    distance_km: float
    links_km: float
    pm25_exhaust_g: float
    pm25_exhaust_low_g: float
    pm25_exhaust_high_g: float
    pm25_wear_g: float
    nox_g: float
    half_vehicles: int
    half_links_km: float
    people: float
    streets: tuple[tuple[str, float], ...] = ()
    hours: tuple[float, ...] = ()
    neighbourhoods: tuple[Neighbourhood, ...] = ()
    groups: tuple[tuple[str, float, float], ...] = ()
    deaths: tuple[float, float, float] | None = None
    deaths_days: float = UNKNOWN


@dataclass(frozen=True)
class SizeUnderRules:
    """Operators of one size on a day under rules: how many, how many hurt, and their cost.

    The cost is over vehicle-days of known cost; NaN where none is known.
    """

    size: str
    operators: int
    hurt: int
    cost: float


@dataclass(frozen=True)
class DayUnderRules:
    """What access rules, or a declared contingency, make of the day.

    Parameters
    ----------
    title
        Of the rules.
    declared
        Whether an event is declared on the day; else the rules are those of every day.
    outcomes
        Vehicle-days by what becomes of them: code and count, no zeros.
    harm_before, harm_after
        Exposure of the day, persons·µg/m³·h; NaN where it is not known.
    deliveries, late, cancelled
        Counts.
    cost, cost_unknown, currency
        What it costs operators, NaN where nobody can tell; and of how many vehicle-days nobody
        can.
    sizes
        By size of operator.
    status
        Least certain status of the rules.
    """

    title: str
    declared: bool
    outcomes: Mapping[str, int]
    harm_before: float
    harm_after: float
    deliveries: int
    late: int
    cancelled: int
    cost: float
    cost_unknown: int
    currency: str
    sizes: tuple[SizeUnderRules, ...] = ()
    status: str = "verified"


@dataclass(frozen=True)
class SizeRow:
    """What a plan gives to operators of one size; money of the years of the plan."""

    size: str
    vehicles: int
    technologies: Mapping[str, int]
    spend: float
    harm: float
    pm25_kg: float


@dataclass(frozen=True)
class Budget:
    """What a plan's money buys.

    Parameters
    ----------
    currency, first_year, years
        Of the plan.
    spend, chargers
        Public money in all, and the part of it that chargers take.
    rows
        By size of operator.
    harm_today
        Exposure of the plan's years if nothing changes; NaN where it is not known.
    harm, pm25_kg
        Avoided over the years.
    kept
        Vehicles kept by reason.
    gap
        Share by which no other plan can be better.
    treasury
        Present money by what it is for, as if all changed today: ``grant``, ``tax_forgone``,
        ``fuel_tax``, ``fees``, ``admin``, ``scrap``, ``total``.
    operators_first, operators_month, operators_gain
        What the operators who change pay first, by how much their month changes, and what they
        gain over the years at their own rate; NaN where one of them is not known.
    exchanged
        Vehicles that in the end do the work of another, or none.
    year_spend
        Public money by calendar year.
    """

    currency: str
    first_year: int
    years: int
    spend: float
    chargers: float
    rows: tuple[SizeRow, ...]
    harm_today: float
    harm: float
    pm25_kg: float
    kept: tuple[tuple[str, int], ...]
    gap: float
    treasury: Mapping[str, float]
    operators_first: float
    operators_month: float
    operators_gain: float
    exchanged: int = 0
    year_spend: Mapping[int, float] = field(default_factory=dict)

    @property
    def vehicles(self) -> int:
        """All vehicles of the study."""
        return sum(row.vehicles for row in self.rows)

    @property
    def changed(self) -> int:
        """Vehicles that change."""
        return sum(sum(row.technologies.values()) for row in self.rows)


@dataclass(frozen=True)
class Truck:
    """One truck of an operator: today, under the rules, electric, in the plan.

    Parameters
    ----------
    vehicle_id, vehicle_class, fuel, standard, model_year
        As the fleet has them.
    annual_km
        Of a year; NaN where it is not known.
    outcome, rule
        What becomes of its day under the rules, and which rule decides; None without rules.
    electric, model, probability, cause
        Verdict of the best electric model, its name, on which share of a year's days, and what
        stands in the way.
    technology, plan_model, year, grant, reason
        What the plan makes of it, when, with which grant of today's money; why it is kept.
        ``technology`` is None without a plan.
    route
        Truck whose route the plan gives to it, where that is another one's; empty where it rests.
    """

    vehicle_id: str
    vehicle_class: str
    fuel: str
    standard: str
    model_year: int | None
    annual_km: float = UNKNOWN
    outcome: str | None = None
    rule: str | None = None
    electric: str = "unknown"
    model: str | None = None
    probability: float = UNKNOWN
    cause: str | None = None
    technology: str | None = None
    plan_model: str | None = None
    year: int | None = None
    grant: float = UNKNOWN
    reason: str | None = None
    route: str | None = None


@dataclass(frozen=True)
class Money:
    """Money of the trucks that change, together, as if all changed today.

    Parameters
    ----------
    currency, price_year
        Of all amounts.
    trucks, years
        How many trucks, and over how many years the ledger goes.
    price, grant, loan, trade_in, first
        Paid and got at the start; ``first`` is what is left to pay.
    capital
        What a lessor or provider of daily payments pays in the operator's place.
    month
        By item: a month of the first year today, and after the change.
    per_km
        Over all years, levelised: today, and after the change.
    gain, payback_years
        Against going on as today, at the operator's own rate; NaN: not known.
    fuel_change
        Relative change of the price of diesel that is tried; 0 where none of these trucks burns
        it.
    fuel_month
        By how much a month of the first year changes when diesel is that much cheaper, and dearer.
    fuel_gain
        The gain when diesel is that much cheaper in every year.
    """

    currency: str
    price_year: int
    trucks: int
    years: int
    price: float
    grant: float
    loan: float
    trade_in: float
    first: float
    month: Mapping[str, tuple[float, float]]
    per_km: tuple[float, float]
    gain: float
    payback_years: float
    fuel_change: float = 0.0
    fuel_month: tuple[float, float] = (UNKNOWN, UNKNOWN)
    fuel_gain: float = UNKNOWN
    capital: float = 0.0

    @property
    def month_total(self) -> tuple[float, float]:
        """A month today and after the change."""
        before = sum(today for today, _ in self.month.values())
        return before, sum(after for _, after in self.month.values())


@dataclass(frozen=True)
class Check:
    """A condition for the money: its name, whether it is met, and both sides of it.

    Parameters
    ----------
    name
        ``product``, ``first``, ``month``, ``cover`` or ``gain``.
    met
        ``yes``, ``no`` or ``unknown``.
    have, need
        What there is and what is asked for; NaN where there is no number.
    trucks, of
        For how many of the trucks it is met.
    product, product_name
        The finance product: its id, and what people call it.
    """

    name: str
    met: str
    have: float = UNKNOWN
    need: float = UNKNOWN
    trucks: int = 0
    of: int = 0
    product: str = ""
    product_name: str = ""


@dataclass(frozen=True)
class OperatorFacts:
    """What a brief for an operator is made of."""

    operator_id: str
    name: str
    size: str
    trucks: tuple[Truck, ...]
    dates: tuple[dt.date, ...]
    rules: str | None = None
    declared: bool = False
    money: Money | None = None
    checks: tuple[Check, ...] = ()
    planned: bool = False
    missing: tuple[str, ...] = ()
    """What the fleet table does not say of some truck: ``plate``, ``hologram``, ``annual_km``."""


@dataclass(frozen=True)
class Unknowns:
    """What is not known of a study, each told where it is not zero, empty or false."""

    synthetic: bool = False
    prices_of: str = ""
    """Country (ISO 3166) or currency whose prices are used, where it is not the study's own."""
    flat: bool = False
    other_freight: bool = False
    """Whether freight other than that with routes is left out."""
    no_groups: bool = False
    no_deaths: bool = False
    stops_not_reached: int = 0
    electric_unknown: int = 0
    plates: int = 0
    """Vehicles that lack a fact that rules turn on; which facts, in ``plates_lack``."""
    plates_lack: tuple[str, ...] = ()
    annual_km: int = 0
    rules: str = ""
    """Status of the rules where it is not verified."""
    no_rules: bool = False
    no_plan: bool = False
    decisions_unknown: int = 0
    costs_unknown: int = 0
    assumed: Mapping[str, int] = field(default_factory=dict)
    """Cells filled by assumption, counted."""
    contested: int = 0
    dates: int = 0
    """Service dates, told where there are few of them."""

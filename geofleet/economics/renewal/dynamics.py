"""Dynamics: how a fleet loses, buys and hands on vehicles in a year without any measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal.model import OLDEST, Stock
from geofleet.economics.renewal.scrappage import class_hazards
from geofleet.errors import InputError, Problem

__all__ = ["Dynamics", "filter_failure_per_year", "renewal_dynamics"]

Floats = npt.NDArray[np.float64]

_TABLE = "renewal"
_SHARE = "a share from 0 to 1"


@dataclass(frozen=True)
class Dynamics:
    """How a fleet renews itself.

    Parameters
    ----------
    hazard
        Share of vehicles that leave the road in a year, (classes, ages).
    growth
        Growth of the number of vehicles that the city's freight needs, 1/year (classes,). What is
        missing after scrapping is bought, so that the number is met in every size of operator.
    used_share
        Part of what an operator buys that comes second-hand from larger ones (sizes,).
    sold
        Most that operators part with of a cohort in a year, by age (ages,).
    import_share
        Part of what enters the fleet that was bought used abroad; the rest is new.
    import_ages
        Shares of imports by age (ages,), which sum to 1.
    buyers
        Who takes vehicles that a grant lets their owner sell on (sizes,), sums to 1.
    pushes_out_share
        Part of those that push an older one off the road.
    failure_per_year
        Share of fitted filters that crack in a year.
    additional_share
        Part of replacements by grant that would not have come about without it.
    provenance
        Default rows used.
    """

    hazard: Floats
    growth: Floats
    used_share: Floats
    sold: Floats
    import_share: float
    import_ages: Floats
    buyers: Floats
    pushes_out_share: float = 0.0
    failure_per_year: float = 0.0
    additional_share: float = 1.0
    provenance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that shares are shares."""
        shares = {
            "hazard": self.hazard, "used_share": self.used_share, "sold": self.sold,
            "import_share": self.import_share, "import_ages": self.import_ages,
            "buyers": self.buyers, "pushes_out_share": self.pushes_out_share,
            "failure_per_year": self.failure_per_year, "additional_share": self.additional_share,
        }  # fmt: skip
        problems = [
            Problem("dynamics", name, expected="shares from 0 to 1")
            for name, value in shares.items()
            if not ((np.asarray(value) >= 0.0) & (np.asarray(value) <= 1.0)).all()
        ]
        problems += [
            Problem("dynamics", name, 0, f"{total:g}", "shares that sum to 1")
            for name, total in (
                ("import_ages", self.import_ages.sum()), ("buyers", self.buyers.sum()),
            )
            if abs(total - 1.0) > 1e-9
        ]  # fmt: skip
        if not ((self.growth > -1.0) & np.isfinite(self.growth)).all():
            problems.append(Problem("dynamics", "growth", expected="numbers above -1"))
        if problems:
            raise InputError(problems)


def filter_failure_per_year(defaults: Defaults) -> float:
    """Return the share of fitted filters that crack in a year: 1 - (1 - failing)^(1 / life).

    From rows ``economics:filter.failure_share``, of a whole life, and ``filter.life_years``.
    """
    rows = CheckedRows(defaults)
    failing = rows.number("economics", "filter.failure_share", 0.0, 1.0, _SHARE)
    life = rows.number("economics", "filter.life_years", 0.0, np.inf, "years above 0", above=True)
    rows.finish()
    return float(1.0 - (1.0 - failing) ** (1.0 / life))


def renewal_dynamics(stock: Stock, *, defaults: Defaults | None = None) -> Dynamics:
    """Return how a stock renews itself today, from rows of table ``renewal``.

    Trucks leave by one scrappage curve at the scale of today's turnover of the federal fleet. New
    vehicles are, at the start, as many a year as the stock holds of the youngest ages over the
    years that these span; imports come on top by their share; what both exceed scrapping by is
    growth, which goes on at that rate.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)

    def share(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, 1.0, _SHARE)

    def age(row: str) -> float:
        return rows.number(_TABLE, row, 0.0, OLDEST, f"an age from 0 to {OLDEST}")

    used = np.array([share(f"used_share.{size}") for size in stock.sizes])
    buyers = np.array([share(f"buyers.{size}") for size in stock.sizes])
    sold_ages = age("sold.youngest"), age("sold.usual"), age("sold.oldest")
    import_ages = age("import.youngest"), age("import.oldest")
    window = rows.number(_TABLE, "purchase.window_years", 1, OLDEST, "years from 1 to the oldest")
    imported, most = share("import.share"), share("sold.most_share")
    pushed = share("sold_on.pushes_out_share")
    additional = share("additional_share")
    for low, high, row in (
        (sold_ages[0], sold_ages[1], "sold.usual"), (sold_ages[1], sold_ages[2], "sold.oldest"),
        (import_ages[0], import_ages[1], "import.oldest"),
    ):  # fmt: skip
        if not low <= high:
            rows.number(_TABLE, row, low, OLDEST, f"an age of at least {low:g}")
    if not imported < 1.0:
        rows.number(_TABLE, "import.share", 0.0, 0.99, "a share below 1")
    rows.finish()
    failure = filter_failure_per_year(scope)
    hazard = class_hazards(stock.classes, scope)
    by_age = stock.vehicles.sum(axis=(1, 3))
    whole = np.maximum(by_age.sum(axis=1), 1e-300)
    leaving = (by_age * hazard).sum(axis=1) / whole
    new = by_age[:, : int(window)].sum(axis=1) / whole / int(window)
    ages = np.arange(OLDEST + 1, dtype=np.float64)
    importing = ((ages >= import_ages[0]) & (ages <= import_ages[1])).astype(np.float64)
    sold = most * np.interp(ages, sold_ages[:2], (0.0, 1.0)) * (ages <= sold_ages[2])
    sold *= ages >= sold_ages[0]
    return Dynamics(
        hazard=hazard,
        growth=new / (1.0 - imported) - leaving,
        used_share=used,
        sold=sold,
        import_share=imported,
        import_ages=importing / importing.sum(),
        buyers=buyers / buyers.sum(),
        pushes_out_share=pushed,
        failure_per_year=failure,
        additional_share=additional,
        provenance=scope.used,
    )

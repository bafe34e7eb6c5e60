"""How well the stock and its dynamics meet what is published of the Mexican fleet."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.renewal.projection import project
from geofleet.economics.renewal.stock import federal_stock

__all__ = ["calibration"]

_TABLE, _FLEET = "renewal", "fleet_composition"
_CLASSES = {"c2": "rigid_12t", "c3": "rigid_26t", "t3": "articulated_50t"}
_LATER, _LAST = 2022, 2024


def calibration(*, defaults: Defaults | None = None) -> pd.DataFrame:
    """Compare the federal fleet of 2019, and its projection, with published figures.

    Returns
    -------
    pandas.DataFrame
        Indexed by quantity: ``published``, ``model``, and ``used``, whether the figure went into
        the calibration or tests it.
    """
    scope = (defaults or Defaults()).scope()
    start = federal_stock(defaults=scope)
    later = project(start, years=(start.year, _LAST), emissions=False, defaults=scope)
    yearly = later.yearly
    age = yearly["mean_age"].to_dict()
    number = yearly["vehicles"].to_dict()

    def row(table: str, name: str) -> float:
        return scope.number(table, name)

    found = [
        ("turnover of the first year", row(_TABLE, "turnover.truck"),
         float(yearly["turnover"].iloc[1]), True),
        *(
            (f"mean age of {kind.upper()} in 2019", row(_FLEET, f"mx.{kind}.mean_age_years"),
             start.mean_age((name,)), True)
            for kind, name in _CLASSES.items()
        ),
        ("mean age of all in 2019", row(_TABLE, "published.mean_age.2019"), start.mean_age(),
         False),
        ("share of all older than 10 years in 2019", row(_TABLE, "published.over_10_years.2019"),
         start.older_than(10), False),
        ("mean age of all in 2022", row(_TABLE, "published.mean_age.2022"),
         age[_LATER], False),
        ("vehicles at the start of 2024", row(_TABLE, "published.units.2024"),
         number[_LAST - 1], False),
    ]  # fmt: skip
    table = pd.DataFrame(found, columns=["quantity", "published", "model", "used"])
    return table.set_index("quantity")

"""Deaths and money for each gram, in the form that link prices take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.harm import baseline_mortality, harm_price, response_function

if TYPE_CHECKING:
    from geofleet.exposure.harm import BaselineMortality, ResponseFunction, ValueOfLife
    from geofleet.exposure.harm.groups import ByGroup

__all__ = ["harm_prices"]

_TABLE = "pricing"


def harm_prices(
    unit_exposure: ByGroup,
    *,
    country: str,
    background_ug_m3: float,
    function: ResponseFunction | None = None,
    mortality: BaselineMortality | None = None,
    value_of_life: ValueOfLife | None = None,
    defaults: Defaults | None = None,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return deaths, and money where a life is valued, for each gram on each link and hour.

    The ``harm_prices`` of :func:`geofleet.pricing.link_prices`; see
    :func:`geofleet.exposure.harm.harm_price` for the method and what it leaves out.

    Parameters
    ----------
    unit_exposure
        Of everyone, or by age group.
    country
        Whose baseline mortality holds, where ``mortality`` is not given.
    background_ug_m3
        Yearly mean of the pollutant that people breathe.
    function
        Concentration-response function; that of PM2.5 when not given. It must be of the substance
        that link prices count.
    value_of_life
        For ``harm_money``; US dollars are turned into the currency of row ``pricing:currency`` by
        row ``pricing:usd``.

    Raises
    ------
    InputError
        As ``harm_price``, or a value of life in a third currency.
    """
    scope = (defaults or Defaults()).scope()
    function = function or response_function("pm25", defaults=scope)
    if mortality is None:
        mortality = baseline_mortality(country, function.cause, defaults=scope)
    deaths = harm_price(
        unit_exposure, metric="deaths", function=function, mortality=mortality,
        background_ug_m3=background_ug_m3, defaults=scope,
    )  # fmt: skip
    if value_of_life is None:
        return {"harm_deaths": deaths}
    currency = scope.text(_TABLE, "currency")
    rate = 1.0
    if value_of_life.currency != currency:
        if value_of_life.currency != "USD":
            expected = f"a value in {currency} or in USD"
            value = str(value_of_life)
            raise InputError([Problem("harm prices", "value_of_life", 0, value, expected)])
        rate = scope.number(_TABLE, "usd")
    return {"harm_deaths": deaths, "harm_money": deaths * (value_of_life.amount * rate)}

"""Which currency amounts are in, said where it is not that of the country that they are read in."""

from __future__ import annotations

from geofleet.defaults import Defaults

__all__ = ["currency_note"]


def currency_note(
    currency: str, country: str | None, *, row: str, defaults: Defaults | None = None
) -> str | None:
    """Return a sentence on the currency of amounts; None where it is the country's own.

    Default prices are those of Mexico. Changed into another currency they are still prices of
    Mexico, so nothing is converted behind the reader's back: the rate is told where one is known.

    Parameters
    ----------
    currency
        Of the amounts.
    country
        ISO 3166 code of the country they are read in.
    row
        Default row that holds the currency, ``table:row``; its table holds the prices.
    defaults
        Where rates are read.
    """
    from babel.numbers import get_territory_currencies

    if country is None:
        return f"Amounts are in {currency} (row {row}); the study names no country."
    own = get_territory_currencies(country, tender=True)
    if not own or currency in own:
        return None
    return (
        f"Amounts are in {currency}, at the prices of row {row} and its table, which are not those "
        f"of {country}. {_rate(currency, own[-1], defaults or Defaults())} Set {row} and the "
        f"prices of {row.partition(':')[0]} as overrides to have amounts in {own[-1]}."
    )


def _rate(currency: str, other: str, defaults: Defaults) -> str:
    from geofleet.economics.finance.money import rate_between
    from geofleet.errors import InputError

    scope = defaults.fresh()
    try:
        rate = rate_between(currency, other, scope)
    except InputError:
        return f"No rate of {other} is known (table exchange_rates)."
    rows = scope.describe()
    told = "; ".join(f"{one['row']}, {one['status']}" for one in rows.to_dict("records"))
    return f"1 {currency} = {rate:,.4g} {other} ({told})."

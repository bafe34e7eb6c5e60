"""What an amount of public money buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.benefits import survival_table
from geofleet.economics.society.fiscal import fiscal_cost
from geofleet.economics.society.instruments import Instrument, usual_grant
from geofleet.economics.society.model import (
    AVOIDED,
    SocialTerms,
    avoided,
    check_options,
    social_terms,
)
from geofleet.economics.society.turnover import less_what_goes_on, sold_on
from geofleet.economics.society.uptake import counts_of
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options
    from geofleet.economics.society.health import DeathRate
    from geofleet.economics.society.uptake import Uptake

__all__ = ["Purchase", "compare_instruments", "what_does_it_buy"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_GOES_ON = "avoids nothing: the old one is sold and goes on"


@dataclass(frozen=True)
class Purchase:
    """What an amount buys.

    Parameters
    ----------
    money, spent, left
        In money of account.
    bought
        By vehicle and option: ``units`` (whole vehicles), ``additional`` (those that would not
        have switched), ``public`` and ``private`` money, and for each of ``AVOIDED`` what a year
        (``*_per_year``) and the whole time (``*``) of the additional ones avoid.
    by_option, by_segment
        Sums of ``bought`` by option, and by operator size and option.
    total
        Sums, with ``private_per_public``, ``deaths`` (avoided over the time; NaN without a death
        rate), ``fiscal_cost`` (present, with lost fuel tax, fees and handling) and
        ``public_per_*`` (public money per unit avoided over the time; NaN where nothing is).
    passed_over
        Why the other vehicles get nothing, counted.
    """

    instrument: str
    by: str
    money: float
    spent: float
    left: float
    currency: str
    bought: pd.DataFrame
    by_option: pd.DataFrame
    by_segment: pd.DataFrame
    total: pd.Series
    passed_over: pd.Series
    provenance: tuple[str, ...] = ()


def what_does_it_buy(
    money: float,
    options: Options,
    *,
    currency: str = "USD",
    by: str = "bc",
    instrument: Instrument | None = None,
    able: pd.Series | None = None,
    able_without: pd.Series | None = None,
    allowed: pd.Series | None = None,
    uptake: Uptake | None = None,
    group: pd.Series | None = None,
    weights: pd.Series | None = None,
    renewal: pd.DataFrame | None = None,
    rebound_km: pd.Series | None = None,
    deaths: DeathRate | None = None,
    terms: SocialTerms | None = None,
    defaults: Defaults | None = None,
) -> Purchase:
    """Spend an amount on vehicles, most avoided per public money first, and say what it bought.

    Whole vehicles, in the order of what they avoid for the money, while it lasts; what is left then
    buys as many as it can of the one kind that does most with it. So more money never avoids less.
    Without ``uptake``, an offer is taken up where it turns a loss into a gain (and, where ``able``
    is given, can be paid): all of those are additional, and who would gain without it is offered
    nothing. The grant is :func:`usual_grant`. :func:`needed_grant` in its place is the most that
    money could do: no office knows what each operator is short of, and those who are short of a few
    pesos, whom it finds first, would mostly buy without it. With ``uptake``, the
    expected number takes it up, whole vehicles by rounding the running sum, and only the part that
    would not have switched counts.

    Parameters
    ----------
    money
        In ``currency``: the currency of account, USD or MXN.
    by
        One of ``AVOIDED``.
    instrument
        :func:`usual_grant` when not given.
    able, able_without
        Whether the first month can be paid with and without it, by vehicle and option.
    allowed
        Options that may be chosen (feasible, say). Missing is not allowed.
    uptake, group
        Calibrated logit; its groups by vehicle and option.
    weights
        Vehicles behind each row of ``vehicles``.
    renewal
        Fleet turnover: by vehicle, columns the years 1…, the probability that the vehicle would
        still run were nothing done (:func:`vehicle_survival`). A year's gain counts by it, and an
        old vehicle that is sold on goes on emitting (:func:`with_scrapping` gives options whose old
        ones are scrapped). Without it, every year counts, as if all old ones left the road.
    rebound_km
        As for :func:`avoided`.
    deaths
        For deaths avoided.

    Raises
    ------
    InputError
        Money below zero, another currency or ``by``; tables of other rows.
    """
    used = (defaults or Defaults()).scope()
    terms = terms or social_terms(options.currency, defaults=used)
    amount = _in_account(money, currency, terms)
    if by not in AVOIDED:
        raise InputError([Problem("leverage", "by", 0, by, "one of " + ", ".join(AVOIDED))])
    check_options(options)
    instrument = instrument or usual_grant(options, defaults=used)
    offers = _offers(options, instrument, able, able_without, allowed, uptake, group, weights)
    yearly = avoided(options.physical, rebound_km=rebound_km)
    if renewal is not None:
        yearly = less_what_goes_on(options, yearly, used)
    lasting = yearly.mul(_years(options, renewal), axis=0)
    worth = (lasting[by] * offers["share"]).to_numpy(np.float64)
    goes_on = sold_on(options) if renewal is not None else np.zeros(len(worth), bool)
    reason = _best_of_vehicle(offers, worth, goes_on)
    price = instrument.public_cost.to_numpy(np.float64)
    order, supply = _queue(offers, worth, price, reason)
    units = _bought(amount, price[order], worth[order], supply)
    rows = order[units > 0]
    units = units[units > 0]
    found = _bill(options, instrument, offers, rows, units, yearly, lasting)
    spent = float(found["public"].sum())
    reason[rows] = "bought"
    return Purchase(
        instrument.name, by, amount, spent, amount - spent, options.currency, found,
        _sums(found, [found.index.get_level_values("option")]), _by_segment(options, found),
        _total(options, instrument, found, deaths, terms, used),
        _passed_over(options, reason, weights),
        tuple(sorted({*terms.provenance, *used.used})),
    )  # fmt: skip


def compare_instruments(
    money: float, options: Options, instruments: Sequence[Instrument], **settings: object
) -> pd.DataFrame:
    """Return ``total`` of :func:`what_does_it_buy` for each instrument, a row each.

    Parameters
    ----------
    settings
        As for :func:`what_does_it_buy`.
    """
    rows = {
        one.name: what_does_it_buy(money, options, instrument=one, **settings).total  # type: ignore[arg-type]
        for one in instruments
    }
    return pd.DataFrame(rows).T.rename_axis("instrument")


def _in_account(money: float, currency: str, terms: SocialTerms) -> float:
    rate = {"USD": terms.per_usd, "MXN": terms.per_mxn, terms.currency: 1.0}
    problems = []
    if not (np.isfinite(money) and money >= 0.0):
        problems.append(Problem("leverage", "money", 0, f"{money:g}", "an amount of at least 0"))
    if currency not in rate:
        problems.append(Problem("leverage", "currency", 0, currency, "one of " + ", ".join(rate)))
    if problems:
        raise InputError(problems)
    return money * rate[currency]


def _offers(
    options: Options, instrument: Instrument, able: pd.Series | None,
    able_without: pd.Series | None, allowed: pd.Series | None, uptake: Uptake | None,
    group: pd.Series | None, weights: pd.Series | None,
) -> pd.DataFrame:  # fmt: skip
    """Return, by row, vehicles that take it up, the additional share among them, and why not."""
    index = options.cases.index
    before, after = instrument.gain_without, instrument.gain_with
    count = np.ones(len(index))
    if weights is not None:
        of_row = pd.Series(weights.reindex(index.get_level_values(0)).to_numpy(), index=index)
        count = counts_of(of_row, index)
    why = np.full(len(index), "", dtype=object)

    def refuse(where: npt.NDArray[np.bool_], word: str) -> None:
        why[where & (why == "")] = word

    refuse(np.asarray(index.get_level_values("option") == KEEP), "keep")
    if allowed is not None:
        refuse(~allowed.reindex(index).fillna(False).to_numpy(bool), "not feasible")
    cost = instrument.public_cost
    refuse((before >= 0.0).to_numpy() & (uptake is None), "gains without it")
    refuse((cost.isna() | after.isna() | before.isna()).to_numpy(), "not known, or not enough")
    if uptake is None:
        refuse((after < 0.0).to_numpy(), "a loss even with it")
        if able is not None:
            refuse(~able.reindex(index).fillna(False).to_numpy(bool), "cannot be paid")
        taken, share = count, np.ones(len(index))
    else:
        with_it = uptake.probability(after, able, group=group).to_numpy()
        without = uptake.probability(before, able_without, group=group).to_numpy()
        taken = count * with_it
        share = np.where(with_it > 0.0, 1.0 - without / np.where(with_it > 0.0, with_it, 1.0), 0.0)
        refuse(np.isnan(share), "not known, or not enough")
    refuse((cost == 0.0).to_numpy(), "nothing is offered")
    return pd.DataFrame({"taken": taken, "share": share, "why": why}, index=index)


def _best_of_vehicle(
    offers: pd.DataFrame, worth: Floats, goes_on: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Return why each row is not bought so far; empty for what can be."""
    reason = offers["why"].to_numpy(object).copy()
    reason[(reason == "") & np.isnan(worth)] = "nobody knows what it avoids"
    reason[(reason == "") & ~(worth > 0.0) & goes_on] = _GOES_ON
    reason[(reason == "") & ~(worth > 0.0)] = "avoids nothing"
    return reason


def _queue(
    offers: pd.DataFrame, worth: Floats, price: Floats, reason: npt.NDArray[np.object_]
) -> tuple[Ints, Ints]:
    """Return rows by what they avoid for the money, the best of each vehicle, and whole units."""
    open_rows = np.flatnonzero(reason == "")
    ratio = worth[open_rows] / price[open_rows]
    order = open_rows[np.argsort(-ratio, kind="stable")]
    index = offers.index
    assert isinstance(index, pd.MultiIndex)
    code = np.asarray(index.codes[0], np.int64)[order]
    _, first = np.unique(code, return_index=True)
    best = np.sort(first)
    reason[np.delete(order, best)] = "another option does more for the money"
    order = order[best]
    # the running sum is rounded down, so that parts of vehicles add up to whole ones
    running = np.floor(np.cumsum(offers["taken"].to_numpy()[order]) + 1e-9)
    supply = np.diff(running, prepend=0.0).astype(np.int64)
    reason[order] = "the money is spent"
    reason[order[supply == 0]] = "no whole vehicle takes it up"
    return order, supply


def _bought(money: float, price: Floats, worth: Floats, supply: Ints) -> Ints:
    """Return units of each row: a prefix of the queue, then one kind with what is left."""
    cost = np.cumsum(price * supply)
    whole = int(np.searchsorted(cost, money, side="right"))
    units = np.where(np.arange(len(price)) < whole, supply, 0)
    if whole == len(price):
        return units
    left = money - (cost[whole - 1] if whole else 0.0)
    units[whole] = min(int(left // price[whole]), int(supply[whole]))
    left -= units[whole] * price[whole]
    more = np.minimum(left // price, supply - units).astype(np.int64)
    more[: whole + 1] = 0
    best = int(np.argmax(more * worth))
    units[best] += more[best]
    return units


def _years(options: Options, renewal: pd.DataFrame | None) -> Floats:
    """Return the years of gain that count for each row."""
    years = options.cases["years"]
    if renewal is None:
        return years.to_numpy(np.float64)
    vehicles = options.cases.index.get_level_values(0)
    counted, place = survival_table(renewal, vehicles, years)
    return np.asarray(np.cumsum(counted, axis=1)[place, years.to_numpy(np.int64) - 1])


def _bill(
    options: Options, instrument: Instrument, offers: pd.DataFrame, rows: Ints, units: Ints,
    yearly: pd.DataFrame, lasting: pd.DataFrame,
) -> pd.DataFrame:  # fmt: skip
    more = units * offers["share"].to_numpy()[rows]
    found = {
        "units": units,
        "additional": more,
        "public": units * instrument.public_cost.to_numpy()[rows],
        # what would have been spent anyway is not set moving
        "private": more * instrument.private.to_numpy()[rows],
    }
    for name in AVOIDED:
        found[f"{name}_per_year"] = more * yearly[name].to_numpy()[rows]
        found[name] = more * lasting[name].to_numpy()[rows]
    return pd.DataFrame(found, index=options.cases.index[rows])


def _by_segment(options: Options, found: pd.DataFrame) -> pd.DataFrame:
    size = pd.Series("unknown", index=options.vehicles.index)
    if "operator_size" in options.vehicles.columns:
        size = options.vehicles["operator_size"].astype(object).fillna("unknown")
    of_row = size.reindex(found.index.get_level_values(0)).to_numpy()
    keys = [pd.Index(of_row, name="operator_size"), found.index.get_level_values("option")]
    return _sums(found, keys)


def _sums(found: pd.DataFrame, keys: Sequence[pd.Index]) -> pd.DataFrame:
    """Return sums by keys; what is unknown stays unknown."""
    groups = pd.MultiIndex.from_arrays(list(keys)) if len(keys) > 1 else keys[0]
    code, labels = pd.factorize(groups, sort=True)
    return pd.DataFrame(
        {str(name): np.bincount(code, part, len(labels)) for name, part in found.items()},
        index=labels.set_names([str(key.name) for key in keys]),
    )


def _total(
    options: Options, instrument: Instrument, found: pd.DataFrame, deaths: DeathRate | None,
    terms: SocialTerms, used: Defaults,
) -> pd.Series:  # fmt: skip
    total = pd.Series({str(name): float(part.to_numpy().sum()) for name, part in found.items()})
    spent = total["public"]
    total["private_per_public"] = total["private"] / spent if spent > 0.0 else np.nan
    total["deaths"] = np.nan if deaths is None else total["harm"] * deaths.per_harm
    total["fiscal_cost"] = 0.0
    if len(found):
        fiscal = fiscal_cost(
            replace(options, cases=options.cases.assign(grant=0.0)), takers=found["units"],
            additional=found["additional"], public_cost=instrument.public_cost, terms=terms,
            defaults=used,
        )  # fmt: skip
        total["fiscal_cost"] = float(fiscal.present["total"])
    for name in AVOIDED:
        amount = total[name]
        total[f"public_per_{name}"] = spent / amount if amount > 0.0 else np.nan
    return total.rename(instrument.name)


def _passed_over(
    options: Options, reason: npt.NDArray[np.object_], weights: pd.Series | None
) -> pd.Series:
    """Count vehicles that nothing is bought for, by the reason of the option that came nearest."""
    words = (
        "the money is spent", "no whole vehicle takes it up", "cannot be paid",
        "a loss even with it", "gains without it", "nothing is offered", _GOES_ON, "avoids nothing",
        "nobody knows what it avoids", "not known, or not enough", "not feasible", "keep",
    )  # fmt: skip
    place = {word: number for number, word in enumerate(words)}
    place["bought"], place["another option does more for the money"] = -1, len(words)
    near = pd.Series([place[word] for word in reason], options.cases.index)
    best = near.groupby(level=0, sort=False).min()
    best = best[best >= 0]
    count = pd.Series(counts_of(weights, best.index), best.index)
    names = best.map({number: word for word, number in place.items()})
    names = names.replace("keep", "no option but to keep it")
    return count.groupby(names).sum().rename("vehicles").rename_axis("reason")

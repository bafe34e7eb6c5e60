"""What an incentive costs the treasury: grants, taxes not raised, fees not paid, handling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.ledger import check_cases
from geofleet.economics.options.model import KEEP
from geofleet.economics.society.model import (
    SocialTerms,
    annuity,
    avoided,
    check_options,
    keep_places,
    of_account,
    social_terms,
)
from geofleet.economics.society.resource_cost import energy_taxes
from geofleet.economics.society.uptake import counts_of
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["FISCAL_ITEMS", "FiscalCost", "fiscal_cost"]

Floats = npt.NDArray[np.float64]
_TABLE = "society"

FISCAL_ITEMS = {
    "grant": "grants, or what else the treasury pays for the vehicle",
    "tax_forgone": "duty and purchase tax let off, and tax on holding the vehicle, by year",
    "fuel_tax": "excise and value added tax that is not credited, on fuel no longer burnt",
    "fees": "fees of verification, fines and charges no longer paid",
    "admin": "handling",
    "scrap": "got for what is scrapped; below zero",
}
"""Items of a fiscal cost; losses of the treasury count above zero."""


@dataclass(frozen=True)
class FiscalCost:
    """What options cost the treasury, against keeping the vehicles.

    Parameters
    ----------
    table
        Indexed by vehicle and option, without keeping: present cost of one vehicle by item of
        ``FISCAL_ITEMS`` and ``total``, as if it took the option because of the incentive;
        ``tax_received``: duty and purchase tax that it pays, for information, in no sum.
    by_year
        Year 0, 1…: money of the day by item, over all takers; ``total``.
    present
        The same, at the real social rate on top of inflation.
    takers, additional
        Vehicles.
    per_taker, per_additional
        Present cost over them.
    per_unit
        Cost of a year (present cost over the annuity) over what the additional ones avoid in a
        year, per kg, t or person·µg/m3·h; NaN where nothing is avoided.
    notes
        What is counted how.
    """

    table: pd.DataFrame
    by_year: pd.DataFrame
    present: pd.Series
    takers: float
    additional: float
    per_taker: float
    per_additional: float
    per_unit: pd.Series
    notes: tuple[str, ...]
    currency: str
    provenance: tuple[str, ...] = ()


def fiscal_cost(
    options: Options,
    *,
    takers: pd.Series | None = None,
    additional: pd.Series | None = None,
    public_cost: pd.Series | None = None,
    reference: pd.DataFrame | None = None,
    scrap: pd.Series | None = None,
    terms: SocialTerms | None = None,
    defaults: Defaults | None = None,
) -> FiscalCost:
    """Return what options cost the treasury, per vehicle and by year.

    Grants, exemptions, fees, handling and scrap are of all takers; fuel is burnt less by the
    additional ones alone: the others would have burnt less anyway. Value added tax that operators
    credit is no loss.

    Parameters
    ----------
    takers
        Vehicles that take each option with the incentive; 1 of each where not given, which makes
        sense for one option a vehicle. Missing rows: none.
    additional
        Those among them that would not have without; all where not given.
    public_cost
        Present public money for one vehicle in place of ``grant`` of the cases (a subsidy of
        interest, the expected loss of a guarantee).
    reference
        Ledger cases without the exemptions: what they let off is the difference in duty, purchase
        tax and tax on holding. Make them of the same physics with the rows that exempt set
        otherwise (``economics:vehicle_tax.exempt``, ``economics:duty.scenario``). Where not given,
        nothing counts as let off.
    scrap
        Money that the treasury gets for the old vehicle.

    Raises
    ------
    InputError
        More additional vehicles than takers; a reference of other rows; faults of the options.
    """
    used = (defaults or Defaults()).scope()
    terms = terms or social_terms(options.currency, defaults=used)
    check_options(options)
    cases = check_cases(options.cases)
    index = cases.index
    assert isinstance(index, pd.MultiIndex)
    rows = np.asarray(index.get_level_values("option") != KEEP)
    count, more = _takers(index, rows, takers, additional)
    counts = {name: more if name == "fuel_tax" else count for name in FISCAL_ITEMS}
    base = keep_places(index)
    start = _at_start(options, cases, public_cost, reference, scrap, terms, used)
    flows, fees = _yearly(options, cases, base, reference, terms, used)
    years, rate = cases["years"].to_numpy(), cases["inflation"].to_numpy()
    rate = (1.0 + terms.discount_rate) * (1.0 + rate) - 1.0
    present = {name: start[name].copy() for name in FISCAL_ITEMS}
    lines = [{name: _sum(start[name], counts[name]) for name in FISCAL_ITEMS}]
    for year in range(1, int(years.max(initial=0.0)) + 1):
        line = dict.fromkeys(FISCAL_ITEMS, 0.0)
        for name, (first, growth) in flows.items():
            flow = np.where(years >= year, _grown(first, growth, year), 0.0)
            present[name] += flow / (1.0 + rate) ** year
            line[name] = _sum(flow, counts[name])
        lines.append(line)
    table = pd.DataFrame(present, index=index)
    table["total"] = table.sum(axis=1, skipna=False)
    table["tax_received"] = cases["duty"] + cases["purchase_tax"]
    by_year = pd.DataFrame(lines).rename_axis("year")
    by_year["total"] = by_year.sum(axis=1, skipna=False)
    whole = pd.Series({name: _sum(present[name], counts[name]) for name in FISCAL_ITEMS})
    whole["total"] = whole.sum(skipna=False)
    spread = annuity(terms.discount_rate, years)
    of_a_year = sum(_sum(present[name] / spread, counts[name]) for name in FISCAL_ITEMS)
    total, taken, extra = float(whole["total"]), float(count.sum()), float(more.sum())
    notes = (
        f"fees: {fees}",
        "what is let off counts as tax forgone on all that is bought, also on what would not have "
        "been bought without it; taxes received on it are told apart",
        "income tax is left out: what is written off differs from firm to firm",
    )
    return FiscalCost(
        table[rows], by_year, whole, taken, extra,
        total / taken if taken > 0.0 else np.nan, total / extra if extra > 0.0 else np.nan,
        _per_unit(options, of_a_year, more), notes, options.currency,
        tuple(sorted({*terms.provenance, *used.used})),
    )  # fmt: skip


def _takers(
    index: pd.MultiIndex, rows: npt.NDArray[np.bool_], takers: pd.Series | None,
    additional: pd.Series | None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return takers and additional ones by row; none of keeping."""
    count = rows.astype(np.float64)
    if takers is not None:
        count = np.where(rows, counts_of(takers.reindex(index).fillna(0.0), index), 0.0)
    if additional is None:
        return count, count
    more = np.where(rows, counts_of(additional.reindex(index).fillna(0.0), index), 0.0)
    if (over := np.flatnonzero(more > count * (1.0 + 1e-9) + 1e-9)).size:
        row = str(index[over[0]])
        expected = f"at most the {count[over[0]]:g} takers"
        raise InputError(
            [Problem("fiscal", "additional", 0, f"{row}: {more[over[0]]:g}", expected)]
        )
    return count, more


def _at_start(
    options: Options, cases: pd.DataFrame, public_cost: pd.Series | None,
    reference: pd.DataFrame | None, scrap: pd.Series | None, terms: SocialTerms, used: Defaults,
) -> dict[str, Floats]:  # fmt: skip
    """Return what is paid or lost today for each row, by item."""
    rows = CheckedRows(used)
    handling = rows.number(_TABLE, "admin.per_vehicle", 0.0, np.inf, "money of at least 0")
    rows.finish()
    size = len(cases)
    found = {name: np.zeros(size) for name in FISCAL_ITEMS}
    found["grant"] = cases["grant"].to_numpy().copy()
    if public_cost is not None:
        found["grant"] = _told(public_cost, cases.index)
    handling *= of_account(f"{_TABLE}:admin.per_vehicle", terms, used)
    found["admin"] = np.full(size, handling)
    if scrap is not None:
        found["scrap"] = 0.0 - _told(scrap, cases.index)
    if reference is not None:
        if not reference.index.equals(options.cases.index):
            raise InputError([Problem("fiscal", "reference", expected="cases of the same rows")])
        other = check_cases(reference)
        for name in ("duty", "purchase_tax"):
            found["tax_forgone"] += other[name].to_numpy() - cases[name].to_numpy()
    return found


def _yearly(
    options: Options, cases: pd.DataFrame, base: npt.NDArray[np.int64],
    reference: pd.DataFrame | None, terms: SocialTerms, used: Defaults,
) -> tuple[dict[str, tuple[Floats, Floats]], str]:  # fmt: skip
    """Return yearly losses: at first-year prices, shape (parts, rows), and their growth, alike."""
    inflation = cases["inflation"].to_numpy()
    taxes = energy_taxes(options, terms)
    tax = taxes.excise + taxes.lost
    own = (1.0 + inflation) * (1.0 + cases["energy_growth"].to_numpy())
    flows = {"fuel_tax": (np.stack([tax[base], -tax]), np.stack([own[base], own]))}
    grown = 1.0 + inflation
    if reference is not None:
        held = check_cases(reference)["vehicle_tax_per_year"].to_numpy()
        lost = held - cases["vehicle_tax_per_year"].to_numpy()
        flows["tax_forgone"] = (lost[None], grown[None])
    charges = cases["charges_per_year"].to_numpy()
    if np.nan_to_num(charges, nan=1.0).any():
        lost, said = charges[base] - charges, "difference in charges of the ledger cases"
    else:
        lost, said = _test_fees(options, terms, used), "verification by rows of table society"
    flows["fees"] = (lost[None], grown[None])
    return flows, said


def _test_fees(options: Options, terms: SocialTerms, used: Defaults) -> Floats:
    rows = CheckedRows(used)
    fee = rows.number(_TABLE, "verification.fee", 0.0, np.inf, "money of at least 0")
    times = rows.number(_TABLE, "verification.per_year", 0.0, 366.0, "times a year")
    rows.finish()
    exempt = used.text(_TABLE, "verification.exempt").split(";")
    stops = options.physical["technology"].isin([name.strip() for name in exempt]).to_numpy()
    fee *= of_account(f"{_TABLE}:verification.fee", terms, used)
    return np.where(stops, fee * times, 0.0)


def _told(money: pd.Series, index: pd.Index) -> Floats:
    """Return money by row: nothing where there is no row, unknown where its row is NaN."""
    found = money.reindex(index).to_numpy(np.float64, copy=True)
    found[~index.isin(money.index)] = 0.0
    return found


def _grown(first: Floats, growth: Floats, year: int) -> Floats:
    return np.asarray((first * growth ** (year - 1)).sum(axis=0))


def _sum(values: Floats, counts: Floats) -> float:
    """Return the sum over takers; what nobody takes need not be known."""
    return float(np.where(counts > 0.0, values * counts, 0.0).sum())


def _per_unit(options: Options, of_a_year: float, more: Floats) -> pd.Series:
    gains = avoided(options.physical)
    found = {}
    for name in gains.columns:
        amount = _sum(gains[name].to_numpy(np.float64), more)
        found[name] = of_a_year / amount if amount > 0.0 else np.nan
    return pd.Series(found, name="fiscal_cost_per_unit")

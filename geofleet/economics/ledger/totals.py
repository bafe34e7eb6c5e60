"""Totals of many ledgers at once, and what each costs in each of its years."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.economics.ledger import _kernels
from geofleet.economics.ledger.model import check_cases

__all__ = ["MEASURES", "case_arrays", "cost_flows", "ledger_totals", "measures", "yearly_costs"]

Floats = npt.NDArray[np.float64]

MEASURES = (*_kernels.TOTALS, "cost_per_km", "cost_per_tonne_km")
"""Columns of ``ledger_totals``."""


def case_arrays(cases: pd.DataFrame) -> Floats:
    """Return checked cases as an array (columns, cases) in the order of the kernels.

    Raises
    ------
    InputError
        As :func:`geofleet.economics.ledger.check_cases`.
    """
    checked = check_cases(cases)
    return np.stack([checked[name].to_numpy() for name in _kernels.COLUMNS])


def ledger_totals(cases: pd.DataFrame) -> pd.DataFrame:
    """Return what each case costs its operator, in totals.

    Parameters
    ----------
    cases
        One row per case, columns of ``CASE_SCHEMA``.

    Returns
    -------
    DataFrame
        Same index. ``upfront``: paid today, grant, trade-in and loan taken off; ``month_one``:
        paid in a month of the first year, the loan by months; ``present_cost`` and
        ``undiscounted_cost`` of all years; ``present_km`` and ``present_tonne_km``: the work of all
        years, discounted as the money is; ``cost_per_km`` and ``cost_per_tonne_km``: the first over
        the second (levelised). What an unknown number enters is NaN.

    Raises
    ------
    InputError
        Cases out of their limits, all at once.

    Notes
    -----
    Levelised cost: Short, Packey and Holt 1995, A Manual for the Economic Evaluation of Energy
    Efficiency and Renewable Energy Technologies, NREL/TP-462-5173.

    Examples
    --------
    >>> import pandas as pd
    >>> from geofleet.economics.ledger import ledger_totals, new_cases
    >>> cases = new_cases(pd.Index(["filter"]), years=5, discount_rate=0.16, price=200_000,
    ...                   loan=200_000, loan_rate=0.16, loan_years=5, filter_per_year=10_000)
    >>> float(ledger_totals(cases)["undiscounted_cost"].round(2).iloc[0])
    355409.38
    """
    columns = case_arrays(cases)
    totals = np.empty((len(_kernels.TOTALS), columns.shape[1]))
    _kernels.ledgers(columns, totals, np.empty((0, 0)))
    return pd.DataFrame(measures(totals), index=cases.index, copy=False)


def measures(totals: Floats) -> dict[str, Floats]:
    """Return the columns of ``ledger_totals`` from what the kernel counts (totals, cases)."""
    found = dict(zip(_kernels.TOTALS, totals, strict=True))
    for work in ("km", "tonne_km"):
        present = found[f"present_{work}"]
        per = np.full(len(present), np.nan)
        np.divide(found["present_cost"], present, out=per, where=present > 0.0)
        found[f"cost_per_{work}"] = per
    return found


def cost_flows(columns: Floats) -> tuple[Floats, Floats]:
    """Return totals (totals, cases) and flows (cases, longest years + 1), zero after the end."""
    longest = int(columns[_kernels.YEARS].max(initial=0.0))
    flows = np.zeros((columns.shape[1], longest + 1))
    totals = np.empty((len(_kernels.TOTALS), columns.shape[1]))
    _kernels.ledgers(columns, totals, flows)
    return totals, flows


def yearly_costs(cases: pd.DataFrame) -> pd.DataFrame:
    """Return what each case costs in each year: one column per year, 0 to the longest.

    Years after the end of a case are zero.

    Raises
    ------
    InputError
        Cases out of their limits, all at once.
    """
    _, flows = cost_flows(case_arrays(cases))
    return pd.DataFrame(
        flows, index=cases.index, columns=pd.RangeIndex(flows.shape[1], name="year")
    )

"""The spread of each published function, beside it in the table of factors."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.emissions.uncertainty.shared_factors import NORMAL_95, family_of, read_gsd

__all__ = ["factor_bands"]


def factor_bands(factors: pd.DataFrame, *, defaults: Defaults | None = None) -> pd.DataFrame:
    """Return the table of factors with how sure each of them is.

    Parameters
    ----------
    factors
        ``TraversalEmissions.factors`` or ``LinkEmissions.factors``: columns ``standard`` and
        ``pollutant``.
    defaults
        Overrides of rows ``uncertainty:standard.<standard>.family`` and
        ``uncertainty:<family>.<pollutant>.gsd``.

    Returns
    -------
    DataFrame
        The same rows with ``family`` (standards that err together), ``gsd`` (geometric standard
        deviation), and ``p05`` and ``p95``: what the value of the function is multiplied by at 5
        and 95 %. It is the band of the function on its own engines: where a US standard stands on
        it, family ``epa`` and the spread of table ``us_path`` take its place.

    Raises
    ------
    InputError
        Deviations out of their limits.
    """
    rows = CheckedRows((defaults or Defaults()).scope())
    names = [family_of(rows, str(standard)) for standard in factors["standard"]]
    gsd = [
        read_gsd(rows, f"{family}.{pollutant}.gsd")
        for family, pollutant in zip(names, factors["pollutant"], strict=True)
    ]
    rows.finish()
    spread = pd.Series(gsd, index=factors.index, dtype=float)
    return factors.assign(
        family=pd.Series(names, index=factors.index, dtype=object),
        gsd=spread,
        p05=spread**-NORMAL_95,
        p95=spread**NORMAL_95,
    )

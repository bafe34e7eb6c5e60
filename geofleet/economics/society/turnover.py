"""How long vehicles would have run anyway, for benefits that count only as long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.renewal import survival
from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["vehicle_survival"]


def vehicle_survival(
    options: Options, *, year: int, defaults: Defaults | None = None
) -> pd.DataFrame:
    """Return, by vehicle and year 1…, the probability that it would still run were nothing done.

    The scrappage curves of :func:`geofleet.economics.renewal.survival`, for ``renewal`` of
    :func:`what_does_it_buy` and ``survival`` of :func:`benefit_cost`. NaN where no model year is
    known.

    Parameters
    ----------
    year
        Calendar year of the decision.

    Raises
    ------
    InputError
        Vehicles without ``vehicle_class`` or ``model_year`` columns; classes that do not exist.
    """
    vehicles = options.vehicles
    lost = [name for name in ("vehicle_class", "model_year") if name not in vehicles.columns]
    if lost:
        raise InputError(Problem("vehicles", name, expected=f"a column {name}") for name in lost)
    most = int(options.cases["years"].max())
    made = pd.to_numeric(vehicles["model_year"], errors="coerce").to_numpy(np.float64)
    shares = survival(
        np.maximum(year - made, 0.0), vehicles["vehicle_class"].to_numpy(object), most,
        defaults=defaults,
    )  # fmt: skip
    return pd.DataFrame(shares, index=vehicles.index, columns=range(1, most + 1))

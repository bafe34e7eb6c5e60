"""What becomes of old vehicles: how long they would have run, and whether they go on running."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.economics.renewal import survival
from geofleet.economics.society.model import (
    emitted,
    keep_places,
    of_account,
    social_terms,
)
from geofleet.errors import InputError, Problem
from geofleet.fleet.classes import vehicle_class

if TYPE_CHECKING:
    from geofleet.economics.options.model import Options

__all__ = ["less_what_goes_on", "sold_on", "vehicle_survival", "with_scrapping"]

_SCRAPPED = "old_scrapped"


def with_scrapping(options: Options, *, defaults: Defaults | None = None) -> Options:
    """Return options whose old vehicles are scrapped, and bring their scrap instead of their price.

    A grant for a new truck that avoids what the old one emitted must see the old one destroyed, and
    then pays for what it would have fetched. Scrap is the mass of the class without load by row
    ``cascade:scrap_per_kg``. Marks the rows in column ``old_scrapped`` of ``physical``.

    Raises
    ------
    InputError
        Vehicles without ``vehicle_class``, or with a class that does not exist.
    """
    used = (defaults or Defaults()).scope()
    if "vehicle_class" not in options.vehicles.columns:
        raise InputError([Problem("vehicles", "vehicle_class", expected="a column vehicle_class")])
    rows = CheckedRows(used)
    per_kg = rows.number("cascade", "scrap_per_kg", 0.0, np.inf, "an amount of at least 0")
    rows.finish()
    terms = social_terms(options.currency, defaults=used)
    per_kg *= of_account("cascade:scrap_per_kg", terms, used)
    names = options.vehicles["vehicle_class"].astype(object)
    mass = {name: vehicle_class(used, str(name)).curb_mass_kg for name in names.dropna().unique()}
    scrap = names.map(mass).astype(float) * per_kg
    sold = sold_on(options)
    of_row = scrap.reindex(options.cases.index.get_level_values(0)).to_numpy(np.float64)
    got = np.where(sold, of_row, options.cases["trade_in"].to_numpy(np.float64))
    marks = sold | options.physical.get(_SCRAPPED, pd.Series(False, options.physical.index))
    return replace(
        options,
        cases=options.cases.assign(trade_in=got),
        physical=options.physical.assign(**{_SCRAPPED: marks}),
        provenance=tuple(sorted({*options.provenance, *used.used})),
    )


def sold_on(options: Options) -> npt.NDArray[np.bool_]:
    """Whether the old vehicle of each row is sold to another who drives it on.

    It is where it brings something (``trade_in``) and is not marked as scrapped.
    """
    sold = ~(options.cases["trade_in"].to_numpy(np.float64) == 0.0)
    if _SCRAPPED in options.physical.columns:
        sold &= ~options.physical[_SCRAPPED].to_numpy(bool)
    return np.asarray(sold, bool)


def less_what_goes_on(options: Options, yearly: pd.DataFrame, defaults: Defaults) -> pd.DataFrame:
    """Return what a year avoids, less what old vehicles that are sold on go on emitting.

    benefit - (1 - share) x what the old one emits, as
    :func:`geofleet.economics.renewal.renewal_adjusted` has it; the share of those that push another
    old one off the road is row ``renewal:sold_on.pushes_out_share``.
    """
    rows = CheckedRows(defaults)
    share = rows.number("renewal", "sold_on.pushes_out_share", 0.0, 1.0, "a share from 0 to 1")
    rows.finish()
    index = options.physical.index
    assert isinstance(index, pd.MultiIndex)
    old = emitted(options.physical).to_numpy(np.float64)[keep_places(index)]
    lost = np.where(sold_on(options)[:, None], (1.0 - share) * old, 0.0)
    return yearly - lost


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
    if not len(vehicles):
        return pd.DataFrame(index=vehicles.index)
    most = int(options.cases["years"].max())
    made = pd.to_numeric(vehicles["model_year"], errors="coerce").to_numpy(np.float64)
    shares = survival(
        np.maximum(year - made, 0.0), vehicles["vehicle_class"].to_numpy(object), most,
        defaults=defaults,
    )  # fmt: skip
    return pd.DataFrame(shares, index=vehicles.index, columns=range(1, most + 1))

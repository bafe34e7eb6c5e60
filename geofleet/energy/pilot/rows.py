"""Rows for a study's own table of electric models, out of a pilot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.energy.catalogue import electric_models
from geofleet.energy.pilot.recalibration import Recalibration
from geofleet.errors import InputError, Problem
from geofleet.files import write_text

__all__ = ["model_rows", "write_model_rows"]

_UNITS = {
    "drag_area_m2": "m2", "rolling_coefficient": "1", "auxiliary_power_w": "W",
    "curb_mass_kg": "kg",
}  # fmt: skip
_COLUMNS = ["id", "value", "unit", "year", "source", "status", "note"]


def model_rows(
    recalibration: Recalibration,
    model_id: str,
    *,
    pilot: str,
    year: int,
    defaults: Defaults | None = None,
) -> pd.DataFrame:
    """Return rows of table ``electric_models`` that bring a pilot into a study.

    The model's own number times the fitted factor. A parameter of which the data say next to
    nothing gets no row: the study's default stays what it is.

    Parameters
    ----------
    model_id
        A model of the catalogue.
    pilot
        What the pilot was, for the column ``source``: who, where, when.
    year
        Of the pilot.
    defaults
        The study's, for the model's numbers before the pilot.

    Returns
    -------
    pandas.DataFrame
        Columns ``id, value, unit, year, source, status, note``; ``status`` is ``derived``.

    Raises
    ------
    InputError
        An unknown model, a parameter that is no number of a model, nothing informed by the data.
    """
    problems = []
    for name, row in recalibration.parameters.iterrows():
        if row["informed"] and row["field"] not in _UNITS:
            expected = (
                "numbers of a model (" + ", ".join(_UNITS) + "); fit again without this one, or "
                "set its row of table energy by hand: it is one for all models"
            )
            problems.append(Problem("recalibration", str(name), expected=expected))
    if not recalibration.parameters["informed"].any():
        expected = "a parameter that the data inform; here all stayed at their priors"
        problems.append(Problem("recalibration", expected=expected))
    if problems:
        raise InputError(problems)
    frame = electric_models([model_id], defaults=defaults).frame
    fitted = recalibration.trips["part"].eq("fit").sum()
    rows = []
    for _, row in recalibration.parameters[recalibration.parameters["informed"]].iterrows():
        field, factor = str(row["field"]), float(row["factor"])
        spread = float(row["posterior_sd"])
        own = float(frame[field].to_numpy(np.float64)[0])
        note = (
            f"fitted to {fitted} trips: {own:.6g} x {factor:.4f}, "
            f"standard deviation of the logarithm {spread:.3f}"
        )
        rows.append([
            f"{model_id}.{field}", f"{own * factor:.6g}", _UNITS[field], year,
            f"pilot: {pilot}", "derived", note,
        ])  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def write_model_rows(rows: pd.DataFrame, path: str | Path) -> Path:
    """Write rows as CSV, whole or not at all; name it under ``tables: electric_models:``."""
    path = Path(path)
    write_text(path, rows.to_csv(index=False))
    return path

"""Tables of electric feasibility for spreadsheets: a year of days, and what would mend a day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.study import Results

__all__ = ["energy_tables", "write_energy_tables"]


def energy_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the tables by file name, each for the best model of every vehicle-day.

    ``planned_day`` is the verdict of the planned day at the mean temperatures of the weather,
    ``over_a_year`` that over the weather of a year, ``mends`` what would mend the days that fail,
    ranked by cost.
    """
    return {
        "planned_day": results.feasibility.best,
        "over_a_year": results.robust.verdicts,
        "mends": results.mends.frame,
    }


def write_energy_tables(results: Results, folder: Path) -> None:
    """Write the tables as CSV into a new folder."""
    folder.mkdir()
    for name, table in energy_tables(results).items():
        path = folder / f"{name}.csv"
        table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")

"""The table of hot emission functions, as arrays ready for the kernel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from geofleet.defaults import Defaults, read_table
from geofleet.emissions import _kernels as kernels
from geofleet.errors import InputError, Problem

__all__ = ["LOADS", "POLLUTANTS", "SLOPES", "FactorArrays", "FunctionKind", "read_factors"]

POLLUTANTS = ("nox", "pm25", "co", "voc", "energy")
"""Functions of the table in the order of the kernel; energy in MJ/km, the others in g/km."""

SLOPES = (-0.06, -0.04, -0.02, 0.0, 0.02, 0.04, 0.06)
LOADS = (0.0, 0.5, 1.0)
_COLUMNS = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zita", "hta", "scale",
    "speed_min_kmh", "speed_max_kmh",
    "guard_from_kmh", "guard_to_kmh", "guard_from_value", "guard_slope",
)  # fmt: skip
_NEEDED = (
    "factor_id", "emep_segment", "standard", "technology", "pollutant", "slope", "load", "note",
    "guard", "source", "year", "status",
    "reduction", "guard_to_value", *(set(_COLUMNS) - {"scale", "guard_slope"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FunctionKind:
    """Segment and standard of the table: vehicles that share their hot emission functions."""

    emep_category: str
    emep_segment: str
    standard: str


@dataclass(frozen=True, slots=True)
class FactorArrays:
    """Functions of some vehicle kinds.

    Parameters
    ----------
    functions
        Shape (kinds, pollutants, slopes, loads, coefficients); see ``_kernels`` for the last axis.
    flat
        Kinds whose published functions know neither slope nor load.
    doubtful
        Shape (kinds, pollutants): functions with a row that carries a note of doubt.
    used
        The functions taken, as in ``TraversalEmissions.factors``.
    """

    functions: npt.NDArray[np.float64]
    flat: npt.NDArray[np.bool_]
    doubtful: npt.NDArray[np.bool_]
    used: pd.DataFrame


@lru_cache(maxsize=4)
def read_factors(name: str) -> pd.DataFrame:
    """Read a table of hot emission functions; treat the result as read-only.

    Parameters
    ----------
    name
        File of the package, or the path of a table with the same columns.

    Raises
    ------
    InputError
        A file that is not there or not a Parquet table, or columns that are missing.
    """
    path = Path(name)
    try:
        if path.name == name:
            with resources.as_file(resources.files("geofleet.emissions") / "data" / name) as file:
                frame = pd.read_parquet(file)
        else:
            frame = pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        expected = f"a Parquet table of hot emission functions ({error})"
        raise InputError(
            [Problem("default table emissions", "hot_factors", 0, name, expected)]
        ) from error
    missing = sorted(set(_NEEDED) - set(frame.columns))
    if missing:
        raise InputError(
            Problem(name, column, expected="a column of the table of hot emission functions")
            for column in missing
        )
    return frame


@lru_cache(maxsize=4)
def _by_kind(name: str) -> dict[tuple[str, str], pd.DataFrame]:
    """Split the table by segment and standard, with the columns that the kernel wants."""
    frame = read_factors(name)
    width = frame["guard_to_kmh"] - frame["guard_from_kmh"]
    rise = frame["guard_to_value"] - frame["guard_from_value"]
    frame = frame.assign(scale=1.0 - frame["reduction"], guard_slope=rise / width)
    groups = frame.groupby(["emep_segment", "standard"], sort=True)
    return {(str(segment), str(standard)): rows for (segment, standard), rows in groups}


def factor_arrays(
    kinds: Sequence[FunctionKind],
    *,
    defaults: Defaults,
    wanted: Collection[tuple[FunctionKind, str]] | None = None,
) -> FactorArrays:
    """Gather the functions of vehicle kinds, recording the default rows used.

    Parameters
    ----------
    kinds
        Segments and standards.
    defaults
        Recorder of the rows read.
    wanted
        Kinds and pollutants that are really used, to be named in ``used``; all when not given.

    Raises
    ------
    InputError
        Kinds or technologies that the table does not hold, all of them.
    """
    name = defaults.text("emissions", "hot_factors")
    table = _by_kind(name)
    taken: list[pd.DataFrame] = []
    shape = (len(kinds), len(POLLUTANTS), len(SLOPES), len(LOADS), kernels.COEFFICIENTS)
    functions = np.full(shape, np.nan)
    flat = np.zeros(len(kinds), dtype=np.bool_)
    doubtful = np.zeros((len(kinds), len(POLLUTANTS)), dtype=np.bool_)
    problems: list[Problem] = []
    for position, kind in enumerate(kinds):
        rows = table.get((kind.emep_segment, kind.standard))
        available = [] if rows is None else sorted(set(rows["technology"]))
        technology = _technology(kind, available, defaults)
        if rows is None or technology not in available:
            where = f"{kind.emep_segment}, {kind.standard}"
            choice = available or sorted({standard for _, standard in table})
            expected = f"hot emission functions for {where}; there are {', '.join(choice)}"
            file, field, value = "emission factors", "standard", kind.standard
            if rows is not None and technology:
                file, field, value = "default table emissions", _technology_row(kind), technology
            problems.append(Problem(file, field, 0, str(value), expected))
            continue
        rows = rows[rows["technology"] == technology]
        noted = set(rows.loc[rows["note"].fillna("") != "", "pollutant"])
        doubtful[position] = [name in noted for name in POLLUTANTS]
        flat[position] = rows["slope"].nunique() == 1 and rows["load"].nunique() == 1
        _fill(functions[position], rows, bool(flat[position]))
        if wanted is not None:
            rows = rows[[(kind, str(name)) in wanted for name in rows["pollutant"]]]
        taken.append(rows)
    if problems:
        raise InputError(problems)
    used = pd.concat(taken) if taken else read_factors(name).iloc[:0]
    return FactorArrays(functions, flat, doubtful, _described(used))


def _technology_row(kind: FunctionKind) -> str:
    return f"technology.{kind.emep_category}.{kind.standard}"


def _described(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for the functions of a segment, standard and pollutant, with their source."""
    keys = ["emep_segment", "standard", "technology", "pollutant", "source", "year", "status"]
    frame = rows.assign(repaired=rows["guard"] != "none")
    return (
        frame.groupby(keys, sort=True, dropna=False)
        .agg(
            factor_ids=("factor_id", lambda ids: sorted(set(ids))),
            repaired=("repaired", "sum"),
            note=("note", "first"),
        )
        .reset_index()
    )


def _technology(kind: FunctionKind, available: list[str], defaults: Defaults) -> str:
    row = _technology_row(kind)
    if row in read_table("emissions").index:
        return defaults.text("emissions", row)
    return available[0] if len(available) == 1 else ""


def _fill(target: npt.NDArray[np.float64], rows: pd.DataFrame, flat: bool) -> None:
    """Place rows on the grid of pollutants, slopes and loads; a flat kind fills every node."""
    values = rows[list(_COLUMNS)].to_numpy(np.float64)
    pollutant = [POLLUTANTS.index(name) for name in rows["pollutant"]]
    if flat:
        for number, row in zip(pollutant, values, strict=True):
            target[number] = row
    else:
        slope = np.rint(rows["slope"].to_numpy(np.float64) / 0.02).astype(int) + SLOPES.index(0.0)
        load = np.rint(rows["load"].to_numpy(np.float64) / 0.5).astype(int)
        target[pollutant, slope, load] = values
    if np.isnan(target[..., kernels.ALPHA]).any():
        raise InputError(
            [Problem("emission factors", "slope, load", 0, rows["factor_id"].iloc[0],
                     "a function for every pollutant, slope and load")]
        )  # fmt: skip

"""Reading buildings: outlines with floors and use, to spread people by floor area."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.exposure.people.checks import first_rows, plain_numbers
from geofleet.exposure.people.zones import read_frame

__all__ = ["read_buildings"]

Floats = npt.NDArray[np.float64]


def read_buildings(
    path: Path | str,
    *,
    floors_column: str | None = None,
    height_column: str | None = None,
    use_column: str | None = None,
    residential_uses: str | None = None,
    defaults: Defaults | None = None,
) -> gpd.GeoDataFrame:
    """Read buildings from GeoJSON, GeoPackage or GeoParquet.

    Returns ``floors`` (float), ``residential`` (bool) and ``geometry`` (polygons) in the CRS of
    the file. Floors are those of the file, else the height by the height of a storey, else the
    median of the buildings where they are known; only their proportions count. Buildings whose
    use is unknown (empty or ``yes``) count as residential. ``attrs`` counts all of it:
    ``floors_assumed``, ``use_unknown``, ``outlines_repaired``, ``not_residential``.

    Parameters
    ----------
    residential_uses
        Values of ``use_column`` that mean homes, separated by blanks;
        ``exposure:residential_uses`` when not given.

    Raises
    ------
    InputError
        Every problem at once: unreadable file, missing columns, no CRS, geometry that is no
        polygon, floors or heights that are negative or no numbers, no residential building.
    """
    file = str(path)
    used = (defaults or Defaults()).scope()
    frame = read_frame(Path(path), "buildings")
    columns = [name for name in (floors_column, height_column, use_column) if name is not None]
    found = ", ".join(map(str, frame.columns))
    problems = [
        Problem(file, name, expected=f"a column {name!r}; found {found}")
        for name in columns
        if name not in frame.columns
    ]
    if problems:
        raise InputError(problems)
    if frame.crs is None:
        problems.append(Problem(file, "crs", expected="a coordinate reference system"))
    shapes = frame.geometry.to_numpy()
    kinds = frame.geometry.geom_type.fillna("none").astype(str)
    flat = kinds.isin(["Polygon", "MultiPolygon"]).to_numpy() & ~shapely.is_empty(shapes)
    problems += first_rows(file, "geometry", ~flat, kinds, "a polygon that is not empty")
    floors = _column(frame, floors_column, file, problems)
    height = _column(frame, height_column, file, problems)
    if problems:
        raise InputError(problems)
    shapes = shapely.force_2d(shapes)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    storey = used.number("exposure", "storey_height_m") if height_column is not None else 1.0
    floors = np.where(np.isnan(floors), np.maximum(height / storey, 1.0), floors)
    unknown = np.isnan(floors)
    # With none known, floor area is the area of the outline, up to a factor that cancels.
    floors[unknown] = np.median(floors[~unknown]) if not unknown.all() else 1.0
    uses = used.text("exposure", "residential_uses") if use_column else ""
    lived, use_unknown = _residential(frame, use_column, residential_uses or uses)
    if not (lived & (floors > 0.0)).any():
        expected = "at least one residential building with a floor"
        raise InputError([Problem(file, use_column or "", expected=expected)])
    result = gpd.GeoDataFrame(
        {"floors": floors, "residential": lived}, geometry=shapes, crs=frame.crs
    )
    result.attrs = {
        "floors_assumed": int(unknown.sum()),
        "use_unknown": int(use_unknown.sum()),
        "not_residential": int((~lived).sum()),
        "outlines_repaired": int(broken.sum()),
        "provenance": used.used,
    }
    return result


def _column(
    frame: gpd.GeoDataFrame, name: str | None, file: str, problems: list[Problem]
) -> Floats:
    """Numbers of a column, NaN where unknown; faults are added to the problems."""
    if name is None:
        return np.full(len(frame), np.nan)
    values = plain_numbers(frame[name])
    wrong = frame[name].notna().to_numpy() & ~(np.isfinite(values) & (values >= 0.0))
    problems += first_rows(file, name, wrong, frame[name], "a number of at least 0")
    return values


def _residential(
    frame: gpd.GeoDataFrame, name: str | None, uses: str
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if name is None:
        every = np.ones(len(frame), dtype=bool)
        return every, every.copy()
    text = frame[name].astype(object).where(frame[name].notna(), "").astype(str).str.strip()
    unknown = text.isin(["", "yes"]).to_numpy()
    return unknown | text.isin(uses.split()).to_numpy(), unknown

"""Where places are: names, tax numbers and codes to longitude and latitude, as the user gives them.

No place is ever put at the middle of its postal code: what is not in the table stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geofleet.errors import InputError, Problem
from geofleet.files import write_text
from geofleet.schema import Column, TableSchema, read_csv

__all__ = ["PLACE_SCHEMA", "Places", "read_places", "unplaced_table", "write_unplaced"]

PLACE_SCHEMA = TableSchema(
    "places",
    "Positions of places that other files only name",
    (
        Column("place_id", "text", "name, address, tax number or code, as the files write it"),
        Column("lat", "number", "latitude", "degrees (EPSG:4326)", minimum=-90, maximum=90),
        Column("lon", "number", "longitude", "degrees (EPSG:4326)", minimum=-180, maximum=180),
    ),
    key=("place_id",),
)


@dataclass(frozen=True)
class Places:
    """Positions by name; upper and lower case and spaces at the ends do not matter.

    Parameters
    ----------
    positions
        ``{place_id: (lat, lon)}``.
    """

    positions: Mapping[str, tuple[float, float]]

    def find(self, names: Iterable[str]) -> tuple[str, float, float] | None:
        """Return the first of ``names`` that is known, with latitude and longitude."""
        for name in names:
            found = self.positions.get(_key(name)) if _key(name) else None
            if found is not None:
                return name, *found
        return None


def read_places(path: str | Path) -> Places:
    r"""Read a table of places.

    Parameters
    ----------
    path
        CSV file as in ``PLACE_SCHEMA``.

    Raises
    ------
    InputError
        Every fault of the file; a name that stands twice (upper and lower case are one).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "places.csv"
    >>> _ = file.write_text("place_id,lat,lon\nCEDIS Norte,19.50,-99.15\n")
    >>> read_places(file).find(["cedis norte"])
    ('cedis norte', 19.5, -99.15)
    """
    path = Path(path)
    frame = read_csv(path, PLACE_SCHEMA)
    keys = [_key(name) for name in frame["place_id"]]
    problems = [
        Problem(str(path), "place_id", 0, str(name), "each place once; case does not matter")
        for name, key, before in zip(frame["place_id"], keys, _before(keys), strict=True)
        if key in before
    ]
    if problems:
        raise InputError(problems)
    lat, lon = frame["lat"].astype(float), frame["lon"].astype(float)
    return Places(dict(zip(keys, zip(lat, lon, strict=True), strict=True)))


def _before(keys: list[str]) -> list[set[str]]:
    seen: set[str] = set()
    out = []
    for key in keys:
        out.append(set(seen) if key in seen else set())
        seen.add(key)
    return out


def _key(name: str) -> str:
    return " ".join(str(name).split()).casefold()


def unplaced_table(missing: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """Return ``place_id, address, stops`` of (name, address) pairs, each name once."""
    counts: dict[str, list[str]] = {}
    for name, address in missing:
        counts.setdefault(name, []).append(address)
    rows = [
        {"place_id": name, "address": addresses[0], "stops": len(addresses)}
        for name, addresses in counts.items()
    ]
    return pd.DataFrame(rows, columns=["place_id", "address", "stops"])


def write_unplaced(unplaced: pd.DataFrame, path: str | Path) -> Path:
    """Write a table of places to fill in: ``place_id, lat, lon`` (empty), ``address, stops``.

    Filled in, it is read back by :func:`read_places`.
    """
    path = Path(path)
    table = unplaced.assign(lat="", lon="")[["place_id", "lat", "lon", "address", "stops"]]
    write_text(path, table.to_csv(index=False, lineterminator="\n"))
    return path

"""Keeping unit exposure on disk: it does not depend on the fleet, so a city needs it once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, Problem
from geofleet.exposure.model import Receptors, UnitExposure, Weather

if TYPE_CHECKING:
    from geofleet.network import RoadNetwork

__all__ = ["exposure_key", "load_unit_exposures", "save_unit_exposures"]

_HOURS = [f"h{hour:02d}" for hour in range(24)]
_WEATHER_NUMBERS = [
    "hour", "weight_hours", "wind_speed_m_s", "wind_from_deg", "friction_velocity_m_s",
    "obukhov_length_m", "mixing_height_m", "sigma_v_m_s",
]  # fmt: skip

# The key changes with the code that makes the numbers.
_METHOD = (
    "_kernels.py", "_kernels_pairs.py", "_kernels_grid.py", "tables.py", "chunks.py", "roads.py",
    "plan.py", "grid.py", "operator.py", "rows.py", "accuracy.py", "scene.py", "unit.py",
    "../dispersion/_kernels.py", "../dispersion/_kernels_sums.py",
)  # fmt: skip


def exposure_key(
    network: RoadNetwork,
    receptors: Receptors,
    weather: Weather,
    *,
    edges: npt.NDArray[np.int32],
    tolerance: float | None = None,
    max_memory_mb: float | None = None,
    defaults: Defaults | None = None,
) -> str:
    """Return a SHA-256 of everything that :func:`group_exposures` depends on."""
    digest = hashlib.sha256()
    numbers = np.unique(np.asarray(edges, dtype=np.int32))
    chosen = network.edges.iloc[numbers]
    for name in _METHOD:
        digest.update((Path(__file__).parent / name).read_bytes())
    digest.update(numbers.tobytes())
    digest.update(network.arrays.twin[numbers].tobytes())
    digest.update(b"".join(shapely.to_wkb(network.edges_metric.to_numpy()[numbers]).tolist()))
    digest.update(chosen["lanes"].to_numpy(np.float64).tobytes())
    digest.update("\n".join(chosen["highway"].astype(str)).encode())
    points = receptors.frame.geometry
    for values in (points.x, points.y):
        digest.update(values.to_numpy(np.float64).tobytes())
    for group in ("people", *receptors.groups):
        digest.update(group.encode())
        digest.update(receptors.people_by_hour(group).tobytes())
    digest.update(repr((tolerance, max_memory_mb)).encode())
    for name in _WEATHER_NUMBERS:
        digest.update(weather.frame[name].to_numpy(np.float64).tobytes())
    digest.update(weather.row_roughness_m.tobytes())
    heights = [receptors.height_m, weather.reference_height_m]
    digest.update(np.asarray(heights, dtype=np.float64).tobytes())
    digest.update(network.crs_metric.to_wkt().encode())
    reader = (defaults or Defaults()).scope()
    for table in ("dispersion", "exposure", "exposure_accuracy"):
        for row in read_table(table).index:
            digest.update(f"{table}:{row}={reader.text(table, row)}\n".encode())
    return digest.hexdigest()


def save_unit_exposures(
    exposures: Mapping[str, UnitExposure], folder: Path | str, *, key: str
) -> None:
    """Write ``unit_exposure.parquet`` and its manifest ``unit_exposure.json`` into a folder.

    Parameters
    ----------
    exposures
        Unit exposure by group (``people`` for all) or other label; the Parquet file has a row for
        each label and edge: ``group``, ``edge`` and ``h00`` … ``h23`` in persons·µg/m3 per g/s.
    key
        From :func:`exposure_key`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for label, exposure in exposures.items():
        frame = pd.DataFrame(exposure.values, columns=_HOURS)
        frame.insert(0, "edge", exposure.edges)
        frame.insert(0, "group", label)
        frames.append(frame)
    about = {
        "key": key,
        "unit": "persons·µg/m3 per g/s",
        "groups": {
            label: {
                "people": exposure.people,
                "report": dict(exposure.report),
                "provenance": list(exposure.provenance),
            }
            for label, exposure in exposures.items()
        },
    }
    table, note = folder / "unit_exposure.parquet", folder / "unit_exposure.json"
    part = table.with_suffix(".parquet.part")
    pd.concat(frames, ignore_index=True).to_parquet(part, index=False)
    # The note goes last: a stop in between leaves a key that no longer fits, not a wrong table.
    note.unlink(missing_ok=True)
    part.replace(table)
    part = note.with_suffix(".json.part")
    part.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(note)


def load_unit_exposures(
    folder: Path | str, *, key: str | None = None
) -> dict[str, UnitExposure] | None:
    """Return what :func:`save_unit_exposures` wrote, or None when there is none for ``key``.

    Raises
    ------
    InputError
        Files that are there but cannot be read.
    """
    folder = Path(folder)
    table, note = folder / "unit_exposure.parquet", folder / "unit_exposure.json"
    if not (table.is_file() and note.is_file()):
        return None
    try:
        about = json.loads(note.read_text(encoding="utf-8"))
        if key is not None and about["key"] != key:
            return None
        whole = pd.read_parquet(table)
        found = {}
        for label, said in about["groups"].items():
            frame = whole[whole["group"] == label]
            found[str(label)] = UnitExposure(
                edges=frame["edge"].to_numpy(np.int32),
                values=np.ascontiguousarray(frame[_HOURS].to_numpy(np.float64)),
                people=float(said["people"]),
                report=said["report"],
                provenance=tuple(said["provenance"]),
            )
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        expected = f"a stored unit exposure ({type(error).__name__}); delete the folder to redo it"
        raise InputError([Problem(str(folder), expected=expected)]) from error

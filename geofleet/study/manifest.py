"""The manifest: what went into a run, so that anyone can tell how a number was made."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from geofleet import __version__
from geofleet.config import STUDY_FILE, StudyConfig
from geofleet.defaults import Defaults

__all__ = ["file_hash", "manifest"]

_LIBRARIES = (
    "folium", "geopandas", "networkx", "numba", "numpy", "osmium", "osmnx", "pandas", "pyarrow",
    "pyogrio", "pyproj", "scipy", "shapely",
)  # fmt: skip
_CHUNK = 1 << 20


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def manifest(
    folder: Path,
    config: StudyConfig,
    *,
    defaults: Defaults,
    reports: Mapping[str, Any],
    named: Mapping[str, Path] | None = None,
) -> dict[str, Any]:
    """Describe a run: inputs with hashes, versions, settings, seed, and every default used.

    ``named`` are files that inputs name themselves, by what names them.


    It holds no clock time, and no absolute path but those that the settings give, so equal runs
    have equal manifests wherever the study lies.
    """
    inputs = {"study": Path(STUDY_FILE), **config.files(), **(named or {})}
    used = defaults.describe()
    return {
        "study": config.name,
        "synthetic": config.synthetic,
        "notes": config.notes,
        "attribution": config.attribution,
        "inputs": [
            {
                "setting": setting,
                "file": path.name if path.is_absolute() else path.as_posix(),
                "bytes": (folder / path).stat().st_size,
                "sha256": file_hash(folder / path),
            }
            for setting, path in inputs.items()
        ],
        "versions": {
            "geofleet": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _LIBRARIES},
        },
        "settings": config.model_dump(mode="json"),
        "seed": config.seed,
        "stages": _portable(dict(reports), folder),
        "defaults_by_status": {str(k): int(v) for k, v in used["status"].value_counts().items()},
        "defaults": used.to_dict(orient="records"),
    }


def _portable(value: Any, folder: Path) -> Any:
    """Return plain data with the files of the study named from its folder."""
    if isinstance(value, Mapping):
        return {key: _portable(item, folder) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item, folder) for item in value]
    if isinstance(value, str):
        text = value.replace(f"{folder}{os.sep}", "")
        # An input that lies elsewhere goes by its name, as in the list of inputs.
        return Path(text).name if Path(text).is_absolute() and Path(text).is_file() else text
    return value

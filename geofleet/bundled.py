"""Where the study that comes with geofleet is."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from geofleet.errors import InputError, Problem

__all__ = ["bundled_study"]


def bundled_study() -> Path:
    """Return the folder of the bundled study, La Serena–Coquimbo.

    In an installed package it lies inside the package, in a source checkout in ``data``.
    """
    package = Path(str(resources.files("geofleet")))
    for folder in (package / "bundled" / "coquimbo", package.parent / "data" / "coquimbo"):
        if (folder / "study.yaml").is_file():
            return folder
    raise InputError([Problem("bundled study", expected="to be installed with geofleet")])

"""Everything a run writes: layers, pages and manifest, in one folder, whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.config import STUDY_FILE
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json
from geofleet.outputs.emission_tables import write_emission_tables
from geofleet.outputs.energy_tables import write_energy_tables
from geofleet.study import Progress, Results, Study
from geofleet.wording import say

if TYPE_CHECKING:
    from geofleet.maps import Links

__all__ = ["check_output", "write_results"]

_STAGE = "Layers and pages"
_ENTRIES = (
    "emissions",
    "energy",
    "exposure",
    "layers",
    "manifest.json",
    "maps",
    "policy",
    "summary.json",
    # earlier versions wrote these two beside the folders
    "map.html",
    "policy.html",
)


def check_output(study: Study, folder: Path) -> None:
    """Refuse a result folder whose replacement would destroy something else.

    Only a folder that is new, empty, or holds nothing but results of a run is replaced.

    Raises
    ------
    InputError
        A file is there, the folder holds an input of the study, or anything that is no result.
    PermissionError
        The folder cannot be made.
    """
    target = folder.resolve()
    expected = ""
    if target.exists() and not target.is_dir():
        expected = "a folder; a file of that name is there"
    else:
        for path in (Path(STUDY_FILE), *study.config.files().values()):
            if (study.folder / path).resolve().is_relative_to(target):
                expected = f"a folder that does not hold inputs of the study; this holds {path}"
                break
    if not expected and target.is_dir():
        names = sorted(path.name for path in target.iterdir() if not path.name.startswith("."))
        others = [name for name in names if name not in _ENTRIES]
        if others or (names and "manifest.json" not in names):
            expected = (
                "a folder that is new, empty, or holds only results of a run, which are replaced; "
                f"this holds {', '.join((others or names)[:5])}"
            )
    if expected:
        raise InputError([Problem(str(folder), "output", expected=expected)])
    place = target.parent
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "no folder can be made here", str(place))


def write_results(
    results: Results, folder: Path, *, progress: Progress | None = None
) -> list[Path]:
    """Write layers, pages, summary and manifest to ``folder``, replacing what it held.

    Returns
    -------
    list of Path
        The files, the index of the pages first.

    Raises
    ------
    InputError
        Something that is no result stands in the folder (see :func:`check_output`).
    OSError
        The files cannot be written; the folder is then as it was.
    """
    from geofleet.exposure import save_unit_exposures
    from geofleet.layers import write_layers
    from geofleet.outputs.pages import StudyPages
    from geofleet.outputs.policy_tables import write_policy_tables

    config = results.config
    check_output(Study(results.folder, config), folder)
    if progress:
        progress(_STAGE, 0.0)
    pages = StudyPages(results)
    with _named(folder), new_folder(folder) as work:
        # The bare roads are the map's ground, not a result.
        written = {name: layer for name, layer in pages.layers.items() if name != "roads"}
        write_layers(written, work / "layers", attribution=config.attribution, notes=config.notes)
        if progress:
            progress(_STAGE, 0.5)
        (work / "maps").mkdir()
        pages.write(work / "maps", files=[_files(results)])
        save_unit_exposures(results.exposures, work / "exposure", key=results.exposure_key)
        write_emission_tables(results, work / "emissions")
        write_energy_tables(results, work / "energy")
        if results.policy is not None:
            write_policy_tables(results.policy, work / "policy")
        write_json(work / "manifest.json", results.manifest())
        write_json(work / "summary.json", results.summary())
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    if progress:
        progress(_STAGE, 1.0)
    names.sort(key=lambda name: (str(name) != "maps/index.html", name.suffix != ".html",
                                 len(name.parts), str(name)))  # fmt: skip
    return [folder / name for name in names]


def _files(results: Results) -> Links:
    """Return what lies beside the folder of the pages, for their index."""
    from geofleet.maps import Link, Links

    beside = ["layers", "emissions", "energy", "exposure"]
    if results.policy is not None:
        beside.append("policy")
    links = [Link(say(f"study.folder_{name}"), f"../{name}") for name in beside]
    links.append(Link(say("study.summary"), "../summary.json"))
    links.append(Link(say("study.manifest"), "../manifest.json"))
    return Links(say("study.files"), links)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Turn what libraries raise when a disk is full into an OSError that names the folder."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        yield
    except (OSError, DataLayerError, DataSourceError) as error:
        number = getattr(error, "errno", None)
        if getattr(error, "filename", None) is not None:
            raise
        why = os.strerror(number) if number else f"{error}; is the disk full?"
        raise OSError(number or errno.EIO, f"results not written: {why}", str(folder)) from error

"""Everything a run writes: layers, map and manifest, in one folder, whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.config import STUDY_FILE
from geofleet.emission_tables import write_emission_tables
from geofleet.energy_tables import write_energy_tables
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json
from geofleet.results import Results
from geofleet.study import Progress, Study

if TYPE_CHECKING:
    from geofleet.layers import Layer

__all__ = ["check_output", "write_results"]

_ENTRIES = (
    "emissions",
    "energy",
    "exposure",
    "layers",
    "manifest.json",
    "map.html",
    "policy",
    "policy.html",
    "summary.json",
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
    """Write layers, map, summary and manifest to ``folder``, replacing what it held.

    Returns
    -------
    list of Path
        The files, the map first.

    Raises
    ------
    InputError
        Something that is no result stands in the folder (see :func:`check_output`).
    OSError
        The files cannot be written; the folder is then as it was.
    """
    from geofleet.exposure import save_unit_exposures
    from geofleet.exposure.harm.notes import IN_SHORT
    from geofleet.layers import write_layers
    from geofleet.maps import study_map, write_map

    config = results.config
    check_output(Study(results.folder, config), folder)
    if progress:
        progress("Layers and map", 0.0)
    layers = results.layers()
    if results.policy is not None and results.inputs.rules is not None:
        layers |= results.policy_layers(results.inputs.rules, results.policy)
    with _named(folder), new_folder(folder) as work:
        # The bare roads are the map's ground, not a result.
        written = {name: layer for name, layer in layers.items() if name != "roads"}
        write_layers(written, work / "layers", attribution=config.attribution, notes=config.notes)
        if progress:
            progress("Layers and map", 0.5)
        write_map(
            study_map(
                layers,
                title=config.name,
                attribution=config.attribution,
                notes=(config.notes, IN_SHORT),
                promised=results.defaults.number("robust", "promised_probability"),
            ),
            work / "map.html",
        )
        save_unit_exposures(results.exposures, work / "exposure", key=results.exposure_key)
        write_emission_tables(results, work / "emissions")
        write_energy_tables(results, work / "energy")
        _write_policy(results, work, layers)
        write_json(work / "manifest.json", results.manifest())
        write_json(work / "summary.json", results.summary())
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    if progress:
        progress("Layers and map", 1.0)
    names.sort(key=lambda name: (len(name.parts), name.suffix != ".html", str(name)))
    return [folder / name for name in names]


def _write_policy(results: Results, work: Path, layers: Mapping[str, Layer]) -> None:
    """Write tables and map of the day under the study's own rules, where it names any."""
    from geofleet.maps import contingency_page, write_map
    from geofleet.maps.policy_page import contingency_frame
    from geofleet.policy_tables import write_policy_tables

    if results.policy is None or results.inputs.rules is None:
        return
    write_policy_tables(results.policy, work / "policy")
    frame = contingency_frame(results.config, results.inputs.rules.rule_set)
    page = contingency_page(layers, frame=frame)
    write_map(page, work / "policy.html")


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

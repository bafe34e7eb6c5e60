"""A study's roads, day and results in the formats of other programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from geofleet.errors import InputError, Problem
from geofleet.files import write_json

__all__ = ["EXPORTS", "export_study"]

EXPORTS = {
    "gmns": "roads as GMNS: config.csv, node.csv, link.csv, movement.csv, and restrictions whole",
    "vroom": "the work of each day as a problem for VROOM, vroom_<date>.json",
    "iso14083": "statement of emissions by ISO 14083, checked, with its JSON Schema",
    "geojson": "layers of a run as GeoJSON",
    "parquet": "layers of a run as GeoParquet",
    "gpkg": "layers of a run as one GeoPackage",
    "csv": "layers of a run as CSV, geometry as WKT",
}
"""Formats, and what each writes."""

Progress = Callable[[str, float], None]


def export_study(
    study: str | Path,
    form: str,
    output: str | Path,
    *,
    results: str | Path | None = None,
    layers: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Path]:
    """Write a study, or the results of its run, in one of ``EXPORTS``.

    Parameters
    ----------
    study
        Folder with ``study.yaml``.
    form
        The format.
    output
        Folder to write into; files of the same names are replaced.
    results
        Folder that a run wrote, for layers and the statement; ``results`` in the study if None.
    layers
        Names of layers; all when empty.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        An unknown format or layer, inputs with problems, results that are not there or unsound.
    """
    if form not in EXPORTS:
        raise InputError([Problem("export", "format", 0, form, "one of " + ", ".join(EXPORTS))])
    folder, target = Path(study), Path(output)
    ran = folder / "results" if results is None else Path(results)
    if form == "gmns":
        return _gmns(folder, target, progress)
    if form == "vroom":
        return _vroom(folder, target)
    if form == "iso14083":
        return _statement(ran, target)
    return _layers(ran, target, form, layers, progress)


def _gmns(folder: Path, target: Path, progress: Progress | None) -> list[Path]:
    from geofleet.config import read_config
    from geofleet.interchange import write_gmns
    from geofleet.study import study_defaults, study_network

    config = read_config(folder)
    defaults, problems = study_defaults(folder, config)
    if problems:
        raise InputError(problems)
    bar = (lambda part: progress("Roads", part)) if progress else None
    network = study_network(folder, config, defaults, bar)
    return write_gmns(network, target, name=config.name)


def _vroom(folder: Path, target: Path) -> list[Path]:
    from geofleet.config import read_config
    from geofleet.fleet import read_fleet
    from geofleet.interchange import vroom_from_stops
    from geofleet.routes import read_stops

    config = read_config(folder)
    stops = read_stops(folder / config.routes.stops)
    year = int(str(max(stops["date"]))[:4])
    vehicles, operators = folder / config.fleet.vehicles, folder / config.fleet.operators
    fleet = read_fleet(vehicles, operators, year=year)
    files = []
    for date in sorted(set(stops["date"])):
        path = target / f"vroom_{date}.json"
        write_json(path, vroom_from_stops(stops, fleet, date=date))
        files.append(path)
    return files


def _statement(ran: Path, target: Path) -> list[Path]:
    from geofleet.interchange import check_statement, statement_schema
    from geofleet.interchange.json_files import read_object

    source = ran / "emissions" / "iso14083.json"
    problems = check_statement(source)
    if problems:
        raise InputError(problems)
    files = [target / "iso14083.json", target / "iso14083.schema.json"]
    write_json(files[0], read_object(source))
    write_json(files[1], statement_schema())
    return files


def _layers(
    ran: Path, target: Path, form: str, names: Sequence[str], progress: Progress | None
) -> list[Path]:
    from geofleet.layers import read_layer, write_layers

    stored = sorted((ran / "layers").glob("*.parquet"))
    if not stored:
        expected = "layers of a run (run the study first, or name the folder of its results)"
        raise InputError([Problem(str(ran / "layers"), expected=expected)])
    there = {path.stem: path for path in stored}
    unknown = [name for name in names if name not in there]
    if unknown:
        expected = "one of the layers " + ", ".join(there)
        raise InputError(Problem(str(ran / "layers"), "layer", 0, n, expected) for n in unknown)
    chosen = [read_layer(path) for name, path in there.items() if not names or name in names]
    notes, credit = _about(there[chosen[0].name])
    return write_layers(
        chosen, target, (form,), attribution=credit, notes=notes,
        progress=(lambda part: progress("Layers", part)) if progress else None,
    )  # fmt: skip


def _about(path: Path) -> tuple[list[str], str]:
    """Return what the run said of its layers: notes and who must be named."""
    import json

    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    about = json.loads(metadata.get(b"PANDAS_ATTRS", b"{}"))
    return [str(note) for note in about.get("notes", [])], str(about.get("attribution", ""))

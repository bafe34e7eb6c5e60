"""Everything a run writes: layers, map and manifest, in one folder, whole or not at all."""

from __future__ import annotations

from pathlib import Path

from geofleet.files import new_folder, write_json
from geofleet.study import Progress, Results

__all__ = ["write_results"]


def write_results(
    results: Results, folder: Path, *, progress: Progress | None = None
) -> list[Path]:
    """Write layers, map, summary and manifest to ``folder``, replacing what it held.

    Returns
    -------
    list of Path
        The files, the map first.
    """
    from geofleet.exposure import save_unit_exposure
    from geofleet.layers import write_layers
    from geofleet.maps import study_map, write_map

    config = results.config
    if progress:
        progress("Layers and map", 0.0)
    layers = results.layers()
    with new_folder(folder) as work:
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
                notes=config.notes,
            ),
            work / "map.html",
        )
        save_unit_exposure(results.unit_exposure, work / "exposure", key=results.exposure_key())
        write_json(work / "manifest.json", results.manifest())
        write_json(work / "summary.json", results.summary())
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    if progress:
        progress("Layers and map", 1.0)
    names.sort(key=lambda name: (len(name.parts), name.suffix != ".html", str(name)))
    return [folder / name for name in names]

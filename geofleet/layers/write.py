"""Layers to files: GeoJSON, GeoParquet, CSV and one GeoPackage, each with its schema beside it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import shapely

from geofleet.layers.model import Layer

__all__ = ["FORMATS", "OF_A_RUN", "write_layers"]

OF_A_RUN = ("geojson", "parquet", "gpkg")
"""Formats that a run writes."""

FORMATS = (*OF_A_RUN, "csv")

_DECIMALS = 7  # of degrees, about a centimetre, as RFC 7946 recommends
_DATE = "OGR_CURRENT_DATE"
_UNDATED = "1970-01-01T00:00:00.000Z"


def write_layers(
    layers: Mapping[str, Layer] | Iterable[Layer],
    folder: str | Path,
    formats: Sequence[str] = OF_A_RUN,
    *,
    attribution: str = "",
    notes: str | Sequence[str] = (),
    package: str = "layers.gpkg",
    progress: Callable[[float], None] | None = None,
) -> list[Path]:
    """Write layers, and a ``<name>.schema.json`` beside each.

    Everything is written to a temporary folder first and then moved: a failure leaves the
    folder as it was.

    Parameters
    ----------
    layers
        As from ``build_layers``.
    folder
        Where to write; made when missing.
    formats
        Of ``geojson`` (RFC 7946; a layer without geometry becomes CSV), ``parquet`` (GeoParquet),
        ``gpkg`` (one GeoPackage with all layers) and ``csv`` (geometry as WKT in longitude and
        latitude). Equal layers give equal bytes: a GeoPackage is dated 1970 unless GDAL's
        ``OGR_CURRENT_DATE`` is set.
    attribution, notes
        Who must be named for the data, and what a reader must know of it (that the freight is
        synthetic, say): go into every GeoJSON, schema and the GeoPackage.
    package
        File name of the GeoPackage.
    progress
        Called with the fraction done.

    Returns
    -------
    list of Path
        Every file written, schemas included.

    Raises
    ------
    ValueError
        An unknown format.
    """
    chosen = list(layers.values()) if isinstance(layers, Mapping) else list(layers)
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"unknown formats {unknown}; there are {list(FORMATS)}")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    about = {
        "attribution": attribution,
        "notes": [notes] if isinstance(notes, str) else list(notes),
    }
    about["notes"] = [note for note in about["notes"] if note]
    steps = len(chosen) * (len(formats) + 1)
    # the temporary folder lies inside the target: moving is then a rename on one file system
    with tempfile.TemporaryDirectory(prefix=".layers-", dir=target) as name:
        work = Path(name)
        done = 0
        for layer in chosen:
            for form in formats:
                _WRITERS[form](layer, work, about, package)
                done += 1
                if progress is not None:
                    progress(done / steps)
            _write_schema(layer, work, about, formats, package)
            done += 1
        written = sorted(work.iterdir())
        for path in written:
            path.replace(target / path.name)
    if progress is not None:
        progress(1.0)
    return [target / path.name for path in written]


def _write_geojson(layer: Layer, folder: Path, about: dict[str, Any], _: str) -> None:
    if not layer.spatial:
        _write_csv(layer, folder)
        return
    identity = {"name": layer.name, "version": layer.schema.version}
    members = {"title": layer.schema.title, "schema": identity, **about}
    pyogrio.write_dataframe(
        _plain(layer.frame),
        folder / f"{layer.name}.geojson",
        driver="GeoJSON",
        layer=layer.name,
        layer_options={
            "RFC7946": "YES",
            "COORDINATE_PRECISION": "7",
            "SIGNIFICANT_FIGURES": "17",
            "AUTODETECT_JSON_STRINGS": "NO",  # a name in brackets stays a name
            "NATIVE_MEDIA_TYPE": "application/vnd.geo+json",
            "NATIVE_DATA": json.dumps(members, ensure_ascii=False),
        },
    )


def _write_csv(layer: Layer, folder: Path, *_: Any) -> None:
    frame = pd.DataFrame(_plain(layer.frame))
    if layer.spatial:
        name = layer.frame.geometry.name
        frame[name] = shapely.to_wkt(layer.frame.geometry.to_numpy(), rounding_precision=_DECIMALS)
    frame.to_csv(folder / f"{layer.name}.csv", index=False, encoding="utf-8", lineterminator="\n")


def _write_parquet(layer: Layer, folder: Path, about: dict[str, Any], _: str) -> None:
    path = folder / f"{layer.name}.parquet"
    frame = layer.frame.copy(deep=False)
    frame.attrs = dict(about, schema=layer.schema.describe())
    frame.to_parquet(path, index=False, compression="zstd")


def _write_gpkg(layer: Layer, folder: Path, about: dict[str, Any], package: str) -> None:
    path = folder / package
    metadata = {
        "DESCRIPTION": layer.schema.title,
        "schema_name": layer.name,
        "schema_version": layer.schema.version,
        **{k: _flat(v) for k, v in about.items() if v},
    }
    options: dict[str, Any] = {"layer_metadata": {k.upper(): v for k, v in metadata.items()}}
    if path.exists():
        options["append"] = True
    else:
        # newer versions of the format make the GDAL 3.6 of QGIS 3.28 and Debian 12 warn
        options["dataset_options"] = {"VERSION": "1.2"}
    if layer.spatial:
        options["layer_options"] = {"DESCRIPTION": layer.schema.title}
    with _dated():
        pyogrio.write_dataframe(
            _plain(layer.frame), path, driver="GPKG", layer=layer.name, **options
        )


@contextmanager
def _dated() -> Iterator[None]:
    """Let GDAL write a fixed date in place of now, so that equal layers are equal files."""
    if os.environ.get(_DATE) or pyogrio.get_gdal_config_option(_DATE):
        yield
        return
    pyogrio.set_gdal_config_options({_DATE: _UNDATED})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_DATE: None})


_WRITERS = {
    "geojson": _write_geojson, "parquet": _write_parquet, "gpkg": _write_gpkg, "csv": _write_csv,
}  # fmt: skip


def _write_schema(
    layer: Layer, folder: Path, about: dict[str, Any], formats: Sequence[str], package: str
) -> None:
    names = {
        "geojson": f"{layer.name}.{'geojson' if layer.spatial else 'csv'}",
        "parquet": f"{layer.name}.parquet",
        "gpkg": f"{package}|layername={layer.name}",
        "csv": f"{layer.name}.csv",
    }
    described = layer.describe()
    described["notes"] += about["notes"]
    described["attribution"] = about["attribution"]
    described["files"] = list(dict.fromkeys(names[form] for form in formats))
    text = json.dumps(described, ensure_ascii=False, indent=2)
    (folder / f"{layer.name}.schema.json").write_text(text + "\n", encoding="utf-8")


def _flat(value: Any) -> str:
    return value if isinstance(value, str) else "; ".join(value)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame without the metadata that drivers do not know."""
    plain = frame.copy(deep=False)
    plain.attrs = {}
    return plain

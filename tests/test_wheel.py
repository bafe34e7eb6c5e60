"""The wheel holds all that the demo needs, and nothing is read from the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

NEEDED = (
    "geofleet/bundled/coquimbo/study.yaml",
    "geofleet/bundled/coquimbo/roads.osm.pbf",
    "geofleet/bundled/coquimbo/stops.csv",
    "geofleet/emissions/data/emep_hot_diesel.parquet",
    "geofleet/emissions/data/LICENSE-emission.txt",
    "geofleet/maps/vendor/leaflet/leaflet.js",
    "geofleet/py.typed",
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """Build the wheel without network and unpack it."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repository,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_wheel_holds_tables_map_assets_and_the_study(unpacked: Path) -> None:
    """Data files travel with the code, with the licences of what is not ours."""
    assert [name for name in NEEDED if not (unpacked / name).is_file()] == []
    assert list(unpacked.glob("geofleet/maps/vendor/leaflet/LICENSE*"))
    assert list(unpacked.glob("geofleet-*.dist-info/licenses/LICENSE"))


def test_installed_package_finds_its_own_files(unpacked: Path, tmp_path: Path) -> None:
    """From an empty folder, the unpacked wheel checks its settings and reads every table."""
    code = (
        "import geofleet, geofleet.bundled as b, geofleet.config as c, geofleet.defaults as d\n"
        f"assert geofleet.__file__.startswith({str(unpacked)!r}), geofleet.__file__\n"
        "study = b.bundled_study()\n"
        f"assert str(study).startswith({str(unpacked)!r}), study\n"
        "config = c.read_config(study)\n"
        "assert all((study / path).is_file() for path in config.files().values())\n"
        "from geofleet.policy import load_pack, load_programmes, pack_names\n"
        "from geofleet.policy.study import read_study_rules\n"
        "assert read_study_rules(study, config.policy).rule_set.geographies['centre'].polygon\n"
        "assert all(len(load_pack(name).rules) > 5 for name in pack_names()), pack_names()\n"
        "assert load_programmes('mexico').programmes\n"
        "print(sum(len(d.read_table(name)) for name in d.table_names()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500

"""The imports of the package follow the arrows of its design, and importing it stays cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

# A package may import those to its right (higher rank) and its own modules, never to its left.
RANK = {
    "__main__": -1, "cli": 0, "desk": 0.5, "outputs": 1, "brief_facts": 1.2, "planned": 1.8,
    "figures": 2.9, "maps": 3, "report": 3, "study": 3.5, "layers": 4, "interchange": 4.5,
    "plan": 5.2, "economics": 5.5, "pricing": 6, "redesign": 6, "demonstration": 6, "policy": 6,
    "energy": 7, "exposure": 7, "emissions": 7, "traffic": 8, "routes": 9, "fleet": 10,
    "network": 10,
}  # fmt: skip
ANYONE = {"bundled", "config", "defaults", "errors", "files", "geofleet", "schema", "wording"}
HEAVY = ("osmnx", "folium", "numba", "pyarrow", "geopandas", "osmium", "scipy", "pandas")
LONGEST = 500


def _modules(repository: Path) -> list[Path]:
    return sorted((repository / "geofleet").rglob("*.py"))


def _room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "geofleet"


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.split(".")[0] == "geofleet"}


def test_imports_point_inward(repository: Path) -> None:
    """No domain imports one that stands to its left, nor a sibling of its own rank."""
    wrong = []
    for path in _modules(repository):
        relative = path.relative_to(repository).with_suffix("")
        room = _room(".".join(relative.parts))
        if room == "__init__":
            continue
        for name in _imports(path):
            other = _room(name)
            if other in ANYONE or other == room:
                continue
            if room in ANYONE or RANK[room] >= RANK[other]:
                wrong.append(f"{relative} imports {name}")
    assert wrong == []


def test_kernels_know_no_tables_and_no_files(repository: Path) -> None:
    """Kernels import NumPy, Numba, the standard library's math, and kernels of their own room."""
    allowed = {"math", "numpy", "numba", "__future__"}
    for path in (repository / "geofleet").rglob("_kernels*.py"):
        room = ".".join(path.relative_to(repository).parent.parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        own = {name for name in names if name.startswith(f"{room}._kernels")}
        assert {name.split(".")[0] for name in names - own} <= allowed, path


def test_no_module_is_too_long(repository: Path) -> None:
    """A module that outgrows a screenful of screens is split."""
    long = {p.name: n for p in _modules(repository) if (n := _length(p)) > LONGEST}
    assert long == {}


def _length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_importing_the_package_loads_nothing_heavy() -> None:
    """``import geofleet`` and ``geofleet --help`` stay under half a second by loading little."""
    code = (
        "import sys, geofleet, geofleet.cli\n"
        "from typer.testing import CliRunner\n"
        "assert CliRunner().invoke(geofleet.cli.app, ['--help']).exit_code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["Study", "RoadNetwork", "Fleet", "Traversals", "Feasibility"])
def test_public_names_resolve(name: str) -> None:
    """Every public name can be had from the top of the package."""
    import geofleet

    assert getattr(geofleet, name).__name__ == name
    assert name in dir(geofleet)

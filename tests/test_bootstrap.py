"""Setting up says plainly what is missing, and does nothing twice."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def bootstrap(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script with its environment in an empty folder."""
    monkeypatch.setenv("GEOFLEET_VENV", str(tmp_path / "venv"))
    spec = importlib.util.spec_from_file_location("bootstrap", repository / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_too_old_python_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.9 is told which versions will do."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 1, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3\.11 to 3\.13 is needed, this is 3\.9"):
        bootstrap.check_machine()


def test_missing_venv_module_is_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's Python without python3-venv is told what to install."""
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="python3-venv"):
        bootstrap.check_machine()


def test_full_disk_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is said before anything is written."""
    usage = bootstrap.shutil.disk_usage("/")._replace(free=100 * 2**20)
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit, match="100 MB are free"):
        bootstrap.check_machine()


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError: Failed to establish a new connection", "network, proxy"),
        ("Temporary failure in name resolution", "network, proxy"),
        ("error: subprocess-exited-with-error", "its message is above"),
    ],
)
def test_failed_installation_gets_a_likely_cause(
    bootstrap: ModuleType, output: str, expected: str
) -> None:
    """pip's long output is boiled down to one sentence."""
    assert expected in bootstrap.reason(output)


def test_installation_happens_once(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call installs nothing; the test set covers the plain one."""
    calls: list[list[str]] = []

    def record(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if command[1:3] == ["-m", "venv"]:
            bootstrap.PYTHON.parent.mkdir(parents=True)
            bootstrap.PYTHON.touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap.subprocess, "run", record)
    bootstrap.install("test")
    assert len(calls) == 2
    bootstrap.install("test")
    bootstrap.install("")
    assert len(calls) == 2


def test_wrong_argument_prints_the_usage(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but the known words explains itself."""
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "fly"])
    with pytest.raises(SystemExit, match=r"usage: python3 bootstrap\.py run"):
        bootstrap.main()


def test_it_needs_the_standard_library_only(repository: Path) -> None:
    """A bare Python can read and start it."""
    command = [sys.executable, "-S", "-I", str(repository / "bootstrap.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage:" in done.stderr

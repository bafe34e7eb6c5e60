#!/usr/bin/env python3
"""Set geofleet up in .venv and run it: ``python3 bootstrap.py run`` or ``… test``.

Standard library only. Uses your own pip settings and the versions in constraints.txt. What was
installed once is not installed again until pyproject.toml or constraints.txt changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = Path(os.environ.get("GEOFLEET_VENV", HERE / ".venv"))
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_MB = 1500
SETS = ("", "figures", "test")
"""Sets of optional libraries; each holds those before it."""
USAGE = """usage: python3 bootstrap.py run     set up, then run the bundled study
       python3 bootstrap.py test    set up, then lint, type-check and test
       python3 bootstrap.py setup   set up only"""


def stop(message):
    """End with one plain sentence."""
    sys.exit("bootstrap: " + message)


def check_machine():
    """Say plainly what is missing before anything is written."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        stop(
            "Python %d.%d to %d.%d is needed, this is %d.%d. Call this script with one of those, "
            "for example: python3.11 bootstrap.py" % (*OLDEST, *NEWEST, *sys.version_info[:2])
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "this Python has no venv module. Install it (on Debian and Ubuntu: "
            "apt install python3-venv) and call again."
        )
    folder = next(path for path in (VENV, *VENV.parents) if path.exists())
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < NEEDED_MB and not PYTHON.exists():
        stop("%d MB are free in %s; about %d MB are needed." % (free_mb, folder, NEEDED_MB))


def fingerprint(extras):
    """Identify what an installation was made from."""
    digest = hashlib.sha256(extras.encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()


def install(extras):
    """Create the environment and install geofleet with the pinned versions, once."""
    stamp = VENV / ".geofleet-installed"
    have = stamp.read_text().split() if stamp.exists() else []
    if any(fingerprint(enough) in have for enough in SETS[SETS.index(extras) :]):
        return
    if not PYTHON.exists():
        print("Creating the environment in %s" % VENV, flush=True)
        if subprocess.run([sys.executable, "-m", "venv", str(VENV)]).returncode:
            stop("the virtual environment could not be made in %s; see above." % VENV)
    print("Installing geofleet and its libraries (a few minutes the first time)", flush=True)
    target = "%s[%s]" % (HERE, extras) if extras else str(HERE)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--constraint", str(HERE / "constraints.txt"), "--editable", target]  # fmt: skip
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode:
        sys.stderr.write(done.stderr)
        stop(reason(done.stderr))
    stamp.write_text("\n".join([*have, fingerprint(extras)]) + "\n")


def reason(output):
    """Put the likely cause of a failed installation in words."""
    text = output.lower()
    if "no space left" in text:
        return "the disk is full; free about %d MB and call again." % NEEDED_MB
    signs = ("connection", "timed out", "name resolution", "getaddrinfo", "unreachable", "proxy")
    if any(sign in text for sign in signs):
        return "pip could not reach its package index: check the network, proxy or pip settings."
    return "pip could not install the libraries; its message is above."


def call(*command):
    """Run a step in the environment and stop at the first that fails."""
    environment = {**os.environ, "PATH": str(SCRIPTS) + os.pathsep + os.environ.get("PATH", "")}
    code = subprocess.run([str(PYTHON), *command], cwd=HERE, env=environment).returncode
    if code:
        sys.exit(code)


def run():
    """Run the bundled study, write its report to maps/ and renew the pictures there."""
    install("figures")
    results, report = HERE / "results" / "coquimbo", HERE / "maps" / "coquimbo"
    call("-m", "geofleet", "run", "data/coquimbo", "--output", str(results))
    call("-m", "geofleet", "report", "data/coquimbo", "--output", str(report),
         "--stored", str(results / "exposure"), "--operator", "syn-op-05",
         "--operator", "syn-op-10")  # fmt: skip
    call("maps/gallery.py", str(report))


def test():
    """Lint, check types and run the tests."""
    install("test")
    call("-m", "ruff", "check", ".")
    call("-m", "ruff", "format", "--check", ".")
    call("-m", "mypy")
    call("-m", "pytest", "-n", "2", "--dist", "loadfile")


def main():
    """Read the one argument and do it."""
    tasks = {"run": run, "test": test, "setup": lambda: install("")}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        sys.exit(USAGE)
    check_machine()
    tasks[sys.argv[1]]()


if __name__ == "__main__":
    main()

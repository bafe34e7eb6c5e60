"""Picture of a map: ``python maps/screenshot.py map.html map.png [--width 1400 --height 900]``.

Needs a Chromium: see ``geofleet.outputs.browser``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from geofleet.outputs.browser import QUIET, find_chromium

FLAGS = (*QUIET, "--hide-scrollbars", "--virtual-time-budget=8000")


def screenshot(
    page: Path, picture: Path, *, width: int = 1400, height: int = 900, timeout_s: float = 120
) -> None:
    """Render ``page`` into the PNG file ``picture``.

    Raises
    ------
    FileNotFoundError
        No such page, or no Chromium.
    RuntimeError
        Chromium made no picture.
    """
    if not page.is_file():
        raise FileNotFoundError(f"no page {page}")
    browser = find_chromium()
    if browser is None:
        raise FileNotFoundError(
            "no Chromium found: install one (chromium, google-chrome), or name it in the "
            "environment variable CHROMIUM"
        )
    picture.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=picture.parent, prefix=".screenshot-") as folder:
        shot = Path(folder) / "shot.png"
        command = [
            browser, *FLAGS, f"--user-data-dir={folder}/profile",
            f"--window-size={width},{height}", f"--screenshot={shot}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{browser} took longer than {timeout_s:g} s") from None
        if not shot.is_file():
            tail = done.stderr.decode(errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"{browser} made no picture: {' '.join(tail)}")
        shot.replace(picture)


def main() -> int:
    """Read the command line; 0 when the picture is there, 1 with a message when not."""
    parser = argparse.ArgumentParser(description="Picture of a map, by a headless Chromium")
    parser.add_argument("html", type=Path)
    parser.add_argument("png", type=Path)
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--height", type=int, default=900)
    given = parser.parse_args()
    try:
        screenshot(given.html, given.png, width=given.width, height=given.height)
    except (FileNotFoundError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Renew the gallery: the map of a finished run, and a picture of it for the README.

``python maps/gallery.py RESULTS [NAME]``. The picture needs a Chromium; without one the old
picture stays and a line says so.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from screenshot import find_chromium, screenshot

GALLERY = Path(__file__).resolve().parent


def main(arguments: list[str]) -> int:
    """Copy the map, then take its picture."""
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    results = Path(arguments[0])
    name = arguments[1] if len(arguments) == 2 else results.name
    page = GALLERY / f"{name}.html"
    shutil.copyfile(results / "map.html", page)
    print(page)
    if find_chromium() is None:
        print("no Chromium found: the picture beside the map was not renewed")
        return 0
    picture = GALLERY / f"{name}.png"
    screenshot(page, picture)
    print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

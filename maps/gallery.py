"""Renew the gallery: the maps of a finished run, and pictures of them for the README.

``python maps/gallery.py RESULTS [NAME]``, where RESULTS are those of a run or of a plan. Pictures
need a Chromium; without one the old ones stay and a line says so.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from screenshot import find_chromium, screenshot

GALLERY = Path(__file__).resolve().parent
MAPS = {"map.html": "", "policy.html": "-rules"}
"""Maps of a run, and what is put behind their name here; a run without rules has one."""


def main(arguments: list[str]) -> int:
    """Copy the maps, then take their pictures."""
    if len(arguments) not in (1, 2):
        print(__doc__)
        return 2
    results = Path(arguments[0])
    name = arguments[1] if len(arguments) == 2 else results.name
    can_draw = find_chromium() is not None
    for file, suffix in MAPS.items():
        if not (results / file).is_file():
            continue
        page = GALLERY / f"{name}{suffix}.html"
        shutil.copyfile(results / file, page)
        print(page)
        if can_draw:
            picture = page.with_suffix(".png")
            screenshot(page, picture)
            print(picture)
    if not can_draw:
        print("no Chromium found: the pictures beside the maps were not renewed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

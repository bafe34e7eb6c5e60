"""Renew the pictures of the gallery: ``python maps/gallery.py maps/STUDY``.

Takes a picture of each map of a report. Pictures need a Chromium; without one the old ones stay
and a line says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

from screenshot import screenshot

from geofleet.outputs.browser import find_chromium

PAGES = ("harm", "electric", "contingency", "plan")


def main(arguments: list[str]) -> int:
    """Take a picture of every map that is there."""
    if len(arguments) != 1:
        print(__doc__)
        return 2
    folder = Path(arguments[0])
    if find_chromium() is None:
        print("no Chromium found: the pictures of the pages were not renewed")
        return 0
    for page in (folder / f"{name}.html" for name in PAGES):
        if page.is_file():
            picture = folder.with_name(f"{folder.name}-{page.stem}.png")
            screenshot(page, picture)
            print(picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

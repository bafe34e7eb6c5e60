"""An installed Chromium: found, and asked to print a page."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["NAMES", "QUIET", "find_chromium", "print_pdf"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""Programs that are looked for, in this order."""

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--no-default-browser-check",
)  # fmt: skip
"""Switches of a browser that shows no window and asks the network for nothing of its own."""

_SHOWN_LINES = 3


def find_chromium() -> str | None:
    """Return the path of a Chromium: that of the variable CHROMIUM, or the first installed.

    Returns
    -------
    str or None
        None where there is none.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


def print_pdf(page: Path, target: Path, *, timeout_s: float = 120.0) -> None:
    """Print a page to a PDF of the size that its styles ask for.

    Parameters
    ----------
    page
        HTML file.
    target
        PDF; written whole or not at all.
    timeout_s
        Longest wait.

    Raises
    ------
    FileNotFoundError
        No Chromium is installed.
    RuntimeError
        It made no PDF.
    """
    browser = find_chromium()
    if browser is None:
        raise FileNotFoundError(
            "no Chromium found: install one (chromium, google-chrome), or name it in the "
            "environment variable CHROMIUM"
        )
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".print-") as folder:
        made = Path(folder) / "page.pdf"
        command = [
            browser, *QUIET, f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
            f"--print-to-pdf={made}",
            page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{browser} took longer than {timeout_s:g} s") from None
        if not made.is_file():
            lines = done.stderr.decode(errors="replace").strip().splitlines()[-_SHOWN_LINES:]
            raise RuntimeError(f"{browser} made no PDF: {' '.join(lines)}")
        made.replace(target)

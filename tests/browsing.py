"""A browser for tests, and waiting for what its pages show.

What a page shows comes by events, frames, timers, workers and requests: a test reads it by waiting
until it is as expected, and never after a time that should be enough.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

WAIT_S = 90.0
"""Much more than anything takes on a busy machine; what holds is seen at once."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_EVERY_MS = 20
_FRAMES = "() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r())))"


def launched() -> Iterator[Any]:
    """Run a Chromium for a fixture; without one its tests are skipped."""
    named = os.environ.get("CHROMIUM")
    found = [shutil.which(name) for name in ((named,) if named else _NAMES)]
    path = next((item for item in found if item), None)
    if path is None:
        pytest.skip("no Chromium on this machine (set CHROMIUM to its path)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    sync_api.expect.set_options(timeout=1000 * WAIT_S)
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"], timeout=1000 * WAIT_S
        )
        yield running
        running.close()


@contextmanager
def new_tab(browser: Any, **options: Any) -> Iterator[Any]:
    """Give a page in a context of its own, with the options of that."""
    context = browser.new_context(**options)
    context.set_default_timeout(1000 * WAIT_S)
    try:
        yield context.new_page()
    finally:
        context.close()


def expect(locator: Any) -> Any:
    """Return what can be asserted of a locator; it is asked again until it holds."""
    from playwright.sync_api import expect as asserted

    return asserted(locator)


def becomes(tab: Any, read: str | Callable[[], Any], wanted: Any) -> Any:
    """Read again until the value is the one wanted, or passes as such, and return it.

    Parameters
    ----------
    read
        A script of the page, or a function.
    wanted
        A value, or a function that says of one whether it will do.
    """
    until = time.monotonic() + WAIT_S
    while True:
        found = tab.evaluate(read) if isinstance(read, str) else read()
        if wanted(found) if callable(wanted) else found == wanted:
            return found
        assert time.monotonic() < until, f"{read} remains {found!r}, wanted {wanted!r}"
        tab.wait_for_timeout(_EVERY_MS)


def at_rest(tab: Any) -> None:
    """Wait for two frames: what follows from the size of things is arranged within the first."""
    tab.evaluate(_FRAMES)


def resize(tab: Any, width: int, height: int) -> None:
    """Give the window another size, and let the page arrange itself."""
    tab.set_viewport_size({"width": width, "height": height})
    tab.wait_for_function("([w, h]) => innerWidth === w && innerHeight === h", arg=[width, height])
    at_rest(tab)

"""The command line: arguments in, files and a summary out. No logic of its own."""

from __future__ import annotations

import signal
import sys

from geofleet.cli.app import app
from geofleet.cli.help_texts import add_help

# Importing the modules of commands adds them to the application.
# isort: off
from geofleet.cli import study  # noqa: F401
from geofleet.cli import trips  # noqa: F401
from geofleet.cli import rules  # noqa: F401
from geofleet.cli import money  # noqa: F401
from geofleet.cli import report  # noqa: F401
from geofleet.cli import briefs  # noqa: F401
from geofleet.cli import interchange  # noqa: F401
from geofleet.cli import desk  # noqa: F401
# isort: on

add_help(app)

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line and exit with its code."""
    # As on Ctrl-C, a run that is told to end takes its unfinished files with it.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    app()

"""Allow ``python -m geofleet``."""

from geofleet.cli import main

main()

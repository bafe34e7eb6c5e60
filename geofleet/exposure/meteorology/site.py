"""Where the weather was measured and which place it stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geofleet.errors import InputError, Problem

__all__ = ["Site", "check_clocks", "check_site", "require_clocks"]

_DISPLACED = 6.0  # roughness lengths: displacement height of five, and the roughness itself
_LEAST_PEOPLE = 1000.0  # the law of the heat island turns negative below 91


@dataclass(frozen=True)
class Site:
    """Where and how the weather was measured.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Of the place; the latitude is needed where stability must be derived from the sun, both
        where stations are chosen by their distance.
    timezone
        IANA name of the clock of the place. Hours of day, months and days are those of this
        clock. With the longitude it turns clock time into solar time; without both, clock time
        is taken as solar time (said in the report).
    records_timezone
        IANA name of the clock of records without offset, where it is not ``timezone``: stations
        often keep standard time all year. Records of REDMET do (``weather:redmet_timezone``).
    height_m, roughness_m
        Of the wind measurement; defaults when not given.
    altitude_m
        Height above the sea: air pressure where none is measured.
    urban_population
        People of the city around: turns on AERMOD's urban option (heat island in stable hours and
        in the morning) in place of the least Obukhov length of the defaults.
    urban_roughness_m
        Roughness of that city, in the rows that the urban option changes; a default when not
        given.
    adjust_low_wind
        Friction velocity of stable hours after Qian & Venkatram (2011), as AERMET's ADJ_U*.
    """

    latitude_deg: float | None = None
    longitude_deg: float | None = None
    timezone: str | None = None
    records_timezone: str | None = None
    height_m: float | None = None
    roughness_m: float | None = None
    altitude_m: float | None = None
    urban_population: float | None = None
    urban_roughness_m: float | None = None
    adjust_low_wind: bool = False


def check_site(
    site: Site, *, file: str, height_m: float, roughness_m: float, urban_roughness_m: float | None
) -> list[Problem]:
    """Return what is wrong with a site; the numbers are its own or the defaults."""
    problems = check_clocks(site, file)
    ranges = {
        "latitude_deg": (-90.0, 90.0),
        "longitude_deg": (-180.0, 180.0),
        "altitude_m": (-430.0, 6000.0),
        "urban_population": (_LEAST_PEOPLE, 1e8),
        "height_m": (1.0, 300.0),
    }
    for name, (low, high) in ranges.items():
        value = getattr(site, name)
        if value is not None and not (math.isfinite(value) and low <= value <= high):
            expected = f"a number from {low:g} to {high:g}"
            problems.append(Problem(file, name, value=f"{value:g}", expected=expected))
    rough = {"roughness_m": (roughness_m, _DISPLACED if site.adjust_low_wind else 2.0)}
    if urban_roughness_m is not None:
        rough["urban_roughness_m"] = (urban_roughness_m, _DISPLACED)
    for name, (value, most) in rough.items():
        if not 0.0 < value < height_m / most:
            expected = (
                f"a roughness length above 0 and below {'half' if most == 2.0 else 'a sixth of'}"
                f" the wind height of {height_m:g} m"
            )
            problems.append(Problem(file, name, value=f"{value:g}", expected=expected))
    return problems


def check_clocks(site: Site, file: str) -> list[Problem]:
    """Return the time zones of a site that do not exist."""
    problems = []
    for name in ("timezone", "records_timezone"):
        value = getattr(site, name)
        try:
            ZoneInfo(value or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            expected = "an IANA time zone like America/Santiago"
            problems.append(Problem(file, name, 0, value, expected))
    return problems


def require_clocks(site: Site, file: str) -> None:
    """Raise unless the time zones of a site exist."""
    problems = check_clocks(site, file)
    if problems:
        raise InputError(problems)

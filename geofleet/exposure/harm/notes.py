"""What every figure of harm says with it, and what the pollutants are called."""

from __future__ import annotations

__all__ = ["IN_SHORT", "LABELS", "POLLUTANTS", "limits"]

POLLUTANTS = {
    "pm25": "primary fine particles (PM2.5)",
    "no2": "nitrogen dioxide (NO2)",
    "bc": "black carbon (BC, taken to be elemental carbon)",
}
"""What concentration-response functions are of; their deaths overlap and are never added."""

LABELS = {"pm25": "primary PM2.5", "no2": "NO2", "bc": "black carbon"}
"""What they are called in tables."""

IN_SHORT = (
    "Exposure counts the primary pollutants of the studied vehicles alone; secondary particles are"
    " not included."
)
"""What :func:`limits` says, where there is room for one sentence."""

_OF_ALL = (
    "Only what the studied vehicles emit; the background of all other sources is apart.",
    "Secondary particles, which form in the air from NOx, SO2, NH3 and organic vapours, are not"
    " included: the harm of NOx in particular is larger than shown.",
    "Outdoor concentrations where people are counted; terrain, street canyons and deposition are"
    " not modelled.",
)
_OF_EACH = {
    "pm25": "Primary PM2.5 only: what leaves exhausts, brakes, tyres and the road as particles.",
    "no2": "NO2 only, made from NOx by a ratio or by ozone, not by full chemistry.",
    "bc": "Black carbon only; it is part of PM2.5.",
}
_OF_DEATHS = (
    "Deaths are statistical: an expected number in a population over a year of such exposure,"
    " nobody in particular.",
    "Deaths by PM2.5, NO2 and black carbon are other views of much the same deaths and are never"
    " added.",
)


def limits(pollutant: str | None = None, *, deaths: bool = False) -> tuple[str, ...]:
    """Return what a figure does and does not count, as sentences to show with it.

    Parameters
    ----------
    pollutant
        ``pm25``, ``no2`` or ``bc``; None for figures that hold for any emission.
    deaths
        Whether the figure is of deaths, years of life or money.
    """
    first = () if pollutant is None else (_OF_EACH[pollutant],)
    return first + _OF_ALL + (_OF_DEATHS if deaths else ())

"""Which standard an engine meets: as stated, or the certification mix of a country and model year.

Two thirds of the Americas certify trucks to standards of the US Environmental Protection Agency,
which no Euro standard equals. A vehicle that does not say which it has is the mixture of those that
were sold in its model year.
"""

from __future__ import annotations

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.fleet.model import UNKNOWN

__all__ = ["NoMixError", "standards_of"]

_MIX = "certification_mix"
_US = "us_path"
_STAGED = "epa_2010"


class NoMixError(LookupError):
    """No certification mix is known; the message says what is needed."""


def standards_of(
    rows: CheckedRows, *, category: str, standard: str, model_year: int, country: str | None
) -> tuple[tuple[str, float], ...]:
    """Return the standards of a vehicle with their shares, which sum to one.

    EPA 2010 engines of the first years emit more NOx than later ones: up to row
    ``us_path:epa_2010.early_until`` they are ``epa_2010_early``, from ``epa_2010.mature_from`` on
    ``epa_2010_mature``, and in between a mixture that changes by the year.

    Parameters
    ----------
    category
        ``light`` or ``heavy``.
    standard
        As in the fleet table; ``unknown`` takes rows ``certification_mix:<country>.<category>…``.
    country
        ISO 3166 code of the study, None where it is not given.

    Raises
    ------
    NoMixError
        The standard is unknown and there is no mix for the country and year.
    """
    shares = {standard: 1.0}
    if standard == UNKNOWN:
        shares = _mix(rows, category, model_year, country)
    staged = shares.pop(_STAGED, 0.0)
    if staged:
        late = _late_share(rows, model_year)
        for name, share in (("early", 1.0 - late), ("mature", late)):
            if share:
                stage = f"{_STAGED}_{name}"
                shares[stage] = shares.get(stage, 0.0) + staged * share
    return tuple(shares.items())


def _late_share(rows: CheckedRows, model_year: int) -> float:
    def year(row: str) -> float:
        return rows.number(_US, f"{_STAGED}.{row}", 1990, 2100, "a model year")

    early, mature = year("early_until"), year("mature_from")
    if model_year <= early:
        return 0.0
    return 1.0 if model_year >= mature else (model_year - early) / (mature - early)


def _mix(
    rows: CheckedRows, category: str, model_year: int, country: str | None
) -> dict[str, float]:
    found: dict[str, float] = {}
    for row, standard in _rows_of_year(rows.defaults, category, model_year, country):
        share = rows.number(_MIX, row, 0.0, 1.0, "a share from 0 to 1")
        if share:
            found[standard] = found.get(standard, 0.0) + share
    total = sum(found.values())
    if not total > 0.0:
        have = sorted({str(row).partition(".")[0] for row in rows.defaults.table(_MIX).index})
        where = country or "a study without a country"
        raise NoMixError(
            f"the standard of the engine: there is no certification mix of {category} vehicles of "
            f"model year {model_year} for {where} (countries with one: {', '.join(have)})"
        )
    return {standard: share / total for standard, share in found.items()}


def _rows_of_year(
    defaults: Defaults, category: str, model_year: int, country: str | None
) -> list[tuple[str, str]]:
    """Return row and standard of each share that holds for a model year."""
    found = []
    for row in defaults.table(_MIX).index:
        parts = str(row).split(".")
        if len(parts) != 4 or parts[0] != country or parts[1] != category:
            continue
        first, _, last = parts[2].partition("-")
        if int(first) <= model_year <= int(last):
            found.append((str(row), parts[3]))
    return found

"""What follows from the hot functions: parts of PM and NOx, greenhouse gases, fuel and upstream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geofleet.defaults.checked import CheckedRows
from geofleet.emissions import _kernels as kernels
from geofleet.emissions.engines.technologies import Technologies

__all__ = [
    "SITUATIONS",
    "fuel_coefficients",
    "grid_row",
    "methane_g_mj",
    "per_km_gases",
    "shares_of",
    "situation_limits",
]

SITUATIONS = ("urban", "rural", "highway")
_GASES = ("ch4", "n2o", "nh3")
_METHANE = "ch4_g_mj"
_WORLD = "world"
_NOT_NEGATIVE = "a number of at least 0"
_PPM = 1e-6


def shares_of(
    rows: CheckedRows,
    technologies: Technologies,
    category: str,
    standard: str,
    names: Sequence[str],
) -> tuple[float, float, float]:
    """Return NO2 of NOx, and black and organic carbon of PM2.5, by mass.

    Technologies give factors on the mass of BC and OC; as shares of what is left of PM2.5 they are
    divided by its own factor.
    """

    def share(row: str, high: float = 1.0) -> float:
        return rows.number("exhaust_shares", row, 0.0, high, f"a number from 0 to {high:g}")

    no2 = technologies.last(names, "no2_share", standard)
    if no2 is None:
        no2 = share(f"no2.{category}.{standard}.share_of_nox")
    bc = share(f"bc.{category}.{standard}.share_of_pm25")
    om = share(f"oc.{category}.{standard}.om_to_bc", 100.0)
    oc = bc * om / share("oc.om_to_oc", 3.0)
    left = technologies.product(names, "pm25_factor", standard)
    if left > 0.0:
        bc *= technologies.product(names, "bc_factor", standard) / left
        oc *= technologies.product(names, "oc_factor", standard) / left
    return no2, bc, oc


def per_km_gases(
    rows: CheckedRows,
    technologies: Technologies,
    category: str,
    segment: str,
    standard: str,
    names: Sequence[str],
) -> npt.NDArray[np.float64]:
    """Return methane, nitrous oxide and ammonia in g/km, shape (situations, gases).

    Published per kilometre and driving situation; an EPA engine takes the values of the European
    standard of row ``us_path:<standard>.gases.shape``. Methane of a technology that has grams per
    megajoule of its own is zero here: see :func:`methane_g_mj`.
    """
    us = f"{standard}.gases.shape"
    known = us in rows.defaults.table("us_path").index
    euro = rows.defaults.text("us_path", us) if known else standard
    out = np.empty((len(SITUATIONS), len(_GASES)))
    for gas, name in enumerate(_GASES):
        place = segment if name == "ch4" else category
        factor = technologies.product(names, f"{name}_factor", standard)
        if name == "ch4" and technologies.last(names, _METHANE, standard) is not None:
            factor = 0.0
        for number, situation in enumerate(SITUATIONS):
            row = f"{name}.{place}.{euro}.{situation}"
            value = rows.number("exhaust_per_km", row, 0.0, float("inf"), _NOT_NEGATIVE)
            out[number, gas] = value * factor
    return out


def methane_g_mj(technologies: Technologies, standard: str, names: Sequence[str]) -> float:
    """Return the methane that an engine lets slip, per megajoule of fuel; 0 for diesel."""
    return technologies.last(names, _METHANE, standard) or 0.0


def situation_limits(rows: CheckedRows) -> tuple[float, float]:
    """Return the speeds from which a road counts as rural and as highway."""
    rural = rows.number("exhaust_per_km", "situation.rural_from_kmh", 0.0, 200.0, "a speed in km/h")
    highway = rows.number(
        "exhaust_per_km", "situation.highway_from_kmh", np.nan_to_num(rural), 200.0,
        f"a speed of at least {rural:g} km/h",
    )  # fmt: skip
    return rural, highway


def fuel_coefficients(
    rows: CheckedRows, fuel: str, *, country: str | None, year: int | None
) -> tuple[npt.NDArray[np.float64], bool, bool]:
    """Return the coefficients FUEL_G_MJ to GWP_N2O, and which other grid stands in.

    The world's, or that of another year of the country.

    Well-to-tank of diesel is a share of the carbon dioxide it gives, that of gas grams per
    megajoule, that of electricity the grid of the country and year over what is left after losses.
    Global warming potentials over 100 years (IPCC AR5).
    """
    values = dict.fromkeys(range(kernels.FUEL_G_MJ, kernels.CH4_G_MJ), 0.0)

    def number(table: str, row: str, high: float = float("inf")) -> float:
        return rows.number(table, row, 0.0, high, _NOT_NEGATIVE)

    world = other_year = False
    if fuel == "electric":
        values[kernels.WTT_G_KWH], world, other_year = _grid(rows, country, year)
    else:
        burnt = "cng" if fuel == "cng" else "diesel"
        heat = rows.number(
            "fuel", f"{burnt}.lower_heating_value_mj_kg", 0.0, 1e3, "a number above 0", above=True
        )
        values[kernels.FUEL_G_MJ] = 1000.0 / heat if heat else float("nan")
        values[kernels.CO2_G_G] = number("fuel", f"{burnt}.co2_kg_kg", 1e2)
        own = f"{burnt}.sulphur_ppm.{country}"
        row = own if own in rows.defaults.table("fuel").index else f"{burnt}.sulphur_ppm"
        values[kernels.SO2_G_G] = _PPM * number("fuel", row, 1e6)
        values[kernels.SO2_G_G] *= number("fuel", "sulphur.so2_kg_kg", 10.0)
        if burnt == "cng":
            values[kernels.WTT_G_MJ] = number("upstream", "cng.wtt_g_mj")
        else:
            values[kernels.WTT_SHARE] = number("upstream", "diesel.wtt_share_of_ttw")
        values[kernels.GWP_CH4] = number("upstream", "gwp100.ch4")
        values[kernels.GWP_N2O] = number("upstream", "gwp100.n2o")
    return np.array(list(values.values())), world, other_year


def grid_row(rows: CheckedRows, country: str | None, year: int | None) -> tuple[str, str]:
    """Return the country and year whose electricity is taken: the nearest year not after.

    ``world`` where the country has no row; a year before the first row takes the first.
    """
    table = rows.defaults.table("upstream").index
    years: dict[str, list[int]] = {}
    for row in table:
        parts = str(row).split(".")
        if parts[0] == "electricity" and len(parts) == 4 and parts[3] == "g_kwh":
            years.setdefault(parts[1], []).append(int(parts[2]))
    place = country if country in years else _WORLD
    known = sorted(years[place])
    before = [one for one in known if year is None or one <= year]
    return place, str(before[-1] if before else known[0])


def _grid(rows: CheckedRows, country: str | None, year: int | None) -> tuple[float, bool, bool]:
    place, when = grid_row(rows, country, year)
    grams = rows.number("upstream", f"electricity.{place}.{when}.g_kwh", 0.0, 5000.0, _NOT_NEGATIVE)
    lost = rows.number(
        "upstream", f"electricity.{place}.losses_share", 0.0, 0.9, "a share from 0 to 0.9"
    )
    charged = rows.number(
        "upstream", "electricity.charging_efficiency", 0.3, 1.0, "a share from 0.3 to 1"
    )
    world = place == _WORLD and country != _WORLD
    other_year = not world and year is not None and str(year) != when
    return grams / (1.0 - lost) / charged, world, other_year

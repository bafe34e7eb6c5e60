"""Print what a natural gas bus emits beside a diesel bus of the same standard, as a table.

    python data/emission_factors/cng.py path/to/emission/database.db

The guidebook has no functions of gas trucks; its urban buses (15-18 t) come on both fuels, and the
ratio of the two is what the gas rows of ``geofleet/defaults/tables/technologies.csv`` start from.
Origin and licence of the database as in ``build.py``, which also names its check sum.

Half load, level road, 20 and 30 km/h. The published gas functions know neither slope nor load, and
up to Euro III they are constants. EEV has no diesel bus of its own: it stands beside Euro V.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import numpy as np
from build import COEFFICIENTS, POLLUTANTS, installed_database

from geofleet.emissions.hot.guard import RationalFunction

GAS, DIESEL = "Urban CNG Buses", "Urban Buses Standard 15 - 18 t"
PAIRS = {
    "Euro I": "Euro I", "Euro II": "Euro II", "Euro III": "Euro III",
    "EEV": "Euro V", "Euro VI": "Euro VI",
}  # fmt: skip
NAMES = {**POLLUTANTS, "CH4": ("ch4", "g/km")}
SPEEDS_KMH = (20.0, 30.0)
QUERY = f"""
    SELECT {", ".join("p." + name for name in COEFFICIENTS)}, p.MINSPEED, p.MAXSPEED
    FROM Parameters p
    JOIN SEGMENT s ON s.ID = p.segment_id JOIN EUROSTD e ON e.ID = p.euro_std_id
    JOIN POLLUTANT q ON q.ID = p.pollutant_id JOIN FUEL f ON f.ID = p.fuel_id
    LEFT JOIN MODE m ON m.ID = p.mode_id
    WHERE s.NAME = ? AND e.NAME = ? AND q.NAME = ? AND f.NAME = ?
      AND abs(p.slope) < 1e-9 AND abs(p.load - ?) < 1e-9
      AND coalesce(m.NAME, '') IN ('', 'Urban Off Peak')
"""


def per_km(
    connection: sqlite3.Connection, segment: str, standard: str, pollutant: str, speed_kmh: float
) -> float:
    """Return the published value of an urban bus, in grams or megajoules per kilometre."""
    fuel = "CNG" if segment == GAS else "Diesel"
    load = 0.0 if segment == GAS or pollutant == "CH4" else 0.5
    query = (segment, standard, pollutant, fuel, load)
    (row,) = connection.execute(QUERY, query).fetchall()
    function = RationalFunction(*row)
    if function.hta == 0.0 and function.epsilon == 0.0 and function.zita == 0.0:
        return 0.0
    return float(function(np.array([speed_kmh]))[0])


def main() -> None:
    """Print the table in Markdown."""
    database = Path(sys.argv[1]) if len(sys.argv) > 1 else installed_database()
    columns = ["cng_standard", "diesel_standard", "speed_kmh"]
    columns += [f"{name}_ratio" for name in ("nox", "pm25", "co", "voc", "energy", "ch4")]
    columns += ["cng_energy_mj_km", "diesel_energy_mj_km"]
    columns += ["cng_ch4_g_km", "diesel_ch4_g_km", "cng_ch4_g_mj"]
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True) as connection:
        for gas, diesel in PAIRS.items():
            for v in SPEEDS_KMH:
                g, d = (
                    {
                        name: per_km(connection, segment, standard, published, v)
                        for published, (name, _) in NAMES.items()
                    }
                    for segment, standard in ((GAS, gas), (DIESEL, diesel))
                )
                ratios = [g[n] / d[n] for n in ("nox", "pm25", "co", "voc", "energy", "ch4")]
                numbers = [*ratios, g["energy"], d["energy"], g["ch4"], d["ch4"],
                           g["ch4"] / g["energy"]]  # fmt: skip
                text = [gas, diesel, f"{v:g}", *(f"{x:.4g}" for x in numbers)]
                print("| " + " | ".join(text) + " |")


if __name__ == "__main__":
    main()

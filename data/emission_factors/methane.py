"""Print the methane rows of ``geofleet/defaults/tables/exhaust_per_km.csv``.

    python data/emission_factors/methane.py path/to/emission/database.db > rows.csv

Hot methane of diesel vans and trucks does not depend on speed, slope or load: the guidebook has one
constant for urban, rural and motorway driving. In the database it is a function of which only gamma
and hta are not zero, so grams per kilometre are gamma / hta · (1 - reduction); where both are zero,
zero is what is published. Urban peak and off-peak are the same and become one row. Of the stages
of Euro 6 vans the first is taken, as for the other pollutants. Origin and licence of the database
as in ``build.py``.
"""

from __future__ import annotations

import csv
import sqlite3
import sys
from fractions import Fraction
from pathlib import Path

from build import CATEGORIES, SEGMENTS, SOURCE, installed_database, standard_and_technology

SITUATIONS = {
    "Urban Peak": "urban", "Urban Off Peak": "urban", "Rural": "rural", "Highway": "highway",
}  # fmt: skip
QUERY = """
    SELECT c.NAME, s.NAME, e.NAME, m.NAME, p.GAMMA, p.HTA, p.REDUCTIONFACTOR,
           p.ALPHA = 0 AND p.BETA = 0 AND p.DELTA = 0 AND p.EPSILON = 0 AND p.ZITA = 0
    FROM Parameters p
    JOIN CATEGORY c ON c.ID = p.category_id JOIN SEGMENT s ON s.ID = p.segment_id
    JOIN EUROSTD e ON e.ID = p.euro_std_id JOIN POLLUTANT q ON q.ID = p.pollutant_id
    JOIN FUEL f ON f.ID = p.fuel_id JOIN MODE m ON m.ID = p.mode_id
    WHERE f.NAME = 'Diesel' AND q.NAME = 'CH4'
      AND c.NAME IN ('Heavy Duty Trucks', 'Light Commercial Vehicles')
"""


def decimal(number: float) -> Fraction:
    """Return the short decimal number that a float stands for, exactly."""
    return Fraction(repr(number))


def grams_per_km(database: Path) -> dict[str, float]:
    """Read methane by ``ch4.<segment>.<standard>.<situation>``, in grams per kilometre."""
    with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True) as connection:
        records = connection.execute(QUERY).fetchall()
    found: dict[str, float] = {}
    for cat, seg, label, mode, gamma, hta, reduction, constant in records:
        if not constant or (hta == 0.0 and gamma != 0.0):
            raise ValueError(f"methane of {seg}, {label}, {mode} is not a constant")
        standard, stage = standard_and_technology(CATEGORIES[cat], label)
        if stage in ("stage_2", "stage_3"):
            continue
        value = 0.0
        if hta != 0.0:
            value = float(decimal(gamma) / decimal(hta) * (1 - decimal(reduction)))
        name = f"ch4.{SEGMENTS[seg]}.{standard}.{SITUATIONS[mode]}"
        if found.setdefault(name, value) != value:
            raise ValueError(f"{name} has two values: {found[name]} and {value}")
    return found


def main() -> None:
    """Print one row of the table for each segment, standard and situation."""
    database = Path(sys.argv[1]) if len(sys.argv) > 1 else installed_database()
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["id", "value", "unit", "year", "source", "status", "note"])
    for name, value in sorted(grams_per_km(database).items()):
        note = "" if value else "zero as published"
        out.writerow([name, repr(value), "g/km", 2016, SOURCE, "verified", note])


if __name__ == "__main__":
    main()

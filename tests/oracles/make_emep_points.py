"""Make ``emep_points.csv``: hot emission factors computed apart from the package, exactly.

    python make_emep_points.py path/to/emission/database.db > emep_points.csv

Reads the database of the package ``emission`` 0.3.6 directly (not our table) and evaluates the
published formula, and where a point lies between published slopes or loads the bilinear mean, with
``fractions.Fraction``; nothing of geofleet is imported. Points inside a repaired stretch are not
drawn: there the published formula is what is wrong.
"""

from __future__ import annotations

import csv
import random
import sqlite3
import sys
from fractions import Fraction

CLASSES = {
    "small_van": ("Light Commercial Vehicles", "N1-II"),
    "cargo_van": ("Light Commercial Vehicles", "N1-III"),
    "rigid_7_5t": ("Heavy Duty Trucks", "Rigid <=7.5 t"),
    "rigid_12t": ("Heavy Duty Trucks", "Rigid 7.5 - 12 t"),
    "rigid_14t": ("Heavy Duty Trucks", "Rigid 12 - 14 t"),
    "rigid_20t": ("Heavy Duty Trucks", "Rigid 14 - 20 t"),
    "rigid_26t": ("Heavy Duty Trucks", "Rigid 20 - 26 t"),
    "rigid_28t": ("Heavy Duty Trucks", "Rigid 26 - 28 t"),
    "rigid_32t": ("Heavy Duty Trucks", "Rigid 28 - 32 t"),
    "rigid_over_32t": ("Heavy Duty Trucks", "Rigid >32 t"),
    "articulated_20t": ("Heavy Duty Trucks", "Articulated 14 - 20 t"),
    "articulated_28t": ("Heavy Duty Trucks", "Articulated 20 - 28 t"),
    "articulated_34t": ("Heavy Duty Trucks", "Articulated 28 - 34 t"),
    "articulated_40t": ("Heavy Duty Trucks", "Articulated 34 - 40 t"),
    "articulated_50t": ("Heavy Duty Trucks", "Articulated 40 - 50 t"),
    "articulated_60t": ("Heavy Duty Trucks", "Articulated 50 - 60 t"),
}
HEAVY = ["Conventional", "Euro I", "Euro II", "Euro III", "Euro IV", "Euro V", "Euro VI"]
LIGHT = ["Conventional", "Euro 1", "Euro 2", "Euro 3", "Euro 4", "Euro 5", "Euro 6 up to 2017"]
STANDARDS = ["pre_euro", "euro_1", "euro_2", "euro_3", "euro_4", "euro_5", "euro_6"]
POLLUTANTS = {"nox": "NOx", "pm25": "PM Exhaust", "co": "CO", "voc": "VOC", "energy": "EC"}
QUERY = """
    SELECT ALPHA, BETA, GAMMA, DELTA, EPSILON, ZITA, HTA, REDUCTIONFACTOR, MINSPEED, MAXSPEED
    FROM Parameters
    WHERE category_id = (SELECT ID FROM CATEGORY WHERE NAME = ?)
      AND segment_id = (SELECT ID FROM SEGMENT WHERE NAME = ?)
      AND euro_std_id = (SELECT ID FROM EUROSTD WHERE NAME = ?)
      AND pollutant_id = (SELECT ID FROM POLLUTANT WHERE NAME = ?)
      AND fuel_id = (SELECT ID FROM FUEL WHERE NAME = 'Diesel')
      AND abs(slope - ?) < 1e-9 AND abs(load - ?) < 1e-9
"""


def published(row: tuple[float, ...], v: Fraction) -> Fraction | None:
    """Evaluate the published formula, None outside its range or near its defects."""
    a, b, g, d, e, z, h, r = (Fraction(x) for x in row[:8])
    low, high = row[8:]
    if not low <= v <= high:
        return None
    # Where the denominator changes sign, low speeds are suspect.
    signs = {
        (e * s * s + z * s + h) > 0 for s in (Fraction(k, 4) for k in range(20, int(high) * 4))
    }
    if len(signs) > 1 and v < 20:
        return None
    return (a * v * v + b * v + g + d / v) / (e * v * v + z * v + h) * (1 - r)


def main() -> None:
    draw = random.Random(20240514)
    connection = sqlite3.connect(sys.argv[1])
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        ["vehicle_class", "standard", "grade", "load", "speed_kmh", "pollutant", "value_per_km"]
    )
    for number, (name, (category, segment)) in enumerate(CLASSES.items()):
        light = category.startswith("Light")
        found = 0
        while found < 7:
            level = (number + found) % 7
            label = (LIGHT if light else HEAVY)[level]
            pollutant = draw.choice(list(POLLUTANTS))
            grade = Fraction(0) if light else Fraction(draw.choice(range(-12, 13)), 200)
            load = Fraction(0) if light else Fraction(draw.choice(range(9)), 8)
            v = Fraction(draw.choice(range(22, 170)), 2)
            total: Fraction | None = Fraction(0)
            low_slope = grade // Fraction(1, 50)
            low_load = load // Fraction(1, 2)
            for i in (0, 1):
                share_i = grade * 50 - low_slope
                weight_i = share_i if i else 1 - share_i
                for j in (0, 1):
                    share_j = load * 2 - low_load
                    weight = weight_i * (share_j if j else 1 - share_j)
                    if weight == 0 or total is None:
                        continue
                    at = (float((low_slope + i) / 50), float((low_load + j) / 2))
                    query = (category, segment, label, POLLUTANTS[pollutant], *at)
                    (row,) = connection.execute(QUERY, query).fetchall()
                    value = published(row, v)
                    total = None if value is None or value < 0 else total + weight * value
            if total is None:
                continue
            found += 1
            out.writerow(
                [name, STANDARDS[level], float(grade), float(load), float(v), pollutant,
                 repr(float(total))]
            )  # fmt: skip


if __name__ == "__main__":
    main()

"""Make ``emep_points.csv``: hot emission factors computed apart from the package, exactly.

    python make_emep_points.py path/to/emission/database.db > emep_points.csv

Reads the database of the package ``emission`` 0.3.6 directly (not our table) and evaluates the
published formula, and where a point lies between published slopes or loads the bilinear mean, with
``fractions.Fraction``; nothing of geofleet is imported. Three points for each of 16 vehicle classes
and 7 standards: at a published slope and load, between slopes and loads, and anywhere; the speeds
are the ends of the declared range, or quarters of a km/h inside it, one third each. A point where a
function looks ill within 20 km/h (see ``suspect``) is drawn again: there the published formula is
what is wrong.
"""

from __future__ import annotations

import csv
import itertools
import random
import sqlite3
import sys
from fractions import Fraction
from functools import cache

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


Row = tuple[float, ...]
STEP_SLOPE, STEP_LOAD = Fraction(1, 50), Fraction(1, 2)


@cache
def suspect(row: Row) -> tuple[float, ...]:
    """Return the speeds, on a grid, where a published function cannot be right.

    There the denominator has changed sign, the value is negative, or it turns twice within 5 km/h
    and differs by a third in between.
    """
    a, b, g, d, e, z, h, r, low, high = row
    grid = [low + k / 8.0 for k in range(int((high - low) * 8.0) + 1)]
    bottom = [(e * v + z) * v + h for v in grid]
    value = [
        (a * v * v + b * v + g + d / v) / q * (1.0 - r) for v, q in zip(grid, bottom, strict=True)
    ]
    turns = [
        k for k in range(1, len(grid) - 1)
        if (value[k] - value[k - 1]) * (value[k + 1] - value[k]) < 0.0
    ]  # fmt: skip
    ill = [v for v, q in zip(grid, bottom, strict=True) if q * bottom[0] <= 0.0]
    ill += [v for v, y in zip(grid, value, strict=True) if y < 0.0]
    for k, n in itertools.pairwise(turns):
        low_value, high_value = sorted((value[k], value[n]))
        if grid[n] - grid[k] <= 5.0 and 3.0 * high_value >= 4.0 * low_value:
            ill += [grid[k], grid[n]]
    return tuple(ill)


def published(row: Row, v: Fraction) -> Fraction | None:
    """Evaluate the published formula, None near a defect."""
    if any(abs(float(v) - ill) < 20.0 for ill in suspect(row)):
        return None
    a, b, g, d, e, z, h, r = (Fraction(x) for x in row[:8])
    return (a * v * v + b * v + g + d / v) / (e * v * v + z * v + h) * (1 - r)


def corners(grade: Fraction, load: Fraction) -> list[tuple[Fraction, Fraction, Fraction]]:
    """Return weight, slope and load of the published functions around a point."""
    low_slope, low_load = grade // STEP_SLOPE, load // STEP_LOAD
    share_slope, share_load = grade / STEP_SLOPE - low_slope, load / STEP_LOAD - low_load
    around = [
        (
            (share_slope if i else 1 - share_slope) * (share_load if j else 1 - share_load),
            (low_slope + i) * STEP_SLOPE,
            (low_load + j) * STEP_LOAD,
        )
        for i in (0, 1)
        for j in (0, 1)
    ]
    return [corner for corner in around if corner[0] != 0]


def main() -> None:
    """Draw the points and print them."""
    draw = random.Random(20240514)
    connection = sqlite3.connect(sys.argv[1])
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        ["vehicle_class", "standard", "grade", "load", "speed_kmh", "pollutant", "value_per_km"]
    )

    @cache
    def row_of(category: str, segment: str, label: str, pollutant: str, s: float, p: float) -> Row:
        (row,) = connection.execute(QUERY, (category, segment, label, pollutant, s, p)).fetchall()
        return tuple(row)

    slopes, loads = range(-3, 4), range(3)
    for (number, (name, (category, segment))), level, turn in itertools.product(
        enumerate(CLASSES.items()), range(7), range(3)
    ):
        light = category.startswith("Light")
        label = (LIGHT if light else HEAVY)[level]
        pollutant = list(POLLUTANTS)[(number + level + 2 * turn) % 5]
        where = (number + level + turn) % 3
        total: Fraction | None = None
        while total is None:
            grade, load = draw.choice(slopes) * STEP_SLOPE, draw.choice(loads) * STEP_LOAD
            if turn == 1:
                grade = draw.choice(slopes[:-1]) * STEP_SLOPE + Fraction(draw.randint(1, 15), 800)
                load = draw.choice(loads[:-1]) * STEP_LOAD + Fraction(draw.randint(1, 7), 16)
            elif turn == 2:
                grade, load = (
                    Fraction(draw.randint(-240, 240), 4000),
                    Fraction(draw.randint(0, 32), 32),
                )
            if light:
                grade = load = Fraction(0)
            around = [
                (
                    weight,
                    row_of(category, segment, label, POLLUTANTS[pollutant], float(s), float(p)),
                )
                for weight, s, p in corners(grade, load)
            ]
            low = max(Fraction(row[8]) for _, row in around)
            high = min(Fraction(row[9]) for _, row in around)
            v = (
                (low, high)[where]
                if where < 2
                else low + Fraction(draw.randint(1, int((high - low) * 4) - 1), 4)
            )
            values = [(weight, published(row, v)) for weight, row in around]
            if all(value is not None for _, value in values):
                total = sum((weight * value for weight, value in values if value), Fraction(0))
        out.writerow(
            [name, STANDARDS[level], float(grade), float(load), float(v), pollutant,
             repr(float(total))]
        )  # fmt: skip


if __name__ == "__main__":
    main()

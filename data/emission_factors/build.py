"""Make the hot exhaust factor table from the database inside the package ``emission`` 0.3.6.

    pip download emission==0.3.6 --no-deps     # a wheel; unzip it, or install it
    python data/emission_factors/build.py path/to/emission/database.db

Without a path the database of the installed package is used. The result,
``geofleet/emissions/data/emep_hot_diesel.parquet``, is committed; this script is how it was made.

Origin. The figures are the Tier 3 hot emission functions of the EMEP/EEA air pollutant emission
inventory guidebook 2016, chapter 1.A.3.b.i-iv (annex of hot emission factors), as carried by
``emission`` 0.3.6, © 2017 Norwegian Public Roads Administration (Statens vegvesen), BSD 2-Clause;
its licence text stands in ``geofleet/emissions/data/LICENSE-emission.txt``.

What is kept: diesel trucks (14 segments, 7 standards, 7 slopes, 3 loads) and diesel light
commercial vehicles (3 segments, no slope or load); CO, NOx, VOC, PM exhaust and energy consumption.
What is left out: methane (constants by road situation: ``methane.py``), petrol, gas (``cng.py``),
buses, cars. Every coefficient is copied as it is. Columns ``guard`` and ``guard_*`` are added by
the rule of ``geofleet.emissions.hot.guard``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sqlite3
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from geofleet.defaults import Defaults
from geofleet.emissions.hot.guard import RationalFunction, find_guard

TARGET = Path(__file__).resolve().parents[2] / "geofleet/emissions/data/emep_hot_diesel.parquet"
SHA256 = "1594c9dcc2e5da0a0d22ed8c13efef7e529d4f23c3c709bd2b0131aa0d67a3ff"

CATEGORIES = {"Heavy Duty Trucks": "heavy", "Light Commercial Vehicles": "light"}
SEGMENTS = {
    "N1-I": "n1_i",
    "N1-II": "n1_ii",
    "N1-III": "n1_iii",
    "Rigid <=7.5 t": "rigid_7_5t",
    "Rigid 7.5 - 12 t": "rigid_12t",
    "Rigid 12 - 14 t": "rigid_14t",
    "Rigid 14 - 20 t": "rigid_20t",
    "Rigid 20 - 26 t": "rigid_26t",
    "Rigid 26 - 28 t": "rigid_28t",
    "Rigid 28 - 32 t": "rigid_32t",
    "Rigid >32 t": "rigid_over_32t",
    "Articulated 14 - 20 t": "articulated_20t",
    "Articulated 20 - 28 t": "articulated_28t",
    "Articulated 28 - 34 t": "articulated_34t",
    "Articulated 34 - 40 t": "articulated_40t",
    "Articulated 40 - 50 t": "articulated_50t",
    "Articulated 50 - 60 t": "articulated_60t",
}
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
POLLUTANTS = {
    "CO": ("co", "g/km"),
    "NOx": ("nox", "g/km"),
    "VOC": ("voc", "g/km"),
    "PM Exhaust": ("pm25", "g/km"),
    "EC": ("energy", "MJ/km"),
}
COEFFICIENTS = ("ALPHA", "BETA", "GAMMA", "DELTA", "EPSILON", "ZITA", "HTA", "REDUCTIONFACTOR")
DOUBT = (
    "as published, but near-zero: about 100 to 1000 times below Euro 4 and below passenger cars of "
    "the same standard; not confirmed in a second source"
)
SOURCE = "EMEP/EEA guidebook 2016, 1.A.3.b.i-iv hot emission factors, via emission 0.3.6 (BSD)"
QUERY = f"""
    SELECT p.ID, c.NAME, s.NAME, e.NAME, q.NAME, p.slope, p.load,
           {", ".join("p." + name for name in COEFFICIENTS)}, p.MINSPEED, p.MAXSPEED
    FROM Parameters p
    JOIN CATEGORY c ON c.ID = p.category_id JOIN SEGMENT s ON s.ID = p.segment_id
    JOIN EUROSTD e ON e.ID = p.euro_std_id JOIN POLLUTANT q ON q.ID = p.pollutant_id
    JOIN FUEL f ON f.ID = p.fuel_id
    WHERE f.NAME = 'Diesel' AND q.NAME <> 'CH4'
      AND c.NAME IN ('Heavy Duty Trucks', 'Light Commercial Vehicles')
"""


def standard_and_technology(category: str, label: str) -> tuple[str, str]:
    """Translate the published label of a standard; the stages of Euro 6 become technologies."""
    if label == "Conventional":
        return "pre_euro", ""
    word, number, *rest = label.split(maxsplit=2)
    if word != "Euro":
        raise ValueError(f"unknown standard {label!r}")
    standard = f"euro_{ROMAN.get(number, number)}"
    if standard == "euro_5" and category == "heavy":
        return standard, "scr"
    if rest:
        stage = "stage_1" if rest[0].startswith("up to") else None
        stage = stage or ("stage_3" if rest[0].endswith("+") else "stage_2")
        return standard, stage
    return standard, ""


def doubtful(category: str, standard: str, pollutant: str) -> bool:
    """Whether the published figures are hard to believe: CO and VOC of Euro 5 and 6 vans."""
    return category == "light" and standard in ("euro_5", "euro_6") and pollutant in ("co", "voc")


def installed_database() -> Path:
    """Return the database of the installed package without importing it."""
    spec = importlib.util.find_spec("emission")
    if spec is None or spec.origin is None:
        sys.exit("the package emission 0.3.6 is not installed: give the path of its database.db")
    return Path(spec.origin).with_name("database.db")


def rows(database: Path) -> list[dict[str, object]]:
    """Read, translate and guard every row that is kept."""
    defaults = Defaults()
    swing = defaults.number("emissions", "guard.swing")
    window = defaults.number("emissions", "guard.window_kmh")
    out = []
    with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True) as connection:
        records = connection.execute(QUERY).fetchall()
    for number, cat, seg, label, poll, slope, load, *numbers in records:
        category, segment = CATEGORIES[cat], SEGMENTS[seg]
        standard, technology = standard_and_technology(category, label)
        pollutant, unit = POLLUTANTS[poll]
        guard = find_guard(RationalFunction(*numbers), swing=swing, window_kmh=window)
        parts = [segment, standard, technology, pollutant, f"s{slope:+.2f}", f"l{load:.1f}"]
        out.append(
            {
                "factor_id": ".".join(part for part in parts if part),
                "emep_category": category,
                "emep_segment": segment,
                "standard": standard,
                "technology": technology,
                "published_standard": label,
                "pollutant": pollutant,
                "unit": unit,
                "slope": slope,
                "load": load,
                **dict(
                    zip((*map(str.lower, COEFFICIENTS[:-1]), "reduction"), numbers, strict=False)
                ),
                "speed_min_kmh": numbers[-2],
                "speed_max_kmh": numbers[-1],
                "guard": guard.kind,
                "guard_from_kmh": guard.from_kmh,
                "guard_to_kmh": guard.to_kmh,
                "guard_from_value": guard.from_value,
                "guard_to_value": guard.to_value,
                "origin_row": number,
                "source": SOURCE,
                "year": 2016,
                "status": "verified",
                "note": DOUBT if doubtful(category, standard, pollutant) else "",
            }
        )
    return sorted(out, key=lambda row: str(row["factor_id"]))


def main() -> None:
    """Write the table, by way of a temporary name."""
    database = Path(sys.argv[1]) if len(sys.argv) > 1 else installed_database()
    digest = hashlib.sha256(database.read_bytes()).hexdigest()
    if digest != SHA256:
        print(f"note: the database differs from the one of emission 0.3.6 ({digest})")
    table = rows(database)
    temporary = TARGET.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(table), temporary, compression="zstd", compression_level=19)
    temporary.replace(TARGET)
    print(f"{len(table)} functions, guard: {dict(Counter(row['guard'] for row in table))}")
    print(f"{TARGET} ({TARGET.stat().st_size / 1e6:.2f} MB)")


if __name__ == "__main__":
    main()

"""Make the default table of the US certification path from a bus modelled both ways.

    python data/emission_factors/us_path.py            # writes geofleet/defaults/tables/us_path.csv
    python data/emission_factors/us_path.py --report   # prints how the speeds held out come out

Origin. ``tests/oracles/us_path_bus.csv`` holds one diesel city bus as MOVES3 (US) and as EMEP/EEA
2019 (Europe) see it, at eight speeds. A certification level of the US path is put on a named EMEP
function by one factor per pollutant, per unit of fuel:

    factor = median over the calibration speeds of (MOVES pollutant/CO2) / (EMEP pollutant/CO2)

Grams per fuel and not grams per kilometre, because the two models' driving cycles differ: the MOVES
bus burns 1.1 to 1.6 times the fuel of the European one on the same road. Half of the speeds make
the factors, the other half test them (``tests/emissions/test_us_path_calibration.py``).

The EMEP function of each pollutant is the one nearest in technology whose course over speed follows
the MOVES one: without filter a Euro III or IV engine, with filter Euro VI for particles and CO.
Exhaust gas recirculation without urea (EPA 2007) would be Euro V EGR, which the table of factors
does not hold; its NOx stands on Euro IV. NOx of EPA 2010 falls with speed far less than that of
Euro VI (2.1 and 2.9 times from 8 to 64 km/h, against 5.4 on the bus and more on trucks, whose slow
catalysts are cold): early engines stand on Euro III, mature ones on Euro V with urea.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parents[2]
BUS = REPOSITORY / "tests/oracles/us_path_bus.csv"
TARGET = REPOSITORY / "geofleet/defaults/tables/us_path.csv"

CALIBRATION_KMH = (8.0, 24.1, 40.2, 56.3)
SHAPES = {
    "epa_1998": {"nox": "euro_3", "pm25": "euro_3", "co": "euro_3", "energy": "euro_3"},
    "epa_2004": {"nox": "euro_4", "pm25": "euro_3", "co": "euro_3", "energy": "euro_4"},
    "epa_2007": {"nox": "euro_4", "pm25": "euro_6", "co": "euro_6", "energy": "euro_5"},
    "epa_2010_early": {"nox": "euro_3", "pm25": "euro_6", "co": "euro_6", "energy": "euro_6"},
    "epa_2010_mature": {"nox": "euro_5", "pm25": "euro_6", "co": "euro_6", "energy": "euro_6"},
}
GASES = {
    "epa_1998": "euro_3",
    "epa_2004": "euro_3",
    "epa_2007": "euro_3",
    "epa_2010_early": "euro_6",
    "epa_2010_mature": "euro_6",
}
POLLUTANTS = ("nox", "pm25", "co")
SOURCE = (
    "MOVES3 transit bus (reference year 2020) and EMEP/EEA 2019 urban bus 15–18 t, half load, as "
    "tabulated in gtfs2emis; tests/oracles/us_path_bus.csv, data/emission_factors/us_path.py"
)

Bus = dict[tuple[str, float], dict[str, float]]
Row = tuple[str, str, str, int, str, str, str]


def read_bus(path: Path = BUS) -> Bus:
    """Read grams per kilometre by standard and speed."""
    with path.open(encoding="utf-8", newline="") as handle:
        return {
            (row["standard"], float(row["speed_kmh"])): {
                name: float(row[f"{name}_g_km"]) for name in (*POLLUTANTS, "co2")
            }
            for row in csv.DictReader(handle)
        }


def speeds(bus: Bus) -> list[float]:
    """Return all speeds of the bus table."""
    return sorted({speed for _, speed in bus})


def per_fuel(bus: Bus, standard: str, pollutant: str, speed: float) -> float:
    """Return grams of a pollutant per gram of CO2, which stands for fuel."""
    row = bus[standard, speed]
    return row[pollutant] / row["co2"]


def ratio(bus: Bus, epa: str, pollutant: str, speed: float) -> float:
    """Return MOVES over EMEP per unit of fuel at one speed."""
    euro = SHAPES[epa][pollutant]
    return per_fuel(bus, epa, pollutant, speed) / per_fuel(bus, euro, pollutant, speed)


def calibrate(bus: Bus, epa: str, pollutant: str) -> tuple[float, float, float]:
    """Return factor, smallest and largest ratio over the calibration speeds."""
    values = [ratio(bus, epa, pollutant, speed) for speed in CALIBRATION_KMH]
    return median(values), min(values), max(values)


def table(bus: Bus) -> list[Row]:
    """Return all rows of the default table."""
    rows: list[Row] = []

    def add(name: str, value: str, unit: str, source: str, status: str, note: str = "") -> None:
        rows.append((name, value, unit, 2020, source, status, note))

    rule = (
        "median of (MOVES pollutant/CO2)/(EMEP pollutant/CO2) at 8.0, 24.1, 40.2, 56.3 km/h; a bus "
        "ratio used for trucks; includes wear of age, as the reference year is 2020"
    )
    for epa, shapes in SHAPES.items():
        for pollutant in POLLUTANTS:
            factor, low, high = calibrate(bus, epa, pollutant)
            note = "nearest technology in the table of factors"
            if epa.startswith("epa_2010") and pollutant == "nox":
                note = "falls with speed as NOx of MOVES does; Euro VI falls faster"
            if (epa, pollutant) == ("epa_2007", "nox"):
                note = "Euro V with exhaust gas recirculation would be nearer; the table lacks it"
            prefix = f"{epa}.{pollutant}"
            add(f"{prefix}.shape", shapes[pollutant], "text", "geofleet", "derived", note)
            add(f"{prefix}.per_fuel_factor", f"{factor:.4g}", "1", SOURCE, "derived", rule)
            add(f"{prefix}.per_fuel_low", f"{low:.4g}", "1", SOURCE, "derived", "smallest of them")
            add(f"{prefix}.per_fuel_high", f"{high:.4g}", "1", SOURCE, "derived", "largest of them")
        doubt = "MOVES figures of VOC are not at hand: the CO function's standard, unchanged"
        add(f"{epa}.voc.shape", shapes["co"], "text", "geofleet", "memory", doubt)
        for name, value in (("factor", "1.0"), ("low", "0.5"), ("high", "2.0")):
            add(f"{epa}.voc.per_fuel_{name}", value, "1", "geofleet", "memory", doubt)
        note = (
            "fuel per kilometre is not calibrated: the MOVES bus burns 1.1 to 1.6 times the EMEP "
            "one because their driving cycles differ"
        )
        add(f"{epa}.energy.shape", shapes["energy"], "text", "geofleet", "derived", note)
        add(f"{epa}.energy.factor", "1.0", "1", "geofleet", "derived", note)
        note = "methane, N2O and ammonia: the nearest in urea dosing, which decides N2O and ammonia"
        add(f"{epa}.gases.shape", GASES[epa], "text", "geofleet", "derived", note)
    note = "engines between the two are a linear mixture of both; modelled years of the bus table"
    add("epa_2010.early_until", "2013", "model year", SOURCE, "derived", note)
    add("epa_2010.mature_from", "2017", "model year", SOURCE, "derived", note)
    note = (
        "limits of own energy over that of a shape: on the level and uphill neighbouring standards "
        "stay within 0.83 to 1.14 of each other; downhill one may near zero"
    )
    source = "all truck functions of geofleet/emissions/data/emep_hot_diesel.parquet"
    add("fuel_ratio.lowest", "0.8", "1", source, "derived", note)
    add("fuel_ratio.highest", "1.25", "1", source, "derived", note)
    return rows


def report(bus: Bus) -> None:
    """Print factor times EMEP over MOVES at the speeds that made no factor."""
    for epa in SHAPES:
        for pollutant in POLLUTANTS:
            factor = calibrate(bus, epa, pollutant)[0]
            held_out = [speed for speed in speeds(bus) if speed not in CALIBRATION_KMH]
            errors = [factor / ratio(bus, epa, pollutant, speed) for speed in held_out]
            print(f"{epa:16}{pollutant:5}{factor:8.3f}  ", *(f"{error:6.3f}" for error in errors))


def main() -> None:
    """Write the table, or print the held-out speeds."""
    bus = read_bus()
    if "--report" in sys.argv[1:]:
        report(bus)
        return
    with TARGET.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("id", "value", "unit", "year", "source", "status", "note"))
        writer.writerows(table(bus))


if __name__ == "__main__":
    main()

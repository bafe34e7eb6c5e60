"""Compose ``weather.csv``: an ILLUSTRATIVE hourly climate table for the coast at Coquimbo.

    python data/coquimbo/make_weather.py [--out FOLDER]

Not measured. It puts into numbers what is generally known of this coast, so that the bundled
study has winds of a sensible kind; a real study brings a real weather file. Standard library
only, no chance involved: the same bytes every time.

Four months stand for four seasons, with 24 local clock hours each, and nine wind states in each
hour. The weights of all rows sum to the 8,760 hours of a year.

- **Sea breeze.** The cold Humboldt current beside heated land drives a steady SW to W wind by
  day, strongest in mid-afternoon (3–6 m/s) and in summer. Its share of an hour rises after
  mid-morning and falls after sunset. It sets in from the west and backs to the south-west in the
  course of the day, as the Earth's rotation turns it to the left south of the equator.
- **Land breeze.** At night weak air (1–2 m/s) drains from the Elqui valley and the hills in the
  east and south-east.
- **North-westerlies** come before the few fronts, mostly in winter, with overcast sky.
- **Drift**: weak air from the south at any hour, most often around the turning of the breeze.
- **Low cloud.** Stratus under the subsidence inversion covers the sky in the night and the
  morning and thins out by early afternoon; a stronger land breeze comes with a clearer sky.
- **Temperature** is held between 10 and 20 °C by the sea.

Stability, friction velocity and mixing height are left to the engine, which derives them from
the sun, the cloud and the wind.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path

HOURS_OF_YEAR = 8760
PRESSURE_PA = 101400


@dataclass(frozen=True)
class Season:
    """A quarter of the year; hours are local clock hours, as fractions of a day's 24."""

    month: int
    breeze_begins_h: float
    breeze_ends_h: float
    breeze_peak_m_s: float
    front_share: float
    morning_cloud: float
    afternoon_cloud: float
    mean_temperature_c: float
    half_range_c: float


@dataclass(frozen=True)
class State:
    """One wind state: ``kind`` says how often it comes, ``share`` is its part of the kind."""

    kind: str
    share: float
    from_deg: int
    speed_factor: float
    cloud_shift: float


# Clock time runs ahead of the sun by about 0.75 h in winter and 1.75 h in summer.
SEASONS = (
    Season(1, 9.5, 22.0, 5.0, 0.02, 0.70, 0.20, 17.0, 2.9),
    Season(4, 9.5, 20.0, 4.3, 0.05, 0.70, 0.30, 14.8, 2.8),
    Season(7, 10.0, 19.0, 3.8, 0.10, 0.65, 0.40, 12.6, 2.5),
    Season(10, 9.0, 20.5, 4.8, 0.05, 0.75, 0.35, 14.3, 2.6),
)
STATES = (
    State("sea", 0.25, 225, 0.90, 0.00),
    State("sea", 0.30, 250, 0.80, 0.00),
    State("sea", 0.30, 250, 1.20, -0.10),
    State("sea", 0.15, 285, 0.85, 0.05),
    State("land", 0.35, 90, 0.75, 0.10),
    State("land", 0.40, 120, 1.00, 0.00),
    State("land", 0.25, 150, 1.30, -0.25),
    State("front", 1.00, 325, 1.00, 1.00),
    State("drift", 1.00, 190, 1.00, 0.05),
)
LAND_BREEZE_M_S = 1.4
NIGHT_SEA_WIND_M_S = 1.8
FRONT_WIND_M_S = 4.5
DRIFT_M_S = 0.9
DRIFT_SHARE = 0.10
DRIFT_SHARE_AT_TURN = 0.15
"""Added to the drift where the breeze turns, when neither wind prevails."""
SEA_SHARE_NIGHT, SEA_SHARE_DAY = 0.15, 0.97
"""Sea breeze against land breeze, at its least and its most."""
SEA_TURN_DEG, LAND_TURN_DEG = 40.0, 20.0
"""How far the breezes turn while they blow, half before and half after the middle."""
WARMEST_H = 15.0
CLOUD_LEAST_H = 15.5


def breeze(season: Season, hour: float) -> float:
    """Return the strength of the sea breeze, 0 at night to 1 at its peak."""
    phase = (hour - season.breeze_begins_h) / (season.breeze_ends_h - season.breeze_begins_h)
    return math.sin(math.pi * phase) ** 0.8 if 0.0 < phase < 1.0 else 0.0


def shares(season: Season, strength: float) -> dict[str, float]:
    """Return how often each kind of wind blows; together 1."""
    drift = DRIFT_SHARE + DRIFT_SHARE_AT_TURN * 4.0 * strength * (1.0 - strength)
    rest = 1.0 - season.front_share - drift
    sea = SEA_SHARE_NIGHT + (SEA_SHARE_DAY - SEA_SHARE_NIGHT) * strength
    return {
        "front": season.front_share,
        "drift": drift,
        "sea": rest * sea,
        "land": rest * (1.0 - sea),
    }


def speed_m_s(season: Season, kind: str, strength: float) -> float:
    """Return the middle speed of a kind of wind."""
    rising = NIGHT_SEA_WIND_M_S + (season.breeze_peak_m_s - NIGHT_SEA_WIND_M_S) * strength
    return {
        "sea": rising,
        "land": LAND_BREEZE_M_S,
        "front": FRONT_WIND_M_S,
        "drift": DRIFT_M_S,
    }[kind]


def from_deg(season: Season, state: State, hour: float) -> float:
    """Return where a wind comes from: the breezes back (turn to the left) while they blow."""
    day = season.breeze_ends_h - season.breeze_begins_h
    since = (hour - season.breeze_begins_h) % 24.0
    if state.kind == "sea" and since <= day:
        return state.from_deg - SEA_TURN_DEG * (since / day - 0.5)
    if state.kind == "land" and since > day:
        return state.from_deg - LAND_TURN_DEG * ((since - day) / (24.0 - day) - 0.5)
    return float(state.from_deg)


def day_swing(hour: float, warmest_h: float) -> float:
    """Return a wave of the day: 1 at ``warmest_h``, -1 twelve hours off."""
    return math.cos(2.0 * math.pi * (hour - warmest_h) / 24.0)


def rows() -> list[dict[str, object]]:
    """Return every row of the table."""
    table: list[dict[str, object]] = []
    per_hour = HOURS_OF_YEAR / (24 * len(SEASONS))
    for season in SEASONS:
        for hour in range(24):
            middle = hour + 0.5
            strength = breeze(season, middle)
            share = shares(season, strength)
            clear = 0.5 * (1.0 + day_swing(middle, CLOUD_LEAST_H))
            cloud = season.morning_cloud + (season.afternoon_cloud - season.morning_cloud) * clear
            warmth = season.half_range_c * day_swing(middle, WARMEST_H)
            for state in STATES:
                speed = speed_m_s(season, state.kind, strength) * state.speed_factor
                table.append(
                    {
                        "month": season.month,
                        "hour": hour,
                        "weight_hours": f"{per_hour * share[state.kind] * state.share:.8f}",
                        "wind_speed_m_s": f"{speed:.2f}",
                        "wind_from_deg": f"{from_deg(season, state, middle):.0f}",
                        "temperature_c": f"{season.mean_temperature_c + warmth:.1f}",
                        "pressure_pa": PRESSURE_PA,
                        "cloud_cover": f"{min(1.0, max(0.0, cloud + state.cloud_shift)):.2f}",
                        "status": "illustrative",
                    }
                )
    return table


def main(arguments: list[str] | None = None) -> int:
    """Write the table and print what it holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder to fill")
    options = parser.parse_args(arguments)
    table = rows()
    path = options.out / "weather.csv"
    partial = path.with_name("partial-" + path.name)
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    partial.replace(path)
    print(f"{len(table)} rows, {sum(float(str(r['weight_hours'])) for r in table):.3f} hours")
    return 0


if __name__ == "__main__":
    sys.exit(main())

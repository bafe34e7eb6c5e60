"""Tracer experiments beside a line of sulphur hexafluoride, as the US EPA gave them out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.exposure.dispersion import (
    LineSources,
    PointReceptors,
    line_concentrations,
    weather_from_aermod,
)
from geofleet.exposure.skill import Skill, skill

Floats = npt.NDArray[np.float64]

# Idaho Falls (Idaho National Laboratory), October 2008, the grid without a barrier
DISTANCES_M = (18, 36, 48, 66, 90, 120, 180)
RELEASE_G_S = {1: 0.05, 2: 0.04, 3: 0.03, 5: 0.03}
RELEASE_LENGTH_M = 54.0
UG_M3_PER_PPB = 5.34  # sulphur hexafluoride in the air of the site
STABILITY = {1: "near neutral", 2: "convective", 3: "weakly stable", 5: "stable"}

# California Highway 99, winter 1981-82: four lanes, receptors square to the road
HIGHWAY_ENDS_M = ((1532.1, -1258.6), (-1532.1, 1285.6))
LANE_OFFSETS_M = (-14.3, -10.65, 10.65, 14.3)
LANE_G_S_M = 0.5
PLACES = {
    "southwest_200": (-128.56, -153.2), "southwest_100": (-64.28, -76.6),
    "southwest_50": (-32.14, -38.3), "middle": (0.0, 0.0), "northeast_50": (32.14, 38.3),
    "northeast_100": (64.28, 76.6), "northeast_200": (128.56, 153.2),
}  # fmt: skip


@dataclass(frozen=True)
class IdahoFalls:
    """Fifteen-minute concentrations of a wide line, by period and distance, ppb."""

    table: pd.DataFrame
    observed: Floats
    geofleet: Floats
    rline: Floats

    def rows(self, test: int | None = None) -> npt.NDArray[np.bool_]:
        """Which periods belong to a test, or all."""
        tests = self.table["test"].to_numpy()
        return np.ones(len(tests), dtype=bool) if test is None else tests == test

    def skill_of(self, model: str, test: int | None = None) -> Skill:
        """Skill of ``geofleet`` or ``rline``."""
        rows = self.rows(test)
        return skill(self.observed[rows].ravel(), getattr(self, model)[rows].ravel())


def idaho_falls(oracles: Path, *, method: str = "reference") -> IdahoFalls:
    """Model the tests without barrier and put them beside what was measured."""
    table = pd.read_csv(oracles / "tracer_idaho_falls_2008.csv")
    weather = weather_from_aermod(table.assign(roughness_m=0.053, reference_height_m=3.0))
    line = pd.DataFrame({"x1_m": [0.0], "y1_m": [-500.0], "x2_m": [0.0], "y2_m": [500.0]})
    source = LineSources.from_frame(
        line, release_height_m=1.0, width_m=0.0, sigma_z0_m=0.0, emission_g_s_m=1.0
    )
    points = PointReceptors(
        np.array(DISTANCES_M, dtype=float), np.zeros(len(DISTANCES_M)),
        np.full(len(DISTANCES_M), 1.5),
    )  # fmt: skip
    unit = line_concentrations(source, points, weather, method=method)[:, 0]
    ppb = table["test"].map(RELEASE_G_S).to_numpy() / RELEASE_LENGTH_M / UG_M3_PER_PPB

    def block(name: str) -> Floats:
        return table[[f"{name}_{distance}" for distance in DISTANCES_M]].to_numpy(dtype=float)

    return IdahoFalls(table, block("observed"), unit * ppb[:, None], block("rline") * ppb[:, None])


@dataclass(frozen=True)
class Highway99:
    """µg/m3 of a unit release from all lanes, by hour and place."""

    table: pd.DataFrame
    geofleet: Floats
    rline: Floats

    @property
    def downwind(self) -> npt.NDArray[np.bool_]:
        """Whether each hour's wind blows from the road to each place beside it."""
        wind = np.radians(self.table["wind_from_deg"].to_numpy())
        to_east, to_north = -np.sin(wind), -np.cos(wind)
        places = np.array(list(PLACES.values()))
        return np.outer(to_east, places[:, 0]) + np.outer(to_north, places[:, 1]) > 0.0


def highway_99(oracles: Path, *, method: str = "reference") -> Highway99:
    """Model the road and the receptors of the experiment, hour by hour."""
    table = pd.read_csv(oracles / "rline_caltrans99.csv")
    weather = weather_from_aermod(table.assign(roughness_m=0.1, reference_height_m=11.4))
    (x1, y1), (x2, y2) = HIGHWAY_ENDS_M
    length = np.hypot(x2 - x1, y2 - y1)
    # offsets are counted to the north-east
    normal = np.array([y2 - y1, x1 - x2]) / length
    offset = np.array(LANE_OFFSETS_M)
    lanes = pd.DataFrame({
        "x1_m": x1 + offset * normal[0], "y1_m": y1 + offset * normal[1],
        "x2_m": x2 + offset * normal[0], "y2_m": y2 + offset * normal[1],
    })  # fmt: skip
    sources = LineSources.from_frame(
        lanes, release_height_m=1.0, width_m=0.0, sigma_z0_m=2.0, emission_g_s_m=LANE_G_S_M
    )
    places = np.array(list(PLACES.values()))
    points = PointReceptors(places[:, 0], places[:, 1], np.ones(len(places)))
    values = line_concentrations(sources, points, weather, method=method).sum(axis=1)
    return Highway99(table, values, table[list(PLACES)].to_numpy(dtype=float))

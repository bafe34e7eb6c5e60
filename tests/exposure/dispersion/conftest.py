"""Reading the oracle: concentrations of single links, solved outside this project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.exposure.dispersion import LineSources, PointReceptors, WeatherRows

Model = Callable[[LineSources, PointReceptors, WeatherRows], np.ndarray]

_WEATHER = {
    "ustar_m_s": "friction_velocity_m_s", "L_m": "obukhov_length_m",
    "zi_used_23132": "mixing_height_m", "sigma_v_used_23132": "sigma_v_m_s",
    "z0_m": "roughness_m", "ws_ref_m_s": "wind_speed_m_s", "wd_deg_from": "wind_from_deg",
    "z_ref_m": "reference_height_m",
}  # fmt: skip
_LINKS = {"x1": "x1_m", "y1": "y1_m", "x2": "x2_m", "y2": "y2_m"}
_POINTS = {"x": "x_m", "y": "y_m", "z": "height_m"}


class Oracle:
    """Cases of the reference set, and any model's values at them."""

    @staticmethod
    def weather(cases: pd.DataFrame) -> WeatherRows:
        return WeatherRows.from_frame(cases.rename(columns=_WEATHER))

    @staticmethod
    def links(cases: pd.DataFrame) -> LineSources:
        return LineSources.from_frame(cases.rename(columns=_LINKS), emission_g_s_m=1.0)

    @staticmethod
    def points(cases: pd.DataFrame) -> PointReceptors:
        return PointReceptors.from_frame(cases.rename(columns=_POINTS))

    def evaluate(self, cases: pd.DataFrame, model: Model) -> np.ndarray:
        """Values of ``model(links, points, weather)`` at each case."""
        out = np.empty(len(cases))
        cases = cases.reset_index(drop=True)
        for _, group in cases.groupby("src_id"):
            met = group.drop_duplicates("met_id").set_index("met_id")
            where = group.drop_duplicates("rec_id").set_index("rec_id")
            values = model(self.links(group.head(1)), self.points(where), self.weather(met))
            out[group.index] = values[
                met.index.get_indexer(group["met_id"]), 0, where.index.get_indexer(group["rec_id"])
            ]
        return out

    @staticmethod
    def sample(repository: Path) -> pd.DataFrame:
        return pd.read_csv(repository / "tests" / "oracles" / "dispersion_f23.csv")

    @staticmethod
    def whole(shared_data: Path) -> pd.DataFrame:
        """Return the whole set, less values that are noise beside the largest of their link."""
        folder = shared_data / "facts" / "dispersion" / "oracle"
        cases = pd.read_csv(folder / "case_results.csv.gz")
        for name in ("links", "met", "receptors"):
            cases = cases.merge(pd.read_csv(folder / f"case_{name}.csv"))
        top = cases.groupby(["src_id", "met_id"])["ref_exact_23132"].transform("max")
        return cases[cases["ref_exact_23132"] > 1e-5 * top].reset_index(drop=True)


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    return Oracle()

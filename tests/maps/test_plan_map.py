"""The map of a plan: what it tells, in two languages, and that it works without a network."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geofleet.layers import Layer, as_layer
from geofleet.layers.plan import PLAN_DEPOTS, PLAN_VEHICLES
from geofleet.maps import plan_map, write_map
from geofleet.maps.plan_words import plan_words
from geofleet.plan.reasons import REASONS
from geofleet.plan.tables import NOT_CHOSEN

HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }}"


def _layers() -> dict[str, Layer]:
    """Three vehicles: one becomes electric, one gets a filter, one is kept and does other work."""
    lines = [shapely.LineString([(-71.3, -29.9 + k / 50), (-71.2, -29.9 + k / 50)]) for k in (0, 1)]
    columns: dict[str, Any] = {
        "vehicle_id": [f"a {HOSTILE}", "b", "c"], "operator_id": ["x", "x", "y"],
        "operator_name": [HOSTILE, None, "Firm"], "operator_size": ["1-5", "6-30", None],
        "vehicle_class": ["cargo_van", "rigid_7_5t", "rigid_7_5t"], "fuel": "diesel",
        "standard": ["euro_5", "pre_euro", "unknown"], "model_year": [2015, 1994, 2000],
        "depot_id": [HOSTILE, "d", None],
        "option": ["electric:jac_n55_ev", "dpf_retrofit", "keep"],
        "technology": ["electric", "dpf_retrofit", "keep"],
        "model_id": ["jac_n55_ev", None, None], "year": [2025, 2027, None],
        "duty_id": [f"a {HOSTILE}", "b", None], "spend": [400000.0, 80000.0, 0.0],
        "cost": [-5000.0, 60000.0, 0.0], "harm_avoided": [9.0e4, 2.0e5, np.nan],
        "pm25_avoided_kg": [3.0, 8.0, 0.0], "bc_avoided_kg": [2.0, 5.0, 0.0],
        "nox_avoided_kg": [30.0, 0.0, 0.0], "co2e_avoided_t": [40.0, -1.0, 0.0],
        "probability": [0.97, 1.0, 1.0], "reason": [None, None, "no money"],
    }  # fmt: skip
    columns = {name: np.broadcast_to(np.array(v, object), 3) for name, v in columns.items()}
    vehicles = as_layer(columns, PLAN_VEHICLES, geometry=[*lines, None], size=3)
    depots = as_layer(
        {
            "depot_id": [HOSTILE], "vehicles": [1], "electric": [1],
            "chargers": ["2 x ac_22;1 x dc_60"], "charger_count": [3], "power_kw": [104.0],
            "extensions": [0], "first_year": [2025], "spend": [1e6], "cost": [9e5],
        },
        PLAN_DEPOTS, geometry=gpd.points_from_xy([-71.25], [-29.9]),
    )  # fmt: skip
    return {"plan_vehicles": vehicles, "plan_depots": depots}


def _map(tmp_path: Path, language: str) -> Path:
    page = plan_map(
        _layers(), title=f"Plan {HOSTILE}", currency="MXN", notes=[HOSTILE], language=language,
        facts=[("2 / 3", "vehicles change")],
    )  # fmt: skip
    return write_map(page, tmp_path / f"plan-{language}.html")


def test_equal_layers_give_an_equal_page(tmp_path: Path) -> None:
    """Nothing random is in the page."""
    assert _map(tmp_path, "en").read_bytes() == _map(tmp_path, "en").read_bytes()


def test_words_of_both_languages() -> None:
    """Every text of one language is there in the other, and what vehicles are is told in words."""
    english, spanish = plan_words("en"), plan_words("es")
    assert set(english.says) == set(spanish.says)
    assert set(english.technologies) == set(spanish.technologies)
    assert set(english.reasons) == set(spanish.reasons) == set(REASONS | NOT_CHOSEN)
    assert english.becomes("electric", "jac_n55_ev") == "electric: JAC N55 EV"
    assert english.today("rigid_7_5t", "diesel", "euro_3", 2009).endswith("diesel, Euro 3, 2009")
    assert "diésel" in spanish.today("rigid_7_5t", "diesel", "pre_euro", 1990)
    assert english.chargers("2 x ac_22;1 x dc_60") == "2 × AC 22 kW, 1 × DC 60 kW"
    with pytest.raises(ValueError, match="fr"):
        plan_words("fr")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", ["What they become", "kept as it is: 1", "electric: 1"]),
     ("es", ["En qué se convierten", "sigue igual: 1", "eléctrico: 1"])],
)  # fmt: skip
def test_page_works_offline(
    opened: Callable[[Path], AbstractContextManager[Any]],
    tmp_path: Path,
    language: str,
    shown: list[str],
) -> None:
    """The key counts vehicles, other views can be chosen, hostile names stay text."""
    with opened(_map(tmp_path, language)) as tab:
        text = tab.locator("body").inner_text()
        for words in shown:
            assert words in text
        select = tab.locator("select").first
        select.select_option(index=2)
        assert "2025: 1" in tab.locator("body").inner_text()
        select.select_option(index=3)
        assert "1-5" in tab.locator("body").inner_text()

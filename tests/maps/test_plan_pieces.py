"""Routes of a plan that share streets: each piece of street is drawn once, in the top class."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.layers import as_layer
from geofleet.layers.plan import PLAN_VEHICLES, plan_years_layer
from geofleet.maps import plan_page, write_map
from geofleet.maps.frame import PageFrame
from geofleet.wording import Readers, both

READERS = Readers.of("CL")
STEP = 0.001
# from the top, as the page ranks them; what is kept lies lowest
RANKS = ["dpf_retrofit", "euro_6", "cng", "diesel_hybrid", "electric", "keep"]
DASHED = {"diesel_hybrid"}

Piece = frozenset[tuple[int, int]]


def _walks(count: int) -> list[list[tuple[int, int]]]:
    """Walks on a grid that often go back over their own way and over those of others."""
    draw = np.random.default_rng(4)
    walks = []
    for _ in range(count):
        at, walk = draw.integers(0, 6, 2), []
        for _ in range(40):
            walk.append((int(at[0]), int(at[1])))
            at = at + [(1, 0), (0, 1), (-1, 0), (0, -1)][draw.integers(4)]
        walks.append(walk)
    walks[1] = walks[0][::-1]
    walks[2] = [(9, 9), (9, 9)]
    return walks


def _pieces(walk: list[tuple[int, int]]) -> list[Piece]:
    return [frozenset(ends) for ends in pairwise(walk)]


def _page(folder: Path, walks: list[list[tuple[int, int]]], technologies: list[str]) -> Path:
    count = len(walks)
    lines: list[Any] = [
        shapely.MultiLineString([[(-71.3 + STEP * x, -29.9 + STEP * y) for x, y in walk]])
        for walk in walks
    ]
    lines[3] = None
    kept = np.array([name == "keep" for name in technologies])
    columns: dict[str, Any] = {
        "vehicle_id": [f"v{k}" for k in range(count)], "operator_id": "x", "operator_name": "X",
        "operator_size": "1-5", "vehicle_class": "rigid_7_5t", "fuel": "diesel",
        "standard": "euro_5", "model_year": 2015, "depot_id": None, "option": technologies,
        "technology": technologies, "model_id": None, "year": np.where(kept, None, 2025),
        "duty_id": [f"v{k}" for k in range(count)], "spend": 1.0, "cost": 1.0,
        "harm_avoided": 1.0, "pm25_avoided_kg": 1.0, "bc_avoided_kg": 1.0,
        "nox_avoided_kg": 1.0, "co2e_avoided_t": 1.0, "probability": 1.0,
        "reason": np.where(kept, "no money", None),
    }  # fmt: skip
    columns = {name: np.broadcast_to(np.array(v, object), count) for name, v in columns.items()}
    vehicles = as_layer(columns, PLAN_VEHICLES, geometry=lines, size=count)
    years = pd.DataFrame(
        {"vehicles": [int((~kept).sum())], "chargers": [0], "extensions": [0], "spend": [1.0],
         "charging_spend": [0.0], "budget": [1.0]},
        index=[2025],
    )  # fmt: skip
    made = [vehicles, plan_years_layer(years, currency="CLP")]
    page = plan_page(
        {layer.name: layer for layer in made}, currency="CLP",
        frame=PageFrame("plan", both("Plan"), "Pieces", readers=READERS),
    )  # fmt: skip
    return write_map(page, folder / "plan.html")


# the pieces of each class as [look, x, y, x, y] on the grid, and how many there are in all
DRAWN = f"""() => {{
  const layer = packed_vehicles, worn = layer._worn, paths = layer._data.paths, out = [];
  const x = i => Math.round((paths.lon[i] + 71.3) / {STEP});
  const y = i => Math.round((paths.lat[i] + 29.9) / {STEP});
  worn.view.looks.forEach((look, k) => {{
    const of = worn.chosen;
    of.points.slice(of.from[k + 2], of.to[k + 2]).forEach(i => {{
      const a = i < 0 ? ~i : i, b = i < 0 ? ~i : i + 1;
      out.push([look.colour, x(a), y(a), x(b), y(b)]);
    }});
  }});
  const items = geofleet.state.spec.views[0].items;
  return {{drawn: out, pieces: layer._lines.pieces.count,
    colours: Object.fromEntries(items.map(item => [item.value, item.look.colour])),
    kept: geofleet.state.spec.kept.colour}};
}}"""


@pytest.mark.browser
def test_each_street_is_drawn_once_in_the_class_on_top(
    opened: Callable[[Path], AbstractContextManager[Any]], tmp_path: Path
) -> None:
    walks = _walks(30)
    technologies = [RANKS[k % len(RANKS)] for k in range(len(walks))]
    passing: dict[Piece, set[str]] = {}
    for k, (walk, technology) in enumerate(zip(walks, technologies, strict=True)):
        for piece in _pieces(walk) if k != 3 else []:
            passing.setdefault(piece, set()).add(technology)
    wanted: set[tuple[str, Piece]] = set()
    for piece, names in passing.items():
        for name in RANKS:
            if name in names:
                wanted.add((name, piece))
                # what lies below is seen through the gaps of a dashed stroke only
                if name not in DASHED:
                    break
    with opened(_page(tmp_path, walks, technologies)) as tab:
        tab.wait_for_function("geofleet.state && packed_vehicles._worn.chosen")
        told = tab.evaluate(DRAWN)
        names = {colour: name for name, colour in told["colours"].items()}
        names[told["kept"]] = "keep"
        drawn = [(names[one[0]], frozenset([(one[1], one[2]), (one[3], one[4])]))
                 for one in told["drawn"]]  # fmt: skip
        assert len(drawn) == len(set(drawn))
        assert set(drawn) == wanted
        assert told["pieces"] == len(passing)
        # a click tells of all that pass, whatever is drawn
        at = "L.latLng(-29.9 + y, -71.3 + x)"
        (x0, y0), (x1, y1) = walks[0][:2]
        street = frozenset(walks[0][:2])
        here = {k for k, walk in enumerate(walks) if k != 3 and street in _pieces(walk)}
        rows = tab.evaluate(
            f"([x, y]) => packed_vehicles.within({at}, 1).map(packed_vehicles.title)",
            [STEP * (x0 + x1) / 2, STEP * (y0 + y1) / 2],
        )
        assert set(rows) == {f"v{k}" for k in here}

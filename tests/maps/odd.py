"""Odd studies for pages: at the ends of the world, of one link, of nothing, of the unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geofleet.layers import Layer, as_layer
from geofleet.layers.plan import PLAN_DEPOTS, PLAN_LINKS, PLAN_VEHICLES, plan_years_layer
from geofleet.maps import Scenario, compare_page, plan_page
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import Card, Variable
from geofleet.maps.scales import STEPS
from geofleet.wording import Readers, both

NAMES = ("Транспорт Чукотка", "شركة النقل", "物流公司", "ऑपरेटर", "Ñandú")
FIJI, CHUKOTKA, SVALBARD, OSLO, SYDNEY = (
    (179.99, -17.0), (179.995, 66.0), (15.6, 84.9), (10.7, 59.9), (151.2, -33.9),
)  # fmt: skip


def page_frame(name: str) -> PageFrame:
    return PageFrame(name, both(name), "Учёба دراسة", readers=Readers.of("MX"))


def lines_at(place: tuple[float, float], count: int = 3) -> list[shapely.LineString]:
    """Lines of 0.02 degrees to the east, each a little north of the one before."""
    lon, lat = place

    def turned(x: float) -> float:
        return (x + 180.0) % 360.0 - 180.0

    return [
        shapely.LineString([(turned(lon + x), lat + 0.004 * k) for x in (0.0, 0.006, 0.02)])
        for k in range(count)
    ]


def plan_layers(
    place: tuple[float, float] = OSLO,
    *,
    vehicles: int = 3,
    links: int | None = 3,
    depots: bool = True,
    bought: bool = True,
    **changes: Any,
) -> dict[str, Layer]:
    """A plan; ``changes`` are columns of its vehicles, or of its links where they are theirs."""
    n = vehicles
    kept = np.arange(n) % 3 == 2 if bought else np.ones(n, bool)
    columns: dict[str, Any] = {
        "vehicle_id": [f"{NAMES[k % len(NAMES)]} {k}" for k in range(n)],
        "operator_id": [f"o{k % 2}" for k in range(n)],
        "operator_name": [NAMES[k % 2] for k in range(n)], "operator_size": "1-5",
        "vehicle_class": "rigid_7_5t", "fuel": "diesel", "standard": "euro_5", "model_year": 2015,
        "depot_id": "d", "option": np.where(kept, "keep", "electric:jac_n55_ev"),
        "technology": np.where(kept, "keep", "electric"),
        "model_id": np.where(kept, None, "jac_n55_ev"), "year": np.where(kept, None, 2026),
        "duty_id": [f"{NAMES[k % len(NAMES)]} {k}" for k in range(n)],
        "spend": np.where(kept, 0.0, 4e5), "cost": np.where(kept, 0.0, -5e3),
        "harm_avoided": np.where(kept, 0.0, 9e4), "pm25_avoided_kg": 3.0, "bc_avoided_kg": 2.0,
        "nox_avoided_kg": 30.0, "co2e_avoided_t": -1.0, "probability": 0.97,
        "reason": np.where(kept, "no money", None),
    }  # fmt: skip
    of_links = {"pm25_today_g": 4.0, "pm25_plan_g": 1.0}
    for name, value in changes.items():
        (of_links if name in of_links else columns)[name] = value
    geometry = columns.pop("geometry", lines_at(place, n))

    def full(given: Mapping[str, Any], size: int) -> dict[str, Any]:
        return {key: np.broadcast_to(np.array(v, object), size) for key, v in given.items()}

    layers = [as_layer(full(columns, n), PLAN_VEHICLES, geometry=geometry, size=n)]
    if depots:
        layers.append(as_layer(
            full({"depot_id": "d", "name": NAMES[3], "vehicles": n, "electric": 1,
                  "chargers": "2 x ac_22", "charger_count": 2, "power_kw": 44.0,
                  "extensions": 0, "first_year": 2026, "spend": 1e6, "cost": 9e5}, 1),
            PLAN_DEPOTS, geometry=gpd.points_from_xy([place[0]], [place[1]]),
        ))  # fmt: skip
    if links is not None:
        layers.append(as_layer(
            full({"edge": np.arange(links), "street": np.arange(links), "name": NAMES[2],
                  "highway": "primary", "length_m": 1000.0, **of_links}, links),
            PLAN_LINKS, geometry=lines_at(place, links),
        ))  # fmt: skip
    money = float(np.sum(np.where(kept, 0.0, 4e5)))
    years = pd.DataFrame(
        {"vehicles": [0, int((~kept).sum())], "chargers": [0, 2 * bought],
         "extensions": [0, 0], "spend": [0.0, money], "charging_spend": [0.0, 1e6 * bought],
         "budget": [5e5 * bought] * 2}, index=[2025, 2026],
    )  # fmt: skip
    layers.append(plan_years_layer(years, currency="MXN"))
    return {layer.name: layer for layer in layers}


def plan(*args: Any, **changes: Any) -> folium.Map:
    return plan_page(plan_layers(*args, **changes), frame=page_frame("plan"), currency="MXN")


def compare(
    left: Any, right: Any, *, place: tuple[float, float] = OSLO, other: Any = None
) -> folium.Map:
    """Two scenarios of one variable by hour; ``other`` are the lines of the second."""
    sides = []
    for label, values, at in (("one", left, place), ("two", right, other or place)):
        hours = np.asarray(values, float)
        lines = lines_at(at, len(hours))
        variable = Variable("pm", label=both("PM"), unit=both("g"), values=hours, colours=STEPS)
        names = [NAMES[k % 5] for k in range(len(lines))]
        sides.append(Scenario(both(label), lines, [variable], card=Card(), texts={"name": names}))
    return compare_page(*sides, frame=page_frame("compare"))


def moved(layers: Mapping[str, Layer], place: tuple[float, float]) -> dict[str, Layer]:
    """Layers of a study put down elsewhere, over the 180th meridian where they come to it."""
    boxes = [one.frame.total_bounds for one in layers.values() if one.spatial and len(one.frame)]
    west, south, east, north = np.array(boxes).T
    by = np.array(place) - ((west.min() + east.max()) / 2, (south.min() + north.max()) / 2)

    def there(points: np.ndarray) -> np.ndarray:
        out = points + by
        out[:, 0] = (out[:, 0] + 180.0) % 360.0 - 180.0
        return out

    found = {}
    for name, layer in layers.items():
        if layer.spatial:
            shapes = shapely.transform(layer.frame.geometry.to_numpy(), there)
            frame = layer.frame.set_geometry(
                gpd.GeoSeries(shapes, index=layer.frame.index, crs=4326)
            )
            layer = replace(layer, frame=frame)
        found[name] = layer
    return found


HOURS = np.arange(24.0)
PLANS: dict[str, Callable[[], folium.Map]] = {
    "both sides of 180": lambda: plan(FIJI),
    "180 in the far north": lambda: plan(CHUKOTKA),
    "near the pole": lambda: plan(SVALBARD),
    "south and east": lambda: plan(SYDNEY),
    "one vehicle, one link": lambda: plan(vehicles=1, links=1),
    "no depots, no links": lambda: plan(depots=False, links=None),
    "nothing bought": lambda: plan(bought=False, depots=False),
    "no vehicle has a way": lambda: plan(geometry=[None] * 3),
    "nothing known": lambda: plan(
        harm_avoided=np.nan, probability=np.nan, operator_size=None, operator_name=None,
        pm25_plan_g=np.nan, cost=np.nan,
    ),
    "nothing avoided": lambda: plan(harm_avoided=0.0, pm25_today_g=0.0, pm25_plan_g=0.0),
    "worse than before": lambda: plan(harm_avoided=-5.0, pm25_avoided_kg=-1.0, pm25_plan_g=9.0),
    "no change of streets": lambda: plan(pm25_plan_g=4.0),
}  # fmt: skip
COMPARISONS: dict[str, Callable[[], folium.Map]] = {
    "both sides of 180": lambda: compare(np.ones((3, 24)), 2 * np.ones((3, 24)), place=FIJI),
    "near the pole": lambda: compare([[*HOURS]], [[*HOURS]], place=SVALBARD),
    "equal": lambda: compare(np.ones((3, 24)), np.ones((3, 24))),
    "nothing in both": lambda: compare(np.zeros((3, 24)), np.zeros((3, 24))),
    "not known": lambda: compare(np.full((3, 24), np.nan), np.ones((3, 24))),
    "other places": lambda: compare([[*HOURS]], [[*HOURS]], other=(10.75, 59.9)),
    "days only": lambda: compare([1.0, 2.0, np.nan], [2.0, 1.0, 0.0]),
}  # fmt: skip


def contingency_cases(layers: Mapping[str, Layer]) -> dict[str, dict[str, Layer]]:
    """A day under rules with less and less in it."""
    before = [name for name in layers["policy_hours"].frame if name.startswith("pm25_before")]

    def same(layer: Layer) -> Layer:
        named = [name for name in before if name in layer.frame]
        after = {one.replace("before", "after"): layer.frame[one] for one in named}
        return replace(layer, frame=layer.frame.assign(**after))

    def zero(layer: Layer) -> Layer:
        counted = [
            name for name in layer.frame
            if name.startswith(("pm25_", "forbidden_", "unknown_", "driving_"))
        ]  # fmt: skip
        return replace(layer, frame=layer.frame.assign(**dict.fromkeys(counted, 0)))

    bare = {name: layers[name] for name in ("policy_hours", "policy_day_hours")}
    days = layers["policy_days"]
    unknown = days.frame.assign(outcome="unknown", cost=np.nan, operator_size=None)
    return {
        "both sides of 180": moved(layers, FIJI), "near the pole": moved(layers, SVALBARD),
        "no rules, no days": bare,
        "one street": bare | {"policy_hours": replace(
            bare["policy_hours"], frame=bare["policy_hours"].frame.iloc[:1]
        )},
        "no street": bare | {"policy_hours": replace(
            bare["policy_hours"], frame=bare["policy_hours"].frame.iloc[:0]
        )},
        "no change": dict(layers) | {name: same(layers[name]) for name in bare},
        "nothing emitted": dict(layers) | {name: zero(layers[name]) for name in bare},
        "nothing known of days": dict(layers) | {"policy_days": replace(days, frame=unknown)},
    }  # fmt: skip


def electric_cases(layers: Mapping[str, Layer]) -> dict[str, dict[str, Layer]]:
    """Vehicle-days at the ends of the world, of one stop, without models, past midnight."""

    def with_(**changes: Mapping[str, Any]) -> dict[str, Layer]:
        return dict(layers) | {
            name: replace(layers[name], frame=layers[name].frame.assign(**columns))
            for name, columns in changes.items()
        }  # fmt: skip

    def only(day: int) -> dict[str, Layer]:
        return {
            name: replace(layer, frame=layer.frame[layer.frame["vehicle_day"] == day])
            if "vehicle_day" in layer.frame else layer
            for name, layer in layers.items()
        }  # fmt: skip

    number = dict.fromkeys(
        ("battery_kwh", "energy_kwh", "soc_end", "soc_min", "margin_kwh", "margin_km",
         "margin_kg", "probability", "energy_p10_kwh", "energy_p90_kwh"), np.nan,
    )  # fmt: skip
    no_model = number | {
        "model_id": None, "electric_model": None, "electric_status": "unknown",
        "cause": "no model", "worst_day": None,
        "first_failing_stop": pd.array([pd.NA] * len(layers["routes"].frame), "Int64"),
    }  # fmt: skip
    stops, ways = layers["stops"].frame, layers["route_profiles"].frame
    first = only(0)
    short = first | {
        "stops": replace(first["stops"], frame=first["stops"].frame.iloc[:2]),
        "route_profiles": replace(first["route_profiles"], frame=first["route_profiles"].frame[
            first["route_profiles"].frame["stop_before"] == 0
        ]),
    }  # fmt: skip
    late = 17.5 * 3600.0

    def later(column: str) -> list[str | None]:
        stamps = pd.to_datetime(stops[column].str.slice(0, 19)) + pd.Timedelta(seconds=late)
        return [None if pd.isna(one) else f"{one.isoformat()}-04:00" for one in stamps]

    return {
        "both sides of 180": moved(layers, FIJI), "180 in the far north": moved(layers, CHUKOTKA),
        "near the pole": moved(layers, SVALBARD), "south and east": moved(layers, SYDNEY),
        "no models": with_(
            routes=no_model, stops={"soc_arrival": np.nan, "energy_wh": np.nan},
            route_profiles={"soc_enter": np.nan, "soc_exit": np.nan, "energy_wh": np.nan},
        ),
        "none can": with_(routes={"electric_status": "not feasible", "cause": "energy",
                                  "probability": 0.0}),
        "one stop": short,
        "never driven": only(int(layers["routes"].frame["vehicle_day"].max())),
        "no depots": with_(stops={"kind": "delivery"}),
        "past midnight": with_(
            stops={name: later(name) for name in ("arrive", "start", "depart")},
            route_profiles={name: ways[name] + late for name in ("enter_s", "exit_s")},
        ),
    }  # fmt: skip

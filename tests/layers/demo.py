"""A made-up day on a grid of streets, in the objects that the stages hand on."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geofleet.emissions.model import QUANTITIES, LinkEmissions, TraversalEmissions
from geofleet.energy.mend import Mends
from geofleet.energy.mend.model import COLUMNS as MEND_COLUMNS
from geofleet.energy.model import ElectricModels, Feasibility
from geofleet.exposure.model import Receptors, UnitExposure
from geofleet.fleet.model import Fleet
from geofleet.network.model import EDGE_SCHEMA, RoadNetwork
from geofleet.routes.model import TRAVERSAL_COLUMNS, Itineraries, Traversals

SIDE = 12
LON, LAT, STEP = -71.262, -29.912, 0.0022
HOSTILE = (
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    'Calle "Comillas" & {{ 7 * 7 }} `${window.hacked = 3}`',
    "شارع الاختبار \u202e🚚\u2028",
    "Ñuñoa\\u003c, O'Higgins",
)
METRIC = "EPSG:32719"


def network() -> RoadNetwork:
    """A 12 × 12 grid of two-way streets with a slight bend in the middle of each."""
    rng = np.random.default_rng(7)
    ids = np.arange(1000, 1000 + SIDE * SIDE)
    x = LON + STEP * (np.arange(SIDE * SIDE) % SIDE) + rng.normal(0, 1.5e-4, SIDE * SIDE)
    y = LAT + STEP * (np.arange(SIDE * SIDE) // SIDE) + rng.normal(0, 1.5e-4, SIDE * SIDE)
    nodes = gpd.GeoDataFrame(
        {"x": x, "y": y, "elevation_m": np.nan, "highway": None},
        geometry=gpd.points_from_xy(x, y), index=pd.Index(ids, name="osmid"), crs=4326,
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    for a in range(SIDE * SIDE):
        column, row = a % SIDE, a // SIDE
        for b, along in ((a + 1, row), (a + SIDE, column)):
            if (b == a + 1 and column == SIDE - 1) or b >= SIDE * SIDE:
                continue
            across = b == a + 1
            middle = ((x[a] + x[b]) / 2 + 1e-4, (y[a] + y[b]) / 2 + 1e-4)
            line = [(x[a], y[a]), middle, (x[b], y[b])]
            name: str | None = f"{'Avenida' if along % 4 == 0 else 'Calle'} {along + 1}"
            if across and along < len(HOSTILE):
                name = HOSTILE[along]
            elif along == 9:
                name = None
            kind = "primary" if along % 4 == 0 else "residential"
            for u, v, points, back in ((a, b, line, False), (b, a, line[::-1], True)):
                rows.append(
                    {
                        "u": ids[u], "v": ids[v], "key": 0, "osmid": str(90000 + a * 2 + across),
                        "highway": kind, "name": name, "reversed": back,
                        "geometry": shapely.LineString(points),
                    }
                )  # fmt: skip
    frame = gpd.GeoDataFrame(rows, crs=4326).set_index(["u", "v", "key"]).sort_index()
    forward = frame.geometry.to_crs(METRIC).length
    # both directions of a street must have the same length to the millimetre
    frame["length_m"] = np.round(forward, 3)
    frame["speed_free_kmh"] = np.where(frame["highway"] == "primary", 50.0, 30.0)
    frame["speed_source"] = "class table"
    frame["grade"] = 0.0
    for column in EDGE_SCHEMA.columns:
        if column.name not in frame:
            frame[column.name] = False if column.kind == "boolean" else None
    names = [column.name for column in EDGE_SCHEMA.columns]
    return RoadNetwork(nodes, frame[names], pyproj.CRS(METRIC))


def _walk(net: RoadNetwork, rng: np.random.Generator, start: int, links: int) -> list[int]:
    arrays, path, node = net.arrays, [], start
    for _ in range(links):
        options = list(range(arrays.indptr[node], arrays.indptr[node + 1]))
        ahead = [e for e in options if not path or e != arrays.twin[path[-1]]]
        edge = int(rng.choice(ahead or options))
        path.append(edge)
        node = int(arrays.edge_to[edge])
    return path


def itineraries(net: RoadNetwork, days: int = 12) -> Itineraries:
    """Random walks with a stop in the middle of every sixth link; the last day never starts."""
    rng = np.random.default_rng(11)
    lines = net.edges.geometry.to_numpy()
    rows: list[dict[str, Any]] = []
    stops: list[dict[str, Any]] = []
    calendar: list[dict[str, Any]] = []
    for day in range(days):
        vehicle = {"vehicle_id": f"van-{day:02d}", "date": "2024-05-14"}
        moving = day < days - 1
        clock = 6 * 3600.0 + 600.0 * day
        path = _walk(net, rng, int(rng.integers(SIDE * SIDE)), 31 if moving else 1)
        places = [(edge, position) for position, edge in enumerate(path) if position % 6 == 0]
        calendar.append(vehicle | {
            "operator_id": f"op-{day % 3}",
            "vehicle_class": "cargo_van" if day % 2 else "rigid_14t",
            "depart_s": clock if moving else np.nan,
        })  # fmt: skip
        number, sequence = 0, 0
        for edge, position in places:
            point = shapely.line_interpolate_point(lines[edge], 0.5, normalized=True)
            kind = "depot" if position == 0 else "delivery"
            stops.append(vehicle | {
                "vehicle_day": day, "stop_number": number, "seq": number, "kind": kind,
                "stop_id": HOSTILE[number % len(HOSTILE)] if day == 0 else f"stop {day}-{number}",
                "service_min": 0.0 if number == 0 else 10.0, "drop_kg": 100.0 * (number > 0),
                "pickup_kg": 0.0, "edge": edge if moving else -1, "fraction": 0.5,
                "snap_distance_m": 12.5, "payload_kg": 900.0 - 100.0 * number,
                "arrive_s": clock if moving else np.nan, "start_s": clock if moving else np.nan,
                "depart_s": clock + 600.0 if moving else np.nan,
                "late_s": 0.0 if moving else np.nan,
                "status": "reached" if moving else "unreachable", "geometry": point,
            })  # fmt: skip
            number += 1
            if not moving or position + 6 >= len(path):
                continue
            clock += 600.0
            for step in range(position, position + 7):
                begin, end = (
                    (0.5 if step == position else 0.0),
                    (0.5 if step == position + 6 else 1.0),
                )
                metres = float(net.edges["length_m"].iloc[path[step]]) * (end - begin)
                speed = float(net.edges["speed_free_kmh"].iloc[path[step]])
                rows.append({
                    "vehicle_day": day, "seq": sequence, "edge": path[step],
                    "stop_before": number - 1, "enter_s": clock, "length_m": metres,
                    "speed_kmh": speed, "payload_kg": 1000.0 - 100.0 * number,
                    "from_fraction": begin, "to_fraction": end,
                })  # fmt: skip
                clock += metres / speed * 3.6
                sequence += 1
        calendar[-1]["return_s"] = clock if moving else np.nan
    frame = pd.DataFrame(rows).astype(TRAVERSAL_COLUMNS)
    traversals = Traversals(frame, pd.DataFrame(calendar), "America/Santiago")
    return Itineraries(traversals, gpd.GeoDataFrame(stops, crs=4326))


def emissions(days: Itineraries) -> tuple[TraversalEmissions, LinkEmissions]:
    """Grams in proportion to distance, summed by link and hour."""
    frame = days.traversals.frame
    known = {"nox_exhaust_g": 4.1, "pm25_exhaust_g": 0.07, "bc_exhaust_g": 0.05,
             "co_exhaust_g": 1.3, "voc_exhaust_g": 0.2, "fuel_g": 180.0, "co2_g": 570.0,
             "pm25_wear_g": 0.03, "pm10_wear_g": 0.06}  # fmt: skip
    rates = {name: known.get(name, 0.01) for name in QUANTITIES}
    grams = pd.DataFrame({name: frame["length_m"] / 1000 * rate for name, rate in rates.items()})
    heavy = days.traversals.vehicle_days["vehicle_class"].to_numpy()[frame["vehicle_day"]]
    grams = grams.mul(np.where(heavy == "rigid_14t", 2.7, 1.0), axis=0)
    table = pd.concat([frame[["edge"]], grams], axis=1)
    table.insert(1, "hour", days.traversals.hour)
    table.insert(2, "vehicles", 1)
    summed = table.groupby(["edge", "hour"], as_index=False).sum()
    return TraversalEmissions(grams), LinkEmissions(summed)


def _zones() -> gpd.GeoDataFrame:
    cells, names, people = [], [], []
    width = STEP * 3
    for row in range(4):
        for column in range(4):
            west, south = LON + column * width - STEP / 2, LAT + row * width - STEP / 2
            cells.append(shapely.box(west, south, west + width, south + width, ccw=False))
            names.append(f"zone {row}-{column}")
            people.append(0.0 if row == column == 3 else 400.0 * (1 + row + column))
    return gpd.GeoDataFrame({"zone_id": names, "people": people}, geometry=cells, crs=4326)


def study() -> dict[str, Any]:
    """Everything that ``build_layers`` takes."""
    rng = np.random.default_rng(3)
    net = network()
    days = itineraries(net)
    per_traversal, per_link = emissions(days)
    zones = _zones()
    inhabited = zones[zones["people"] > 0]
    points = inhabited.geometry.representative_point().to_crs(METRIC)
    receptors = Receptors(
        gpd.GeoDataFrame(
            {
                "receptor_id": np.arange(len(inhabited)),
                "zone_id": inhabited["zone_id"].to_numpy(),
                "people": inhabited["people"].to_numpy(),
            },
            geometry=points.to_numpy(), crs=METRIC,
        ),
        height_m=1.5,
    )  # fmt: skip
    edges = per_link.edges
    middle = shapely.get_coordinates(shapely.centroid(net.edges.geometry.to_numpy()[edges]))
    crowd = 20.0 * np.exp(-((middle[:, 0] - LON) + (middle[:, 1] - LAT)) / 0.01)
    unit = UnitExposure(edges, crowd[:, None] * rng.uniform(0.5, 1.5, 24), receptors.people)
    shape = (len(receptors.frame), 24)
    concentrations = {
        "pm25_exhaust_g": rng.gamma(2.0, 0.01, shape),
        "pm25_wear_g": rng.gamma(2.0, 0.004, shape),
        "nox_exhaust_g": rng.gamma(2.0, 0.6, shape),
    }
    return {
        "network": net, "itineraries": days, "emissions": per_traversal,
        "link_emissions": per_link, "fleet": _fleet(days), "unit_exposure": unit,
        "receptors": receptors, "concentrations": concentrations, "zones": zones,
        "feasibility": _feasibility(days), "models": _models(),
        "profiles": _profiles(days, _feasibility(days)), "mends": _mends(_feasibility(days)),
    }  # fmt: skip


def _fleet(days: Itineraries) -> Fleet:
    table = days.traversals.vehicle_days
    vehicles = pd.DataFrame(
        {"operator_id": table["operator_id"].to_numpy(), "fuel": "diesel", "standard": "euro_4",
         "model_year": 2012},
        index=pd.Index(table["vehicle_id"], name="vehicle_id"),
    )  # fmt: skip
    operators = pd.DataFrame(
        {"name": [HOSTILE[0], "Transportes Elqui", "Reparto Sur"], "fleet_size": [3, 20, 140],
         "operator_size": ["1-5", "6-30", ">100"]},
        index=pd.Index(["op-0", "op-1", "op-2"], name="operator_id"),
    )  # fmt: skip
    return Fleet(vehicles, operators)


def _models() -> ElectricModels:
    return ElectricModels(
        pd.DataFrame(
            {"make": ["Ñandú", "Cóndor"], "model": ["<b>E3</b>", "T7"]},
            index=pd.Index(["nandu_e3", "condor_t7"], name="model_id"),
        )
    )


def _feasibility(days: Itineraries) -> Feasibility:
    frame, verdicts, at_stops = days.traversals.frame, [], []
    for day, group in days.stops.groupby("vehicle_day"):
        metres = frame.loc[frame["vehicle_day"] == day, "length_m"].sum()
        known = bool((group["status"] == "reached").all())
        for model, battery, per_km in (("nandu_e3", 2000.0 + 300 * day, 400.0),
                                       ("condor_t7", 6000.0, 900.0)):  # fmt: skip
            used = metres / 1000 * per_km * np.linspace(0, 1, len(group))
            soc = 1 - used / battery
            failing = np.flatnonzero(soc < 0.15) if known else np.array([], dtype=int)
            ok = known and not len(failing)
            verdicts.append({
                "vehicle_day": day, "vehicle_id": group["vehicle_id"].iloc[0], "model_id": model,
                "battery_wh": battery,
                "energy_wh": used[-1] if known else np.nan, "regenerated_wh": 0.1 * used[-1],
                "braking_wh": 0.2 * used[-1], "distance_km": metres / 1000,
                "soc_end": soc[-1] if known else np.nan, "soc_min": soc[-1] if known else np.nan,
                "margin_wh": (soc[-1] - 0.15) * battery if known else np.nan, "feasible": ok,
                "margin_km": (soc[-1] - 0.15) * battery / per_km if known else np.nan,
                "margin_kg": 250.0,
                "first_failing_stop": int(failing[0]) if len(failing) else -1,
                "cause": "unknown" if not known else "none" if ok else "energy",
            })  # fmt: skip
            if known:
                at_stops.append(pd.DataFrame({
                    "vehicle_day": day, "model_id": model, "stop_number": np.arange(len(group)),
                    "soc": soc, "energy_wh": used,
                }))  # fmt: skip
    table = pd.DataFrame(verdicts)
    best = table[table["model_id"] == "nandu_e3"].reset_index(drop=True)
    return Feasibility(table, pd.concat(at_stops, ignore_index=True), best)


def _profiles(days: Itineraries, feasibility: Feasibility) -> pd.DataFrame:
    """Charge that falls evenly over the metres of a day to what the stops say."""
    frame = days.traversals.frame
    metres = frame["length_m"].to_numpy(np.float64)
    best = feasibility.best.set_index("vehicle_day").loc[frame["vehicle_day"]]
    wh = metres / 1000 * 400.0
    battery = best["battery_wh"].to_numpy()
    spent = pd.Series(wh).groupby(frame["vehicle_day"].to_numpy()).cumsum().to_numpy()
    return frame[["vehicle_day", "seq"]].assign(
        energy_wh=wh, soc_enter=1 - (spent - wh) / battery, soc_exit=1 - spent / battery
    )


def _mends(feasibility: Feasibility) -> Mends:
    """A charge at a stop of hostile name, and a larger battery, for each day that falls short."""
    rows = []
    for _, day in feasibility.best[feasibility.best["cause"] == "energy"].iterrows():
        blank = {"stops_moved": "", "to_vehicle_day": -1, "to_model_id": "", "sister_order": "",
                 "new_model_id": "", "place": "", "minutes": np.nan, "power_kw": np.nan,
                 "kwh": np.nan, "gross_kwh": np.nan, "payload_lost_kg": np.nan,
                 "depart_shift_min": np.nan, "late_s": 0.0, "verified": True, "what": "",
                 "cost_known": True, "cause": "energy", "vehicle_id": day["vehicle_id"],
                 "vehicle_day": day["vehicle_day"], "model_id": day["model_id"]}  # fmt: skip
        rows.append({**blank, "kind": "charge", "rank": 1, "place": HOSTILE[0], "minutes": 20.0,
                     "power_kw": 22.0, "kwh": 1.5, "cost_mxn_per_day": 31.0})  # fmt: skip
        rows.append({**blank, "kind": "battery", "rank": 2, "kwh": 4.0, "payload_lost_kg": 25.0,
                     "cost_mxn_per_day": 12.5})  # fmt: skip
        rows.append({**blank, "kind": "move", "rank": 3, "stops_moved": "stop 1-1;stop 1-2",
                     "to_vehicle_day": 2, "to_model_id": "condor_t7",
                     "cost_mxn_per_day": np.nan})  # fmt: skip
    return Mends(pd.DataFrame(rows).astype(MEND_COLUMNS)[list(MEND_COLUMNS)])


def haversine_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance between two (lon, lat) in metres, written apart from the package."""
    lon1, lat1, lon2, lat2 = map(math.radians, (*a, *b))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371008.8 * math.asin(math.sqrt(h))

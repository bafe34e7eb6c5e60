"""Draw the SYNTHETIC freight day: ``vehicles.csv``, ``operators.csv`` and ``stops.csv``.

    python data/coquimbo/make_freight_day.py [--seed N] [--out FOLDER]

Everything it assumes stands in ``freight_plan.yaml``; the default seed in ``study.yaml``. Needs
numpy, scipy, osmium, geopandas and PyYAML. The same seed gives the same bytes: only raw uniform
numbers of the generator are used, whose stream NumPy keeps.

How a day is drawn:

1. Depots move to the nearest street (not a motorway) of the largest strongly connected part.
2. Stops are drawn on that part's streets. A zone's people are spread over its streets by road
   class, so that deliveries fall where people live and shops on busier streets; freight from the
   port goes to industrial areas. An address lies 5–20 m beside its street, and no other street is
   nearer.
3. A firm's stops are shared out by angle about the depot (sweep) or at random (city-wide
   rounds), cut into trips, and each trip is ordered by nearest neighbour and 2-opt on straight
   lines.
4. A trip carries a drawn share of the payload, divided over its stops lognormally. Between
   trips the vehicle reloads at its depot, a stop of kind ``depot`` whose ``pickup_kg`` is the
   next trip's load; the first trip's load is on board at departure.
5. Some stops get a customary time window that holds the guessed arrival.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from freight_streets import Dice, Place, Streets

FOLDER = Path(__file__).parent
WINDOW_MARGIN_MIN = (20.0, 90.0)
LONGEST_SERVICE_MIN = 90.0


@dataclass
class Trip:
    """Deliveries between two visits of the depot, in driving order."""

    places: list[Place]
    drop_kg: list[float] = field(default_factory=list)


def ordered(depot: Place, places: list[Place]) -> list[Place]:
    """Order stops of a round trip: nearest neighbour, then 2-opt until nothing is gained."""
    points = np.array([(p.x, p.y) for p in [depot, *places]])
    gap = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    tour, left = [0], set(range(1, len(points)))
    while left:
        tour.append(min(left, key=lambda i: (gap[tour[-1], i], i)))
        left.remove(tour[-1])
    tour.append(0)
    improved = True
    while improved:
        improved = False
        for i in range(1, len(tour) - 2):
            for j in range(i + 1, len(tour) - 1):
                before = gap[tour[i - 1], tour[i]] + gap[tour[j], tour[j + 1]]
                after = gap[tour[i - 1], tour[j]] + gap[tour[i], tour[j + 1]]
                if after < before - 1e-6:
                    tour[i : j + 1] = tour[i : j + 1][::-1]
                    improved = True
    return [places[i - 1] for i in tour[1:-1]]


def share_out(
    depot: Place, places: list[Place], vehicles: int, mission: dict[str, Any], dice: Dice
) -> list[list[list[Place]]]:
    """Return the places of each trip of each vehicle."""
    if mission["share"] == "sector":
        # The sweep starts at a drawn angle and gives each vehicle a sector, whose stops are
        # dealt out to its trips: a second trip serves the same streets later in the day.
        start = dice.uniform(0, 2 * math.pi)
        angle = [(math.atan2(p.y - depot.y, p.x - depot.x) - start) % math.tau for p in places]
        order = sorted(range(len(places)), key=lambda i: (angle[i], i))
    else:
        order = dice.shuffled(len(places))
    trips = mission["trips"]
    cuts = [round(len(order) * k / vehicles) for k in range(vehicles + 1)]
    fleet = [order[cuts[k] : cuts[k + 1]] for k in range(vehicles)]
    return [[[places[i] for i in own[t::trips]] for t in range(trips)] for own in fleet]


def minutes(clock: str) -> float:
    """Return minutes after midnight of ``HH:MM``."""
    hours, rest = clock.split(":")
    return int(hours) * 60.0 + int(rest)


def clock(minute: float) -> str:
    """Return ``HH:MM`` of minutes after midnight; the day after goes on with 24, 25 …."""
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


class Day:
    """The tables of the day, filled vehicle by vehicle."""

    def __init__(self, plan: dict[str, Any], streets: Streets, dice: Dice) -> None:
        self.plan, self.streets, self.dice = plan, streets, dice
        self.year = int(plan["service_date"][:4])
        self.operators: list[dict[str, Any]] = []
        self.vehicles: list[dict[str, Any]] = []
        self.stops: list[dict[str, Any]] = []
        self.numbers: Counter[str] = Counter()
        self.deliveries = 0
        for number, operator in enumerate(plan["operators"], start=1):
            self._operator(f"syn-op-{number:02d}", operator)

    def _operator(self, operator_id: str, operator: dict[str, Any]) -> None:
        self.operators.append(
            {
                "operator_id": operator_id,
                "name": f"{operator['name']} (synthetic)",
                "fleet_size": operator["fleet_size"],
                "base": self.plan["depots"][operator["base"]]["name"],
            }
        )
        for group in operator["vehicles"]:
            mission = self.plan["missions"][group["mission"]]
            count = sum(self.dice.whole(*mission["stops"]) for _ in range(group["count"]))
            places = [self.streets.address(mission["streets"], self.dice) for _ in range(count)]
            depot = self.streets.depots[operator["base"]]
            for own in share_out(depot, places, group["count"], mission, self.dice):
                vehicle = self._vehicle(operator_id, operator, group, mission)
                trips = [Trip(ordered(depot, part)) for part in own if part]
                km = self._itinerary(vehicle, operator["base"], mission, trips)
                yearly = km * self.plan["guess"]["working_days"] * self.dice.uniform(0.85, 1.15)
                vehicle["annual_km"] = round(yearly, -2)

    def _vehicle(
        self,
        operator_id: str,
        operator: dict[str, Any],
        group: dict[str, Any],
        mission: dict[str, Any],
    ) -> dict[str, Any]:
        kind, name = self.plan["classes"][group["class"]], group["class"]
        age = self.plan["ages"][operator["kind"]]
        factor = self.plan["van_age_factor"] if name == "cargo_van" else 1.0
        years = min(age["most"], round(self.dice.lognormal(age["median"] * factor, age["sigma"])))
        model_year = group.get("model_year", self.year - years)
        self.numbers[kind["label"]] += 1
        vehicle = {
            "vehicle_id": f"syn-{kind['label']}-{self.numbers[kind['label']]:02d}",
            "operator_id": operator_id,
            "vehicle_class": name,
            "fuel": group.get("fuel", "diesel"),
            "standard": self._standard(name, operator["kind"], model_year),
            "model_year": model_year,
            "gvw_kg": round(self.dice.uniform(*kind["gvw_kg"]), -1),
            "payload_capacity_kg": 0.0,
            "annual_km": 0.0,
            "cargo_type": mission["cargo"],
        }
        empty_kg = round(self.dice.uniform(*kind["empty_kg"]), -1)
        if vehicle["fuel"] == "electric":
            vehicle["standard"] = "none"
            empty_kg += self.plan["battery_kg"]
        vehicle["payload_capacity_kg"] = vehicle["gvw_kg"] - empty_kg
        self.vehicles.append(vehicle)
        return vehicle

    def _standard(self, name: str, operator_kind: str, model_year: int) -> str:
        table = self.plan["standards"]["cargo_van" if name == "cargo_van" else "trucks"]
        standard = str(table[max(year for year in table if year <= model_year)])
        early = operator_kind == "large" and name != "cargo_van" and model_year >= 2020
        if early and self.dice.uniform(0, 1) < self.plan["early_euro_6"]:
            return "euro_6"
        return standard

    def _itinerary(
        self, vehicle: dict[str, Any], base: str, mission: dict[str, Any], trips: list[Trip]
    ) -> float:
        """Write the stops of a vehicle-day; return its guessed kilometres."""
        guess, depot = self.plan["guess"], self.streets.depots[base]
        for trip in trips:
            load = self.dice.uniform(*mission["load"]) * vehicle["payload_capacity_kg"]
            parts = [self.dice.lognormal(1.0, 0.5) for _ in trip.places]
            trip.drop_kg = [max(1.0, math.floor(load * part / sum(parts))) for part in parts]
        earliest, latest = (minutes(text) for text in mission["depart"])
        now = 5.0 * round(self.dice.uniform(earliest, latest) / 5.0)
        self._stop(vehicle, 0, base, "depot", depot, 0.0, window=(clock(now), ""))
        here, seq, metres = depot, 0, 0.0
        for number, trip in enumerate(trips):
            for place, drop in zip(trip.places, trip.drop_kg, strict=True):
                seq += 1
                leg = guess["detour_factor"] * math.hypot(place.x - here.x, place.y - here.y)
                metres, here = metres + leg, place
                now += leg / 1000.0 / guess["speed_kmh"] * 60.0
                wants = self.dice.uniform(0, 1) < mission["windows"]
                window = self._window(now) if wants else ("", "")
                service = round(
                    min(90.0, max(1.0, self.dice.lognormal(*mission["service_min"]))), 1
                )
                self.deliveries += 1
                stop_id = f"syn-{self.deliveries:04d}"
                self._stop(vehicle, seq, stop_id, "delivery", place, service, drop, window=window)
                now += service
            seq += 1
            leg = guess["detour_factor"] * math.hypot(depot.x - here.x, depot.y - here.y)
            metres, here = metres + leg, depot
            now += leg / 1000.0 / guess["speed_kmh"] * 60.0
            last = number == len(trips) - 1
            service = 0.0 if last else float(mission["reload_min"])
            pickup = "" if last else f"{sum(trips[number + 1].drop_kg):g}"
            self._stop(vehicle, seq, base, "depot", depot, service, pickup=pickup)
            now += service
        return metres / 1000.0

    def _window(self, arrival: float) -> tuple[str, str]:
        """Return a customary window that holds the arrival with room, or none."""
        early, late = WINDOW_MARGIN_MIN
        for text in self.plan["windows"]:
            start, end = text.split("-")
            if minutes(start) + early <= arrival <= minutes(end) - late:
                return start, end
        return "", ""

    def _stop(
        self,
        vehicle: dict[str, Any],
        seq: int,
        stop_id: str,
        kind: str,
        place: Place,
        service_min: float,
        drop_kg: float = 0.0,
        *,
        pickup: str = "",
        window: tuple[str, str] = ("", ""),
    ) -> None:
        lat, lon = self.streets.lat_lon(place)
        self.stops.append(
            {
                "vehicle_id": vehicle["vehicle_id"],
                "date": self.plan["service_date"],
                "seq": seq,
                "stop_id": stop_id,
                "kind": kind,
                "lat": lat,
                "lon": lon,
                "service_min": f"{service_min:g}",
                "window_start": window[0],
                "window_end": window[1],
                "drop_kg": f"{drop_kg:g}",
                "pickup_kg": pickup,
                "name": self.plan["depots"][stop_id]["name"] if kind == "depot" else "",
            }
        )


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows as UTF-8 comma-separated text."""
    partial = path.with_name("partial-" + path.name)
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:g}" if isinstance(v, float) else v for k, v in row.items()})
    partial.replace(path)


def main(arguments: list[str] | None = None) -> int:
    """Draw the day, write its three tables and print what was drawn."""
    study = yaml.safe_load((FOLDER / "study.yaml").read_text(encoding="utf-8"))
    plan = yaml.safe_load((FOLDER / "freight_plan.yaml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=study["seed"], help="default: study.yaml's")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to fill")
    options = parser.parse_args(arguments)
    day = Day(plan, Streets(FOLDER, study["crs"], plan), Dice(options.seed))
    write_table(options.out / "operators.csv", day.operators)
    write_table(options.out / "vehicles.csv", day.vehicles)
    write_table(options.out / "stops.csv", day.stops)
    bases = {operator["base"] for operator in plan["operators"]}
    print(f"{len(day.operators)} operators, {len(day.vehicles)} vehicles, {len(bases)} depots")
    print(f"{day.deliveries} deliveries, {len(day.stops)} rows in stops.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""VROOM: solutions become stops, days and orders become problems, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.fleet import read_fleet
from geofleet.interchange import (
    Places,
    read_vroom,
    read_vroom_orders,
    vroom_from_orders,
    vroom_from_stops,
)
from geofleet.redesign import VehicleType, check_orders
from geofleet.routes import read_stops

DATE = "2024-05-14"


def test_sample_with_its_problem(samples: Path) -> None:
    """Deliveries and pick-ups are told apart, the open window is the one that is met."""
    found = read_vroom(samples / "vroom_solution.json", samples / "vroom_problem.json", date=DATE)
    assert found.problems == ()
    stops = found.checked_stops()
    assert stops["drop_kg"].tolist() == [0, 120, 0, 80, 50, 30]
    assert stops["pickup_kg"].fillna(0).tolist() == [0, 0, 50, 30, 0, 0]
    assert stops["service_min"].tolist() == [0, 25, 2, 5, 2, 0], "10 min and a break of 15"
    assert stops["window_start"].tolist()[:2] == [28_800, 30_000]
    assert found.stops["stop_id"].tolist()[1] == "La Luz"
    loaded = stops["drop_kg"].sum() - stops["pickup_kg"].sum()
    assert loaded == 200, "what the first step has on board"


def test_sample_without_its_problem(samples: Path) -> None:
    """The change of load is the mass, net where a stop loads and unloads."""
    found = read_vroom(samples / "vroom_solution.json", date=DATE)
    assert found.problems == ()
    assert found.checked_stops()["drop_kg"].tolist() == [0, 120, 0, 50, 50, 30]
    assert any("net" in note for note in found.notes)


def changed(samples: Path, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    content = json.loads((samples / "vroom_solution.json").read_text(encoding="utf-8"))
    change(content)
    path = folder / "solution.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_moments_need_a_time_zone(samples: Path, tmp_path: Path) -> None:
    """Times since 1970 are put on the local day; read as seconds of a day they are refused."""
    begin = pd.Timestamp(f"{DATE}T00:00", tz="America/Santiago").timestamp()

    def later(content: dict[str, Any]) -> None:
        for step in content["routes"][0]["steps"]:
            step["arrival"] += int(begin)

    path = changed(samples, tmp_path, later)
    found = read_vroom(path, timezone="America/Santiago")
    assert found.problems == ()
    assert found.stops["planned_time"].tolist()[0] == "08:00:00"
    assert set(found.stops["date"]) == {DATE}
    wrong = read_vroom(path, date=DATE)
    assert any("since 1970?" in problem.value for problem in wrong.problems)
    for settings_ in ({}, {"date": DATE, "timezone": "UTC"}, {"timezone": "Nowhere/City"}):
        with pytest.raises(InputError):
            read_vroom(path, **settings_)  # type: ignore[arg-type]


def test_what_has_no_place_or_no_route_is_named(samples: Path, tmp_path: Path) -> None:
    """Unassigned tasks, steps of a matrix, strange steps: named; places can be given."""

    def spoil(content: dict[str, Any]) -> None:
        content["unassigned"] = [{"id": 99, "type": "job"}]
        steps = content["routes"][0]["steps"]
        del steps[1]["location"]
        steps[3]["type"] = "dance"
        steps[4]["arrival"] = "noon"

    path = changed(samples, tmp_path, spoil)
    found = read_vroom(path, date=DATE)
    said = {problem.field for problem in found.problems}
    assert {"unassigned", "lat, lon", "type", "arrival"} <= said
    assert found.unplaced["place_id"].tolist() == ["job-4"]
    placed = read_vroom(path, date=DATE, places=Places({"job-4": (-29.895, -71.2468)}))
    assert "lat, lon" not in {problem.field for problem in placed.problems}


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"code": 3, "error": "no route"}', '{"routes": []}', '{"routes": [NaN]}',
             "[" * 100_000, '{"routes": [{"vehicle": 1}]}', '{"routes": [3]}']
)  # fmt: skip
def test_broken_files_are_refused(tmp_path: Path, text: str) -> None:
    """Whatever is no solution is refused or named, never a traceback."""
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    try:
        found = read_vroom(path, date=DATE)
    except InputError:
        return
    assert found.problems


@settings(max_examples=12)
@given(
    jobs=st.lists(
        st.tuples(st.integers(0, 5_000_000), st.integers(0, 1_000_000), st.integers(0, 3600),
                  st.one_of(st.none(), st.integers(0, 80_000))),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_orders_come_back(
    jobs: list[tuple[int, int, int, int | None]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Orders written as a problem and read again are the same, to the gram and the second."""
    orders = check_orders(pd.DataFrame({
        "order_id": [f"o{i} <b>" for i in range(len(jobs))],
        "lat": [-29.9 + i * 0.01 for i in range(len(jobs))], "lon": -71.25,
        "demand_kg": [job[0] / 1000 for job in jobs], "pickup_kg": [job[1] / 1000 for job in jobs],
        "service_min": [job[2] / 60 for job in jobs],
        "window_start": [np.nan if job[3] is None else float(job[3]) for job in jobs],
        "window_end": [np.nan if job[3] is None else float(job[3] + 60) for job in jobs],
    }))  # fmt: skip
    depots = pd.DataFrame({"depot_id": ["d"], "lat": [-29.9], "lon": [-71.2]})
    kind = VehicleType("van", 2, 1200.5, "d", 21_600, 64_800, longest_shift_h=9, fixed_cost=1)
    problem = vroom_from_orders(orders, depots, [kind])
    assert [vehicle["id"] for vehicle in problem["vehicles"]] == [1, 2]
    assert problem["vehicles"][0]["capacity"] == [1_200_500]
    assert problem["vehicles"][0]["max_travel_time"] == 9 * 3600
    path = tmp_path_factory.mktemp("vroom") / "problem.json"
    path.write_text(json.dumps(problem), encoding="utf-8")
    again = read_vroom_orders(path, mass_unit="g")
    pd.testing.assert_frame_equal(again[orders.columns], orders)


def test_a_day_of_a_study_comes_back(tiny_study: Path, tmp_path: Path) -> None:
    """The day as a problem, solved by driving it as it was, is read back as the same stops."""
    stops = read_stops(tiny_study / "stops.csv")
    fleet = read_fleet(tiny_study / "vehicles.csv", tiny_study / "operators.csv")
    problem = vroom_from_stops(stops, fleet, date=DATE)
    assert [vehicle["description"] for vehicle in problem["vehicles"]] == ["truck", "van"]
    routes = []
    for vehicle in problem["vehicles"]:
        own = [job for job in problem["jobs"] if _belongs(job, vehicle, stops)]
        load = sum(job["delivery"][0] for job in own)
        steps = [{"type": "start", "location": vehicle["start"], "arrival": 28_800, "load": [load]}]
        for job in own:
            load -= job["delivery"][0]
            step = {"type": "job", "arrival": 30_000, "load": [load]}
            steps.append(step | {name: job[name] for name in ("id", "location", "service")})
        steps.append({"type": "end", "location": vehicle["end"], "arrival": 36_000, "load": [0]})
        routes.append({"vehicle": vehicle["id"], "steps": steps})
    for name, content in (("p", problem), ("s", {"code": 0, "routes": routes})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    found = read_vroom(tmp_path / "s.json", tmp_path / "p.json", date=DATE, mass_unit="g")
    back = found.checked_stops().sort_values(["vehicle_id", "seq"])
    before = stops.sort_values(["vehicle_id", "seq"])
    for column in ("vehicle_id", "lat", "lon", "kind", "drop_kg", "service_min"):
        assert back[column].tolist() == before[column].tolist(), column


def _belongs(job: dict[str, Any], vehicle: dict[str, Any], stops: pd.DataFrame) -> bool:
    own = stops[stops["vehicle_id"] == vehicle["description"]]
    return job["location"] in own[["lon", "lat"]].to_numpy().tolist()


def _solution(*steps: dict[str, object], **route: object) -> dict[str, object]:
    return {"code": 0, "routes": [{"vehicle": "v1", "steps": list(steps), **route}]}


def test_texts_as_ids_and_what_a_solution_breaks(tmp_path: Path) -> None:
    """Some services number tasks by texts and relax limits; both are common in their files."""
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps({
        "vehicles": [{"id": "v1", "description": "Truck 1"}],
        "jobs": [{"id": "a", "delivery": [30], "pickup": [20], "location": [-71.2, -29.9],
                  "time_windows": [[1_600_000_000, 1_600_003_600]]}],
    }))  # fmt: skip
    solution = tmp_path / "solution.json"
    solution.write_text(json.dumps(_solution(
        {"type": "start", "location": [-71.25, -29.9], "arrival": 28_800, "load": [30]},
        {"type": "job", "id": "a", "location": [-71.2, -29.9], "arrival": 30_000, "load": [20],
         "violations": [{"cause": "delay", "duration": 60}]},
        geometry="skihH_wiM", violations=[{"cause": "load"}],
    )))  # fmt: skip
    found = read_vroom(solution, problem, date="2024-05-14")
    assert found.stops["vehicle_id"].tolist() == ["Truck 1", "Truck 1"]
    assert found.stops[["drop_kg", "pickup_kg"]].to_numpy().tolist()[1] == ["30", "20"]
    said = " | ".join(found.notes)
    for words in ("delay, load", "geometries are not used", "count differently"):
        assert words in said
    assert found.stops["window_start"].tolist()[1] == ""


def test_matrix_without_coordinates_needs_places(tmp_path: Path) -> None:
    """Indices of a matrix lie nowhere: each is named until the table of places tells it."""
    path = tmp_path / "solution.json"
    path.write_text(json.dumps(_solution(
        {"type": "start", "arrival": 0}, {"type": "job", "id": 1414, "arrival": 2104},
        {"type": "end", "arrival": 5461},
    )))  # fmt: skip
    bare = read_vroom(path, date="2024-05-14", assume={"drop_kg": 1})
    assert [(p.field, p.row) for p in bare.problems] == [("lat, lon", n) for n in (1, 2, 3)]
    assert bare.unplaced["place_id"].tolist() == ["start", "job-1414", "end"]
    places = Places({"start": (-29.9, -71.2), "end": (-29.9, -71.2), "job-1414": (-29.8, -71.3)})
    assert read_vroom(path, date="2024-05-14", places=places, assume={"drop_kg": 1}).problems == ()
    problem = tmp_path / "problem.json"
    problem.write_text('{"vehicles": [], "jobs": []}')
    with pytest.raises(InputError, match="this is a problem"):
        read_vroom(problem, date="2024-05-14")


def test_unassigned_tasks_can_be_left_out(tmp_path: Path) -> None:
    """A task in no route stops the import, unless whole days are what is wanted."""
    path = tmp_path / "solution.json"
    content = _solution(
        {"type": "start", "location": [-71.25, -29.9], "arrival": 28_800, "load": [5]},
        {"type": "job", "id": 1, "location": [-71.2, -29.9], "arrival": 30_000, "load": [0]},
    )
    content["unassigned"] = [{"id": 9, "type": "job", "location": [-71.3, -29.9]}]
    path.write_text(json.dumps(content))
    found = read_vroom(path, date="2024-05-14")
    assert [problem.field for problem in found.problems] == ["unassigned"]
    assert len(found.whole_days().stops) == 2


def test_a_file_and_settings_that_are_wrong_are_said_together(tmp_path: Path) -> None:
    """One run names all that is to be mended."""
    with pytest.raises(InputError) as caught:
        read_vroom(tmp_path / "nowhere.json")
    assert len(caught.value.problems) == 2


def test_moments_in_thousandths_are_named(tmp_path: Path) -> None:
    """Clocks of other programs count milliseconds; no calendar reaches that far."""
    step = {"type": "start", "location": [-99.1, 19.4], "arrival": 1_715_688_000_000}
    path = tmp_path / "solution.json"
    path.write_text(json.dumps({"code": 0, "routes": [{"vehicle": 1, "steps": [step]}]}))
    found = read_vroom(path, timezone="America/Mexico_City")
    assert "thousandths" in {p.field: p.expected for p in found.problems}["arrival"]

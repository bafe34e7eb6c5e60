"""Live places against a server on the loopback address that answers like Overpass and Nominatim."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import numpy as np
import osmnx as ox
import pytest
import shapely

from geofleet.config import read_config
from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError, RemoteServiceError
from geofleet.network.live.places import (
    download_area,
    find_place,
    load_bbox,
    load_place,
    load_point,
)
from geofleet.network.live.services import LiveSettings
from geofleet.network.osm.build import read_osm
from geofleet.outputs.new_study import new_study

PLACE = "Villa Prueba, Chile"
AREA = shapely.box(-71.3005, -29.9505, -71.2945, -29.9445)


def extract() -> dict[str, list[dict[str, Any]]]:
    """A 6 x 5 grid of streets, one with no lorries, one one-way, and a turn that is forbidden."""
    nodes = [
        {"type": "node", "id": 100 + 10 * i + j, "lat": -29.95 + j / 1000, "lon": -71.3 + i / 1000}
        for i in range(6) for j in range(5)
    ]  # fmt: skip
    nodes[7]["tags"] = {"highway": "traffic_signals"}
    ways: list[dict[str, Any]] = [
        {"type": "way", "id": 20 + j, "nodes": [100 + 10 * i + j for i in range(6)],
         "tags": {"highway": "residential", "name": f"Calle {j}"}}
        for j in range(5)
    ] + [
        {"type": "way", "id": 40 + i, "nodes": [100 + 10 * i + j for j in range(5)],
         "tags": {"highway": "secondary", "name": f"Avenida {i}", "maxspeed": "60"}}
        for i in range(6)
    ]  # fmt: skip
    ways[1]["tags"] |= {"hgv": "no", "maxheight": "3.5"}
    ways[2]["tags"] |= {"oneway": "yes"}
    for number, way in ((3, 53), (7, 52)):  # ways of a restriction end at its node
        whole = ways[number]["nodes"]
        cut = whole.index(123)
        ways.append({**ways[number], "id": way, "nodes": whole[cut:]})
        ways[number]["nodes"] = whole[: cut + 1]
    relation = {
        "type": "relation", "id": 900,
        "tags": {"type": "restriction", "restriction": "no_left_turn"},
        "members": [
            {"type": "way", "ref": 42, "role": "from"}, {"type": "node", "ref": 123, "role": "via"},
            {"type": "way", "ref": 23, "role": "to"},
        ],
    }  # fmt: skip
    stray = relation | {"id": 901, "members": [{"type": "way", "ref": 7777, "role": "from"}]}
    return {"roads": nodes + ways, "restrictions": [relation, stray]}


SQUARE = [[-71.3005, -29.9505], [-71.2945, -29.9505], [-71.2945, -29.9445], [-71.3005, -29.9505]]
CANDIDATE = {
    "place_id": 1, "importance": 0.6, "lat": "-29.948", "lon": "-71.297", "display_name": PLACE,
    "boundingbox": ["-29.9505", "-29.9445", "-71.3005", "-71.2945"],
    "geojson": {"type": "Polygon", "coordinates": [SQUARE]},
}  # fmt: skip


class Services(ThreadingHTTPServer):
    """The two services; ``faults`` are played, in order, before any good answer."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.faults: list[Callable[[Handler], None]] = []
        self.queries: list[str] = []
        self.agents: list[str] = []
        self.credentials: list[str | None] = []
        self.places: list[dict[str, Any]] = [CANDIDATE]
        self.data = extract()
        self.release = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Overpass ``/interpreter`` and Nominatim ``/search``."""

    server: Services

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(body)["data"][0]
        self.server.queries.append(query)
        self.server.agents.append(self.headers["User-Agent"])
        self.server.credentials.append(self.headers["Authorization"])
        if self.server.faults:
            self.server.faults.pop(0)(self)
            return
        kind = "restrictions" if "relation[" in query else "roads"
        self.answer(200, json.dumps(overpass(self.server.data[kind])))

    def do_GET(self) -> None:
        assert urlparse(self.path).path == "/search", self.path
        if self.server.faults:
            self.server.faults.pop(0)(self)
            return
        self.answer(200, json.dumps(self.server.places))

    def answer(self, status: int, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


def with_road(**changes: Any) -> Callable[[Handler], None]:
    """Answer the roads with one more element, changed."""

    def fault(handler: Handler) -> None:
        odd = {"type": "way", "id": 1, "nodes": [100, 101]} | changes
        handler.answer(200, json.dumps(overpass([*handler.server.data["roads"], odd])))

    return fault


def overpass(elements: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    stamp = {"timestamp_osm_base": "2026-10-01T10:00:00Z", "copyright": "ODbL"}
    return {"version": 0.6, "osm3s": stamp, "elements": elements, **more}


def busy(status: int = 429, **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.answer(status, "<html>busy</html>", **headers)


def cut_json(handler: Handler) -> None:
    text = json.dumps(overpass(handler.server.data["roads"]))
    handler.answer(200, text[: len(text) // 2])


def cut_connection(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"version": 0.6, "elements": [')
    handler.close_connection = True


def hang(handler: Handler) -> None:
    handler.server.release.wait(120)


@pytest.fixture
def services() -> Iterator[Services]:
    server = Services()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses that OSMnx makes between requests instead of making them."""
    taken: list[float] = []
    monkeypatch.setattr("time.sleep", taken.append)
    return taken


@pytest.fixture
def settings(services: Services) -> LiveSettings:
    return LiveSettings.from_defaults(
        overpass_url=f"{services.url}/api", nominatim_url=services.url, timeout_s=60.0
    )


def test_a_good_answer_becomes_a_network_like_a_file_would(
    services: Services, settings: LiveSettings
) -> None:
    """Tags that trucks need, the one-way street and the turn restriction all arrive."""
    network = load_place(PLACE, settings=settings, country="CL")
    assert len(network.nodes) == 30
    edges = network.edges
    assert set(edges["hgv"].dropna()) == {"no"}
    assert set(edges.loc[edges.osmid == "21", "maxheight_m"]) == {3.5}
    assert edges.loc[edges.osmid == "22", "oneway"].all()
    assert network.nodes.highway[112] == "traffic_signals"
    (turn,) = network.turn_restrictions
    begin, end = (network.edges.index[number] for number in turn.edges)
    assert (begin[1], end) == (123, (123, 113, 0))
    assert turn.osmid == 900
    live = network.report["live"]
    assert live["place"] == PLACE
    assert live["attribution"] == "© OpenStreetMap contributors, ODbL"
    assert live["osm_timestamp"] == "2026-10-01T10:00:00Z"
    assert (live["ways"], live["restrictions"]) == (13, 1)
    assert any(row.startswith("live_services:") for row in network.provenance)
    assert all(agent.startswith("geofleet/") for agent in services.agents)
    assert all("[out:json][timeout:60]" in query for query in services.queries)


def test_boxes_and_points_ask_for_their_area(services: Services, settings: LiveSettings) -> None:
    """A box and a circle give the same streets; the query holds their outline."""
    box = load_bbox(AREA.bounds, settings=settings)
    circle = load_point(-29.948, -71.2975, radius_m=300, settings=settings)
    assert box.edges.index.equals(circle.edges.index)
    assert services.queries[0].count("poly:") == 1
    for wrong in ((-71.2, -29.9, -71.3, -29.8), (-71.3, 29.9, -71.2, 129.8)):
        with pytest.raises(InputError, match="west"):
            load_bbox(wrong, settings=settings)
    with pytest.raises(InputError, match="radius"):
        load_point(-71.3, -229.9, radius_m=10, settings=settings)


def test_large_areas_are_asked_for_in_parts(services: Services, settings: LiveSettings) -> None:
    """Parts that overlap give each street once."""
    load_bbox(AREA.bounds, settings=settings)
    whole = len(services.queries)
    parts = load_bbox(AREA.bounds, settings=settings.replace(max_query_area_km2=0.5))
    assert len(services.queries) - whole > whole
    assert len(parts.nodes) == 30


def test_a_busy_service_is_waited_for_as_it_asks(
    services: Services, settings: LiveSettings, naps: list[float]
) -> None:
    """429 with seconds, with a date and without, and 504: waits are those asked for, in order."""
    soon = (datetime.now(UTC) + timedelta(seconds=40)).replace(microsecond=0)
    date = format_datetime(soon, usegmt=True)
    services.faults = [
        busy(Retry_After="7"), busy(Retry_After=date), busy(504), busy(Retry_After="1"),
    ]  # fmt: skip
    waits: list[float] = []
    left: list[float] = []

    def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        left.append(max((soon - datetime.now(UTC)).total_seconds(), 0.0))

    patient = settings.replace(attempts=6, wait_s=2.0)
    network = load_bbox(AREA.bounds, settings=patient, sleep=sleep)
    assert len(network.nodes) == 30
    assert waits[0] == 7
    # what is left until then: less than when it was asked for, no less than when it was waited
    assert left[1] <= waits[1] <= 40
    assert waits[2:] == [8, 1]  # 2 s doubled twice, then as asked
    assert naps == [0, 0] or not [nap for nap in naps if nap > 1]


def test_a_busy_geocoder_is_waited_for_too(services: Services, settings: LiveSettings) -> None:
    """The same patience holds for places."""
    services.faults = [busy(Retry_After="3")]
    waits: list[float] = []
    assert find_place(PLACE, settings=settings, sleep=waits.append).area > 0
    assert waits == [3]


def test_areas_beyond_the_limit_are_not_asked_for(
    services: Services, settings: LiveSettings
) -> None:
    """A country is refused before any service is troubled, with its size and the way out."""
    with pytest.raises(InputError, match=r"km².*--osm FILE"):
        load_bbox((-75.0, -40.0, -70.0, -30.0), settings=settings)
    assert services.queries == []


def test_settings_that_a_user_gave_to_osmnx_reach_the_services(
    services: Services, settings: LiveSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials of a private service, set the OSMnx way, go with every request."""
    monkeypatch.setattr(ox.settings, "requests_kwargs", {"auth": ("user", "secret")})
    load_bbox(AREA.bounds, settings=settings)
    assert services.credentials == ["Basic dXNlcjpzZWNyZXQ="] * 2


def test_patience_ends(services: Services, settings: LiveSettings) -> None:
    """Attempts are bounded, and so is the time that a service may ask to wait."""
    services.faults = [busy()] * 10
    waits: list[float] = []
    with pytest.raises(RemoteServiceError, match="attempt 3") as caught:
        load_bbox(AREA.bounds, settings=settings.replace(attempts=3), sleep=waits.append)
    assert len(waits) == 2
    assert services.url in str(caught.value)
    assert "--osm FILE" in str(caught.value)
    services.faults = [busy(Retry_After="86400")]
    with pytest.raises(RemoteServiceError, match="86400 s, beyond the limit"):
        load_bbox(AREA.bounds, settings=settings, sleep=waits.append)
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (cut_json, "half an answer"),
        (cut_connection, "closed the connection in the middle"),
        (lambda h: h.answer(500, "<p>out of disk</p>"), "HTTP 500 <p>out of disk</p>"),
        (lambda h: h.answer(200, ""), "half an answer"),
        (lambda h: h.answer(200, json.dumps(overpass([]))), "no road in this area"),
        (lambda h: h.answer(200, "[1, 2]"), "not OpenStreetMap data"),
        (lambda h: h.answer(200, '{"elements": [{"type": "node", "id": 1}]}'), "not OpenStreetMap"),
        (lambda h: h.answer(200, '{"elements": [{"type": "way", "id": 1}]}'), "not OpenStreetMap"),
        (with_road(tags={"highway": "primary", "lanes": 2}), "not OpenStreetMap"),
        (with_road(tags=["highway"]), "not OpenStreetMap"),
        (with_road(id=10**30), "not OpenStreetMap"),
        (with_road(type="node", lat=999, lon=0), "not OpenStreetMap"),
        (with_road(type="node", lat=float("nan"), lon=0), "not OpenStreetMap"),
        (
            lambda h: h.answer(200, json.dumps(overpass(
                h.server.data["roads"][20:],
                remark="runtime error: Query timed out in \"query\" at line 1 after 6 seconds.",
            ))),
            "gave up: runtime error: Query timed out",
        ),
        (
            lambda h: h.answer(200, json.dumps(overpass(h.server.data["roads"][3:]))),
            "3 of the roads' points are missing",
        ),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_refused_and_not_kept(
    services: Services, settings: LiveSettings, tmp_path: Path,
    fault: Callable[[Handler], None], message: str,
) -> None:  # fmt: skip
    """Each bad answer is one clear error, leaves nothing behind, and the next run is good."""
    cached = settings.replace(cache_folder=tmp_path / "cache")
    target = tmp_path / "roads.osm.pbf"
    services.faults = [fault]
    with pytest.raises(RemoteServiceError, match=message) as caught:
        download_area(AREA, target, settings=cached)
    assert f"{services.url}/api" in str(caught.value)
    assert "--osm FILE" in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert download_area(AREA, target, settings=cached)["ways"] == 13


def test_half_an_answer_about_turns_is_refused_too(
    services: Services, settings: LiveSettings, tmp_path: Path
) -> None:
    """Roads without their turn restrictions are not passed off as the whole."""
    services.faults = [
        lambda h: h.answer(200, json.dumps(overpass(h.server.data["roads"]))), cut_json,
    ]  # fmt: skip
    with pytest.raises(RemoteServiceError, match="half an answer"):
        download_area(AREA, tmp_path / "roads.osm.pbf", settings=settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        [1],
        {"elements": None},
        {"elements": [{"type": "relation", "id": 1, "members": [{"ref": 10}]}]},
        {"elements": [{"type": "relation", "id": 1, "members": [{"type": "x", "ref": 10}]}]},
        {"elements": [{"type": "relation", "id": 1, "members": [{"type": "way", "ref": 20}],
                       "tags": {"type": 1}}]},
    ],
)  # fmt: skip
def test_turns_of_another_shape_are_refused_too(
    services: Services, settings: LiveSettings, tmp_path: Path, answer: Any
) -> None:
    """An answer about turns that is not OpenStreetMap data is one clear error as well."""
    services.faults = [
        lambda h: h.answer(200, json.dumps(overpass(h.server.data["roads"]))),
        lambda h: h.answer(200, json.dumps(answer)),
    ]
    with pytest.raises(RemoteServiceError, match="not OpenStreetMap data"):
        download_area(AREA, tmp_path / "roads.osm.pbf", settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_a_time_out_is_named(services: Services, settings: LiveSettings) -> None:
    """A service that accepts and says nothing."""
    # more than requests: an answer may begin when nobody waits for it any more
    services.faults = [hang] * 4
    with pytest.raises(RemoteServiceError, match=r"no answer within 0\.2 s"):
        load_bbox(AREA.bounds, settings=settings.replace(timeout_s=0.2))
    with pytest.raises(RemoteServiceError, match=r"/search gave no answer.*nominatim_url"):
        load_place(PLACE, settings=settings.replace(timeout_s=0.2))


def test_a_service_that_is_not_there(settings: LiveSettings) -> None:
    """A closed port is said to be that."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # kept, so that nobody else takes it, and not listened at
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(RemoteServiceError, match="cannot be reached"):
            load_bbox(AREA.bounds, settings=settings.replace(overpass_url=url))


def test_places_that_cannot_be_outlined(services: Services, settings: LiveSettings) -> None:
    """An unknown place and one that is only a point are faults of the input, said so."""
    services.places = []
    with pytest.raises(InputError, match=r"Villa Prueba, Chile.*knows"):
        load_place(PLACE, settings=settings)
    services.places = [CANDIDATE | {"geojson": {"type": "Point", "coordinates": [-71.3, -29.9]}}]
    with pytest.raises(InputError, match="knows it only as Point"):
        load_place(PLACE, settings=settings)
    services.places = [{"importance": 1, "geojson": CANDIDATE["geojson"]}]
    with pytest.raises(RemoteServiceError, match="unusual"):
        load_place(PLACE, settings=settings)
    services.places = [CANDIDATE | {"geojson": None}]
    with pytest.raises(InputError, match="knows it only as nothing"):
        load_place(PLACE, settings=settings)
    for text in ('{"error": "blocked"}', "[null]", "[1]"):
        services.faults = [partial(Handler.answer, status=200, text=text)]
        with pytest.raises(RemoteServiceError, match="no list of places"):
            load_place(PLACE, settings=settings)


def test_an_outline_without_an_area_is_refused_and_not_kept(
    services: Services, settings: LiveSettings, tmp_path: Path
) -> None:
    """An empty polygon encloses no road; keeping it would spoil the next run."""
    services.places = [CANDIDATE | {"geojson": {"type": "Polygon", "coordinates": []}}]
    with pytest.raises(RemoteServiceError, match="without an area"):
        find_place(PLACE, settings=settings.replace(cache_folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_whole_globe_is_too_large(services: Services, settings: LiveSettings) -> None:
    """Its outline closes on itself, where formulas on the ellipsoid find no area."""
    globe = shapely.box(-180, -90, 180, 90)
    with pytest.raises(InputError, match=r"510,\d{3},\d{3} km²"):
        download_area(globe, Path("never.osm.pbf"), settings=settings)
    assert services.queries == []


def test_an_unavailable_service_that_says_when_to_return_is_waited_for(
    services: Services, settings: LiveSettings
) -> None:
    """HTTP 503 is a fault, but with Retry-After it is an appointment (RFC 9110, 15.6.4)."""
    waits: list[float] = []
    services.faults = [lambda h: h.answer(503, "", Retry_After="2")]
    assert load_bbox(AREA.bounds, settings=settings, sleep=waits.append).report["ways_read"] == 13
    assert waits == [2.0]
    services.faults = [lambda h: h.answer(503, "maintenance")]
    with pytest.raises(RemoteServiceError, match="HTTP 503 maintenance"):
        load_bbox(AREA.bounds, settings=settings, sleep=waits.append)


def test_outlines_that_cross_themselves_are_mended(
    services: Services, settings: LiveSettings
) -> None:
    """A figure of eight, as some boundaries are drawn, still gives an area."""
    eight = [[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]
    services.places = [CANDIDATE | {"geojson": {"type": "Polygon", "coordinates": [eight]}}]
    area = find_place(PLACE, settings=settings)
    assert area.is_valid
    assert area.area == pytest.approx(0.5)


def test_answers_are_kept_whole_and_found_again(
    services: Services, settings: LiveSettings, tmp_path: Path
) -> None:
    """With a cache folder the second load asks nobody and gives the same network."""
    cached = settings.replace(cache_folder=tmp_path / "cache")
    first = load_place(PLACE, settings=cached)
    asked = len(services.queries)
    services.faults = [busy(500)] * 5
    second = load_place(PLACE, settings=cached)
    assert len(services.queries) == asked
    assert second.edges.index.equals(first.edges.index)
    assert np.array_equal(second.arrays.length_m, first.arrays.length_m)
    assert second.report["live"]["from_cache"]
    assert not first.report["live"]["from_cache"]
    other = cached.replace(excluded_highways="footway")
    with pytest.raises(RemoteServiceError):
        load_place(PLACE, settings=other)  # another question is another entry


def test_a_new_study_keeps_the_roads_of_its_place(
    services: Services, settings: LiveSettings, tmp_path: Path
) -> None:
    """The study holds the file, turn restrictions included, and says where it is from."""
    folder = new_study(
        tmp_path / "villa", place=PLACE, country="CL", timezone="America/Santiago", live=settings
    )
    kept = read_osm(folder / "roads.osm.pbf", country="CL")
    direct = load_place(PLACE, settings=settings, country="CL")
    assert kept.edges.index.equals(direct.edges.index)
    assert kept.turn_restrictions == direct.turn_restrictions
    notes = read_config(folder).notes
    assert PLACE in notes
    assert services.url in notes
    assert "2026-10-01" in notes
    services.faults = [cut_json]
    with pytest.raises(RemoteServiceError):
        new_study(tmp_path / "other", place=PLACE, live=settings)
    assert [item.name for item in tmp_path.iterdir()] == ["villa"]


def test_osmnx_is_left_as_it_was(services: Services, settings: LiveSettings) -> None:
    """Global settings of OSMnx and name resolution survive success and failure."""
    before = {
        name: getattr(ox.settings, name) for name in dir(ox.settings) if not name.startswith("_")
    }
    resolve = socket.getaddrinfo
    load_place(PLACE, settings=settings)
    services.faults = [cut_json]
    with pytest.raises(RemoteServiceError):
        load_bbox(AREA.bounds, settings=settings)
    assert {name: getattr(ox.settings, name) for name in before} == before
    assert socket.getaddrinfo is resolve


def test_settings_come_from_the_table_and_are_checked() -> None:
    """Defaults are rows; overrides count; nonsense is refused by name."""
    defaults = Defaults({"live_services:attempts": 9})
    settings = LiveSettings.from_defaults(defaults, timeout_s=3.0)
    assert settings.attempts == 9
    assert "live_services:attempts" in settings.provenance
    assert "live_services:timeout_s" not in settings.provenance
    with pytest.raises(InputError, match="timeout_ms"):
        LiveSettings.from_defaults(timeout_ms=3)
    with pytest.raises(InputError) as caught:
        LiveSettings.from_defaults(timeout_s=0, overpass_url="overpass-api.de")
    assert {problem.field for problem in caught.value.problems} == {"timeout_s", "overpass_url"}
    with pytest.raises(InputError) as caught:
        LiveSettings.from_defaults(timeout_s="ten", wait_s=-1, attempts=float("nan"))
    wrong = {problem.field for problem in caught.value.problems}
    assert wrong == {"timeout_s", "wait_s", "attempts"}


def test_every_class_that_files_may_hold_is_asked_for() -> None:
    """The live filter leaves out no highway class that reading a file would keep."""
    classes = read_table("network_classes")
    drivable = set(classes.index[classes["value"] == "drivable"])
    excluded = set(LiveSettings.from_defaults().excluded_highways.split("|"))
    assert drivable
    assert not drivable & excluded

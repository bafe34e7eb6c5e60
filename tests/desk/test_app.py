"""The desk as a web application: who may ask, what, and what browsers are told."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import threading
import time
from typing import Any

import pytest

from geofleet.desk.app import host_names
from geofleet.desk.errors import StoppedError
from geofleet.desk.searcher import Here

HOSTILE = "</script><script>window.hacked = 1</script>"

SETTINGS = {"budget": {"budget": 1_000_000.0}, "battery": {"model": "best", "factor": 1.0}}
JSON = {"Content-Type": "application/json"}
_count = iter(range(1, 1000))


def call(
    served: Any, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Ask the server with headers as given; underscores in their names are hyphens."""
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=300)
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        named = JSON | named
    line.request(method, path, content, named)
    answer = line.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    line.close()
    return found


def ask(served: Any, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Send a question that is right but for the changes."""
    sent = {"client": "test", "seq": next(_count), "question": "budget",
            "settings": SETTINGS["budget"]}  # fmt: skip
    status, _, body = call(served, "POST", "/api/answer", sent | changes)
    return status, json.loads(body)


def test_the_page_runs_its_own_scripts_and_no_other(served: Any) -> None:
    """Every script of the page has its hash in the policy; no other host is named."""
    status, headers, body = call(served, "GET", "/")
    page, policy = body.decode("utf-8"), headers["content-security-policy"]
    assert status == 200
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == page.count("<script")
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline", policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert HOSTILE not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("path", ["/", "/api/scenarios", "/none"])
@pytest.mark.parametrize(
    "host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "10.0.0.1:{port}"]
)
def test_other_names_of_this_machine_are_refused(served: Any, path: str, host: str) -> None:
    """A name that another site leads here is no name of the desk."""
    status, headers, body = call(served, "GET", path, Host=host.format(port=served.port))
    assert status == 421
    assert "127.0.0.1" in json.loads(body)["error"]["es"]
    assert "access-control-allow-origin" not in headers


def test_local_names_are_answered(served: Any) -> None:
    """Localhost is this machine."""
    assert call(served, "GET", "/api/scenarios", Host=f"localhost:{served.port}")[0] == 200
    assert "localhost:80" in host_names("127.0.0.1", 80)
    assert host_names("10.1.2.3", 8808) == {"10.1.2.3:8808"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("Origin", "http://evil.example"), ("Origin", "null"), ("Origin", "https://127.0.0.1:{port}"),
     ("Origin", "http://127.0.0.1:1"), ("Sec_Fetch_Site", "cross-site"),
     ("Sec_Fetch_Site", "same-site")],
)  # fmt: skip
def test_other_sites_may_not_ask(served: Any, name: str, value: str) -> None:
    """Neither for answers nor for saving, whatever they send."""
    for path in ("/api/answer", "/api/scenarios"):
        headers = {name: value.format(port=served.port)}
        status, back, _ = call(served, "POST", path, {"name": "x"}, **headers)
        assert status == 403
        assert "access-control-allow-origin" not in back
    assert not (served.desk.folder / "scenarios").exists()


def test_its_own_page_may_ask(served: Any) -> None:
    """As a browser sends it."""
    sent = {"client": "own", "seq": 1, "question": "budget", "settings": SETTINGS["budget"]}
    status, _, _ = call(
        served, "POST", "/api/answer", sent, Origin=f"http://127.0.0.1:{served.port}",
        Sec_Fetch_Site="same-origin",
    )  # fmt: skip
    assert status == 200


def test_a_form_of_another_site_is_not_read(served: Any) -> None:
    """Only what cannot be sent across sites unasked is read."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        status, _, body = call(served, "POST", "/api/answer", b"{}", Content_Type=kind)
        assert status == 400
        assert "content-type" in json.loads(body)["error"]["en"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 30_000, b" " * 70_000, b"null"]
)
def test_what_is_no_request_is_told_so(served: Any, body: bytes) -> None:
    """One clear message, in both languages."""
    status, _, answer = call(served, "POST", "/api/answer", body)
    error = json.loads(answer)["error"]
    assert status == 400
    assert set(error) == {"en", "es"}


@pytest.mark.parametrize(
    "changes",
    [{"question": "weather"}, {"question": None}, {"settings": None}, {"settings": []},
     {"settings": {}}, {"settings": {"budget": -5}}, {"settings": {"budget": "1000000.0"}},
     {"settings": {"budget": True}}, {"settings": {"budget": [1]}}, {"settings": {"budget": {}}},
     {"settings": {"budget": 1_000_000.0, HOSTILE: 1}}, {"settings": {"budget": 1e999}},
     {"settings": {"budget": float("nan")}}, {"settings": {"budget": -1e308}},
     {"settings": {"budget": 10**400}}, {"settings": {"budget": "../../etc"}},
     {"client": ""}, {"seq": "1"}, {"seq": True}, {"seq": None}, {"seq": 1.5}],
)  # fmt: skip
def test_bad_parameters_are_refused(served: Any, changes: dict[str, Any]) -> None:
    """Nothing is computed, nothing breaks."""
    status, answer = ask(served, **changes)
    assert status == 400
    assert answer["error"]["es"]


def test_only_what_there_is_can_be_asked(served: Any) -> None:
    """Other ways and verbs."""
    assert call(served, "GET", "/../../etc/passwd")[0] == 404
    assert call(served, "GET", "/api/answer")[0] == 405
    assert call(served, "DELETE", "/api/scenarios")[0] == 405
    assert call(served, "OPTIONS", "/api/answer")[0] == 405
    status, headers, _ = call(served, "GET", "/favicon.ico")
    assert status == 404
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_budget_is_answered_at_once_and_then_better(served: Any) -> None:
    """The first answer is the ranking, the second the plan; each says which."""
    settings = {"budget": served.desk.question("budget").controls[0].options[2].value}
    status, first = ask(served, settings=settings)
    assert status == 200
    assert first["final"] is False
    assert "ranked" in first["status"]["en"]
    assert first["settings"] == settings
    assert {one["name"] for one in first["lines"]["streets"]} == {"avoided", "share"}
    _, best = ask(served, settings=settings, stage="full")
    assert best["final"] is True
    assert "best plan" in best["status"]["en"]
    assert ask(served, settings=settings)[1]["final"] is True


def test_older_questions_fall_away(served: Any) -> None:
    """A number below one that came before is answered by nothing."""
    assert ask(served, client="order", seq=9)[0] == 200
    status, answer = ask(served, client="order", seq=8)
    assert (status, answer["superseded"]) == (200, True)
    assert "facts" not in answer


def test_the_other_questions_answer(served: Any) -> None:
    """Hours and batteries, with figures and map."""
    hours = {"rule": "CENTRE-HOURS@1", "from": "22:00", "until": "07:00", "response": "after"}
    status, answer = ask(served, question="hours", settings=hours)
    assert status == 200
    assert len(answer["bars"]["before"]) == 24
    assert {one["name"] for one in answer["lines"]["streets"]} == {"change", "after"}
    status, answer = ask(served, question="battery", settings=SETTINGS["battery"], stage="full")
    assert status == 200
    assert answer["final"] is True
    assert [fact["before"] is not None for fact in answer["facts"]][:2] == [True, True]


def test_a_scenario_is_saved_into_the_study(served: Any) -> None:
    """With its figures; never outside of its folder, never twice."""
    sent = {"name": "by hand", "question": "budget", "settings": SETTINGS["budget"]}
    status, _, body = call(served, "POST", "/api/scenarios", sent)
    assert (status, json.loads(body)) == (200, {"file": "scenarios/by hand.json"})
    kept = json.loads((served.desk.folder / "scenarios" / "by hand.json").read_text("utf-8"))
    assert kept["settings"] == SETTINGS["budget"]
    assert kept["figures"][0]["after"]["es"]
    for name in ("by hand", "../out", "a/b", HOSTILE, 7):
        assert call(served, "POST", "/api/scenarios", sent | {"name": name})[0] == 400
    wrong = sent | {"name": "wrong", "settings": {"budget": 3}}
    assert call(served, "POST", "/api/scenarios", wrong)[0] == 400
    names = [path.name for path in (served.desk.folder / "scenarios").iterdir()]
    assert names == ["by hand.json"]
    listed = json.loads(call(served, "GET", "/api/scenarios")[2])
    assert [one["name"] for one in listed] == ["by hand"]
    (served.desk.folder / "scenarios" / "by hand.json").unlink()
    (served.desk.folder / "scenarios").rmdir()


def test_who_goes_away_is_not_worked_for(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is closed or loaded anew leaves no search behind that anybody must wait for."""
    began, ended = threading.Event(), threading.Event()

    def search(*_: Any, stop: Any) -> Any:
        began.set()
        while not stop():
            time.sleep(0.01)
        ended.set()
        raise StoppedError

    monkeypatch.setattr(Here, "__call__", lambda _, *given, stop: search(*given, stop=stop))
    settings = {"budget": served.desk.question("budget").controls[0].options[5].value}
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    sent = {"client": "gone", "seq": 1, "question": "budget", "settings": settings,
            "stage": "full"}  # fmt: skip
    line.request("POST", "/api/answer", json.dumps(sent).encode(), JSON)
    assert began.wait(30)
    line.close()
    assert ended.wait(30)


def test_newer_wishes_do_not_wait_for_older_searches(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slider is drawn over twenty places; the last has its first answer while a search runs."""
    began, let_go = threading.Event(), threading.Event()

    def search(*_: Any, stop: Any) -> Any:
        began.set()
        while not stop() and not let_go.is_set():
            time.sleep(0.01)
        raise StoppedError

    monkeypatch.setattr(Here, "__call__", lambda _, *given, stop: search(*given, stop=stop))
    options = served.desk.question("budget").controls[0].options[6:26]
    answers: list[dict[str, Any]] = []

    def full() -> None:
        answers.append(ask(served, client="drawn", seq=1, stage="full",
                           settings={"budget": options[0].value})[1])  # fmt: skip

    thread = threading.Thread(target=full)
    thread.start()
    assert began.wait(30)
    for number, option in enumerate(options, start=2):
        status, first = ask(served, client="drawn", seq=number, settings={"budget": option.value})
        assert status == 200
        assert first["settings"] == {"budget": option.value}
    thread.join(30)
    let_go.set()
    assert answers[0]["superseded"] is True

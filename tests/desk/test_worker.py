"""Threads that answer: the newest first, and older wishes fall away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from geofleet.desk import worker
from geofleet.desk.errors import StoppedError
from geofleet.desk.worker import Lane, Newest

LONG_S = 120.0
"""More than any of this takes on a busy machine; nothing waits for it to pass."""


def held() -> tuple[threading.Event, threading.Event, Callable[[], str]]:
    """Return work that begins, and waits to be let go."""
    began, go = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        go.wait(LONG_S)
        return "held"

    return began, go, work


def test_what_waits_is_replaced_by_what_is_newer() -> None:
    """Of three wishes that come while one is done, the last alone is done."""
    lane = Lane("test", Newest())
    began, go, work = held()
    first = lane.ask("page", 1, work)
    assert began.wait(LONG_S)
    second, third = lane.ask("page", 2, lambda: "second"), lane.ask("page", 3, lambda: "third")
    go.set()
    assert first.result(LONG_S) == "held"
    with pytest.raises(StoppedError):
        second.result(LONG_S)
    assert third.result(LONG_S) == "third"
    with pytest.raises(StoppedError):
        lane.ask("page", 2, lambda: "late").result(LONG_S)
    lane.close()
    assert lane.ended(LONG_S)


def test_pages_do_not_push_each_other_out() -> None:
    """Two pages wait for the same thread; both are served, in turn."""
    lane = Lane("test", Newest())
    began, go, work = held()
    lane.ask("one", 1, work)
    assert began.wait(LONG_S)
    waiting = [lane.ask("one", 2, lambda: "one"), lane.ask("two", 1, lambda: "two")]
    go.set()
    assert [future.result(LONG_S) for future in waiting] == ["one", "two"]
    lane.close()


def test_a_newer_wish_in_one_lane_outdates_the_other() -> None:
    """The slow answer asks whether anybody still wants it."""
    newest = Newest()
    quick, slow = Lane("quick", newest), Lane("slow", newest)
    began, seen = threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        while not newest.outdated("page", 1):
            time.sleep(0.005)
        seen.set()
        raise StoppedError

    future = slow.ask("page", 1, work)
    assert began.wait(LONG_S)
    assert quick.ask("page", 2, lambda: "new").result(LONG_S) == "new"
    assert seen.wait(LONG_S)
    with pytest.raises(StoppedError):
        future.result(LONG_S)
    quick.close()
    slow.close()


def test_errors_reach_whoever_asked_and_the_thread_goes_on() -> None:
    """One wish that fails takes no other with it."""
    lane = Lane("test", Newest())

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lane.ask("page", 1, fails).result(LONG_S)
    assert lane.ask("page", 2, lambda: 4).result(LONG_S) == 4
    lane.close()


def test_idle_time_is_used_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done one by one while nobody asks."""
    monkeypatch.setattr(worker, "_QUIET_S", 0.02)
    done: list[int] = []
    lane = Lane(
        "test", Newest(), idle=lambda: (lambda: done.append(len(done))) if len(done) < 3 else None
    )
    time.sleep(0.2)
    assert done == []  # nobody has asked for anything
    assert lane.ask("page", 1, lambda: "asked").result(LONG_S) == "asked"
    deadline = time.monotonic() + LONG_S
    while len(done) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done == [0, 1, 2]
    lane.close()
    assert lane.ended(LONG_S)


def test_work_that_fails_unasked_is_told_once_and_not_tried_forever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the fault, the lane goes on answering."""
    monkeypatch.setattr(worker, "_QUIET_S", 0.02)
    tried: list[int] = []

    def job() -> None:
        tried.append(len(tried))
        raise ValueError("no such plan")

    lane = Lane("test", Newest(), idle=lambda: job)
    lane.ask("page", 0, lambda: "first").result(LONG_S)
    deadline = time.monotonic() + LONG_S
    while not tried and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)  # five times as long as it is quiet before something unasked is done
    assert lane.ask("page", 1, lambda: "still here").result(LONG_S) == "still here"
    lane.close()
    assert lane.ended(LONG_S)
    assert tried == [0]
    assert "no such plan" in caplog.text


def test_a_closed_lane_takes_nothing_more() -> None:
    """What waits falls, what comes is refused."""
    lane = Lane("test", Newest())
    began, go, work = held()
    lane.ask("page", 1, work)
    assert began.wait(LONG_S)
    waiting = lane.ask("other", 1, lambda: "never")
    lane.close()
    go.set()
    with pytest.raises(StoppedError):
        waiting.result(LONG_S)
    with pytest.raises(StoppedError):
        lane.ask("page", 2, lambda: "never").result(LONG_S)
    assert lane.ended(LONG_S)


def test_pages_long_gone_are_forgotten() -> None:
    """The list of pages does not grow without end."""
    newest = Newest()
    for number in range(1000):
        newest.note(f"page {number}", 7)
    assert not newest.outdated("page 0", 1)
    assert newest.outdated("page 999", 6)
    assert len(newest._numbers) == 200

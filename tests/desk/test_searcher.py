"""Searches in other processes: ended when nobody waits and they are needed, never in the way."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from geofleet.desk.errors import StoppedError
from geofleet.desk.searcher import Here, Searcher

LONG_S = 600.0
"""Much more than it takes to start a process, however busy the machine."""


@pytest.fixture
def searcher() -> Iterator[Searcher]:
    """An engine that takes as long as it is told to, in one process at a time."""
    make = partial(
        SimpleNamespace, sleep=time.sleep, root=math.sqrt, end=os._exit, read=Path.read_text
    )
    made = Searcher(make, processes=1)
    yield made
    made.close()


def never() -> bool:
    return False


def after(seconds: float) -> partial[bool]:
    """Return a question that says yes once some time is over."""
    began = time.monotonic()
    return partial(lambda: time.monotonic() - began > seconds)


def gone(process: int) -> bool:
    """Say whether a process ends."""
    until = time.monotonic() + LONG_S / 2
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_another_process_answers(searcher: Searcher) -> None:
    """What was found once is known from then on."""
    assert searcher("root", 9.0, stop=never) == 3.0
    process = searcher.processes[0]
    assert process != os.getpid()
    assert searcher("root", 16.0, stop=never) == 4.0
    assert searcher.processes == (process,)
    searcher.close()
    assert gone(process)
    with pytest.raises(StoppedError):
        searcher("root", 25.0, stop=never)


def test_a_search_that_nobody_waits_for_is_ended_when_its_process_is_needed(
    searcher: Searcher,
) -> None:
    """A minute of work does not keep what is newer waiting."""
    searcher.warm()
    assert searcher("root", 1.0, stop=never) == 1.0
    began = time.monotonic()
    with pytest.raises(StoppedError):
        searcher("sleep", LONG_S, stop=after(0.2))
    busy = searcher.processes[0]
    assert searcher("root", 4.0, stop=never) == 2.0
    assert time.monotonic() - began < LONG_S / 2
    assert gone(busy)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_not_waited_for_is_kept_where_it_comes_to_its_end(
    searcher: Searcher, tmp_path: Path
) -> None:
    """Who comes back to it later has it at once."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    asked = iter([False, False, True])
    with pytest.raises(StoppedError):  # nothing comes out before something is put in
        searcher("read", pipe, stop=lambda: next(asked))
    pipe.write_text("found", encoding="utf-8")
    assert searcher("read", pipe, stop=never) == "found"
    assert searcher("read", pipe, stop=never) == "found"
    assert ("read", pipe) in searcher._kept


def test_faults_are_told_and_the_process_goes_on(
    searcher: Searcher, capfd: pytest.CaptureFixture[str]
) -> None:
    """A search that fails, and a process that ends in the middle of one."""
    with pytest.raises(RuntimeError, match="ValueError"):
        searcher("root", -1.0, stop=never)
    assert "math" in capfd.readouterr().err
    assert searcher("root", 0.0, stop=never) == 0.0
    with pytest.raises(RuntimeError, match="has ended"):
        searcher("end", 3, stop=never)
    assert searcher("root", 1.0, stop=never) == 1.0


def test_in_this_process_it_is_asked_once_before() -> None:
    """It cannot be ended, but need not be begun."""
    here = Here(SimpleNamespace(root=math.sqrt))
    assert here("root", 9.0, stop=never) == 3.0
    with pytest.raises(StoppedError):
        here("root", 9.0, stop=lambda: True)
    here.warm()
    here.close()

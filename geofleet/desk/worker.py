"""Threads that answer: the newest of what is asked comes first, and older things fall away."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from geofleet.desk.errors import StoppedError

__all__ = ["Lane", "Newest"]

_LOG = logging.getLogger(__name__)

_CLIENTS = 200
_QUIET_S = 1.5


class Newest:
    """The highest number that each page has asked with; pages that are long gone are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._last = time.monotonic()
        self.asked = 0

    def note(self, client: str, number: int) -> bool:
        """Note a request; return whether none newer is known of its page."""
        with self._lock:
            self._last = time.monotonic()
            self.asked += 1
            known = self._numbers.pop(client, -1)
            self._numbers[client] = max(known, number)
            while len(self._numbers) > _CLIENTS:
                self._numbers.popitem(last=False)
            return number >= known

    def outdated(self, client: str, number: int) -> bool:
        """Say whether the page of a request has asked for something newer."""
        with self._lock:
            return self._numbers.get(client, number) > number

    @property
    def quiet_s(self) -> float:
        """Seconds since anything was asked."""
        with self._lock:
            return time.monotonic() - self._last


class Lane:
    """Threads that do what is asked, the first of them something useful while nobody asks.

    Parameters
    ----------
    name
        Of the thread.
    newest
        Shared by lanes that serve the same pages.
    idle
        Gives something to do while all is quiet; None: nothing more until somebody asks again.
    threads
        How many pages are answered at once.
    """

    def __init__(
        self,
        name: str,
        newest: Newest,
        *,
        idle: Callable[[], Callable[[], object] | None] | None = None,
        threads: int = 1,
    ) -> None:
        self._newest, self._idle = newest, idle
        self._wake = threading.Condition()
        self._waiting: OrderedDict[str, tuple[int, Callable[[], Any], Future[Any]]] = OrderedDict()
        self._closed = False
        self._rested = 0
        self._threads = [
            threading.Thread(target=self._run, args=(number == 0,), name=name, daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, client: str, number: int, work: Callable[[], Any]) -> Future[Any]:
        """Return the future of some work; it fails with StoppedError once something newer comes.

        Parameters
        ----------
        client, number
            Page that asks, and its count of requests.
        """
        future: Future[Any] = Future()
        fresh = self._newest.note(client, number)
        with self._wake:
            before = self._waiting.pop(client, None)
            if before is not None and before[0] > number:
                self._waiting[client], before = before, None
                fresh = False
            if before is not None:
                _fail(before[2])
            if not fresh or self._closed:
                _fail(future)
            else:
                self._waiting[client] = (number, work, future)
                self._wake.notify()
        return future

    def close(self) -> None:
        """Take no more work and let what waits fall."""
        with self._wake:
            self._closed = True
            for _, _, future in self._waiting.values():
                _fail(future)
            self._waiting.clear()
            self._wake.notify_all()

    def ended(self, within_s: float) -> bool:
        """Wait for what is being done after :meth:`close`; return whether it came to its end."""
        last = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, last - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, first: bool) -> None:
        while True:
            client, number, work, future = "", 0, None, None
            with self._wake:
                if not self._waiting and not self._closed:
                    self._wake.wait(_QUIET_S if first and self._idle is not None else None)
                if self._closed:
                    return
                if self._waiting:
                    client, (number, work, future) = self._waiting.popitem(last=False)
            if work is None or future is None:
                if first:
                    self._use_the_time()
            elif self._newest.outdated(client, number):
                _fail(future)
            else:
                _do(work, future)

    def _use_the_time(self) -> None:
        asked = self._newest.asked
        # nothing is worked out before somebody asks, nor again for the same wish
        if self._idle is None or asked == self._rested or self._newest.quiet_s < _QUIET_S:
            return
        job = self._idle()
        if job is None:
            self._rested = asked
            return
        try:
            job()
        except StoppedError:  # somebody asks
            pass
        except Exception:
            # nobody waits for it, and whoever asks for it will be told: it is not tried forever
            _LOG.exception("work of a quiet time failed; there is no more of it")
            self._idle = None


def _do(work: Callable[[], Any], future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        found = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(found)


def _fail(future: Future[Any]) -> None:
    if future.set_running_or_notify_cancel():
        future.set_exception(StoppedError())

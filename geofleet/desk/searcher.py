"""Searches in processes of their own, so that one that nobody waits for any more can be ended.

A solver or a compiled kernel cannot be told to stop. What takes seconds is therefore done by
another process that holds the same study; when its process is needed for something newer, it ends.
"""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from geofleet.desk.errors import StoppedError

__all__ = ["Here", "Search", "Searcher"]

_LOG = logging.getLogger(__name__)

_POLL_S = 0.05
_KEPT = 64
_BEGIN = "import sys; sys.path[:] = {path!r}; from geofleet.desk.child import main; main()"


class Search(Protocol):
    """Something that does slow work of an :class:`geofleet.desk.engine.Engine`."""

    def __call__(self, name: str, *given: Any, stop: Callable[[], bool]) -> Any:
        """Return what the method of a name gives; ``stop`` is asked whether anybody still waits.

        Raises
        ------
        StoppedError
            ``stop`` said so.
        """
        ...

    def warm(self) -> None:
        """Begin with what the first work needs."""
        ...

    def close(self) -> None:
        """End all of it."""
        ...


class Here:
    """Does slow work in this process, where it cannot be ended.

    Parameters
    ----------
    engine
        Whose methods are asked.
    """

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def __call__(self, name: str, *given: Any, stop: Callable[[], bool]) -> Any:
        """Return what the method gives."""
        if stop():
            raise StoppedError
        return getattr(self.engine, name)(*given)

    def warm(self) -> None:
        """Nothing needs to be begun."""

    def close(self) -> None:
        """Nothing is left open."""


class _Job:
    def __init__(self, key: tuple[Any, ...]) -> None:
        self.key = key
        self.done = threading.Event()
        self.waiting = 0
        self.result: Any = None
        self.error: BaseException | None = None

    def end(self, result: Any = None, error: BaseException | None = None) -> None:
        self.result, self.error = result, error
        self.done.set()


class Searcher:
    """Does slow work in other processes of this machine.

    What was asked for and is not waited for any more goes on while there is nothing else to do, and
    its result is kept; as soon as its process is needed, it ends.

    Parameters
    ----------
    make
        Gives something with methods, as :class:`geofleet.desk.engine.Engine`; sent to each process
        and called there.
    processes
        How many there may be at once.
    """

    def __init__(self, make: Callable[[], Any], *, processes: int = 2) -> None:
        self.make, self._most = make, processes
        self._wake = threading.Condition()
        self._children: list[_Child] = []
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._closed = False

    def warm(self) -> None:
        """Start a process before it is needed."""
        with self._wake:
            if not self._children and not self._closed:
                self._children.append(_Child(self))

    @property
    def processes(self) -> tuple[int, ...]:
        """Their ids, oldest first."""
        with self._wake:
            return tuple(one.process.pid for one in self._children if one.process is not None)

    def __call__(self, name: str, *given: Any, stop: Callable[[], bool]) -> Any:
        """Return what the method gives; see :class:`Search`."""
        job = self._job((name, *given), stop)
        while not job.done.wait(_POLL_S):
            if stop():
                with self._wake:
                    job.waiting -= 1
                    self._wake.notify_all()
                raise StoppedError
        with self._wake:
            job.waiting -= 1
        if job.error is not None:
            raise job.error
        return job.result

    def close(self) -> None:
        """End all processes."""
        with self._wake:
            self._closed = True
            children, self._children = self._children, []
            self._wake.notify_all()
        for child in children:
            child.end()

    def _job(self, key: tuple[Any, ...], stop: Callable[[], bool]) -> _Job:
        """Return the job of what is asked, given to a process; wait while none can be had."""
        with self._wake:
            while True:
                if self._closed or stop():
                    raise StoppedError
                job = self._known(key)
                if job is None:
                    child = self._free()
                    if child is not None:
                        job = _Job(key)
                        child.take(job)
                if job is not None:
                    job.waiting += 1
                    return job
                self._wake.wait(_POLL_S)

    def _known(self, key: tuple[Any, ...]) -> _Job | None:
        """Return the job of something that is known, or being worked out."""
        if key in self._kept:
            job = _Job(key)
            job.end(self._kept[key])
            return job
        for child in self._children:
            if child.job is not None and child.job.key == key:
                return child.job
        return None

    def _free(self) -> _Child | None:
        """Return a process that has nothing to do, if need be one that had nothing of use to do."""
        idle = [child for child in self._children if child.job is None]
        if idle:
            return idle[0]
        if len(self._children) >= self._most:
            vain = [child for child in self._children if child.job and not child.job.waiting]
            if not vain:
                return None
            self._children.remove(vain[0])
            vain[0].end()
        made = _Child(self)
        self._children.append(made)
        return made

    def _ended(self, child: _Child, job: _Job, result: Any, error: BaseException | None) -> None:
        """Note what a process has found."""
        with self._wake:
            if error is None:
                self._kept[job.key] = result
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            child.job = None
            job.end(result, error)
            self._wake.notify_all()

    def _lost(self, child: _Child) -> None:
        """Note that a process has ended; what it was at is not worked out by it any more."""
        with self._wake:
            if child in self._children:
                self._children.remove(child)
            job, child.job = child.job, None
            if job is not None:
                job.end(error=RuntimeError("the process of a search has ended"))
            self._wake.notify_all()


class _Child:
    """One process, and the thread that talks with it."""

    def __init__(self, owner: Searcher) -> None:
        self.job: _Job | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._owner = owner
        self._ending = False
        self._given = threading.Condition()
        self._next: _Job | None = None
        self._thread = threading.Thread(target=self._talk, name="desk-search", daemon=True)
        self._thread.start()

    def take(self, job: _Job) -> None:
        self.job = job
        with self._given:
            self._next = job
            self._given.notify()

    def end(self) -> None:
        """End the process at once, whatever it is at."""
        with self._given:
            self._ending = True
            if self.process is not None:
                with suppress(OSError):
                    self.process.kill()
            self._given.notify()

    def _talk(self) -> None:
        try:
            self._start()
            while (job := self._wait()) is not None:
                self._do(job)
        except (OSError, EOFError, pickle.PickleError):
            if not self._ending:
                _LOG.exception("the process of a search has ended")
        finally:
            self._owner._lost(self)
            process = self.process
            if process is not None:
                with suppress(OSError):
                    process.kill()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        with suppress(OSError):
                            pipe.close()
                process.wait()

    def _start(self) -> None:
        with self._given:
            if self._ending:
                return
            self.process = subprocess.Popen(
                [sys.executable, "-c", _BEGIN.format(path=sys.path)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        self._send(self._owner.make)

    def _send(self, content: Any) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        pickle.dump(content, self.process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
        self.process.stdin.flush()

    def _wait(self) -> _Job | None:
        with self._given:
            while self._next is None and not self._ending:
                self._given.wait()
            job, self._next = self._next, None
            return None if self._ending else job

    def _do(self, job: _Job) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        self._send(job.key)
        result, error = pickle.load(self.process.stdout)  # our own process, started by us
        self._owner._ended(self, job, result, error)

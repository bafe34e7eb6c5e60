"""The other process of a desk: it holds the study, is asked one thing at a time, and may be ended.

It is started by :class:`geofleet.desk.searcher.Searcher` and talks with it alone: pickles of the
program itself, over pipes that nobody else can write to.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Any

__all__ = ["answer_all", "main"]

_LOG = logging.getLogger(__name__)
_LOOK_S = 1.0
_NICE = 5


def main() -> None:
    """Read what makes an engine, then answer until nothing more can be asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the desk, which ends this
    with suppress(OSError, AttributeError):
        os.nice(_NICE)  # first answers go before
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    asked = sys.stdin.buffer
    told = os.fdopen(os.dup(1), "wb")
    # solvers print what nobody asked for
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with suppress(EOFError, BrokenPipeError):
        answer_all(asked, told)
    os._exit(0)


def answer_all(asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer what comes, one after the other.

    Raises
    ------
    EOFError
        Nothing more can come.
    """
    engine = pickle.load(asked)()
    while True:
        name, *given = pickle.load(asked)
        told.write(_answer(engine, name, given))
        told.flush()


def _answer(engine: Any, name: str, given: list[Any]) -> bytes:
    try:
        found: tuple[Any, BaseException | None] = (getattr(engine, name)(*given), None)
    except Exception as error:
        _LOG.exception("a search failed")
        found = (None, RuntimeError(f"{type(error).__name__}: {error}"))
    return pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL)


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, whatever a solver is at."""
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(0)

"""Serve a desk on this machine until it is told to end."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from geofleet.errors import InputError, Problem

if TYPE_CHECKING:
    from geofleet.desk.planner import Desk

__all__ = ["bound", "check_installed", "is_loopback", "run_server"]

_GRACE_S = 2
_WAITING = 64


def check_installed() -> None:
    """Refuse to begin without what serves pages.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        import starlette
        import uvicorn
    except ImportError as error:
        expected = "the extra desk: pip install 'geofleet[desk]'"
        raise InputError([Problem("desk", "", 0, str(error.name), expected)]) from None
    del starlette, uvicorn


def is_loopback(host: str) -> bool:
    """Say whether an address can be reached from this machine alone."""
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that holds an address; port 0 takes any that is free.

    Raises
    ------
    InputError
        The address is taken, or is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        reason = getattr(error, "strerror", None) or str(error)
        expected = f"an address of this machine and a port that is free ({reason})"
        raise InputError([Problem("desk", "host, port", 0, f"{host}:{port}", expected)]) from None
    return found


def run_server(
    desk: Desk,
    listening: socket.socket,
    *,
    host: str = "127.0.0.1",
    language: str = "en",
    ready: Callable[[str], None] = lambda _: None,
) -> bool:
    """Answer at a socket until Ctrl-C.

    Parameters
    ----------
    desk
        What is asked.
    listening
        As from :func:`bound`.
    host
        That it was bound to.
    ready
        Called with the address of the page once it can be opened.

    Returns
    -------
    bool
        Whether all threads ended. Where a search was still running the process must end without
        ado (``os._exit``), for compiled threads cannot be told to stop.
    """
    import uvicorn

    from geofleet.desk.app import desk_app

    port = int(listening.getsockname()[1])
    every = host in ("0.0.0.0", "::")
    app = desk_app(desk, host, port, any_address=every, language=language)
    settings = uvicorn.Config(
        app.asgi, lifespan="off", log_level="warning", server_header=False, date_header=True,
        timeout_graceful_shutdown=_GRACE_S, access_log=False, proxy_headers=False,
    )  # fmt: skip
    shown = "127.0.0.1" if every else f"[{host}]" if ":" in host else host
    desk.search.warm()
    try:
        listening.listen(_WAITING)  # who comes before the server stands waits, and is not refused
        ready(f"http://{shown}:{port}/")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(settings).run(sockets=[listening])
    finally:
        ended = app.close()
        listening.close()
    return ended

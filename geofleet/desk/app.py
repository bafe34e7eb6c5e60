"""The desk as a web application for one machine: one page, its answers, its saved scenarios."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geofleet.desk.errors import AskedError, StoppedError
from geofleet.desk.page import content_policy, desk_page
from geofleet.desk.planner import Desk
from geofleet.desk.scenarios import read_scenarios, save_scenario
from geofleet.desk.worker import Lane, Newest
from geofleet.maps.elements import to_script
from geofleet.wording import Text, say

__all__ = ["DeskApp", "desk_app", "host_names"]

_LOG = logging.getLogger(__name__)
_LARGEST_BYTES = 64 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin", "cache-control": "no-store",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_NAME = 100
_AT_ONCE = 2
"""Pages whose better answers are worked out at once."""
_ASKED_S = 0.5
_LOOK_S = 0.5


def host_names(host: str, port: int) -> frozenset[str]:
    """Return what browsers may call a desk in the header Host.

    Parameters
    ----------
    host
        That it listens on.
    port
        Likewise.

    Notes
    -----
    A page of another site can make its own name lead to this machine, but it cannot change what
    the browser then sends as Host: only names of this machine are answered. On all addresses of a
    machine any address in numbers is one, since no site can pass for a number.
    """
    shown = f"[{host}]" if ":" in host else host
    names = {shown, *_LOOPBACK} if host in ("127.0.0.1", "localhost", "::1") else {shown}
    return frozenset(f"{name}:{port}" for name in names) | (
        frozenset(names) if port == 80 else frozenset()
    )


class DeskApp:
    """The application, the threads that answer for it, and how to end both.

    Parameters
    ----------
    desk
        What is asked.
    hosts
        As from :func:`host_names`.
    any_address
        Whether any address in numbers may stand for this machine.
    language
        The one that the page shows first.
    """

    def __init__(
        self,
        desk: Desk,
        hosts: Collection[str],
        *,
        any_address: bool = False,
        language: str = "en",
    ) -> None:
        self.desk = desk
        self._page = desk_page(desk, language=language).encode("utf-8")
        self._policy = content_policy(self._page.decode("utf-8"))
        self._closing = False
        newest = Newest()
        self._quick = Lane("desk-quick", newest)
        self._full = Lane("desk-full", newest, idle=self._idle, threads=_AT_ONCE)
        self._newest = newest
        routes = [
            Route("/", self._show, methods=["GET"]),
            Route("/api/answer", self._answer, methods=["POST"]),
            Route("/api/scenarios", self._scenarios, methods=["GET"]),
            Route("/api/scenarios", self._save, methods=["POST"]),
        ]
        inner = Starlette(routes=routes)
        self.asgi: ASGIApp = _Guard(inner, frozenset(hosts), any_address=any_address)

    def close(self, *, within_s: float = 5.0) -> bool:
        """End the threads and searches; return whether what they were at ended in time."""
        self._closing = True
        self._quick.close()
        self._full.close()
        self.desk.search.close()
        return self._quick.ended(within_s) and self._full.ended(within_s)

    def _idle(self) -> Callable[[], object] | None:
        """Return something worth working out until somebody asks."""
        return self.desk.idle(lambda: self._closing or self._newest.quiet_s < _ASKED_S)

    async def _show(self, request: Request) -> Response:
        del request
        headers = {"content-security-policy": self._policy}
        return Response(self._page, media_type="text/html; charset=utf-8", headers=headers)

    async def _answer(self, request: Request) -> Response:
        try:
            asked = await _sent(request)
            client, number = str(asked.get("client", ""))[:_NAME], asked.get("seq")
            if not client or not isinstance(number, int) or isinstance(number, bool):
                raise AskedError(say("desk.bad_request", what="client, seq"))
            whole = asked.get("stage", "quick") == "full"
            name, settings = str(asked.get("question")), asked.get("settings")
            work = self._work(name, settings, client, number, whole=whole)
            lane = self._full if whole else self._quick
            answer = asyncio.wrap_future(lane.ask(client, number, work))
            while not (await asyncio.wait({answer}, timeout=_LOOK_S))[0]:
                if await request.is_disconnected():  # nobody waits for it any more
                    self._newest.note(client, number + 1)
                    answer.cancel()
                    return Response(status_code=400)
            return _json(answer.result())
        except AskedError as error:
            return _refused(error.message, 400)
        except StoppedError:
            # nothing went wrong, so browsers shall not log an error
            return _json(to_script({"superseded": True, "message": say("desk.superseded")}))
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            _LOG.exception("a question could not be answered")
            return _refused(say("desk.broken"), 500)

    def _work(
        self, name: str, settings: Any, client: str, number: int, *, whole: bool
    ) -> Callable[[], str]:
        desk = self.desk

        def work() -> str:
            if not whole:
                return desk.text(name, desk.quick(name, settings))

            def stop() -> bool:
                return self._closing or self._newest.outdated(client, number)

            return desk.text(name, desk.full(name, settings, stop=stop))

        return work

    async def _scenarios(self, request: Request) -> Response:
        del request
        return _json(to_script(read_scenarios(self.desk.folder)))

    async def _save(self, request: Request) -> Response:
        try:
            asked = await _sent(request)
            name, settings = str(asked.get("question")), asked.get("settings")
            title: Any = asked.get("name")
            work = self._kept(name, settings, title)
            return _json(await asyncio.to_thread(work))
        except AskedError as error:
            return _refused(error.message, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        except OSError as error:
            _LOG.warning("a scenario could not be saved: %s", error)
            return _refused(say("desk.failed", reason=error.strerror or str(error)), 500)

    def _kept(self, name: str, settings: Any, title: Any) -> Callable[[], str]:
        desk = self.desk

        def work() -> str:
            answer = desk.quick(name, settings)
            path = save_scenario(desk.folder, title, {
                "study": desk.results.config.name, "question": name,
                "settings": dict(answer.settings), "final": answer.final,
                "status": dict(answer.status),
                "figures": [{
                    "label": dict(one.label), "after": dict(one.after),
                    "before": None if one.before is None else dict(one.before),
                    "note": None if one.note is None else dict(one.note),
                } for one in answer.facts],
            })  # fmt: skip
            return to_script({"file": f"{path.parent.name}/{path.name}"})

        return work


def desk_app(desk: Desk, host: str = "127.0.0.1", port: int = 8808, **options: Any) -> DeskApp:
    """Return the application of a desk that listens at an address."""
    return DeskApp(desk, host_names(host, port), **options)


async def _sent(request: Request) -> Mapping[str, Any]:
    """Return the JSON object that a request holds.

    Raises
    ------
    AskedError
        Another kind of content, too much of it, or no object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # what a form of another site cannot send unasked
        raise AskedError(say("desk.bad_request", what="content-type: application/json"))
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_BYTES:
            raise AskedError(say("desk.bad_request", what=f"> {_LARGEST_BYTES} bytes"))
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise AskedError(say("desk.bad_request", what="JSON")) from None
    if not isinstance(asked, Mapping):
        raise AskedError(say("desk.bad_request", what="{…}"))
    return asked


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")


def _refused(message: Text, status: int) -> Response:
    body = json.dumps({"error": dict(message)}, ensure_ascii=False)
    return Response(body, status_code=status, media_type="application/json")


class _Guard:
    """Answers this machine's own page only, and adds what keeps browsers strict."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], *, any_address: bool) -> None:
        self._app, self._hosts, self._any = app, hosts, any_address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def strict(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                names = {name.lower() for name, _ in headers}
                extra = {**_HEADERS, "content-security-policy": _NOTHING}
                headers += [
                    (name.encode("ascii"), value.encode("ascii"))
                    for name, value in extra.items() if name.encode("ascii") not in names
                ]  # fmt: skip
                message = {**message, "headers": headers}
            await send(message)

        refused = self._refused(scope)
        await (refused or self._app)(scope, receive, strict)

    def _refused(self, scope: Scope) -> Response | None:
        found: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        host = found.get("host", [])
        if len(host) != 1 or not self._ours(host[0].lower()):
            shown = ", ".join(sorted(self._hosts))
            return _refused(say("desk.bad_host", host=shown), 421)
        origins = found.get("origin", [])
        if any(origin.lower() != f"http://{host[0].lower()}" for origin in origins):
            return _refused(say("desk.bad_origin"), 403)
        site = found.get("sec-fetch-site", ["same-origin"])
        asks = scope["path"].startswith("/api/")
        if any(one not in ("same-origin", "none") for one in site) and (
            asks or scope["method"] != "GET"
        ):
            return _refused(say("desk.bad_origin"), 403)
        return None

    def _ours(self, host: str) -> bool:
        if host in self._hosts:
            return True
        if not self._any:
            return False
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name == "localhost"
        return True

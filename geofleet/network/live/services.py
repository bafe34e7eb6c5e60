"""The remote map services: their settings, and answers that are whole or refused.

OSMnx sends the requests. Two of its habits do not suit a tool that others build on, and are
contained here without touching its private functions:

- its settings are global to the process: :func:`osmnx_session` sets them under a lock and puts
  them (and ``socket.getaddrinfo``, which OSMnx replaces) back;
- it waits 55 s on a busy service, without end, and may keep answers that are not whole. Its public
  setting ``requests_kwargs`` hands a response hook to requests: :class:`Guard` sees each answer
  first, waits as the service asks, a bounded number of times, and refuses what is not whole.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import osmnx as ox
import requests
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from geofleet import __version__
from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem, RemoteServiceError

__all__ = ["Guard", "LiveSettings", "osmnx_session"]

log = logging.getLogger(__name__)

_BUSY = (429, 504)
_UNAVAILABLE = 503
_TABLE = "live_services"
_LOCK = threading.RLock()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """Which services to ask, and how patiently.

    Make one with :meth:`from_defaults`; the fields are the rows of table ``live_services``.

    Parameters
    ----------
    overpass_url, nominatim_url
        Addresses, without ``/interpreter`` and ``/search``.
    timeout_s
        Longest wait for one answer.
    attempts
        How often one request is sent to a busy service.
    wait_s
        First wait when a busy service names none.
    deadline_s
        No waiting for a busy service beyond this time since loading began.
    max_query_area_km2
        Larger areas are asked for in parts.
    max_area_km2
        Larger areas are not asked for at all: a downloaded extract serves everybody better.
    excluded_highways
        ``highway`` values not asked for, joined by ``|``.
    cache_folder
        Where whole answers are kept and found again; None keeps nothing.
    provenance
        Default rows used.
    """

    overpass_url: str
    nominatim_url: str
    timeout_s: float
    attempts: int
    wait_s: float
    deadline_s: float
    max_query_area_km2: float
    max_area_km2: float
    excluded_highways: str
    cache_folder: Path | None = None
    provenance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = [
            Problem("live settings", name, value=str(getattr(self, name)), expected="more than 0")
            for name in ("timeout_s", "attempts", "max_query_area_km2", "max_area_km2")
            if not _number(getattr(self, name)) > 0
        ]
        problems += [
            Problem("live settings", name, value=str(getattr(self, name)), expected="at least 0")
            for name in ("wait_s", "deadline_s")
            if not _number(getattr(self, name)) >= 0
        ]
        problems += [
            Problem("live settings", name, value=str(getattr(self, name)),
                    expected="an address like https://example.org/api")
            for name in ("overpass_url", "nominatim_url")
            if not str(getattr(self, name)).startswith(("http://", "https://"))
        ]  # fmt: skip
        if problems:
            raise InputError(problems)

    @classmethod
    def from_defaults(cls, defaults: Defaults | None = None, **changes: Any) -> LiveSettings:
        """Return the settings of the table, some of them changed.

        Raises
        ------
        InputError
            A setting that does not exist, or a value that makes no sense.
        """
        known = {field.name for field in fields(cls)} - {"provenance"}
        unknown = sorted(set(changes) - known)
        if unknown:
            expected = "one of " + ", ".join(sorted(known))
            raise InputError(Problem("live settings", name, expected=expected) for name in unknown)
        rows = (defaults or Defaults()).scope()
        values: dict[str, Any] = {}
        for name in known - {"cache_folder"} - set(changes):
            is_text = name.endswith("_url") or name == "excluded_highways"
            values[name] = rows.text(_TABLE, name) if is_text else rows.number(_TABLE, name)
        values |= changes
        attempts = _number(values["attempts"])
        values["attempts"] = int(attempts) if math.isfinite(attempts) else attempts
        if values.get("cache_folder") is not None:
            values["cache_folder"] = Path(values["cache_folder"])
        return cls(**values, provenance=rows.used)

    def replace(self, **changes: Any) -> LiveSettings:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    @property
    def way_filter(self) -> str:
        """The Overpass filter for the ways asked for."""
        return f'["highway"]["area"!~"yes"]["highway"!~"^({self.excluded_highways})$"]'

    @property
    def overpass_prefix(self) -> str:
        """The settings that open every Overpass query (Overpass takes whole seconds)."""
        return f"[out:json][timeout:{math.ceil(self.timeout_s)}]"


def _number(value: Any) -> float:
    """Return a setting as a number, NaN where it is none."""
    return float(value) if isinstance(value, int | float) else math.nan


class Guard:
    """A response hook for requests that lets only whole answers pass.

    Parameters
    ----------
    settings
        Patience and addresses.
    sleep
        Called with seconds to wait; tests give one that does not.

    Attributes
    ----------
    answers
        The parsed JSON of every answer that passed, in order.
    """

    def __init__(
        self, settings: LiveSettings, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.answers: list[Any] = []
        self._settings = settings
        self._sleep = sleep
        self._begin = time.monotonic()
        self._waited = 0.0

    def __call__(self, response: requests.Response, **options: Any) -> requests.Response:
        """Return the answer once it is whole; wait and ask again while the service is busy."""
        if response.is_redirect:
            return response
        attempt = 1
        try:
            while _is_busy(response):
                self._wait(response, attempt)
                attempt += 1
                request = response.request
                response.close()
                # The adapter that brought the answer can send the same request again: the way
                # in which authentication hooks of requests do it.
                response = response.connection.send(request, **options)
            self.answers.append(self._whole(response))
        except BaseException:
            response.close()  # nobody else will: requests hands it on only when a hook returns
            raise
        return response

    def _whole(self, response: requests.Response) -> Any:
        """Return the JSON of an answer, or refuse it."""
        if not response.ok:
            body = " ".join(response.text.split())[:200]
            what = f"answered HTTP {response.status_code} {body}".rstrip()
            raise self.failure(response.url, what)
        try:
            answer = response.json()
        except ValueError:
            size = len(response.content)
            what = f"sent half an answer ({size} bytes that are not whole JSON)"
            raise self.failure(response.url, what) from None
        if isinstance(answer, dict) and "remark" in answer:
            raise self.failure(response.url, f"gave up: {answer['remark']}")
        return answer

    def _wait(self, response: requests.Response, attempt: int) -> None:
        settings = self._settings
        asked = _retry_after(response.headers.get("Retry-After"))
        wait = settings.wait_s * 2 ** (attempt - 1) if asked is None else asked
        elapsed = max(time.monotonic() - self._begin, self._waited)
        what = f"is busy (HTTP {response.status_code})"
        if attempt >= settings.attempts:
            raise self.failure(response.url, f"{what}, also at attempt {attempt}")
        if elapsed + wait > settings.deadline_s:
            raise self.failure(
                response.url,
                f"{what} and asks to wait {wait:.0f} s, beyond the limit of "
                f"{settings.deadline_s:.0f} s in all (deadline_s)",
            )
        log.warning("%s %s: next attempt in %.0f s", response.url, what, wait)
        self._sleep(wait)
        self._waited += wait

    def failure(self, url: str, what: str) -> RemoteServiceError:
        """Return the one error for a service that failed: who, what, and what to do."""
        address = url.split("?")[0]
        geocoder = address.startswith(self._settings.nominatim_url.rstrip("/"))
        setting = "nominatim_url" if geocoder else "overpass_url"
        return RemoteServiceError(
            f"{address} {what}. Try again later, ask another service ({setting}), or use an "
            "OpenStreetMap file instead (--osm FILE.osm.pbf)"
        )

    def translate(self, error: requests.RequestException, url: str) -> RemoteServiceError:
        """Return the one error for a request that got no answer."""
        request = error.request
        if request is not None and request.url:
            url = str(request.url)
        causes = (error, *error.args)
        if isinstance(error, requests.Timeout) or any(
            isinstance(item, Urllib3Timeout) for item in causes
        ):
            return self.failure(url, f"gave no answer within {self._settings.timeout_s:g} s")
        if isinstance(error, requests.exceptions.ChunkedEncodingError) or "Remote" in str(error):
            return self.failure(url, "closed the connection in the middle of its answer")
        return self.failure(url, f"cannot be reached ({type(error).__name__})")


def _is_busy(response: requests.Response) -> bool:
    """Whether the service asks to come back later."""
    status = response.status_code
    return status in _BUSY or (status == _UNAVAILABLE and "Retry-After" in response.headers)


def _retry_after(header: str | None) -> float | None:
    """Seconds to wait as the header says, a number or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


@contextmanager
def osmnx_session(settings: LiveSettings, guard: Guard) -> Iterator[None]:
    """Set OSMnx up for one piece of work, alone, and leave the process as it was.

    Raises
    ------
    RemoteServiceError
        A service gave no answer at all.
    """
    wanted: Mapping[str, Any] = {
        "overpass_url": settings.overpass_url,
        "nominatim_url": settings.nominatim_url,
        "requests_timeout": settings.timeout_s,
        "requests_kwargs": {**ox.settings.requests_kwargs, "hooks": {"response": guard}},
        "overpass_settings": settings.overpass_prefix,
        # The slot query of OSMnx waits without bound; 429 with Retry-After does the same job.
        "overpass_rate_limit": False,
        "max_query_area_size": settings.max_query_area_km2 * 1e6,
        "use_cache": False,
        # Answers are taken from the guard, all tags kept, and read as a file would be.
        "cache_only_mode": True,
        "http_user_agent": f"geofleet/{__version__} ({ox.settings.http_user_agent})",
        # Never ask a third party to resolve names.
        "doh_url_template": None,
    }
    with _LOCK:
        before = {name: getattr(ox.settings, name) for name in wanted}
        resolve = socket.getaddrinfo
        try:
            for name, value in wanted.items():
                setattr(ox.settings, name, value)
            yield
        except requests.RequestException as error:
            raise guard.translate(error, settings.overpass_url) from error
        finally:
            for name, value in before.items():
                setattr(ox.settings, name, value)
            socket.getaddrinfo = resolve

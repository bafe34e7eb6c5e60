"""A planner's desk: a local page on which one moves budget, hours and batteries of a study.

A run is kept in memory; what is asked of it are sums over its traversals, so that map and numbers
follow within a second. See :func:`open_desk` and :func:`run_server`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geofleet.desk.planner import Desk, desk_of, open_desk
    from geofleet.desk.server import bound, check_installed, is_loopback, run_server

_LAZY = {
    "Desk": "planner", "desk_of": "planner", "open_desk": "planner", "bound": "server",
    "check_installed": "server", "is_loopback": "server", "run_server": "server",
}  # fmt: skip

__all__ = [
    "Desk", "bound", "check_installed", "desk_of", "is_loopback", "open_desk", "run_server",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load on first use what brings the whole of a study with it."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)

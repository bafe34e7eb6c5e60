"""What the head of every page says to a browser."""

from __future__ import annotations

import html

from geofleet.maps.frame import PageFrame
from geofleet.wording import both

__all__ = ["page_head"]

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect "
    "width='16' height='16' rx='3' fill='%2323405c'/%3E%3Cpath d='M2 11h12M3 10V6h6v4m0-3h3l2 3' "
    "stroke='%23fff' stroke-width='1.4' fill='none'/%3E%3C/svg%3E"
)


def page_head(frame: PageFrame) -> str:
    """Return title, icon and what a browser must know of a page, as HTML."""
    study = both(frame.study)[frame.language]
    title = html.escape(f"{frame.title[frame.language]} – {study}")
    return (
        f"<title>{title}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{title}">\n'
        f'<link rel="icon" href="{_ICON}">'
    )

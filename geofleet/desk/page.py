"""The page of a desk: the map pieces of all pages, and the controls that ask the desk."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

from geofleet.desk.answer import Question
from geofleet.desk.planner import Desk
from geofleet.maps import PageFrame, furnish, new_page
from geofleet.maps.elements import Ref, Verbatim
from geofleet.wording import Text, keys, say

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["content_policy", "desk_page"]

_PLACES = ("question", "before", "after", "reason", "file", "name")
_WORDS = (
    "question", "controls", "figures", "view", "now", "then", "before_after", "working",
    "gone", "failed", "save", "save_name", "save_button", "saved", "open", "open_none",
    "bad_scenario", "scenario_there",
)  # fmt: skip
_WORST = 10
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def desk_page(desk: Desk, *, language: str = "en") -> str:
    """Return the page of a desk as HTML; it asks nothing but the desk that it comes from.

    Parameters
    ----------
    language
        The one shown first.
    """
    from geofleet.layers.links import roads_layer

    results, config = desk.results, desk.results.config
    notes: list[str | Text] = [config.notes] if config.notes else []
    frame = PageFrame(
        name="desk", title=say("desk.title"), study=config.name,
        notes=notes, attribution=[config.attribution],
        readers=desk.readers, language=language, tiles={},
    )  # fmt: skip
    roads = roads_layer(results.inputs.network)
    page = new_page(frame, roads=roads, base=_ground(desk, roads.frame))
    folder = resources.files("geofleet.desk").joinpath("static")
    script, style = (folder.joinpath(name).read_text(encoding="utf-8")
                     for name in ("desk.js", "desk.css"))  # fmt: skip
    header = page.get_root().header  # type: ignore[attr-defined]
    header.add_child(Verbatim(f"<style>{style}</style>\n<script>{script}</script>"), name="desk")
    for question in desk.questions:
        for view in question.views:
            view.lines.add_to(page)
    group = {
        "kind": "desk",
        "name": "desk",
        "words": _words(),
        "questions": [_question(desk, one) for one in desk.questions],
    }
    furnish(page, frame, groups=[group], shown=desk.questions[-1].views[0].shown)
    return str(page.get_root().render())


def content_policy(page: str) -> str:
    """Return the content security policy of a page: its own scripts by hash, no other host."""
    hashes = []
    for script in dict.fromkeys(_SCRIPT.findall(page)):
        digest = hashlib.sha256(script.encode("utf-8")).digest()
        hashes.append(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
    return (
        "default-src 'none'; script-src " + " ".join(hashes) + "; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _words() -> dict[str, Text]:
    known = set(keys("desk"))
    filled = {name: "{" + name + "}" for name in _PLACES}
    return {name: say(f"desk.{name}", **filled) for name in _WORDS if name in known}


def _question(desk: Desk, question: Question) -> dict[str, Any]:
    settings = {control.name: control.value for control in question.controls}
    answer = question.quick(settings)
    return {
        "name": question.name, "label": say(f"desk.question_{question.name}"),
        "notes": [say(f"desk.note_{question.name}"), say("desk.note_streets")],
        "controls": [control.plain() for control in question.controls],
        "views": [
            {"name": view.name, "label": view.label, "layer": Ref(view.lines.get_name()),
             "worst": _WORST if view.name == "streets" else 0}
            for view in question.views
        ],
        "answer": answer.plain(readers=desk.readers),
    }  # fmt: skip


def _ground(desk: Desk, roads: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return water, green and boundaries of the study's road file; empty where there is none."""
    from geofleet.network import read_ground

    osm = desk.results.config.network.osm
    if osm is None:
        return {}
    west, south, east, north = (float(value) for value in roads.total_bounds)
    return read_ground(desk.folder / osm, bounds=(west, south, east, north))

"""A brief as an HTML page that prints to A4: no script, no request, styles within."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from geofleet.report.model import Brief
from geofleet.report.phrases import clipped
from geofleet.wording import Text, both, say

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["brief_html"]

_BLANKS = re.compile(r"\n\s*\n+")


def brief_html(brief: Brief, language: str) -> str:
    """Return a brief as a page in one language.

    Parameters
    ----------
    brief
        What it says.
    language
        ``en`` or ``es``.

    Raises
    ------
    KeyError
        A language in which nothing is written.
    """
    reader = brief.about.readers[language]

    def write(text: Text | str) -> str:
        return (both(text) if isinstance(text, str) else text)[language]

    def words(name: str, **values: Text | str) -> str:
        return say(f"brief.{name}", **values)[language]

    page = _templates().get_template(f"{brief.audience}.html")
    made = page.render(
        brief=brief, about=brief.about, tag=reader.tag, write=write, words=words,
        language=language, clipped=clipped, whole=reader.whole, picture=_safe(brief, language),
    )  # fmt: skip
    return _BLANKS.sub("\n", made) + "\n"


def _safe(brief: Brief, language: str) -> object:
    """Return the picture as markup: drawn by this package, its texts escaped there."""
    from markupsafe import Markup

    if brief.picture is None:
        return None
    return Markup(brief.picture.svg[language])


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = resources.files("geofleet.report").joinpath("templates")

    def load(name: str) -> str:
        return folder.joinpath(name).read_text(encoding="utf-8")

    return Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip

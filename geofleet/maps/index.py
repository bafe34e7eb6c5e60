"""The index of a study's pages: each question with its answer, and the way to all files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote, urlsplit

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from geofleet.maps.elements import to_script
from geofleet.maps.frame import PageFrame
from geofleet.maps.page_head import page_head
from geofleet.maps.pictures import Picture
from geofleet.wording import LANGUAGES, Text, both, keys, say

__all__ = ["Answer", "Link", "Links", "index_page"]

_SCHEMES = ("", "http", "https")
_NAMES = {"en": "English", "es": "Español"}


@dataclass(frozen=True)
class Answer:
    """A question of the study and its answer in short.

    Parameters
    ----------
    page
        Name of the page that shows it; its file is ``<page>.html``.
    question
        In words.
    number
        The one number to keep in mind, with its unit.
    sentences
        What the number says.
    picture
        A small map, as from :func:`geofleet.maps.thumbnail`.
    """

    page: str
    question: Text
    number: Text
    sentences: Sequence[Text]
    picture: Picture | None = None


@dataclass(frozen=True)
class Link:
    """A file or page beside the index.

    Parameters
    ----------
    label
        What it is.
    href
        Address relative to the index, or of the web.
    note
        A few more words: format, size, for whom.

    Raises
    ------
    ValueError
        An address that is neither of a file nor of the web.
    """

    label: Text
    href: str
    note: Text | None = None

    def __post_init__(self) -> None:
        """Refuse addresses that would run something."""
        if urlsplit(self.href.strip()).scheme.lower() not in _SCHEMES:
            raise ValueError(f"address {self.href!r}: expected a relative one, http or https")


@dataclass(frozen=True)
class Links:
    """Links under one heading."""

    heading: Text
    links: Sequence[Link]


def index_page(frame: PageFrame, answers: Sequence[Answer], *, files: Sequence[Links] = ()) -> str:
    """Return the index of a study's pages as HTML that needs no script to be read.

    Parameters
    ----------
    frame
        What surrounds the page; its title is the heading, its sisters are linked at the head.
    answers
        The study's questions in reading order.
    files
        Briefs, layers, notebooks, statement.

    Returns
    -------
    str
        Equal inputs give an equal page. Both languages stand in it; the reader's choice hides the
        other, without any script.
    """
    words = {name: say(f"index.{name}") for name in keys("index") if name != "picture"}
    return _environment().get_template("page").render(
        head=Markup(page_head(frame)), styles=Markup(_read("static/head.css", "static/index.css")),
        script=Markup(_read("static/index.js")),
        data=Markup(to_script({"language": frame.language, "tags": frame.readers.tags,
                               "titles": frame.title, "study": both(frame.study),
                               "printed": words["printed"], "pages": words["pages"]})),
        frame=frame, study=both(frame.study), tag=frame.readers[frame.language].tag, words=words,
        languages=LANGUAGES,
        names=_NAMES, notes=[_text(note) for note in frame.notes], files=files,
        answers=[
            {"answer": one, "href": f"{quote(one.page, safe='')}.html",
             "picture": Markup(one.picture.svg) if one.picture else None,
             "alt": say("index.picture", question=one.question)}
            for one in answers
        ],
        sisters=[
            {"label": one.label, "href": f"{quote(one.name, safe='')}.html",
             "here": one.name == frame.name}
            for one in frame.sisters
        ],
    )  # fmt: skip


def _text(text: str | Text) -> Text:
    return both(text) if isinstance(text, str) else text


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=DictLoader({"page": _read("templates/index.html")}),
    )  # fmt: skip


def _read(*names: str) -> str:
    folder = resources.files("geofleet.maps")
    return "".join(folder.joinpath(*name.split("/")).read_text(encoding="utf-8") for name in names)

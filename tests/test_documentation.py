"""The documentation builds without a warning, loads nothing, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

_REPOSITORY = Path(__file__).resolve().parents[1]
_MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
# What a browser loads by itself, as opposed to links that a reader may follow.
_LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    """Collects what a page loads, where it leads, and the places that can be led to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.formulas = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.places |= {str(values[name]) for name in ("id", "name") if values.get(name)}
        self.formulas += tag == "math"
        if tag in _LOADED and values.get(_LOADED[tag]):
            self.loaded.append(str(values[_LOADED[tag]]))
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as CONTRIBUTING.md says, warnings being errors."""
    out = tmp_path_factory.mktemp("site") / "docs"
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", str(out.parent / "trees"), "docs", str(out)],
        cwd=_REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    """Return the pages of the site; the copied maps are tested by themselves."""
    return {
        path: _Page(path.read_text("utf-8"))
        for path in sorted(site.rglob("*.html"))
        if path.relative_to(site).parts[0] not in ("maps", "_static")
    }


@pytest.mark.slow
def test_site_loads_nothing_from_outside(site: Path, pages: dict[Path, _Page]) -> None:
    """No script, style, font or picture comes from a network; formulas are drawn by the browser."""
    for path, page in pages.items():
        for address in page.loaded:
            assert not urlsplit(address).netloc, f"{path.name} loads {address}"
    for style in site.rglob("*.css"):
        outside = re.findall(
            r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", style.read_text("utf-8")
        )
        assert not outside, f"{style.name} loads {outside}"
    assert sum(page.formulas for page in pages.values()) > 100
    assert not any("mathjax" in str(path).lower() for path in site.rglob("*"))


@pytest.mark.slow
def test_site_links_lead_somewhere(site: Path, pages: dict[Path, _Page]) -> None:
    """Every link within the site leads to a file, and to a place in it."""
    broken = []
    for path, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append(f"{path.relative_to(site)}: {address}")
                continue
            places = pages[target].places if target in pages else None
            if parts.fragment and places is not None and unquote(parts.fragment) not in places:
                broken.append(f"{path.relative_to(site)}: {address}")
    for path in (site / "maps").rglob("index.html"):  # of a study: its pages, briefs and tables
        for address in re.findall(r'href="([^":#?]+)"', path.read_text("utf-8")):
            if not (path.parent / unquote(address)).is_file():
                broken.append(f"{path.relative_to(site)}: {address}")
    assert not broken, broken


@pytest.mark.slow
def test_public_names_are_in_the_api(pages: dict[Path, _Page]) -> None:
    """What pages and examples import from geofleet is described in the Python API."""
    places = set().union(
        *(page.places for path, page in pages.items() if path.parent.name == "api")
    )
    names = {name.rpartition(".")[2] for name in places}
    imported = re.compile(r"^from geofleet[\w.]* import (?:\(([^)]+)\)|([^\n(#]+))", re.MULTILINE)
    used: set[str] = set()
    for path in (_REPOSITORY / "docs").rglob("*.md"):
        if path.parent.name not in ("notebooks", "examples"):
            for inside, line in imported.findall(path.read_text("utf-8")):
                used |= {name.strip() for name in (inside or line).split(",")}
    assert used - names - {""} == set()


def _markdown() -> list[Path]:
    folders = ("docs", "docs/concepts", "docs/how-to", "docs/reference", "examples", "data", "")
    return [path for folder in folders for path in sorted((_REPOSITORY / folder).glob("*.md"))]


@pytest.mark.parametrize("path", _markdown(), ids=lambda path: str(path.relative_to(_REPOSITORY)))
def test_links_hold_on_a_code_host(path: Path) -> None:
    """Links between the files of the repository lead to files, and to headings that are there."""
    for address in _MARKDOWN_LINK.findall(_without_code(path.read_text("utf-8"))):
        parts = urlsplit(address)
        if parts.scheme:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        assert target.exists(), address
        if parts.fragment and target.suffix == ".md":
            assert parts.fragment in _headings(target.read_text("utf-8")), address


_CONCEPTS = sorted((_REPOSITORY / "docs" / "concepts").glob("*.md"))


@pytest.mark.parametrize(
    "path", [path for path in _CONCEPTS if path.stem != "index"], ids=lambda path: path.stem
)
def test_concept_pages_tell_limits_and_sources(path: Path) -> None:
    """Each says where its part ends, and where its numbers come from."""
    text = path.read_text("utf-8")
    limits = r"^#+ .*([Ll]imits|[Nn]ot done|not in it|[Hh]ow far to trust)"
    assert re.search(limits, text, re.MULTILINE), "no limits"
    sources = r"(^#+ .*([Ss]ources|[Cc]redits)|^Sources:|[Nn]umbers: |defaults/tables|[Tt]ables? `)"
    assert re.search(sources, text, re.MULTILINE), "no sources"


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def _headings(text: str) -> set[str]:
    """Return the names that a code host gives to headings."""
    found = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}

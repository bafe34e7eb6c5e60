"""The page on renewal: its examples run, its package is read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from geofleet.economics.renewal import read_packages

PAGE = "economics-renewal.md"


def blocks(repository: Path, language: str) -> list[str]:
    """Return the blocks of a language."""
    text = (repository / "docs" / "concepts" / PAGE).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_examples_run(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each on its own; the cascade finds two chains within its budget."""
    spaces: list[dict[str, Any]] = []
    for block in blocks(repository, "python"):
        spaces.append({})
        exec(compile(block, PAGE, "exec"), spaces[-1])
    chains = spaces[-1]["found"].chains
    assert 1 <= len(chains) <= 2
    assert chains["public_money"].sum() <= 1_500_000
    assert capsys.readouterr().out


def test_package_of_the_page_is_read(repository: Path, tmp_path: Path) -> None:
    """One package with every kind of measure."""
    path = tmp_path / "packages.yaml"
    path.write_text(blocks(repository, "yaml")[0], encoding="utf-8")
    (package,) = read_packages(path)
    assert package.sales
    assert package.filters
    assert package.replacements
    assert package.age_caps

"""Packages from YAML: read whole, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.economics.renewal import load_packages, read_packages
from geofleet.errors import InputError
from geofleet.wording import both


def test_packages_of_the_house() -> None:
    """Today has no measures; the schedule of sales is the published one in 2030 and 2040."""
    packages = load_packages()
    today, clean = packages["today"], packages["clean_fleets"]
    assert [*today.sales, *today.filters, *today.replacements, *today.age_caps] == []
    assert clean.sales[0].share(2030) == 0.36
    assert clean.sales[0].share(2045) == 0.94
    assert all(both(one.name)["es"] != one.name for one in packages.values())


def test_a_file_is_read(tmp_path: Path) -> None:
    """Every kind of measure."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "packages:\n"
        "  - id: mine\n"
        "    sales:\n"
        "      - {technology: cng, shares: {2030: 0.2}, classes: [rigid_26t]}\n"
        "    filters:\n"
        "      - {first_year: 2026, last_year: 2028, share_per_year: 0.1, youngest: 3}\n"
        "    replacements:\n"
        "      - {first_year: 2026, last_year: 2028, share_per_year: 0.1, technology: ordinary,\n"
        "         scrapped_share: 0.5, grant: 107000, additional_share: 0.8, sizes: [1-5]}\n"
        "    age_caps:\n"
        "      - {first_year: 2030, oldest: 25, share_per_year: 0.5}\n",
        encoding="utf-8",
    )
    (mine,) = read_packages(path)
    assert mine.replacements[0].grant == 107000
    assert mine.replacements[0].whom.sizes == ("1-5",)
    assert mine.replacements[0].additional_share == 0.8
    assert mine.filters[0].whom.youngest == 3
    assert mine.age_caps[0].oldest == 25


def test_every_fault_with_its_line(tmp_path: Path) -> None:
    """Unknown keys, numbers out of limits, what is missing: one error."""
    path = tmp_path / "bad.yaml"
    path.write_text(
        "packages:\n"
        "  - id: one\n"
        "    filters:\n"
        "      - {first_year: 2026, share_per_year: 7, colour: red}\n"
        "  - id: two\n"
        "    sales:\n"
        "      - technology: steam\n"
        "        shares: {2030: 0.5}\n"
        "  - id: three\n"
        "    age_caps:\n"
        "      - {first_year: 2030, oldest: 90}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_packages(path)
    text = str(caught.value)
    for part in ("share_per_year", "last_year", "colour", "steam", "oldest"):
        assert part in text
    assert {p.row for p in caught.value.problems if "filters" in p.field} == {4}
    empty = tmp_path / "empty.yaml"
    empty.write_text("packages: []\n", encoding="utf-8")
    with pytest.raises(InputError, match="at least one package"):
        read_packages(empty)

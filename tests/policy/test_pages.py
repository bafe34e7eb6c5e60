"""What the pages show as files can be read as such."""

from __future__ import annotations

import json
import re
from pathlib import Path

from geofleet.policy.contingency import read_bulletin
from geofleet.policy.packages import read_packages
from geofleet.policy.rules import read_rules
from geofleet.policy.rules.packs import load_pack

RING = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


def _blocks(repository: Path, page: str) -> list[str]:
    text = (repository / "docs" / "concepts" / page).read_text(encoding="utf-8")
    return re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)


def test_rule_files_of_the_page_are_read(repository: Path, tmp_path: Path) -> None:
    """Each example holds two rules; what they name beside them is put there."""
    area = {"type": "Feature", "id": "centre", "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [RING]}}  # fmt: skip
    collection = {"type": "FeatureCollection", "features": [area]}
    (tmp_path / "zones.geojson").write_text(json.dumps(collection))
    (tmp_path / "parity.csv").write_text("date,digits\n2026-01-03,odd\n")
    blocks = [block for block in _blocks(repository, "policy.md") if "when:" in block]
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        head = "" if "rule_set:" in block else "rule_set: x\ntimezone: UTC\nholidays: MX\n"
        path = tmp_path / f"{number}.yaml"
        path.write_text(head + block, encoding="utf-8")
        assert len(read_rules(path).rules) == 2


def test_bulletin_of_the_page_is_read(repository: Path, tmp_path: Path) -> None:
    """The bulletin says what the rules of the pack say."""
    path = tmp_path / "bulletin.yaml"
    path.write_text(_blocks(repository, "contingency.md")[0], encoding="utf-8")
    (event,) = read_bulletin(path, rule_set=load_pack("mexico"))
    assert (event.phase, event.parity, event.colour) == ("I", "even", "rosa")


def test_package_of_the_page_is_read(repository: Path, tmp_path: Path) -> None:
    """One package of two levers."""
    path = tmp_path / "packages.yaml"
    path.write_text(_blocks(repository, "policy-packages.md")[0], encoding="utf-8")
    (package,) = read_packages(path, load_pack("mexico"))
    assert set(package.lever_ids) == {"filters", "filter_programme"}

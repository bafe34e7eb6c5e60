"""Products are data: every number a default row, every fault of a file named at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

from geofleet.defaults import Defaults
from geofleet.economics.finance import Product, load_products, product_sets, read_products
from geofleet.economics.finance.fields import FIELDS
from geofleet.errors import InputError, MissingDefaultError


@pytest.mark.parametrize("country", product_sets())
def test_packaged_numbers_are_rows_of_default_tables(country: str) -> None:
    """No number stands in the file itself, so that each has a source, a status and an override."""
    names = "|".join(one.name for one in FIELDS)
    text = (resources.files("geofleet.defaults") / "finance" / f"{country}.yaml").read_text("utf-8")
    found = re.findall(rf"^    (?:{names}): (.+)$", text, re.MULTILINE)
    assert len(found) > 5
    for value in found:
        parts = re.sub(r'"?[^{},: ]+"?: ', "", value.strip("{}")).split(", ")
        assert all(":" in part for part in parts), value


def test_countries_hold_what_their_programmes_publish() -> None:
    """Amounts by class, the share of the price, the shares by replacement."""
    mexico, colombia = load_products("mexico"), load_products("colombia")
    amounts = mexico["substitution"].numbers["amount"].values
    assert amounts == {"c2": 107_000, "c3": 160_000, "t3": 250_000}
    assert mexico["substitution_before_2015"].numbers["amount"].values["t3"] == 161_000
    assert mexico["bono"].numbers["share"].values[""] == 0.165
    assert (mexico["bono"].numbers["pot"].values[""], mexico["bono"].pot_currency) == (
        10.5e6,
        "EUR",
    )
    shares = colombia["modernisation"].numbers["amount_share"].values
    assert (shares["scrap"], shares["electric"], shares["euro_6"]) == (1.0, 0.7, 0.6)
    kinds = {one.kind for one in mexico.values()}
    assert len(kinds) == 12
    with pytest.raises(MissingDefaultError, match="no finance products 'atlantis'"):
        load_products("atlantis")


def test_an_override_reaches_the_product() -> None:
    """A study's own number takes the place of the row, and is remembered."""
    defaults = Defaults({"finance:bono.share": 0.3})
    found = load_products("mexico", defaults=defaults)
    assert found["bono"].numbers["share"].values[""] == 0.3
    assert "finance:bono.share" in defaults.used
    with pytest.raises(InputError, match=r"finance:bono.share = 3"):
        load_products("mexico", defaults=Defaults({"finance:bono.share": 3}))


@pytest.mark.parametrize(
    ("rate_is", "rate", "effective"),
    [
        ("effective", 0.16, 0.16),
        ("nominal_monthly", 0.16, 0.172270797),
        ("monthly", 0.01, 0.12682503),
    ],
)
def test_rates_become_effective(
    product: Callable[[str], Product], rate_is: str, rate: float, effective: float
) -> None:
    """Sixteen per cent in twelve parts is 17.23 effective; one a month is 12.68."""
    found = product(f"kind: loan\nrate: {rate}\nrate_is: {rate_is}\nterm_years: 5\ndown_payment: 0")
    assert math.isclose(found.numbers["rate"].values[""], effective, rel_tol=1e-8)


def test_every_fault_of_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    """Seven faults, seven problems, each with the line that it stands on."""
    path = tmp_path / "wrong.yaml"
    path.write_text(
        """currency: MXN
products:
  - id: one
    kind: loan
    payer: treasury
    source: me
    rate: 9
    rate_is: effective
    term_years: 2.5
    down_payment: finance:nowhere
    colour: red
  - id: one
    kind: lease
    payer: nobody
    source: me
    rate: {"1-5": 0.1, electric: 0.2}
    rate_is: effective
    term_years: 4
    includes: [maintenance]
    valid: {from: 2026-02-01, until: 2025-01-01}
packages:
  both: [one, two]
""",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_products(path)
    lines = {(problem.row, problem.field.rpartition(".")[2]) for problem in caught.value.problems}
    assert lines >= {
        (7, "rate"), (9, "term_years"), (10, "down_payment"), (11, "colour"), (14, "payer"),
        (16, "rate"), (19, "includes"), (20, "valid"), (22, "both"),
    }  # fmt: skip
    assert any("an id that no other" in str(problem) for problem in caught.value.problems)
    assert all(problem.file == str(path) for problem in caught.value.problems)


def test_packages_do_not_mix_what_excludes_each_other(tmp_path: Path) -> None:
    """Two contracts, or a guarantee without a loan, are faults of the file."""
    path = tmp_path / "wrong.yaml"
    path.write_text(
        """currency: MXN
products:
  - {id: cash, kind: cash, payer: operator, source: me}
  - {id: hire, kind: pay_as_you_go, payer: provider, source: me, rate: 0.2, rate_is: effective,
     term_years: 3}
  - {id: cut, kind: interest_subsidy, payer: treasury, source: me, rate_cut: 0.02}
packages:
  twice: [cash, hire]
  alone: [cut, cash]
""",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_products(path)
    assert [problem.row for problem in caught.value.problems] == [8, 9]


def test_file_of_the_page_is_read(repository: Path, tmp_path: Path) -> None:
    """The example of the concept page is a file of products."""
    page = (repository / "docs" / "concepts" / "economics-finance.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "own.yaml"
    path.write_text(block, encoding="utf-8")
    (package,) = read_products(path).packages.values()
    assert [one.kind for one in package] == ["grant", "loan"]

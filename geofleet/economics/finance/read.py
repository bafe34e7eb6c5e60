"""Reading products from YAML: numbers, or names of default rows, every fault with its line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

from geofleet.defaults import STATUSES, Defaults
from geofleet.economics.finance.fields import FIELDS, Field
from geofleet.economics.finance.model import (
    GROUPS,
    INCLUDED,
    KINDS,
    NEEDS_LOAN,
    PAYERS,
    RATES,
    SLOT,
    TECHNOLOGIES,
    Product,
    ProductSet,
    Scale,
)
from geofleet.errors import InputError, MissingDefaultError
from geofleet.fleet import operator_sizes, vehicle_class_names
from geofleet.policy.rules.sections import Section, open_sections

__all__ = ["load_products", "product_sets", "read_products"]

_FOLDER = "finance"
_MONTHS = 12.0


def product_sets() -> tuple[str, ...]:
    """Names of the sets of products that the package ships."""
    folder = resources.files("geofleet.defaults") / _FOLDER
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name[-5:] == ".yaml"))


def load_products(country: str = "mexico", *, defaults: Defaults | None = None) -> ProductSet:
    """Return the products of a country that the package ships.

    Parameters
    ----------
    country
        One of :func:`product_sets`.
    defaults
        Where their numbers are read; the packaged rows without it.

    Raises
    ------
    MissingDefaultError
        No such set.
    InputError
        Default rows that a study set out of their limits.

    Examples
    --------
    >>> from geofleet.economics.finance import load_products
    >>> load_products("mexico")["bono"].numbers["share"].values[""]
    0.165
    """
    if country not in product_sets():
        raise MissingDefaultError(f"no finance products {country!r}; there are {product_sets()}")
    place = resources.files("geofleet.defaults") / _FOLDER / f"{country}.yaml"
    with resources.as_file(place) as path:
        return read_products(path, defaults=defaults)


def read_products(path: Path | str, *, defaults: Defaults | None = None) -> ProductSet:
    """Read a file of products; ``docs/concepts/economics-finance.md`` describes it.

    Parameters
    ----------
    path
        YAML.
    defaults
        Where numbers that name a default row are read.

    Raises
    ------
    InputError
        Every fault at once, with lines: keys that are unknown or missing, numbers out of their
        limits, rows that do not exist, packages whose products exclude each other.
    """
    root = open_sections(Path(path))
    scope = (defaults or Defaults()).scope()
    title = root.words("title")
    currency = root.text("currency", required=True)
    products: dict[str, Product] = {}
    for one in root.sections("products", named_by="id"):
        product = _product(one, currency, scope)
        if product.product_id in products:
            one.wrong("id", product.product_id, "an id that no other product has")
        products[product.product_id] = product
    if not products:
        root.wrong("products", "", "at least one product")
    packages = _packages(root, products)
    root.done()
    if root.problems:
        raise InputError(root.problems)
    return ProductSet(title, currency, products, packages, scope.used)


@dataclass
class _Numbers:
    """Reads the numbers of one product."""

    section: Section
    kind: str
    defaults: Defaults
    rows: list[str] = field(default_factory=list)

    def all(self) -> dict[str, Scale]:
        found = {}
        for one in FIELDS:
            if one.kinds and self.kind not in one.kinds:
                continue
            node = self.section.node_of(one.name)
            if node is None:
                if self.kind in one.required:
                    self.section.wrong(one.name, "", f"a number: {one.meaning}")
                continue
            if isinstance(node, yaml.MappingNode):
                scale = self._split(one)
            else:
                text = self.section.text(one.name)
                number, row = self._number(self.section, one.name, text, one)
                scale = Scale("all", {"": number}, row)
            self.rows += scale.rows
            found[one.name] = scale
        return found

    def _split(self, one: Field) -> Scale:
        inner = self.section.section(one.name)
        by = _family(inner.keys)
        if not one.split or not by:
            sizes = ", ".join(operator_sizes())
            expected = (
                f"one number, or numbers by operator size ({sizes}), by vehicle class or group "
                f"({', '.join(GROUPS)}) or by technology ({', '.join(TECHNOLOGIES)})"
            )
            self.section.wrong(one.name, ", ".join(inner.keys), expected)
        values: dict[str, float] = {}
        rows: list[str] = []
        for key in inner.keys:
            values[key], row = self._number(inner, key, inner.text(key), one)
            rows += row
        inner.done()
        return Scale(by or "all", values if by else {"": math.nan}, tuple(rows))

    def _number(
        self, section: Section, key: str, text: str, one: Field
    ) -> tuple[float, tuple[str, ...]]:
        """Return a number, and the default row that it is."""
        row: tuple[str, ...] = ()
        shown = text
        try:
            number = float(text)
        except ValueError:
            number = math.nan
            table, _, name = text.partition(":")
            try:
                number = self.defaults.number(table, name)
                row, shown = (text,), f"{text} = {number:g}"
            except MissingDefaultError:
                section.wrong(key, text, "a number, or a default row of one as table:row")
                return number, row
        whole = not one.whole or number == math.floor(number)
        if not (math.isfinite(number) and one.low <= number <= one.high and whole):
            what = "a whole number" if one.whole else "a number"
            limits = f" of at least {one.low:g}"
            limits += "" if math.isinf(one.high) else f" and at most {one.high:g}"
            section.wrong(key, shown, f"{what}{limits}: {one.meaning}")
        return number, row


def _family(keys: tuple[str, ...]) -> str:
    families = {
        "operator_size": operator_sizes(),
        "vehicle_class": (*vehicle_class_names(), *GROUPS),
        "technology": TECHNOLOGIES,
    }
    for name, known in families.items():
        if keys and all(key in known for key in keys):
            return name
    return ""


def _product(section: Section, currency: str, defaults: Defaults) -> Product:
    product_id = section.text("id", required=True)
    kind = section.choice("kind", KINDS, required=True)
    payer = section.choice("payer", PAYERS, required=True)
    numbers = _Numbers(section, kind, defaults)
    values = numbers.all()
    if "rate" in values:
        rate_is = section.choice("rate_is", RATES, required=True)
        values["rate"] = _effective(values["rate"], rate_is)
    pot_currency = section.text("pot_currency", default=currency) if "pot" in values else ""
    includes = _chosen(section, "includes", INCLUDED) if kind == "lease" else ()
    if kind == "lease" and "insurance" not in includes:
        section.wrong(
            "includes", ", ".join(includes), "insurance in it: the lessor owns and insures"
        )
    valid = section.section("valid")
    since, until = valid.date("from"), valid.date("until")
    valid.done()
    if since and until and until < since:
        section.wrong("valid", f"{since} to {until}", "a last day that is not before the first")
    product = Product(
        product_id,
        section.words("name") or product_id,
        kind,
        payer,
        currency,
        values,
        technologies=_chosen(section, "technologies", TECHNOLOGIES),
        operator_sizes=_chosen(section, "operator_sizes", operator_sizes()),
        vehicle_classes=_chosen(section, "vehicle_classes", (*vehicle_class_names(), *GROUPS)),
        assembly_countries=section.texts("assembly_countries"),
        includes=includes,
        pot_currency=pot_currency,
        valid_from=since,
        valid_until=until,
        status=section.choice("status", STATUSES, default="user"),
        source=section.text("source", required=True),
        note=section.words("note"),
        rows=tuple(dict.fromkeys(numbers.rows)),
    )
    section.done()
    return product


def _effective(rate: Scale, rate_is: str) -> Scale:
    """Return a rate as effective, of a year."""
    if rate_is == "effective":
        return rate
    over = _MONTHS if rate_is == "nominal_monthly" else 1.0
    values = {key: (1.0 + value / over) ** _MONTHS - 1.0 for key, value in rate.values.items()}
    return Scale(rate.by, values, rate.rows)


def _chosen(section: Section, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    found = section.texts(key)
    for name in found:
        if name not in known:
            section.wrong(key, name, "names of " + ", ".join(known))
    return found


def _packages(root: Section, products: dict[str, Product]) -> dict[str, tuple[Product, ...]]:
    inner = root.section("packages")
    packages = {}
    for name in inner.keys:
        ids = inner.texts(name)
        for product_id in ids:
            if product_id not in products:
                inner.wrong(name, product_id, "ids of " + ", ".join(products))
        parts = tuple(products[one] for one in ids if one in products)
        slots = [SLOT.get(one.kind, "") for one in parts]
        for slot in dict.fromkeys(slots):
            if slots.count(slot) > 1:
                inner.wrong(name, ", ".join(ids), f"one product for {slot}")
        kinds = {one.kind for one in parts}
        for kind in NEEDS_LOAN:
            if kind in kinds and "loan" not in kinds:
                inner.wrong(name, ", ".join(ids), f"a loan beside {kind}")
        packages[name] = parts
    inner.done()
    return packages

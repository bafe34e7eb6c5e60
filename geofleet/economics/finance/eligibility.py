"""Who can have a product: yes, no, or unknown, each with the reason."""

from __future__ import annotations

import datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.economics.finance.model import Product
from geofleet.economics.finance.rows import Rows, ages, first_reason, groups, partners

__all__ = ["judge", "partner_of"]

Flags = npt.NDArray[np.bool_]
Test = tuple[Flags, str]


def judge(
    rows: Rows,
    products: tuple[Product, ...],
    *,
    date: datetime.date | None,
    further: tuple[list[Test], list[Test]],
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Return ``yes``, ``no`` or ``unknown`` for each case, and why it is not yes.

    All products must be had together: what one refuses is refused.

    Parameters
    ----------
    rows
        Attributes of the cases.
    products
        In order.
    date
        On which they are asked for; None: whether they are in force is not asked.
    further
        Tests that need more than attributes: what refuses, and what leaves in doubt.
    """
    refused: list[Test] = [(rows.is_keep, "nothing is bought")]
    doubted: list[Test] = []
    for product in products:
        for test, doubt in _tests(rows, product, date):
            refused.append(test)
            if doubt is not None:
                doubted.append(doubt)
    refused += further[0]
    doubted += further[1]
    size = len(rows.index)
    against, doubt_words = first_reason(size, refused), first_reason(size, doubted)
    eligible = np.where(against != "", "no", np.where(doubt_words != "", "unknown", "yes"))
    return eligible.astype(object), np.where(against != "", against, doubt_words)


def _tests(
    rows: Rows, product: Product, date: datetime.date | None
) -> list[tuple[Test, Test | None]]:
    """Return what refuses each case, and what leaves it in doubt."""
    name = product.product_id
    size = len(rows.index)
    found: list[tuple[Test, Test | None]] = []

    def listed(values: pd.Series, allowed: tuple[str, ...], what: str) -> None:
        if allowed:
            missing = values.isna().to_numpy()
            wrong = ~values.isin(allowed).to_numpy() & ~missing
            words = f"{name}: not for this {what}"
            found.append(((wrong, words), (missing, f"{name}: {what} not known")))

    def above(values: npt.NDArray[np.float64], field: str, words: str, missing: str) -> None:
        if field in product.numbers:
            limit = product.numbers[field].of(rows.names())
            found.append(
                ((values <= limit, f"{name}: {words}"), (np.isnan(values), f"{name}: {missing}"))
            )

    if date is not None:
        late = product.valid_until is not None and date > product.valid_until
        early = product.valid_from is not None and date < product.valid_from
        found.append(((np.full(size, late or early), f"{name}: not in force on {date}"), None))
    listed(rows.size, product.operator_sizes, "operator size")
    listed(rows.technology, product.technologies, "technology")
    classes = rows.vehicle_class.where(
        rows.vehicle_class.isin(product.vehicle_classes), rows.group
    ).where(rows.vehicle_class.notna(), None)
    listed(classes.fillna("other").where(rows.vehicle_class.notna(), None),
           product.vehicle_classes, "vehicle class")  # fmt: skip
    if product.assembly_countries:
        found.append(_country(rows, product))
    if product.scraps:
        retrofit = (rows.technology == "dpf_retrofit").to_numpy()
        found.append(((retrofit, f"{name}: the vehicle would be scrapped"), None))
    above(rows.age_years, "scrapped_age_over", "the vehicle is not old enough",
          "age of the vehicle on the date not known")  # fmt: skip
    above(rows.gvw_kg, "gvw_over_kg", "the vehicle is not heavy enough", "gross weight not known")
    for field in product.numbers:
        found.append(_offered(rows, product, field))
    return found


def _offered(rows: Rows, product: Product, field: str) -> tuple[Test, Test | None]:
    """Refuse a case for which a number that is split has no value."""
    scale = product.numbers[field]
    number = scale.of(rows.names())
    asked = {
        "all": rows.technology, "operator_size": rows.size, "vehicle_class": rows.vehicle_class,
        "technology": rows.technology,
    }[scale.by]  # fmt: skip
    missing = asked.isna().to_numpy()
    if field == "reserved" or scale.by == "all":
        missing = np.zeros(len(number), np.bool_)
        number = np.zeros(len(number))
    words = scale.by.replace("_", " ")
    return (
        (np.isnan(number) & ~missing, f"{product.product_id}: no {field} for this {words}"),
        (missing, f"{product.product_id}: {words} not known"),
    )


def _country(rows: Rows, product: Product) -> tuple[Test, Test]:
    """Assembled in one of several countries, and perhaps nobody knows in which."""
    codes, names = pd.factorize(rows.country)
    inside, outside = np.zeros(len(names) + 1, np.bool_), np.zeros(len(names) + 1, np.bool_)
    for place, text in enumerate(names):
        held = {part.strip() in product.assembly_countries for part in str(text).split(";")}
        inside[place], outside[place] = held == {True}, held == {False}
    wrong, right = outside[codes], inside[codes]
    name = product.product_id
    return (
        (wrong, f"{name}: not for this country of assembly"),
        (~wrong & ~right, f"{name}: country of assembly not known"),
    )


def partner_of(
    rows: Rows, product: Product, *, date: datetime.date | None, defaults: Defaults
) -> tuple[npt.NDArray[np.int64], Flags]:
    """Return for each case the vehicle that is scrapped with it (-1: none), and what is in doubt.

    It belongs to the same operator and is as old and heavy as the product asks; each vehicle is
    second to one other only.
    """
    vehicles = rows.vehicles
    whole = np.ones(len(vehicles), np.bool_)
    doubt = np.zeros(len(rows.index), np.bool_)
    if "operator_id" not in vehicles.columns:
        return np.full(len(rows.index), -1, np.int64), ~doubt
    old = whole
    age = ages(vehicles, date)
    names = [pd.Series(vehicles[column].to_numpy(object), dtype=object)
             if column in vehicles.columns else pd.Series([None] * len(vehicles), dtype=object)
             for column in ("vehicle_class", "operator_size")]  # fmt: skip
    names.insert(1, groups(names[0], defaults))
    if "scrapped_age_over" in product.numbers:
        old = old & (age > product.numbers["scrapped_age_over"].of(names))
        doubt = np.isnan(age)[rows.vehicle]
    if "gvw_over_kg" in product.numbers and "gvw_kg" in vehicles.columns:
        weight = vehicles["gvw_kg"].to_numpy(np.float64)
        old = old & (weight > product.numbers["gvw_over_kg"].of(names))
    if "amount" in product.numbers and product.numbers["amount"].by != "technology":
        old = old & ~np.isnan(product.numbers["amount"].of(names))
    return partners(rows, np.asarray(old))[rows.vehicle], doubt

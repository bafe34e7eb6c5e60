"""One year of a stock: hand-counted cases, conservation, and an equilibrium that stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.economics.renewal import OLDEST, Dynamics
from geofleet.economics.renewal.step import YearPlan, advance
from geofleet.errors import InputError

AGES = OLDEST + 1


def still(classes: int = 1, sizes: int = 2) -> Dynamics:
    """Nothing leaves, nothing grows, nothing is sold on."""
    imports = np.zeros(AGES)
    imports[10] = 1.0
    buyers = np.zeros(sizes)
    buyers[0] = 1.0
    return Dynamics(
        hazard=np.zeros((classes, AGES)), growth=np.zeros(classes), used_share=np.zeros(sizes),
        sold=np.zeros(AGES), import_share=0.0, import_ages=imports, buyers=buyers,
    )  # fmt: skip


def plan(classes: int = 1, sizes: int = 2, kinds: int = 2, **more: object) -> YearPlan:
    """New vehicles and imports are of the first kind; no filters."""
    new = np.zeros((classes, kinds))
    new[:, 0] = 1.0
    imports = np.zeros((classes, AGES, kinds))
    imports[:, :, 0] = 1.0
    values = {
        "new": new, "imports": imports, "target": np.full((classes, kinds), -1),
        "cracked": np.full(kinds, -1),
    }  # fmt: skip
    return YearPlan(**{**values, **more})


def test_a_year_by_hand() -> None:
    """A tenth of 100 ten-year-old trucks leaves; the small buy half of what they lack used."""
    before = np.zeros((1, 2, AGES, 2))
    before[0, :, 10, 1] = 100.0
    rules = replace(
        still(), hazard=np.full((1, AGES), 0.1), used_share=np.array([0.5, 0.0]),
        sold=np.where(np.arange(AGES) == 11, 0.2, 0.0), import_share=0.25,
    )  # fmt: skip
    after, flows = advance(before, rules, plan())
    # the small lack 10: 5 second-hand, 1.25 imported, 3.75 new; the large lack 10 + 5
    assert flows.bought[0, 0].sum() == pytest.approx(5.0)
    assert flows.sold_on[0, 1, 11, 1] == pytest.approx(5.0)
    assert flows.imported[0, :, 10, 0] == pytest.approx([1.25, 3.75])
    assert flows.new[0, :, 0, 0] == pytest.approx([3.75, 11.25])
    assert after[0, :, 11, 1] == pytest.approx([95.0, 85.0])
    assert after.sum(axis=(2, 3)) == pytest.approx(before.sum(axis=(2, 3)))


def test_a_grant_that_sells_on_by_hand() -> None:
    """Of ten replaced, six are scrapped and four sold on; one of these pushes the oldest out."""
    before = np.zeros((1, 2, AGES, 2))
    before[0, 0, [20, 40], 1] = 50.0
    before[0, 1, 5, 1] = 100.0
    share = np.zeros_like(before)
    share[0, 1] = 0.1
    new = np.array([[1.0, 0.0]])
    rules = replace(still(), pushes_out_share=0.25)
    after, flows = advance(before, rules, plan(replacements=((share, 1.0, 0.6, new),)))
    assert flows.replaced[0].sum() == pytest.approx(10.0)
    assert flows.granted.sum() == pytest.approx(6.0)
    assert flows.new[0, 1, 0, 0] == pytest.approx(10.0)
    # three of the four stand in for nothing that was needed: they too push the oldest out
    assert flows.pushed_out[0, 0, 41, 1] == pytest.approx(4.0)
    assert after[0, 0, 6, 1] == pytest.approx(4.0)
    assert after.sum(axis=(2, 3)) == pytest.approx(before.sum(axis=(2, 3)))


def test_a_grant_for_what_would_have_come_anyway_changes_nothing() -> None:
    """Free riders are paid for, and the fleet is the same."""
    before = np.ones((1, 2, AGES, 2))
    share = np.full_like(before, 0.3)
    rules = replace(still(), hazard=np.full((1, AGES), 0.05))
    free = plan(replacements=((share, 0.0, 1.0, np.array([[0.0, 1.0]])),))
    with_grant, flows = advance(before, rules, free)
    without, _ = advance(before, rules, plan())
    np.testing.assert_array_equal(with_grant, without)
    assert flows.replaced[0].sum() > 0.0


def test_filters_are_fitted_and_crack() -> None:
    """A half of the first kind is fitted; of fitted ones a tenth cracks first."""
    before = np.zeros((1, 2, AGES, 3))
    before[0, 0, 10] = [100.0, 50.0, 0.0]
    rules = replace(still(), failure_per_year=0.1)
    after, flows = advance(
        before, rules,
        plan(kinds=3, filters=(np.full_like(before, 0.5),), target=np.array([[1, -1, -1]]),
             cracked=np.array([-1, 2, -1])),
    )  # fmt: skip
    assert after[0, 0, 11] == pytest.approx([50.0, 95.0, 5.0])
    assert flows.fitted.sum() == pytest.approx(50.0)


@given(hazard=st.floats(0.005, 0.4))
@settings(max_examples=20, deadline=None)
def test_equilibrium_stays(hazard: float) -> None:
    """With one hazard for all ages and no growth, a geometric age pyramid does not move."""
    number = hazard * (1.0 - hazard) ** np.arange(AGES)
    number[-1] = (1.0 - hazard) ** OLDEST
    start = np.zeros((1, 2, AGES, 2))
    start[0, 0, :, 0], start[0, 1, :, 0] = 300.0 * number, 700.0 * number
    rules = replace(still(), hazard=np.full((1, AGES), hazard))
    stock = start
    for _ in range(50):
        stock, _ = advance(stock, rules, plan())
    np.testing.assert_allclose(stock, start, rtol=1e-9, atol=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_every_vehicle_is_counted(seed: int) -> None:
    """Whatever is done, stock before plus what came less what went is the stock after."""
    draw = np.random.default_rng(seed)
    classes, sizes, kinds = 2, 3, 4
    shape = (classes, sizes, AGES, kinds)
    before = draw.gamma(0.3, 10.0, shape) * (draw.random(shape) < 0.3)
    imports, buyers = draw.random(AGES), draw.random(sizes)
    rules = Dynamics(
        hazard=draw.random((classes, AGES)) * 0.3, growth=draw.uniform(-0.4, 0.2, classes),
        used_share=draw.random(sizes), sold=draw.random(AGES), import_share=draw.random(),
        import_ages=imports / imports.sum(), buyers=buyers / buyers.sum(),
        pushes_out_share=draw.random(), failure_per_year=draw.random(),
    )  # fmt: skip
    mixes = draw.dirichlet(np.ones(kinds), (classes, AGES))
    new = draw.dirichlet(np.ones(kinds), classes)
    year = YearPlan(
        new=new, imports=mixes, caps=(draw.random(shape),),
        replacements=(
            (draw.random(shape) * 0.5, draw.random(), draw.random(), new),
            (draw.random(shape) * 0.5, draw.random(), draw.random(), None),
        ),
        filters=(draw.random(shape),),
        target=np.array([[1, -1, -1, -1], [1, -1, 1, -1]]), cracked=np.array([-1, 3, -1, -1]),
    )  # fmt: skip
    after, f = advance(before, rules, year)
    by = (2, 3)
    balance = (
        before.sum(by) + f.new.sum(by) + f.imported.sum(by) + f.bought.sum(by)
        - f.scrapped.sum(by) - f.capped.sum(by) - f.granted.sum(by) - f.pushed_out.sum(by)
        - f.sold_on.sum(by)
    )  # fmt: skip
    np.testing.assert_allclose(after.sum(by), balance, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(f.bought.sum(axis=(1, 2, 3)), f.sold_on.sum(axis=(1, 2, 3)))
    assert after.min() >= 0.0
    need = (1.0 + rules.growth)[:, None] * before.sum(by)
    np.testing.assert_allclose(after.sum(by), need, rtol=1e-9, atol=1e-9)


def test_shares_that_are_none_are_refused_at_once() -> None:
    """Every fault of the dynamics is named."""
    with pytest.raises(InputError) as caught:
        replace(still(), import_share=1.2, buyers=np.array([0.5, 0.2]), growth=np.array([-1.5]))
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"import_share", "buyers", "growth"}

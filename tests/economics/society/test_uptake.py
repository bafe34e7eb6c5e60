"""Uptake: calibrated exactly, monotone, conserved, and honest about who would have come anyway."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.defaults import Defaults
from geofleet.economics.options import Options
from geofleet.economics.society import (
    additionality,
    calibrate,
    calibrate_options,
    filter_group,
    option_shares,
    programme_shares,
    rebound_km,
    uptake_model,
)
from geofleet.errors import InputError


def fleet(seed: int, count: int = 400) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return gains, liquidity and weights of a fleet of 125,000."""
    rng = np.random.default_rng(seed)
    index = pd.Index([f"g{n}" for n in range(count)])
    weights = rng.gamma(1.0, 1.0, count)
    return (
        pd.Series(rng.normal(-1e5, 2e5, count), index),
        pd.Series(rng.random(count) < 0.4, index),
        pd.Series(weights / weights.sum() * 125_000, index),
    )


@pytest.mark.parametrize("answer", ["low", "central", "high"])
def test_the_programme_is_met_exactly(answer: str) -> None:
    """2,365 of 125,000 expected, however strongly operators answer to gain."""
    gain, able, weights = fleet(0)
    model = calibrate(uptake_model(answer=answer), gain, able, observed=2365 / 125_000,
                      weights=weights)  # fmt: skip
    found = model.probability(gain, able)
    assert (found * weights).sum() == pytest.approx(2365, abs=1e-6)


def test_members_with_and_without_a_filter_are_met_apart() -> None:
    """35 % of the members had none: 827.75 vehicles, the other 1,537.25 join with theirs."""
    gain, able, weights = fleet(1)
    has = pd.Series(np.arange(len(gain)) % 4 == 0, gain.index)
    shares = programme_shares(weights, has)
    group = filter_group(has)
    gain[has] = 0.0
    model = calibrate(uptake_model(), gain, able, observed=shares, weights=weights, group=group)
    joined = model.probability(gain, able, group=group) * weights
    assert joined[has].sum() == pytest.approx(0.65 * 2365, abs=1e-6)
    assert joined[~has].sum() == pytest.approx(0.35 * 2365, abs=1e-6)
    words = pd.Series(np.where(has, "factory", "none"), gain.index)
    assert filter_group(words).equals(group)
    with pytest.raises(InputError, match="factory, retrofit or none"):
        filter_group(words.replace("factory", "yes"))
    with pytest.raises(InputError, match="more vehicles than members"):
        programme_shares(weights, pd.Series(False, gain.index))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100), st.floats(0, 5e5), st.floats(1, 5e5))
def test_more_grant_never_means_fewer(seed: int, grant: float, more: float) -> None:
    """Of each vehicle and of all, and free riders are between none and all."""
    gain, able, weights = fleet(seed, 50)
    model = calibrate(uptake_model(), gain, able, observed=0.019, weights=weights)
    none, some, most = (model.probability(gain + one, able) for one in (0.0, grant, grant + more))
    assert (some >= none).all()
    assert (most >= some).all()
    rows = [additionality(one, none, weights=weights).loc["all"] for one in (some, most)]
    assert rows[1]["additional"] >= rows[0]["additional"] - 1e-6
    assert all(0.0 <= row["free_rider_share"] <= 1.0 + 1e-12 for row in rows)
    assert rows[1]["free_rider_share"] <= rows[0]["free_rider_share"] + 1e-12


def test_additionality_by_hand() -> None:
    """Of 100, 30 take it up and 10 would have; the filter's owners avoid nothing."""
    index = pd.Index(["bare", "fitted"])
    with_it, without = pd.Series([0.3, 0.5], index), pd.Series([0.1, 0.5], index)
    weights = pd.Series([100.0, 20.0], index)
    avoided = pd.Series([11.0, 0.0], index)
    found = additionality(with_it, without, weights=weights, avoided=avoided, group=pd.Series(
        index, index))  # fmt: skip
    assert found.loc["bare", ["takers", "additional", "free_riders"]].tolist() == pytest.approx(
        [30, 20, 10]
    )
    assert found.loc["bare", "free_rider_share"] == pytest.approx(1 / 3)
    assert found.loc["fitted", "free_rider_share"] == 1.0
    assert found["avoided_claimed"].tolist() == pytest.approx([330.0, 0.0])
    assert found["avoided_additional"].tolist() == pytest.approx([220.0, 0.0])
    whole = additionality(with_it, without, weights=weights).loc["all"]
    assert whole["takers"] == pytest.approx(40)
    lost = additionality(pd.Series([np.nan, 0.5], index), without, weights=weights).loc["all"]
    assert (lost["unknown"], lost["takers"]) == (100.0, 10.0)


def test_what_is_unknown_has_no_probability() -> None:
    """A gain or liquidity that nobody knows; and the calibration leaves it out, counted."""
    gain, able, weights = fleet(4, 30)
    gain.iloc[0] = np.nan
    able = able.astype(object)
    able.iloc[1] = None
    model = calibrate(uptake_model(), gain, able, observed=0.05, weights=weights)
    found = model.probability(gain, able)
    assert found.isna().tolist() == [True, True, *[False] * 28]
    assert model.left_out == pytest.approx(weights.iloc[:2].sum())
    known = weights.iloc[2:]
    assert (found * weights).sum() == pytest.approx(0.05 * known.sum())


def test_faults_of_shares_are_named_together() -> None:
    """No share of 0 or 1, no group without one."""
    gain, able, _ = fleet(5, 10)
    group = pd.Series(["a", "b"] * 5, gain.index)
    with pytest.raises(InputError, match="observed a") as caught:
        calibrate(uptake_model(), gain, able, observed={"a": 0.0, "c": 0.1}, group=group)
    assert len(caught.value.problems) == 3
    with pytest.raises(InputError, match="low, central, high"):
        uptake_model(answer="middle")
    with pytest.raises(InputError, match="calibrate first"):
        uptake_model().probability(gain)


def test_shares_of_options_sum_to_one_and_meet_what_is_seen(
    random_options: Callable[..., Options],
) -> None:
    """By vehicle one; over the fleet the observed ones, exactly; the unknown is taken by nobody."""
    index = random_options(6, 60).cases.index
    rng = np.random.default_rng(6)
    gain = pd.Series(rng.normal(-2e5, 3e5, len(index)), index)
    gain.iloc[1] = np.nan
    weights = pd.Series(rng.random(60) * 9 + 1, index=index.levels[0])
    observed = {"dpf_retrofit": 0.019, "euro_6": 0.01, "cng": 0.004, "electric": 0.001}
    model = uptake_model()
    constants = calibrate_options(model, gain, observed=observed, weights=weights)
    shares = option_shares(model, gain, constants=constants)
    assert shares.groupby(level=0).sum().to_numpy() == pytest.approx(1.0, rel=1e-12)
    assert shares.iloc[1] == 0.0
    count = weights.reindex(index.get_level_values(0)).to_numpy()
    kind = index.get_level_values(1).str.partition(":").get_level_values(0)
    sums = (shares * count).groupby(kind).sum() / weights.sum()
    for name, share in observed.items():
        assert sums[name] == pytest.approx(share, abs=1e-10)


def test_a_grant_for_one_option_takes_from_all_others(
    random_options: Callable[..., Options],
) -> None:
    """More for filters, fewer of the rest; two options alone are the plain logit."""
    index = random_options(8, 20).cases.index
    gain = pd.Series(-1e5, index)
    model = uptake_model()
    constants = {"dpf_retrofit": -1.0, "euro_6": -1.5, "cng": -2.0, "electric": -2.0}
    before = option_shares(model, gain, constants=constants)
    filters = index.get_level_values(1) == "dpf_retrofit"
    after = option_shares(model, gain + 8e4 * filters, constants=constants)
    had = index.get_level_values(0).isin(index[filters].get_level_values(0))
    assert (after[filters] > before[filters]).all()
    assert (after[~filters & had] < before[~filters & had]).all()
    alone = option_shares(model, gain, constants={"dpf_retrofit": -1.0})
    utility = -1.0 - 1.0 + 2.0
    assert alone[filters].to_numpy() == pytest.approx(1 / (1 + np.exp(-utility)))


def test_rebound_is_days_times_a_days_kilometres(filter_options: Options) -> None:
    """104 days at 30,000 km over 300 days: 10,400 km, or none where they are only moved."""
    index = filter_options.cases.index[[1]]
    days = pd.Series(104.0, index)
    assert rebound_km(days, filter_options.physical).tolist() == pytest.approx([10_400])
    moved = Defaults({"uptake:rebound_share": 0.0})
    assert rebound_km(days, filter_options.physical, defaults=moved).tolist() == [0.0]

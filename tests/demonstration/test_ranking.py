"""Places for a demonstration: ranked by hand-made numbers, honest about what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.demonstration import (
    CRITERIA,
    Criterion,
    demonstration_candidates,
    rank_demonstrations,
)
from geofleet.errors import InputError

COLUMNS = [criterion.column for criterion in CRITERIA]


def three(**changes: list[object]) -> pd.DataFrame:
    table: dict[str, list[object]] = {
        "vehicle_day": [1, 2, 3], "depot_id": ["a", "a", "b"], "operator_id": ["x", "x", "y"],
        "feasible_probability": [1.0, 0.5, 0.0], "harm_avoided": [10.0, 30.0, 20.0],
        "cost": [100.0, 200.0, 100.0],
    }  # fmt: skip
    return pd.DataFrame(table | changes)


WEIGHTS = {"feasibility": 2.0, "harm": 1.0, "cost": 1.0}


def test_scores_by_hand() -> None:
    """Weights 1/2, 1/4, 1/4: route 1 has 1/2 + 0 + 1/4, 2 has 1/4 + 1/4 + 0, 3 has 1/8 + 1/4."""
    ranking = rank_demonstrations(three(), weights=WEIGHTS)
    table = ranking.table
    assert table.index.tolist() == [1, 2, 3]
    assert table["score"].tolist() == pytest.approx([0.75, 0.5, 0.375])
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["part_harm"].tolist() == pytest.approx([0.0, 0.25, 0.125])
    assert ranking.weights.sum() == pytest.approx(1.0)
    assert (table["score_low"] == table["score_high"]).all()
    assert table["first_probability"].sum() == pytest.approx(1.0)
    assert table["top_probability"].tolist() == [1.0, 1.0, 1.0]


def test_weight_ranges_by_hand() -> None:
    """Routes 1 and 2 by feasibility w and harm 1 - w: w against w/2 + 1 - w, so w = 2/3."""
    ranking = rank_demonstrations(
        three().iloc[[0, 1, 2]], weights={"feasibility": 0.8, "harm": 0.2}
    )
    ranges = ranking.weight_ranges
    assert ranges.loc["feasibility", ["low", "high"]].tolist() == pytest.approx([2 / 3, 1.0])
    assert ranges.loc["harm", ["low", "high"]].tolist() == pytest.approx([0.0, 1 / 3])
    for inside, first in ((0.67, 1), (0.66, 2)):
        again = rank_demonstrations(
            three(), weights={"feasibility": inside, "harm": 1 - inside}, draws=1
        )
        assert again.table.index[0] == first


def test_depots_and_operators_are_means_of_their_days() -> None:
    """Depot a: probability 0.75, harm 20, cost 150, of two days."""
    table = rank_demonstrations(three(), weights=WEIGHTS, by="depot").table
    assert table.loc["a", ["feasible_probability", "harm_avoided", "cost"]].tolist() == [
        0.75, 20.0, 150.0,
    ]  # fmt: skip
    assert table.loc["a", "vehicle_days"] == 2
    sizes = three(operator_size=[5, 5, 80])
    by_operator = rank_demonstrations(sizes, by="operator")
    assert by_operator.table["operator_size"].to_dict() == {"x": 5.0, "y": 80.0}
    assert set(by_operator.left_out) == {"parked_hours", "connection"}
    with pytest.raises(InputError, match="rows have several"):
        rank_demonstrations(three(operator_size=[5, 6, 80]), by="operator")


def test_unknown_is_anything_between_worst_and_best() -> None:
    """Route 3 with unknown harm: 0 to 1/4 more, ranked by the middle; never counted as zero."""
    table = rank_demonstrations(three(harm_avoided=[10.0, 30.0, np.nan]), weights=WEIGHTS).table
    row = table.loc[3]
    assert (row["score_low"], row["score_high"], row["score"]) == (0.25, 0.5, 0.375)
    assert row["unknown"] == "harm"
    assert np.isnan(row["harm_avoided"])
    assert (row["rank_best"], row["rank_worst"]) == (2, 3)
    assert table.loc[1, ["rank_best", "rank_worst"]].tolist() == [1, 1]
    assert row["pareto"]  # with the best harm nobody would dominate it


def test_unknown_stays_so_where_all_others_are_alike() -> None:
    """All known harms equal: the one not known may still be better or worse."""
    table = rank_demonstrations(three(harm_avoided=[10.0, 10.0, None]), weights=WEIGHTS).table
    assert table.loc[3, "unknown"] == "harm"
    assert table.loc[3, "score_high"] - table.loc[3, "score_low"] == pytest.approx(0.25)


def test_what_nobody_knows_is_left_out_and_said() -> None:
    """Its weight goes to the others; where the user gave it a weight, it must be there."""
    ranking = rank_demonstrations(three())
    assert set(ranking.left_out) == {"parked_hours", "connection", "operator_size"}
    assert ranking.weights.sum() == pytest.approx(1.0)
    with pytest.raises(InputError, match="connection_available_kw"):
        rank_demonstrations(three(), weights={"connection": 1.0})


def test_probability_of_the_first_place_by_hand() -> None:
    """Two routes and two criteria, each best in one: any weight above one half wins."""
    frame = pd.DataFrame({
        "vehicle_day": [1, 2], "feasible_probability": [1.0, 0.0], "harm_avoided": [0.0, 1.0],
    })  # fmt: skip
    ranking = rank_demonstrations(
        frame, weights={"feasibility": 0.5, "harm": 0.5}, draws=4000, seed=1
    )
    assert ranking.table["first_probability_any_weights"].to_numpy() == pytest.approx(0.5, abs=0.03)
    tilted = rank_demonstrations(
        frame, weights={"feasibility": 0.6, "harm": 0.4}, draws=4000, seed=1
    ).table
    from scipy.stats import beta

    assert tilted.loc[1, "first_probability"] == pytest.approx(
        beta(0.6 * 50, 0.4 * 50).sf(0.5), abs=0.03
    )


def test_equals_share_rank_and_first_places() -> None:
    """Twins have the same rank, and half the probability each."""
    frame = pd.DataFrame({"vehicle_day": [1, 2], "harm_avoided": [1.0, 1.0]})
    table = rank_demonstrations(frame, weights={"harm": 1.0}).table
    assert table["rank"].tolist() == [1, 1]
    assert table["first_probability"].tolist() == [0.5, 0.5]
    assert table["pareto"].all()


VALUES = st.one_of(st.none(), st.integers(0, 5).map(float))


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(2, 8))
    frame = pd.DataFrame({
        name: pd.Series(draw(st.lists(VALUES, min_size=count, max_size=count)), dtype=float)
        for name in COLUMNS
    })  # fmt: skip
    frame["feasible_probability"] /= 5.0
    frame["vehicle_day"] = np.arange(count)
    frame.loc[0, COLUMNS] = frame.loc[0, COLUMNS].astype(float).fillna(1.0)
    return frame


@settings(deadline=None, max_examples=60)
@given(frame=tables(), data=st.data())
def test_properties_of_any_ranking(frame: pd.DataFrame, data: st.DataObject) -> None:
    """Dominance, order of rows, units: none of them can be tricked."""
    weights = {
        c.name: data.draw(st.integers(0, 4)) + (c.name == "harm") for c in CRITERIA
    }  # fmt: skip
    ranking = rank_demonstrations(frame, weights=weights, draws=20)
    table = ranking.table.sort_index()
    assert ((table["score_low"] <= table["score"]) & (table["score"] <= table["score_high"])).all()
    assert ((table["rank_best"] <= table["rank"]) & (table["rank"] <= table["rank_worst"])).all()

    # Who is known to be at least as good in everything is never behind, nor less often in front.
    sign = np.array([1.0 if c.higher_is_better else -1.0 for c in CRITERIA])
    good = frame[COLUMNS].to_numpy() * sign
    for a in range(len(frame)):
        for b in range(len(frame)):
            if np.isfinite(good[[a, b]]).all() and (good[a] >= good[b]).all():
                assert table.loc[a, "rank"] <= table.loc[b, "rank"]
                assert table.loc[a, "first_probability"] >= table.loc[b, "first_probability"]
                if (good[a] > good[b]).any() and min(weights.values()) > 0:
                    assert not table.loc[b, "pareto"]

    turned = rank_demonstrations(frame.iloc[::-1], weights=weights, draws=20).table
    pd.testing.assert_frame_equal(turned, ranking.table, check_exact=True)

    scaled = frame.assign(harm_avoided=frame["harm_avoided"] * 1024.0, cost=frame["cost"] / 2.0)
    other = rank_demonstrations(scaled, weights=weights, draws=20).table
    assert other["score"].to_numpy() == pytest.approx(ranking.table["score"].to_numpy())
    assert other["rank"].tolist() == ranking.table["rank"].tolist()
    heavier = {name: 3.0 * value for name, value in weights.items()}
    same = rank_demonstrations(frame, weights=heavier, draws=20).table
    assert same["score"].to_numpy() == pytest.approx(ranking.table["score"].to_numpy())


def test_bad_input_is_named_all_at_once() -> None:
    """Values, weights, keys and settings that cannot be."""
    wrong = three(feasible_probability=[1.5, 0.5, "often"], cost=[np.inf, 1.0, 1.0])
    with pytest.raises(InputError) as error:
        rank_demonstrations(wrong)
    assert [(p.field, p.row) for p in error.value.problems] == [
        ("feasible_probability", 1), ("feasible_probability", 3), ("cost", 1),
    ]  # fmt: skip
    for options in (
        {"weights": {"beauty": 1.0}}, {"weights": {"harm": -1.0}}, {"weights": {"harm": 0.0}},
        {"by": "city"}, {"draws": 0}, {"top": 0},
    ):  # fmt: skip
        with pytest.raises(InputError):
            rank_demonstrations(three(), **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="depot_id"):
        rank_demonstrations(three().drop(columns="depot_id"), by="depot")
    with pytest.raises(InputError, match="one of mean"):
        Criterion("noise", "noise_db", aggregate="median")


def test_rows_without_a_depot_are_counted() -> None:
    """A vehicle-day whose depot is not known belongs to no depot."""
    ranking = rank_demonstrations(three(depot_id=["a", None, "b"]), weights=WEIGHTS, by="depot")
    assert ranking.without_key == 1
    assert sorted(ranking.table.index) == ["a", "b"]


def test_candidates_from_the_tables_of_a_study() -> None:
    """Each quantity finds its vehicle-day; parked hours are what the day leaves."""
    days = pd.DataFrame({
        "vehicle_id": ["v1", "v2"], "operator_id": ["x", "y"], "depart_s": [8 * 3600.0] * 2,
        "return_s": [18 * 3600.0, np.nan],
    })  # fmt: skip
    frame = demonstration_candidates(
        days, feasible_probability={0: 0.9, 1: 0.4}, harm_avoided={0: 3.0},
        depot_id={"v1": "a"}, connection_available_kw={"a": 75.0}, operator_size={"x": 4, "y": 9},
    )  # fmt: skip
    assert frame.loc[0, "parked_hours"] == 14.0
    assert np.isnan(frame.loc[1, "parked_hours"])
    assert frame["connection_available_kw"].tolist()[0] == 75.0
    assert frame["connection_available_kw"].isna().tolist() == [False, True]
    assert frame["harm_avoided"].isna().tolist() == [False, True]
    assert rank_demonstrations(frame, by="operator").table["operator_size"].tolist() == [4.0, 9.0]
    with pytest.raises(InputError, match="vehicle_id"):
        demonstration_candidates(days.drop(columns="vehicle_id"))
    with pytest.raises(InputError, match="once"):
        demonstration_candidates(days, harm_avoided=pd.Series([1.0, 2.0], index=[0, 0]))

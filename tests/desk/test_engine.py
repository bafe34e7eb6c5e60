"""The slow part of a desk in a process of its own: the numbers of this one."""

from __future__ import annotations

import io
import math
import pickle
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from geofleet.desk import Desk
from geofleet.desk.child import answer_all
from geofleet.desk.engine import Engine, Payload
from geofleet.desk.searcher import Here, Searcher


def test_another_process_finds_the_plan_of_this_one(desk: Desk) -> None:
    """A study goes there whole, hostile names and all, and its plan comes back to the last bit."""
    question: Any = desk.question("budget")
    assert isinstance(desk.search, Here)
    payload = desk.search.engine.payload
    assert isinstance(payload, Payload)
    budget = question.desk.budgets[1]
    searcher = Searcher(partial(Engine, payload))
    found = searcher("budget", budget, stop=lambda: False)
    searcher.close()
    own = Engine(payload, money=question.desk).budget(budget)
    assert own is not None
    assert (found.value, found.gap, found.spend) == (own.value, own.gap, own.spend)
    assert found.option.tolist() == own.option.tolist()
    assert np.array_equal(found.avoided, own.avoided)


def test_a_study_without_a_plan_is_not_asked_for_one(desk: Desk) -> None:
    """Its page has no such question; who asks all the same is told."""
    with pytest.raises(ValueError, match="no plan"):
        Engine(Payload(desk.results)).budget(1.0)


def test_a_process_answers_until_nothing_more_can_come() -> None:
    """What makes the engine, then questions: the answers stand in the same order."""
    asked, told = io.BytesIO(), io.BytesIO()
    for content in (partial(SimpleNamespace, root=math.sqrt), ("root", 9.0), ("root", 16.0)):
        pickle.dump(content, asked)
    asked.seek(0)
    with pytest.raises(EOFError):
        answer_all(asked, told)
    told.seek(0)
    assert [pickle.load(told) for _ in range(2)] == [(3.0, None), (4.0, None)]

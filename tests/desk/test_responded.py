"""What carriers do about other hours: as the command for rules says of a file with these hours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from geofleet.config import PolicyConfig
from geofleet.desk import Desk
from geofleet.desk.ask_hours import HoursQuestion
from geofleet.outputs.policy import StudyPolicy
from geofleet.policy.study import read_study_rules
from geofleet.study import Results

SETTINGS = {"rule": "CENTRE-HOURS@1", "from": "21:00", "until": "07:30", "response": "respond"}


@pytest.fixture(scope="module")
def by_file(half_results: Results, tmp_path_factory: pytest.TempPathFactory) -> StudyPolicy:
    """The day under a rule file in which the hours were written by hand."""
    folder = tmp_path_factory.mktemp("hours")
    text = (half_results.folder / "access.yaml").read_text(encoding="utf-8")
    assert text.count("20:00-10:00") == 1
    (folder / "own.yaml").write_text(text.replace("20:00-10:00", "21:00-07:30"), encoding="utf-8")
    for path in half_results.folder.glob("*.geojson"):
        (folder / path.name).write_bytes(path.read_bytes())
    rules = read_study_rules(folder, PolicyConfig(rules=folder / "own.yaml"))
    return StudyPolicy(half_results, rules, half_results.under(rules))


def test_the_last_answer_is_that_of_the_command(desk: Desk, by_file: StudyPolicy) -> None:
    """Harm, outcomes, deliveries, cost and who is hurt: the same numbers."""
    question: Any = desk.question("hours")
    assert isinstance(question, HoursQuestion)
    first = desk.quick("hours", SETTINGS)
    assert not first.final
    assert "being worked out" in first.status["en"]
    answer = desk.full("hours", SETTINGS)
    assert answer.final
    found = question.desk.responded(0, question._asked(SETTINGS)[1])
    assert found is not None
    effect = by_file.effect
    harm = effect.harm()
    assert found.before.sum() == pytest.approx(harm["before"], rel=1e-9)
    assert found.after.sum() == pytest.approx(harm["after"], rel=1e-9)
    links = effect.by_link()
    assert found.edges.tolist() == links.index.tolist()
    assert found.after.sum(axis=1) == pytest.approx(links["harm_after"].to_numpy(), rel=1e-9)
    hours = effect.by_hour()
    assert found.after.sum(axis=0) == pytest.approx(hours["harm_after"].to_numpy(), rel=1e-9)
    assert found.outcome.tolist() == effect.frame["outcome"].tolist()
    assert (found.outcome != "allowed").sum() > 2
    assert found.deliveries == effect.deliveries()
    assert found.cost == pytest.approx(effect.frame["cost"].sum(), rel=1e-12)
    told = {fact.label["en"]: fact.after["en"] for fact in answer.facts}
    assert told["Vehicle-days that change"].startswith(
        str(int((~effect.frame["outcome"].isin(["allowed", "unknown"])).sum()))
    )
    assert desk.quick("hours", SETTINGS).final


def test_the_map_holds_all_of_it(desk: Desk) -> None:
    """Streets of the page and streets besides add up to the day under the rule."""
    question: Any = desk.question("hours")
    answer = desk.full("hours", SETTINGS)
    found = question.desk.responded(0, question._asked(SETTINGS)[1])
    km = question.streets.frame["length_m"].to_numpy(np.float64) / 1000.0
    after = {one.name: one for one in answer.variables["streets"]}["after"]
    whole = float((np.asarray(after.values).sum(axis=1) * km).sum())
    new = question.roads.beyond(found.edges, question.desk.driven.edges)
    assert whole + found.after[new].sum() == pytest.approx(found.after.sum(), rel=1e-9)
    plain = answer.plain(question.views, readers=desk.readers)
    assert set(plain["beyond"]) == ({"streets"} if new.any() else set())
    states = answer.variables["days"][0]
    assert len(states.categories) == 1 + len(set(found.outcome) - {"allowed"})


def test_bounds_are_answers_of_their_own(desk: Desk) -> None:
    """Not driven, or after the hours: passage by passage, and at once."""
    for response in ("not_driven", "after"):
        answer = desk.quick("hours", {**SETTINGS, "response": response})
        assert answer.final
        assert answer.beyond == {}
    stopped = desk.quick("hours", {**SETTINGS, "response": "not_driven"})
    assert stopped.bars is not None
    assert stopped.bars.after.sum() < stopped.bars.before.sum()


def test_old_answers_are_forgotten(desk: Desk, half_results: Results) -> None:
    """What is kept of windows does not grow without end."""
    question: Any = desk.question("hours")
    hours = question.desk
    desk.full("hours", SETTINGS)
    kept = dict(hours._responded)
    first = next(iter(kept.values()))
    for start in range(300):
        hours.keep(replace(first, window=replace(first.window, start_s=start)))
    assert len(hours._responded) == 200
    hours._responded.clear()
    hours._responded.update(kept)

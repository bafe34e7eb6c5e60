"""Opening hours of rules: by hand, and open on every day exactly when the rule's windows are."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.policy.exchange import opening_hours_of, write_hours
from geofleet.policy.rules import Rule
from geofleet.policy.rules.days import Calendar, Days, OnDays, When
from geofleet.policy.rules.opening_hours import dated_windows, fault_of

HOUR = 3600
WEEK = frozenset(range(5))


def _rule(*when: When, effect: str = "prohibit", in_force: OnDays | None = None) -> Rule:
    return Rule("r", "R", effect, when=when, in_force=in_force or OnDays())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (_rule(), "24/7"),
        (_rule(When(hours=((6 * HOUR, 10 * HOUR),))), "06:00-10:00"),
        (_rule(When(OnDays(weekdays=WEEK), ((20 * HOUR, 10 * HOUR),))), "Mo-Fr 20:00-10:00"),
        (_rule(When(OnDays(nth=((5, frozenset((1, 3))),)), ((5 * HOUR, 22 * HOUR),))),
         "Sa[1,3] 05:00-22:00"),
        (_rule(When(OnDays(season=((11, 1), (3, 31)), holidays="off"), ((6 * HOUR, 0),))),
         "Nov 1-Mar 31 06:00-24:00; PH closed"),
        (_rule(When(hours=((10 * HOUR, 10 * HOUR),))), "10:00-10:00"),
        (_rule(When(OnDays(dates=frozenset((dt.date(2026, 2, 13), dt.date(2026, 2, 14))),
                           weekdays=WEEK))), "2026 Feb 13"),
        (_rule(When(OnDays(holidays="only"), ((6 * HOUR, 8 * HOUR),))), "PH 06:00-08:00"),
        # Holidays close the first part alone.
        (_rule(When(OnDays(weekdays=WEEK, holidays="off"), ((6 * HOUR, 8 * HOUR),)),
               When(OnDays(weekdays=frozenset((5, 6))), ((9 * HOUR, 12 * HOUR),))),
         "Mo-Fr 06:00-08:00; PH closed, Sa-Su 09:00-12:00"),
        (_rule(When(OnDays(holidays="off")), in_force=OnDays(holidays="only")), "24/7 closed"),
        (_rule(When(opening_hours="Mo-Fr 8:00-20:00;PH off")), "Mo-Fr 08:00-20:00; PH closed"),
    ],
)  # fmt: skip
def test_hours_by_hand(rule: Rule, expected: str) -> None:
    """What a person would write, as the library writes it."""
    assert opening_hours_of(rule) == expected
    assert write_hours(rule).notes == ()


def test_limits_of_allow_only_stand_apart() -> None:
    """The hours are those that are allowed; on other days nothing is limited."""
    night = When(OnDays(), ((20 * HOUR, 10 * HOUR),))
    written = write_hours(_rule(night, effect="allow_only", in_force=OnDays(weekdays=WEEK)))
    assert (written.text, written.limited_on) == ("20:00-10:00", "Mo-Fr")


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        (_rule(When(OnDays(calendar="parity"), ((6 * HOUR, 8 * HOUR),))), "calendar parity"),
        (_rule(When(hours=((6 * HOUR + 30, 8 * HOUR),))), "06:00:30-08:00"),
        (_rule(When(OnDays(weekdays=WEEK, holidays="only"))), "holidays alone"),
        (_rule(When(opening_hours="06:00-08:00"), When(hours=((9 * HOUR, 10 * HOUR),))),
         "06:00-08:00"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_uncertain(rule: Rule, note: str) -> None:
    """A note says it, and whoever reads the hours finds no certain window."""
    written = write_hours(rule)
    assert note in " ".join(written.notes)
    found = dated_windows(written.text, dt.date(2026, 2, 13), holidays=())
    assert found
    assert not any(certain and start < 9 * HOUR for start, _, certain in found)


_SEASONS = st.tuples(*[st.sampled_from([(1, 1), (2, 28), (2, 29), (3, 1), (6, 15), (10, 31),
                                        (12, 31)])] * 2)  # fmt: skip
_DATES = st.dates(dt.date(2024, 1, 1), dt.date(2026, 12, 31))
_ON_DAYS = st.builds(
    OnDays,
    weekdays=st.none() | st.frozensets(st.integers(0, 6)),
    nth=st.none() | st.dictionaries(
        st.integers(0, 6), st.frozensets(st.integers(1, 5), min_size=1), max_size=3
    ).map(lambda found: tuple(sorted(found.items()))),
    season=st.none() | _SEASONS,
    holidays=st.sampled_from(["any", "any", "off", "only"]),
    dates=st.none() | st.none() | st.frozensets(_DATES, max_size=9),
)  # fmt: skip
_MINUTES = st.integers(0, 1439).map(lambda minute: minute * 60)
_HOURS = st.lists(st.tuples(_MINUTES, _MINUTES | st.just(86400)), max_size=2).map(tuple)
_YEARS = tuple(dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(1096))
_HOLIDAYS = frozenset(date for date in _YEARS if (date.month * 31 + date.day) % 23 == 0)


def _moments(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return windows joined where they touch."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(When, _ON_DAYS, _HOURS), max_size=3), _ON_DAYS | st.just(OnDays()))
def test_written_hours_are_those_of_the_rule(when: list[When], in_force: OnDays) -> None:
    """On each day of three years the windows that open are the rule's; else a note says why."""
    rule = _rule(*when, in_force=in_force)
    written = write_hours(rule)
    assert fault_of(written.text) == ""
    days = Days(_YEARS, _HOLIDAYS)
    counts = in_force.holds(days)
    parts = [(part.days.holds(days), part.windows) for part in rule.when or (When(),)]
    for place, date in enumerate(_YEARS):
        own = [
            window for holds, windows in parts for window in windows
            if counts[place] == 2 and holds[place] == 2
        ]  # fmt: skip
        found = dated_windows(written.text, date, holidays=_HOLIDAYS)
        sure = [(start, end) for start, end, certain in found if certain]
        if written.notes:
            # What is certain is the rule's, and the rule's is at least possible.
            assert _moments(own + sure) == _moments(own)
            every = [(start, end) for start, end, _ in found]
            assert _moments(every + own) == _moments(every)
        else:
            assert all(certain for _, _, certain in found)
            assert _moments(sure) == _moments(own), (written.text, date)


def test_a_calendar_is_unknown_where_it_says_nothing() -> None:
    """The comment of the text and the engine agree that nobody can tell beyond its months."""
    rule = _rule(When(OnDays(calendar="c"), ((6 * HOUR, 8 * HOUR),)))
    days = Days((dt.date(2026, 3, 1),), frozenset(), {"c": Calendar("c", {})})
    assert rule.when[0].days.holds(days)[0] == 1
    assert dated_windows(opening_hours_of(rule), days.dates[0], holidays=()) == [
        (6 * HOUR, 8 * HOUR, False)
    ]

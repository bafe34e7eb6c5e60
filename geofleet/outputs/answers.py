"""What the index of a study says of each question: one number, and sentences true of any count."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from geofleet.wording import Readers, Text, both, say

if TYPE_CHECKING:
    from geofleet.report.contents import Budget, DayUnderRules

__all__ = ["Words", "electric_words", "plan_words", "rules_words"]

_SAME = 1e-6
"""A relative change below this is one of summing in another order."""

Words = tuple[Text, list[Text]]


def electric_words(count: Mapping[str, int], *, promised: float, readers: Readers) -> Words:
    """Return how many vehicle-days can be electric.

    Parameters
    ----------
    count
        Vehicle-days by verdict, as ``geofleet.maps.electric.words.verdicts`` names them.
    promised
        Share of the days of a year from which on a day can be done nearly always.

    Returns
    -------
    tuple
        The one number with its unit, and the sentences.
    """
    every, unknown = sum(count.values()), count.get("unknown", 0)
    if unknown == every:
        return say("common.unknown"), [say("study.electric_unknown_all")]
    able, write = every - unknown - count.get("fails", 0), readers.whole
    one = every == 1
    number = say("study.electric_number_one", able=write(able)) if one else say(
        "study.electric_number", able=write(able), all=write(every)
    )  # fmt: skip
    always, days = count.get("always", 0), readers.number(100.0 * promised)
    if not able:
        sentences = [say("study.electric_able_none")]
    elif one:
        sentences = [say("study.electric_able_one")]
        if not count.get("untried", 0):
            kind = "always" if always else "fewer"
            sentences.append(say(f"study.electric_{kind}_one", days=days))
    else:
        sentences = [say("study.electric_able", able=write(able), all=write(every)),
                     say("study.electric_always", always=write(always), days=days)]  # fmt: skip
    if unknown:
        sentences.append(say("study.electric_unknown", count=write(unknown)))
    return number, sentences


def rules_words(day: DayUnderRules, *, readers: Readers) -> Words:
    """Return what rules make of the day: the change of exposure, who is held up, what comes late.

    Returns
    -------
    tuple
        The one number with its unit, and the sentences.
    """
    from geofleet.policy.day.effect import CHANGED

    write, unknown = readers.whole, day.outcomes.get("unknown", 0)
    changed = sum(day.outcomes.get(name, 0) for name in CHANGED)
    kind = "declared" if day.declared else "every_day"
    every = sum(day.outcomes.values())
    sentences = [say(f"study.rules_{kind}", title=day.title, changed=write(changed),
                     all=write(every))]  # fmt: skip
    if unknown:
        sentences.append(say("study.rules_unknown", count=write(unknown)))
    if day.deliveries:
        counts = {"all": day.deliveries, "late": day.late, "cancelled": day.cancelled}
        words = {name: write(number) for name, number in counts.items()}
        sentences.append(say("study.rules_deliveries", **words))
    if unknown == every:
        return say("common.unknown"), sentences
    return _change(day.harm_before, day.harm_after, readers), sentences


def _change(before: float, after: float, readers: Readers) -> Text:
    """Return the change of exposure, with its direction in words."""
    if before == after or abs(after - before) <= _SAME * abs(before):
        return say("study.rules_same")
    change = (after - before) / before if before > 0.0 else math.nan
    if not math.isfinite(change):
        return say("common.unknown")
    way = "less" if change < 0.0 else "more"
    return say(f"study.rules_{way}", change=readers.percent(abs(change)))


def plan_words(budget: Budget, *, exchanged: int = 0, readers: Readers) -> Words:
    """Return what the money of a plan buys, and how good the plan is.

    Parameters
    ----------
    exchanged
        Vehicles that in the end do the work of another, or none: that alone avoids something.

    Returns
    -------
    tuple
        The one number with its unit, and the sentences.
    """
    write, last = readers.whole, budget.first_year + budget.years - 1
    span = both(str(last) if budget.years == 1 else f"{budget.first_year}–{last}")
    count = write(exchanged)
    if budget.changed or budget.spend:
        buys = say("study.plan_buys", span=span, money=readers.money(budget.spend, budget.currency),
                   changed=write(budget.changed), all=write(budget.vehicles))  # fmt: skip
    elif exchanged:
        buys = say("study.plan_exchange_only", span=span, count=count)
    else:
        buys = say("study.plan_nothing", span=span)
    sentences = [buys]
    if exchanged and (budget.changed or budget.spend):
        sentences.append(say("study.plan_exchange", count=count))
    if not math.isfinite(budget.gap):
        gap = say("study.plan_gap_unknown")
    elif budget.gap > 0.0:
        gap = say("study.plan_gap", gap=readers.percent(budget.gap))
    else:
        gap = say("study.plan_best")
    share = budget.harm / budget.harm_today if budget.harm_today > 0.0 else math.nan
    if not math.isfinite(share):
        return say("common.unknown"), [*sentences, gap]
    more = "_more" if share < 0.0 else ""
    return say(f"study.plan_number{more}", share=readers.percent(abs(share))), [*sentences, gap]

"""The brief for an official: what, where, when, whom it hurts, what a plan would buy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geofleet.report.codes import code, size
from geofleet.report.contents import Budget, DayUnderRules, HarmToday, SizeRow
from geofleet.report.model import About, Assumptions, Brief, BriefTable, Figure, Section
from geofleet.report.phrases import (
    clipped,
    counted,
    days_of,
    grams,
    headed,
    joined,
    listed,
    sign,
)
from geofleet.wording import Readers, Text, both, say

__all__ = ["official_brief"]

_WINDOW_HOURS = 3
_SPARED, _UNKNOWN = ("allowed",), "unknown"
_TREASURY = ("grant", "scrap", "tax_forgone", "fuel_tax", "fees", "admin")


def official_brief(
    about: About,
    today: HarmToday,
    *,
    day: DayUnderRules | None = None,
    budget: Budget | None = None,
    picture: Figure | None = None,
    assumptions: Assumptions | None = None,
    questions: Sequence[Text] = (),
    sources: Sequence[Text] = (),
) -> Brief:
    """Return the brief for an official.

    Parameters
    ----------
    about, today
        The study, and its trucks as they drive.
    day
        What rules make of the day; None where the study names none: the brief says so.
    budget
        What a plan buys; None without a plan: the brief says so.
    picture
        Where the harm is.
    assumptions, questions, sources
        What it rests on, what is not known, where it comes from.
    """
    readers = about.readers
    sections = [_what(readers, today), _where(readers, today), _whom(readers, today)]
    after = [_day(readers, day, today)]
    if budget is not None:
        after.append(_payers(readers, budget))
    else:
        after.append(Section(say("brief.budget"), (say("brief.no_plan"),)))
    after.append(_decide(readers, day, budget))
    return Brief(
        audience="official",
        about=about,
        title=say("brief.title_official_today" if budget is None
                  else "brief.title_official" if budget.changed
                  else "brief.title_official_kept"),
        lead=_lead(readers, today, budget),
        figures=_figures(readers, today, budget),
        sections=tuple(sections),
        after=tuple(after),
        picture=picture,
        table=_by_size(readers, budget, day) if budget is not None else _zones(readers, today),
        assumptions=assumptions or Assumptions(),
        questions=tuple(questions),
        sources=tuple(sources),
    )  # fmt: skip


def window(hours: Sequence[float], length: int = _WINDOW_HOURS) -> tuple[int, int, float]:
    """Return first hour, hour of the end, and share of the worst stretch of a day's hours.

    Examples
    --------
    >>> window([0.0] * 8 + [0.25] * 4 + [0.0] * 12, 3)
    (8, 11, 0.75)
    """
    sums = [math.fsum(hours[first : first + length]) for first in range(len(hours) - length + 1)]
    first = max(range(len(sums)), key=sums.__getitem__)
    return first, first + length, sums[first]


def _lead(readers: Readers, today: HarmToday, budget: Budget | None) -> Text:
    values = {
        "days": days_of(readers, today.dates), "km": readers.quantity(today.distance_km, "km"),
        "grams": grams(readers, today.pm25_exhaust_g),
        "people": readers.whole(_hundreds(today.people)),
        "trucks": counted(readers, "trucks", today.vehicles),
    }  # fmt: skip
    if not today.people > 0.0:
        del values["people"]
        name = "nobody" if today.people == 0.0 else "people_unknown"
        first = say(f"brief.lead_official_{name}", **values)
    elif today.vehicles == 1 or not today.half_vehicles:
        name = "one" if today.vehicles == 1 else "no_half"
        first = say(f"brief.lead_official_{name}", **values)
    else:
        first = say("brief.lead_official", half=readers.whole(today.half_vehicles), **values)
    if budget is None:
        return joined(first, say("brief.lead_official_no_plan"))
    return joined(first, _lead_plan(readers, budget))


def _lead_plan(readers: Readers, budget: Budget) -> Text:
    trucks = counted(readers, "trucks", budget.vehicles)
    avoids, moved = _avoids(readers, budget), readers.whole(budget.exchanged)
    if not budget.changed and budget.exchanged and not budget.spend:
        return say("brief.lead_official_exchange", trucks=trucks, avoids=avoids, exchanged=moved)
    if not budget.changed:
        name = "lead_official_kept_one" if budget.vehicles == 1 else "lead_official_kept"
        return say(f"brief.{name}", trucks=trucks, why=_why(readers, budget))
    cost = _per_kg(budget)
    bought = say(
        "brief.lead_official_plan", money=readers.money(budget.spend, budget.currency),
        years=counted(readers, "years", budget.years), changed=readers.whole(budget.changed),
        trucks=trucks, avoids=avoids,
        cost=both("") if not math.isfinite(cost)
        else say("brief.lead_plan_cost", cost=readers.money(cost, budget.currency)),
    )  # fmt: skip
    if not budget.exchanged:
        return bought
    return joined(bought, say("brief.lead_plan_exchange", exchanged=moved))


def _avoids(readers: Readers, budget: Budget) -> Text:
    """Return how much of people's exposure a plan avoids, as the end of a sentence."""
    share = _share(budget.harm, budget.harm_today)
    if not math.isfinite(share):
        return say("brief.lead_plan_unknown")
    if sign(share) == 0:
        return say("brief.lead_plan_none")
    return say("brief.lead_plan_avoids" if share > 0.0 else "brief.lead_plan_more",
               share=readers.percent(abs(share)))  # fmt: skip


def _why(readers: Readers, budget: Budget) -> Text:
    """Return why vehicles are kept, the reason of most of them first."""
    if len(budget.kept) == 1:
        return code("reason", budget.kept[0][0])
    return listed(readers, [
        say("brief.kept_because", name=code("reason", reason), count=readers.whole(count))
        for reason, count in budget.kept
    ])  # fmt: skip


def _figures(
    readers: Readers, today: HarmToday, budget: Budget | None
) -> tuple[tuple[Text, Text], ...]:
    found = [(readers.whole(_hundreds(today.people)), say("brief.people_around"))] \
        if today.people > 0.0 else []  # fmt: skip
    found += [
        (grams(readers, today.pm25_exhaust_g), say("brief.exhaust_of", days=_days(readers, today))),
    ]
    if today.hours:
        start, end, share = window(today.hours)
        hours = say("brief.hours", start=_clock(start), end=_clock(end))
        found.append((hours, say("brief.worst_hours", share=readers.percent(share))))
    if budget is not None and math.isfinite(_per_kg(budget)) and budget.spend:
        found.append((readers.money(_per_kg(budget), budget.currency), say("brief.per_kg")))
    return tuple(found)


def _what(readers: Readers, today: HarmToday) -> Section:
    items = [
        say(
            "brief.what_exhaust", grams=grams(readers, today.pm25_exhaust_g),
            low=grams(readers, today.pm25_exhaust_low_g),
            high=grams(readers, today.pm25_exhaust_high_g),
        ),
        say("brief.what_wear", grams=grams(readers, today.pm25_wear_g),
            nox=grams(readers, today.nox_g)),
    ]  # fmt: skip
    if today.half_vehicles:
        items.append(say(
            "brief.what_half", half=readers.whole(today.half_vehicles),
            trucks=counted(readers, "trucks", today.vehicles),
            operators=counted(readers, "operators", today.operators),
        ))  # fmt: skip
    return Section(say("brief.what"), items=tuple(items))


def _where(readers: Readers, today: HarmToday) -> Section:
    known = math.isfinite(today.half_links_km)
    half = {"half": readers.quantity(today.half_links_km, "km")} if known else {}
    items = [
        say("brief.where_half" if known else "brief.where_unknown",
            km=readers.quantity(today.links_km, "km"), **half),
    ]  # fmt: skip
    if today.streets:
        named = [say("brief.street", name=clipped(name), share=readers.percent(share))
                 for name, share in today.streets]  # fmt: skip
        items.append(say("brief.streets", streets=listed(readers, named)))
    if today.hours:
        start, end, share = window(today.hours)
        items.append(say("brief.when", start=_clock(start), end=_clock(end),
                         share=readers.percent(share)))  # fmt: skip
    return Section(say("brief.where_when"), items=tuple(items))


def _whom(readers: Readers, today: HarmToday) -> Section:
    items = [say("brief.whom_people", people=readers.whole(_hundreds(today.people)))
             if today.people > 0.0 else say("brief.whom_nobody" if today.people == 0.0
                                            else "brief.whom_unknown")]  # fmt: skip
    if today.neighbourhoods:
        named = [say("brief.neighbourhood", name=_zone(one.name),
                     ratio=readers.number(one.ratio, 2),
                     people=readers.whole(_hundreds(one.people)))
                 for one in today.neighbourhoods]  # fmt: skip
        items.append(say("brief.neighbourhoods", names=listed(readers, named)))
    if not today.people > 0.0:
        return Section(say("brief.whom"), items=tuple(items))
    if today.groups:
        items += [say("brief.group", name=code("group", name), people=readers.percent(people),
                      exposure=readers.percent(exposure))
                  for name, people, exposure in today.groups]  # fmt: skip
    else:
        items.append(say("brief.no_groups"))
    if today.deaths is not None:
        central, low, high = today.deaths
        items.append(say("brief.deaths", deaths=readers.number(central, 2),
                         days=readers.number(today.deaths_days),
                         low=readers.number(low, 2), high=readers.number(high, 2)))  # fmt: skip
    return Section(say("brief.whom"), items=tuple(items))


def _zone(name: str) -> Text:
    """Return the name of a zone; what is but a number is told to be a zone."""
    short = clipped(name)
    return say("brief.zone_named", name=short) if short.isdigit() else both(short)


def _day(readers: Readers, day: DayUnderRules | None, today: HarmToday) -> Section:
    if day is None:
        return Section(say("brief.day_rules"), (say("brief.no_rules"),))
    heading = say("brief.day_event" if day.declared else "brief.day_rules")
    whole = sum(day.outcomes.values())
    unknown = day.outcomes.get(_UNKNOWN, 0)
    changes = {name: n for name, n in day.outcomes.items()
               if name not in (*_SPARED, _UNKNOWN) and n}  # fmt: skip
    items = [
        say("brief.day_changed", changed=readers.whole(sum(changes.values())),
            whole=readers.whole(whole)),
    ]  # fmt: skip
    if changes:
        named = [say("brief.named_count", count=readers.whole(count), name=code("outcome", name))
                 for name, count in changes.items()]  # fmt: skip
        items.append(say("brief.day_outcomes", outcomes=listed(readers, named)))
    if unknown:
        items.append(say("brief.day_unknown", count=readers.whole(unknown)))
    items.append(_day_harm(readers, day))
    items.append(say("brief.day_deliveries", late=readers.whole(day.late),
                     cancelled=readers.whole(day.cancelled),
                     deliveries=readers.whole(day.deliveries)))  # fmt: skip
    items += _day_cost(readers, day, today)
    hurt = [say("brief.day_size", size=size(one.size, readers), hurt=readers.whole(one.hurt),
                operators=counted(readers, "operators", one.operators),
                cost=readers.money(one.cost, day.currency))
            for one in day.sizes if one.operators]  # fmt: skip
    if hurt:
        items.append(say("brief.day_sizes", sizes=listed(readers, hurt)))
    title = say("brief.day_title", title=clipped(day.title), status=say(f"common.{day.status}"))
    return Section(heading, (title,), tuple(items))


def _day_cost(readers: Readers, day: DayUnderRules, today: HarmToday) -> list[Text]:
    """Return what the rules cost operators over the days studied, and what is not known of it."""
    if not math.isfinite(day.cost):
        return [say("brief.day_cost_none")]
    name = "day_gain" if sign(day.cost, 0.5) < 0 else "day_cost"
    found = [say(f"brief.{name}", cost=readers.money(abs(day.cost), day.currency),
                 days=days_of(readers, today.dates))]  # fmt: skip
    if day.cost_unknown:
        found.append(say("brief.day_cost_unknown", count=readers.whole(day.cost_unknown)))
    return found


def _day_harm(readers: Readers, day: DayUnderRules) -> Text:
    change = _share(day.harm_after - day.harm_before, day.harm_before)
    if not math.isfinite(change):
        return say("brief.day_harm_unknown")
    name = {-1: "less", 0: "same", 1: "more"}[sign(change)]
    if name == "same":
        return say("brief.day_harm_same")
    return say(f"brief.day_harm_{name}", share=readers.percent(abs(change)))


def _by_size(readers: Readers, budget: Budget, day: DayUnderRules | None) -> BriefTable:
    names = list(dict.fromkeys(name for row in budget.rows for name in row.technologies))
    costs = {} if day is None else {one.size: one.cost for one in day.sizes}
    heads = [
        say("brief.size"), say("brief.trucks"),
        *[headed(code("technology", name)) for name in names],
        say("brief.public_money", currency=budget.currency), say("brief.money_share"),
        say("brief.harm_share"), say("brief.pm25_kg"),
    ]  # fmt: skip
    if day is not None:
        heads.append(say("brief.day_cost_head", currency=day.currency))

    def cells(label: Text, row: SizeRow, cost: float) -> tuple[Text, ...]:
        made = [
            label, readers.whole(row.vehicles),
            *[readers.whole(row.technologies.get(name, 0)) for name in names],
            readers.whole(row.spend), _part(readers, row.spend, budget.spend),
            _part(readers, row.harm, budget.harm), readers.number(row.pm25_kg),
        ]  # fmt: skip
        return (*made, *([readers.whole(cost)] if day is not None else []))

    whole = SizeRow(
        "", budget.vehicles,
        {name: sum(row.technologies.get(name, 0) for row in budget.rows) for name in names},
        math.fsum(row.spend for row in budget.rows) + budget.chargers,
        math.fsum(row.harm for row in budget.rows),
        math.fsum(row.pm25_kg for row in budget.rows),
    )  # fmt: skip
    rows = [cells(size(row.size, readers), row, costs.get(row.size, math.nan))
            for row in budget.rows]  # fmt: skip
    rows += _chargers(readers, budget, len(heads)) if budget.chargers else []
    rows.append(cells(say("brief.all"), whole, 0.0 if day is None else day.cost))
    first, last = budget.first_year, budget.first_year + budget.years - 1
    proof = say("brief.by_size_no_proof")
    if math.isfinite(budget.gap):
        proof = say("brief.by_size_note", gap=readers.percent(budget.gap)) \
            if budget.gap > 0.0 else say("brief.by_size_best")  # fmt: skip
    note = joined(proof, say("brief.by_size_counts"))
    if day is not None and day.outcomes.get(_UNKNOWN, 0):
        note = joined(note, say("brief.day_unknown",
                                count=readers.whole(day.outcomes[_UNKNOWN])))  # fmt: skip
    if day is not None and day.cost_unknown:
        note = joined(note, say("brief.day_cost_unknown",
                                count=readers.whole(day.cost_unknown)))  # fmt: skip
    caption = say("brief.by_size_year", year=str(first)) if first == last else say(
        "brief.by_size", first=str(first), last=str(last)
    )  # fmt: skip
    return BriefTable(caption, tuple(heads), tuple(rows), total=True, note=note)


def _chargers(readers: Readers, budget: Budget, width: int) -> list[tuple[Text, ...]]:
    """Return the row of public money that goes to no truck: all but money is a dash."""
    technologies = {name for row in budget.rows for name in row.technologies}
    place = 2 + len(technologies)
    cells = [both("–")] * width
    cells[0] = say("brief.chargers")
    cells[place] = readers.whole(budget.chargers)
    cells[place + 1] = _part(readers, budget.chargers, budget.spend)
    return [tuple(cells)]


def _zones(readers: Readers, today: HarmToday) -> BriefTable | None:
    if not today.neighbourhoods:
        return None
    heads = (say("brief.zone"), say("brief.people"), say("brief.ratio"), say("brief.harm_part"))
    rows = tuple(
        (both(clipped(one.name)), readers.whole(_hundreds(one.people)),
         readers.number(one.ratio, 2), readers.percent(one.share))
        for one in today.neighbourhoods
    )  # fmt: skip
    return BriefTable(say("brief.zones"), heads, rows)


def _payers(readers: Readers, budget: Budget) -> Section:
    def money(value: float) -> Text:
        return readers.money(value, budget.currency)

    kept = [say("brief.kept_for", count=readers.whole(count), name=code("reason", reason))
            for reason, count in budget.kept]  # fmt: skip
    items = (say("brief.kept", kept=listed(readers, kept)),) if kept else ()
    if not budget.changed:
        return Section(say("brief.payers"), (say("brief.payers_none"),), items)
    facts = [
        (say(f"brief.treasury_{name}"), money(value))
        for name in _TREASURY
        if (value := budget.treasury.get(name, 0.0))
    ]
    facts += [
        (say("brief.treasury_total"), money(budget.treasury["total"])),
        (say("brief.operators_first"), money(budget.operators_first)),
        (say("brief.operators_month"), money(budget.operators_month)),
        (say("brief.operators_gain"), money(budget.operators_gain)),
    ]
    return Section(say("brief.payers"), (say("brief.payers_today"),), items, tuple(facts))


def _decide(readers: Readers, day: DayUnderRules | None, budget: Budget | None) -> Section:
    """Return what an official has to decide on, with the number that it turns on."""
    if budget is None:
        items = [say("brief.decide_no_plan")]
    elif budget.changed:
        spent = budget.year_spend
        values = {"money": readers.money(budget.spend, budget.currency),
                  "years": counted(readers, "years", budget.years)}  # fmt: skip
        items = [say("brief.decide_plan_all", **values)]
        if len(spent) > 1:
            most = max(spent, key=spent.__getitem__)
            items = [say("brief.decide_plan", year=str(most), **values,
                         most=readers.money(spent[most], budget.currency))]  # fmt: skip
    else:
        items = [say("brief.decide_kept", why=_why(readers, budget))]
    change = math.nan if day is None else _share(day.harm_after - day.harm_before, day.harm_before)
    if math.isfinite(change):
        name = {-1: "less", 0: "same", 1: "more"}[sign(change)]
        values = {} if name == "same" else {"share": readers.percent(abs(change))}
        items.append(say(f"brief.decide_rules_{name}", **values))
    return Section(say("brief.decide"), items=tuple(items))


def _part(readers: Readers, part: float, whole: float) -> Text:
    """Return a share; a dash where there is nothing to share."""
    return readers.percent(part / whole) if whole > 0.0 else (
        readers.percent(math.nan) if whole != whole else both("–")
    )  # fmt: skip


def _per_kg(budget: Budget) -> float:
    """Public money per kg of PM2.5 that is avoided; NaN where the plan avoids none."""
    return budget.spend / budget.pm25_kg if budget.pm25_kg > 0.0 else math.nan


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _hundreds(people: float) -> float:
    """People are modelled: more than three digits would say more than is known."""
    if not math.isfinite(people) or people < 1000.0:
        return people
    return float(f"{people:.3g}")


def _days(readers: Readers, today: HarmToday) -> Text:
    return say("brief.day_one" if len(today.dates) == 1 else "brief.day_many",
               count=readers.whole(len(today.dates)))  # fmt: skip


def _clock(hour: int) -> str:
    return f"{hour:02d}:00"

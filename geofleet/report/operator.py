"""The brief for an operator: my trucks, my cost, my month-one cash, what to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence

from geofleet.report.codes import cause, code, model_name, product, standard, vehicle_class
from geofleet.report.contents import Check, Money, OperatorFacts, Truck
from geofleet.report.model import About, Assumptions, Brief, BriefTable, Figure, Section
from geofleet.report.phrases import clipped, days_of, joined, months_change
from geofleet.wording import Readers, Text, both, say

__all__ = ["operator_brief"]

KEEP = "keep"
_USUAL, _BARRED = ("allowed",), ("dropped",)


def operator_brief(
    about: About,
    facts: OperatorFacts,
    *,
    picture: Figure | None = None,
    assumptions: Assumptions | None = None,
    questions: Sequence[Text] = (),
    sources: Sequence[Text] = (),
) -> Brief:
    """Return the brief for an operator; what is not known of rules or plan is said so.

    Parameters
    ----------
    about, facts
        The study, and the operator with its trucks.
    picture
        Where its trucks go.
    assumptions, questions, sources
        What it rests on, what is not known, where it comes from.
    """
    readers = about.readers
    name = clipped(facts.name or facts.operator_id)
    return Brief(
        audience="operator",
        about=about,
        title=say("brief.title_operator", name=name),
        lead=_lead(readers, facts),
        sections=_money(readers, facts),
        after=(_checklist(readers, facts), _next(readers, facts)),
        picture=picture,
        table=_trucks(readers, facts),
        assumptions=assumptions or Assumptions(),
        questions=tuple(questions),
        sources=tuple(sources),
    )


def _changing(facts: OperatorFacts) -> list[Truck]:
    return [one for one in facts.trucks if one.technology not in (None, KEEP)]


def _lead(readers: Readers, facts: OperatorFacts) -> Text:
    count = len(facts.trucks)
    able = sum(one.electric == "feasible" for one in facts.trucks)
    values = {"trucks": readers.whole(count), "electric": readers.whole(able)}
    one = "_one" if count == 1 else ""
    electric = say(f"brief.lead_electric{one}_{'yes' if able else 'no'}" if count == 1
                   else "brief.lead_electric", **values)  # fmt: skip
    if facts.rules is None:
        first = say("brief.lead_operator_no_rules", electric=electric)
    else:
        usual = sum(truck.outcome in _USUAL for truck in facts.trucks)
        barred = sum(truck.outcome in _BARRED for truck in facts.trucks)
        values |= {"usual": readers.whole(usual), "barred": readers.whole(barred),
                   "other": readers.whole(count - usual - barred)}  # fmt: skip
        day = say("brief.on_event_day" if facts.declared else "brief.on_rules_day")
        if count == 1:
            first = say("brief.lead_operator_one", day=day, electric=electric,
                        outcome=code("may", facts.trucks[0].outcome or "unknown"))  # fmt: skip
        else:
            first = say("brief.lead_operator", **(values | {"day": day, "electric": electric}))
    return joined(first, _lead_plan(readers, facts))


def _lead_plan(readers: Readers, facts: OperatorFacts) -> Text:
    changing, money = _changing(facts), facts.money
    if not facts.planned:
        return say("brief.lead_operator_no_plan")
    if not changing or money is None:
        return say("brief.lead_operator_kept")
    names = list(dict.fromkeys(truck.technology or "" for truck in changing))
    what = both(" / ".join("")) if not names else _either(readers, [code("technology", n)
                                                                   for n in names])  # fmt: skip
    today, after = money.month_total
    return say(
        "brief.lead_operator_plan" if len(facts.trucks) > 1 else "brief.lead_operator_plan_one",
        changed=readers.whole(len(changing)), what=what,
        grant=readers.money(money.grant, money.currency),
        first=readers.money(money.first, money.currency),
        month=months_change(readers, after - today, money.currency),
    )  # fmt: skip


def _either(readers: Readers, texts: Sequence[Text]) -> Text:
    return {name: readers[name].list([text[name] for text in texts]) for name in texts[0]}


def _trucks(readers: Readers, facts: OperatorFacts) -> BriefTable:
    heads = [say("brief.truck"), say("brief.today")]
    if facts.rules is not None:
        heads.append(say("brief.day_event" if facts.declared else "brief.day_rules"))
    heads.append(say("brief.electric"))
    if facts.planned:
        heads += [say("brief.plan"), say("brief.plan_grant")]
    rows = []
    for one in facts.trucks:
        row = [both(clipped(one.vehicle_id)), _today(readers, one)]
        if facts.rules is not None:
            row.append(_may(one))
        row.append(_electric(readers, one))
        if facts.planned:
            row += [_offer(one), _grant(readers, one, facts)]
        rows.append(tuple(row))
    words = frozenset(range(len(heads) - 1 if facts.planned else len(heads)))
    note = None if facts.rules is None else say(
        "brief.trucks_note", days=days_of(readers, facts.dates), rules=clipped(facts.rules)
    )  # fmt: skip
    return BriefTable(say("brief.my_trucks"), tuple(heads), tuple(rows), words, note=note)


def _today(readers: Readers, one: Truck) -> Text:
    values = {"kind": vehicle_class(one.vehicle_class, readers), "fuel": code("fuel", one.fuel)}
    year = say("common.unknown") if one.model_year is None else both(str(one.model_year))
    km = readers.quantity(one.annual_km, say("brief.km_a_year"))
    if one.standard == "none":
        return say("brief.truck_electric", year=year, km=km, **values)
    return say("brief.truck_today", standard=standard(one.standard), year=year, km=km, **values)


def _may(one: Truck) -> Text:
    answer = code("may", one.outcome or "unknown")
    if one.rule is None or one.outcome in _USUAL:
        return answer
    return say("brief.may_rule", answer=answer, rule=clipped(one.rule))


def _electric(readers: Readers, one: Truck) -> Text:
    if one.fuel == "electric":
        return say("brief.electric_already")
    if one.electric == "feasible":
        if math.isfinite(one.probability):
            return say("brief.electric_yes", model=one.model or "",
                       days=readers.percent(one.probability))  # fmt: skip
        return say("brief.electric_yes_day", model=one.model or "")
    if one.electric == "not feasible":
        why = cause(one.cause)
        return say("brief.electric_no", why=code("cause", "unknown") if why is None else why)
    return say("brief.electric_unknown")


def _offer(one: Truck) -> Text:
    if one.technology in (None, KEEP):
        return say("brief.plan_keep", why=code("reason", one.reason or "unknown"))
    what = code("technology", one.technology or "")
    if one.plan_model:
        what = say("brief.plan_model", what=what, model=model_name(one.plan_model))
    return say("brief.plan_year", what=what, year=str(one.year))


def _grant(readers: Readers, one: Truck, facts: OperatorFacts) -> Text:
    if one.technology in (None, KEEP) or facts.money is None:
        return both("–")
    return readers.money(one.grant, facts.money.currency)


def _money(readers: Readers, facts: OperatorFacts) -> tuple[Section, ...]:
    money = facts.money
    if money is None:
        text = say("brief.no_change" if facts.planned else "brief.no_plan_operator")
        return (Section(say("brief.my_cost"), (text,)),)

    def amount(value: float) -> Text:
        return readers.money(value, money.currency)

    first = tuple(
        (say(f"brief.first_{name}"), amount(value))
        for name, value in (("price", money.price), ("grant", -money.grant),
                            ("trade_in", -money.trade_in), ("loan", -money.loan))
        if value
    )  # fmt: skip
    first += ((say("brief.first_left"), amount(money.first)),)
    both_ways = [
        (code("item", name), _pair(readers, today, after))
        for name, (today, after) in money.month.items()
        if today or after
    ]
    today, after = money.month_total
    both_ways.append((say("brief.month_total"), _pair(readers, today, after)))
    per_km = {
        name: f"{readers[name].number(money.per_km[0])} → {readers[name].number(money.per_km[1])}"
        for name in readers.by_language
    }
    both_ways.append((say("brief.per_km", currency=money.currency,
                          years=readers.whole(money.years)), per_km))  # fmt: skip
    told = say("brief.cost_of", trucks=readers.whole(money.trucks), currency=money.currency,
               year=str(money.price_year))  # fmt: skip
    return (
        Section(say("brief.month_one"), (told,), facts=first),
        Section(say("brief.my_cost"), (say("brief.my_cost_note", currency=money.currency),),
                facts=tuple(both_ways)),
    )  # fmt: skip


def _pair(readers: Readers, today: float, after: float) -> Text:
    return {
        name: f"{readers[name].whole(today)} → {readers[name].whole(after)}"
        for name in readers.by_language
    }


def _checklist(readers: Readers, facts: OperatorFacts) -> Section:
    if not facts.checks or facts.money is None:
        text = say("brief.no_checks" if facts.planned else "brief.no_plan_operator")
        return Section(say("brief.checklist"), (text,))
    items = tuple(_check(readers, one, facts.money) for one in facts.checks)
    return Section(say("brief.checklist"), (), items,
                   marks=tuple(one.met for one in facts.checks))  # fmt: skip


def _check(readers: Readers, one: Check, money: Money) -> Text:
    def written(value: float) -> Text:
        if one.name == "cover":
            return readers.number(value, 2)
        return readers.money(value, money.currency)

    values: dict[str, Text | str] = {"have": written(one.have), "need": written(one.need)}
    if one.name == "product":
        values = {"product": product(one.product, one.product_name)}
    elif one.name == "gain":
        values = {"have": written(one.have)}
    text = say(f"brief.check_{one.name}", **values)
    if one.name == "gain" and money.payback_years > 0.0:
        text = joined(text, say("brief.payback", years=readers.whole(money.payback_years)))
    if one.of > 1 and one.trucks < one.of:
        part = say("brief.check_part", trucks=readers.whole(one.trucks), of=readers.whole(one.of))
        return joined(text, part)
    return text


def _next(readers: Readers, facts: OperatorFacts) -> Section:
    """Return what to do, from what the brief found; steps that do not apply are left out."""
    changing = _changing(facts)
    items = []
    if facts.missing:
        names = _either(readers, [code("missing", name) for name in facts.missing])
        items.append(say("brief.next_missing", what=names))
    if changing and facts.money is not None:
        first = min(one.year for one in changing if one.year is not None)
        items.append(say("brief.next_apply", year=str(first)))
        items.append(say("brief.next_quote"))
        products = [one for one in facts.checks if one.name == "product" and one.product]
        items += [
            say("brief.next_credit", product=product(one.product, one.product_name))
            for one in products
            if one.product != "cash"
        ]
    if any(one.name in ("first", "month", "cover") and one.met == "no" for one in facts.checks):
        items.append(say("brief.next_short"))
    if any(one.technology == "electric" for one in changing):
        items.append(say("brief.next_charger"))
    if any(one.outcome not in (None, *_USUAL) for one in facts.trucks):
        items.append(say("brief.next_rules"))
    if not changing:
        items.append(say("brief.next_wait" if facts.planned else "brief.next_ask"))
    return Section(say("brief.next"), (), tuple(items), ordered=True)

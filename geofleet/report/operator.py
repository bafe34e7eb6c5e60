"""The brief for an operator: my trucks, my cost, my month-one cash, what to do next."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from geofleet.report.codes import cause, code, model_name, product, standard, vehicle_class
from geofleet.report.contents import Check, Money, OperatorFacts, Truck
from geofleet.report.model import About, Assumptions, Brief, BriefTable, Figure, Section
from geofleet.report.phrases import (
    clipped,
    counted,
    days_of,
    joined,
    months_change,
    nearly,
    sign,
)
from geofleet.wording import Readers, Text, both, say

__all__ = ["operator_brief"]

KEEP = "keep"
_USUAL, _BARRED = ("allowed",), ("dropped",)
_ELECTRIC = "electric"
_LEAST = 0.5
"""Money that is less than this is none: what is left of sums in another order."""


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
        title=say(
            "brief.title_operator" if len(facts.trucks) > 1 else "brief.title_operator_one",
            name=name,
        ),
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


def _moved(facts: OperatorFacts) -> bool:
    return any(one.route is not None for one in facts.trucks)


def _lead(readers: Readers, facts: OperatorFacts) -> Text:
    electric = _lead_electric(readers, facts)
    if facts.rules is None:
        first = say("brief.lead_operator_no_rules", electric=electric)
    else:
        day = say("brief.on_event_day" if facts.declared else "brief.on_rules_day")
        if len(facts.trucks) == 1:
            first = say("brief.lead_operator_one", day=day, electric=electric,
                        outcome=code("may", facts.trucks[0].outcome or "unknown"))  # fmt: skip
        else:
            first = say("brief.lead_operator", day=day, electric=electric,
                        trucks=counted(readers, "trucks", len(facts.trucks)),
                        parts=_lead_parts(readers, facts.trucks))  # fmt: skip
    return joined(first, _lead_plan(readers, facts))


def _lead_electric(readers: Readers, facts: OperatorFacts) -> Text:
    trucks = facts.trucks
    able = sum(one.electric == "feasible" or one.fuel == _ELECTRIC for one in trucks)
    unknown = sum(one.electric == "unknown" and one.fuel != _ELECTRIC for one in trucks)
    if len(trucks) == 1:
        answer = {"feasible": "yes", "unknown": "unknown"}.get(trucks[0].electric, "no")
        return say("brief.lead_electric_one_"
                   + ("already" if trucks[0].fuel == _ELECTRIC else answer))  # fmt: skip
    values = {"trucks": counted(readers, "trucks", len(trucks)), "electric": readers.whole(able)}
    if unknown:
        return say("brief.lead_electric_part", unknown=readers.whole(unknown), **values)
    return say("brief.lead_electric", **values)


def _lead_parts(readers: Readers, trucks: Sequence[Truck]) -> Text:
    """Return how many trucks work as usual, with changes, not at all, or nobody can tell."""
    found = {"usual": 0, "other": 0, "barred": 0, "unknown": 0}
    for one in trucks:
        found["usual" if one.outcome in _USUAL else "barred" if one.outcome in _BARRED
              else "unknown" if one.outcome in (None, "unknown") else "other"] += 1  # fmt: skip
    if found["usual"] == len(trucks):
        return say("brief.lead_all_usual")
    return _either(readers, [say(f"brief.lead_part_{name}", count=readers.whole(count))
                             for name, count in found.items() if count])  # fmt: skip


def _lead_plan(readers: Readers, facts: OperatorFacts) -> Text:
    changing, money = _changing(facts), facts.money
    one = "" if len(facts.trucks) > 1 else "_one"
    if not facts.planned:
        return say("brief.lead_operator_no_plan")
    if not changing or money is None:
        return say(f"brief.lead_operator_kept{one}", why=_why(readers, facts.trucks))
    names = list(dict.fromkeys(truck.technology or "" for truck in changing))
    today, after = money.month_total
    values = {
        "what": _either(readers, [code("technology", name) for name in names]),
        "grant": readers.money(money.grant, money.currency),
        "first": _lead_first(readers, money),
        "month": months_change(readers, after - today, money.currency),
        "access": _lead_access(readers, money),
    }
    if one:
        return say("brief.lead_operator_plan_one", **values)
    return say("brief.lead_operator_plan", changed=readers.whole(len(changing)), **values)


def _why(readers: Readers, trucks: Sequence[Truck]) -> Text:
    """Return why trucks are kept, the reason of most of them first."""
    counts = Counter(truck.reason or "unknown" for truck in trucks).most_common()
    if len(counts) == 1:
        return code("reason", counts[0][0])
    return _either(readers, [
        say("brief.kept_because", name=code("reason", reason), count=readers.whole(count))
        for reason, count in counts
    ])  # fmt: skip


def _lead_first(readers: Readers, money: Money) -> Text:
    if not math.isfinite(money.first):
        return say("brief.lead_first_unknown")
    name = {1: "pay", 0: "none", -1: "get"}[sign(money.first, 0.5)]
    if name == "none":
        return say("brief.lead_first_none")
    return say(f"brief.lead_first_{name}", money=readers.money(abs(money.first), money.currency))


def _lead_access(readers: Readers, money: Money) -> Text:
    """Return the month's change without days won, where it is these that make it cheaper."""
    today, after = money.month_total
    before, won = money.month.get("access", (0.0, 0.0))
    bare = (after - won) - (today - before)
    if not (after - today < 0.5 <= bare):
        return both("")
    return say("brief.lead_access", month=months_change(readers, bare, money.currency))


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
    for one in sorted(facts.trucks, key=_when):
        row = [both(clipped(one.vehicle_id)), _today(readers, one)]
        if facts.rules is not None:
            row.append(_may(one))
        row.append(_electric(readers, one))
        if facts.planned:
            row += [_routed(one), _grant(readers, one, facts)]
        rows.append(tuple(row))
    words = frozenset(range(len(heads) - 1 if facts.planned else len(heads)))
    note = None if facts.rules is None else say(
        "brief.trucks_note", days=days_of(readers, facts.dates), rules=clipped(facts.rules)
    )  # fmt: skip
    return BriefTable(say("brief.my_trucks"), tuple(heads), tuple(rows), words, note=note)


def _when(one: Truck) -> int:
    """Return the year in which a truck changes; those that do not come last, in their order."""
    return 9999 if one.technology in (None, KEEP) or one.year is None else one.year


def _today(readers: Readers, one: Truck) -> Text:
    values = {"kind": vehicle_class(one.vehicle_class, readers), "fuel": code("fuel", one.fuel)}
    year = say("common.unknown") if one.model_year is None else both(str(one.model_year))
    km = readers.quantity(one.annual_km, say("brief.km_a_year")) \
        if math.isfinite(one.annual_km) else say("brief.km_unknown")  # fmt: skip
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
            return say("brief.electric_yes", model=clipped(one.model or ""),
                       days=nearly(readers, one.probability))  # fmt: skip
        return say("brief.electric_yes_day", model=clipped(one.model or ""))
    if one.electric == "not feasible":
        why = cause(one.cause)
        return say("brief.electric_no", why=code("cause", "unknown") if why is None else why)
    return say("brief.electric_unknown")


def _routed(one: Truck) -> Text:
    """Return what the plan offers to a truck, and whose route it gives to it."""
    offer = _offer(one)
    if one.route is None:
        return offer
    if not one.route:
        return say("brief.plan_rest", offer=offer)
    return say("brief.plan_route", offer=offer, other=clipped(one.route))


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
        name = "no_plan_operator"
        if facts.planned:
            name = "no_change_routes" if _moved(facts) else "no_change"
        return (Section(say("brief.my_cost"), (say(f"brief.{name}"),)),)

    def amount(value: float) -> Text:
        return readers.money(value, money.currency)

    first = tuple(
        (say(f"brief.first_{name}"), amount(value))
        for name, value in (("price", money.price), ("grant", -money.grant),
                            ("trade_in", -money.trade_in), ("loan", -money.loan),
                            ("capital", -money.capital))
        if not abs(value) < _LEAST
    )  # fmt: skip
    first += ((say("brief.first_back"), amount(-money.first)) if money.first < 0.0
              else (say("brief.first_left"), amount(money.first)),)  # fmt: skip
    both_ways = [
        (code("item", name), _pair(readers, today, after))
        for name, (today, after) in money.month.items()
        if today or after
    ]
    today, after = money.month_total
    both_ways.append((say("brief.month_total"), _pair(readers, today, after)))
    both_ways += _diesel(readers, money)
    per_km = {
        name: f"{readers[name].number(money.per_km[0])} → {readers[name].number(money.per_km[1])}"
        for name in readers.by_language
    }
    both_ways.append((say("brief.per_km", currency=money.currency,
                          years=readers.counted("common.years", money.years)), per_km))  # fmt: skip
    notes = [say("brief.my_cost_note", currency=money.currency)]
    if _moved(facts):
        notes.append(say("brief.my_cost_routes"))
    told = say("brief.cost_of", trucks=readers.whole(money.trucks), currency=money.currency,
               year=str(money.price_year))  # fmt: skip
    return (
        Section(say("brief.month_one"), (told,), facts=first),
        Section(say("brief.my_cost"), tuple(notes), facts=tuple(both_ways)),
    )  # fmt: skip


def _diesel(readers: Readers, money: Money) -> list[tuple[Text, Text]]:
    """Return what a change of the price of diesel makes of the month and of the years."""
    today, after = money.month_total
    if not money.fuel_change or not math.isfinite(after - today):
        return []
    share = readers.percent(money.fuel_change)
    less, more = money.fuel_month
    return [
        (say("brief.month_change"), _signed(readers, after - today)),
        (say("brief.month_fuel_less", share=share), _signed(readers, less)),
        (say("brief.month_fuel_more", share=share), _signed(readers, more)),
        (say("brief.gain_fuel_less", share=share,
             years=readers.counted("common.years", money.years)),
         _signed(readers, money.fuel_gain)),
    ]  # fmt: skip


def _signed(readers: Readers, change: float) -> Text:
    """Return a change of money with its sign, in whole units."""
    mark = "+" if change >= 0.5 else ""
    return {name: mark + text for name, text in readers.whole(change).items()}


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

    if one.name != "product" and not (math.isfinite(one.have) and math.isfinite(one.need)):
        return say(f"brief.check_unknown_{one.name}")
    values: dict[str, Text | str] = {"have": written(one.have), "need": written(one.need)}
    if one.name == "product":
        values = {"product": product(one.product, one.product_name)}
    elif one.name == "gain":
        values = {"have": written(abs(one.have))}
    loss = one.name == "gain" and one.have < 0.0
    text = say("brief.check_loss" if loss else f"brief.check_{one.name}", **values)
    if one.name == "gain" and not loss and 0.0 < money.payback_years < math.inf:
        text = joined(text, say("brief.payback",
                                years=counted(readers, "years", money.payback_years)))  # fmt: skip
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
    if any(one.outcome not in (None, "unknown", *_USUAL) for one in facts.trucks):
        items.append(say("brief.next_rules"))
    if not changing:
        items.append(say("brief.next_wait" if facts.planned else "brief.next_ask"))
    return Section(say("brief.next"), (), tuple(items), ordered=True)

"""The brief for a lender: cash flow, risk, grant, guarantee, security, who, what is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from geofleet.report.codes import code, product, size
from geofleet.report.credit import LoanBook, StressYear, YearOfLoans
from geofleet.report.model import About, Assumptions, Brief, BriefTable, Figure, Section
from geofleet.report.phrases import clipped, counted, headed, joined, listed
from geofleet.wording import Readers, Text, both, say

__all__ = ["lender_brief"]

_USUAL, _WORST = "usual", "all"


def lender_brief(
    about: About,
    book: LoanBook | None,
    *,
    planned: bool = True,
    changed: int | None = None,
    wanted: int = 0,
    kept: Mapping[str, int] | None = None,
    products: Sequence[str] = (),
    picture: Figure | None = None,
    assumptions: Assumptions | None = None,
    questions: Sequence[Text] = (),
    sources: Sequence[Text] = (),
) -> Brief:
    """Return the brief for a lender.

    Parameters
    ----------
    about
        The study.
    book
        Loans and leases of its plan; None where nobody borrows, or there is no plan.
    planned
        Whether the study has a plan.
    changed, wanted
        Without a book: trucks that the plan changes (None: not told), and those of them that it
        gives credit to.
    kept, products
        Without a book: trucks that the plan keeps, by reason; names of the products on offer.
    picture
        Where the trucks on credit go.
    assumptions, questions, sources
        What it rests on, what is not known, where it comes from.
    """
    readers = about.readers
    if book is None:
        lead = say("brief.lead_lender_no_plan" if not planned
                   else "brief.lead_lender_kept" if changed == 0
                   else "brief.lead_lender_refused" if wanted
                   else "brief.lead_lender_none")  # fmt: skip
        return Brief(
            "lender", about, say("brief.title_lender_none"), lead, picture=picture,
            table=_without(readers, (changed or 0) - wanted, wanted, kept or {}),
            sections=_offered(readers, products),
            questions=tuple(questions), sources=tuple(sources),
            assumptions=assumptions or Assumptions(),
        )  # fmt: skip
    return Brief(
        audience="lender",
        about=about,
        title=say("brief.title_lender"),
        lead=_lead(readers, book),
        figures=_figures(readers, book),
        sections=(_terms(readers, book),),
        after=(_risk(readers, book), _security(readers, book), _who(readers, book)),
        picture=picture,
        table=_cash(readers, book),
        assumptions=assumptions or Assumptions(),
        questions=tuple(questions),
        sources=tuple(sources),
    )


def _without(
    readers: Readers, cash: int, wanted: int, kept: Mapping[str, int]
) -> BriefTable | None:
    """Return what becomes of all trucks where none is on credit; None without a plan."""
    counts = [(say("brief.lender_cash"), cash), (say("brief.lender_refused"), wanted)]
    counts += [(code("reason", name), count) for name, count in kept.items()]
    rows = [(headed(words), readers.whole(count)) for words, count in counts if count > 0]
    if not rows:
        return None
    rows.append((say("brief.all"), readers.whole(sum(count for _, count in counts))))
    heads = (say("brief.lender_why_head"), say("brief.trucks"))
    return BriefTable(say("brief.lender_why"), heads, tuple(rows), total=True)


def _offered(readers: Readers, products: Sequence[str]) -> tuple[Section, ...]:
    if not products:
        return ()
    names = {name: readers[name].list([both(clipped(one))[name] for one in products])
             for name in readers.by_language}  # fmt: skip
    return (Section(say("brief.next_lender"), (say("brief.lender_next", products=names),)),)


def _year(book: LoanBook, name: str) -> StressYear | None:
    return next((one for one in book.stress if one.name == name), None)


def _lead(readers: Readers, book: LoanBook) -> Text:
    first = _leased(readers, book) if not book.loan and book.leased else say(
        "brief.lead_lender", trucks=counted(readers, "trucks", book.trucks),
        operators=counted(readers, "operators", book.operators),
        loan=readers.money(book.loan, book.currency),
        term=_years(readers, book.term_years), rate=_rates(readers, book.rate),
        grant=readers.money(book.grant, book.currency),
    )  # fmt: skip
    if book.loan and book.leased:
        first = joined(first, say(
            "brief.lead_lender_also", leased=counted(readers, "trucks", book.leased),
            capital=readers.money(book.capital, book.currency),
        ))  # fmt: skip
    bad = _year(book, _WORST)
    values = {"cover": readers.number(book.cover_middle, 2),
              "low": readers.number(book.cover_low, 2),
              "asked": readers.number(book.cover_min, 2)}  # fmt: skip
    if not math.isfinite(book.cover_middle):
        return joined(first, say("brief.lead_lender_unknown", asked=values["asked"]))
    if bad is None:
        return joined(first, say("brief.lead_lender_cover", **values))
    if not book.loan:
        return joined(first, say("brief.lead_lender_served", serves=readers.whole(bad.serves),
                                 trucks=_all(readers, bad), **values))  # fmt: skip
    return joined(first, say(
        "brief.lead_lender_stress", serves=readers.whole(bad.serves), trucks=_all(readers, bad),
        loss=readers.money(book.loss, book.currency),
        bad=readers.money(bad.loss, book.currency), **values,
    ))  # fmt: skip


def _leased(readers: Readers, book: LoanBook) -> Text:
    """Return what lessors and providers put up and get, where nobody takes a loan."""
    return say(
        "brief.lead_lender_leased", trucks=counted(readers, "trucks", book.trucks),
        operators=counted(readers, "operators", book.operators),
        capital=readers.money(book.capital, book.currency),
        fees=readers.money(book.instalment, book.currency),
        grant=readers.money(book.grant, book.currency),
    )  # fmt: skip


def _figures(readers: Readers, book: LoanBook) -> tuple[tuple[Text, Text], ...]:
    return (
        (readers.money(book.loan, book.currency), say("brief.figure_loan")) if book.loan
        else (readers.money(book.capital, book.currency), say("brief.figure_capital")),
        (readers.money(book.grant, book.currency), say("brief.figure_grants")),
        (say("brief.times", number=readers.number(book.cover_middle, 2))
         if math.isfinite(book.cover_middle) else readers.number(math.nan),
         say("brief.figure_cover")),
        (readers.percent(_over(book.loss, book.loan)), say("brief.figure_loss")) if book.loan
        else (readers.money(book.instalment, book.currency), say("brief.figure_fees")),
    )  # fmt: skip


def _terms(readers: Readers, book: LoanBook) -> Section:
    def money(value: float) -> Text:
        return readers.money(value, book.currency)

    facts = [
        (say("brief.term_product"), _counted(readers, book.products, {
            name: product(name, book.product_names.get(name, name)) for name in book.products
        })),
        (say("brief.term_price"), money(book.price)),
        (say("brief.term_grant"), say("brief.of_price", money=money(book.grant),
                                      share=readers.percent(_over(book.grant, book.price)))),
        (say("brief.term_first"), money(book.first)),
        *([(say("brief.term_trade_in"), money(book.trade_in))] if book.trade_in else []),
        *([(say("brief.term_loan"), money(book.loan)),
           (say("brief.term_loan_each"), money(_over(book.loan, book.trucks - book.leased)))]
          if book.loan else []),
        *([(say("brief.term_capital"), money(book.capital))] if book.leased else []),
        (say("brief.term_rate"), _rates(readers, book.rate)),
        (say("brief.term_years"), _span(readers, book.term_years)),
        (say("brief.term_instalment"), money(book.instalment)),
        (say("brief.term_cover"), say("brief.times", number=readers.number(book.cover_min, 2))),
        *([(say("brief.term_guarantee"),
            say("brief.guarantee", share=readers.percent(book.guarantee_share),
                loss=money(book.loss), own=money(book.loss * (1.0 - book.guarantee_share))))]
          if book.loan else []),
        (say("brief.term_security"),
         say("brief.security_vehicle" if book.loan else "brief.security_lessor")),
    ]  # fmt: skip
    told = say("brief.terms_note", currency=book.currency, year=str(book.price_year))
    return Section(say("brief.terms"), (told,), facts=tuple(facts))


def _risk(readers: Readers, book: LoanBook) -> Section:
    items = [say("brief.risk_unknown", asked=readers.number(book.cover_min, 2))] \
        if not math.isfinite(book.cover_middle) else [
        say("brief.risk_cover", cover=readers.number(book.cover_middle, 2),
            low=readers.number(book.cover_low, 2), asked=readers.number(book.cover_min, 2),
            below=readers.whole(book.below)),
        say("brief.risk_km", km=readers.quantity(book.km_per_day, "km"),
            even=readers.quantity(book.break_even, "km"), tight=readers.whole(book.tight)),
        say("brief.risk_default", rate=_rates(readers, (book.default_low, book.default_high)),
            loss=readers.money(book.loss, book.currency)) if book.loan
        else say("brief.risk_lease",
                 rate=_rates(readers, (book.default_low, book.default_high))),
        *([say("brief.risk_lease_too")] if book.loan and book.leased else []),
    ]  # fmt: skip
    for year in book.stress:
        if year.name == _USUAL or (year.name == "default" and not book.loan):
            continue
        name = "all_served" if year.name == _WORST and not book.loan else year.name
        items.append(say(
            f"brief.stress_{name}", km=readers.percent(abs(year.km)),
            energy=readers.percent(abs(year.energy)), times=readers.number(year.default, 2),
            serves=readers.whole(year.serves), trucks=_all(readers, year),
            loss=readers.money(year.loss, book.currency),
        ))  # fmt: skip
    return Section(say("brief.risk"), items=tuple(items))


def _security(readers: Readers, book: LoanBook) -> Section:
    items = []
    if book.loan_to_value:
        steps = [say("brief.ltv_year", year=readers.whole(year), share=readers.percent(share))
                 for year, share in enumerate(book.loan_to_value)]  # fmt: skip
        items.append(say("brief.ltv", steps=listed(readers, steps)))
    if "dpf_retrofit" in book.technologies:
        items.append(say("brief.residual"))
    if "electric" in book.technologies:
        items.append(say("brief.residual_electric"))
    return Section(say("brief.security"), items=tuple(items))


def _who(readers: Readers, book: LoanBook) -> Section:
    sizes = {name: size(name, readers) for name in book.sizes}
    technologies = {name: code("technology", name) for name in book.technologies}
    items = (
        say("brief.who_sizes", sizes=_counted(readers, book.sizes, sizes)),
        say("brief.who_technologies",
            technologies=_counted(readers, book.technologies, technologies)),
    )  # fmt: skip
    return Section(say("brief.who"), items=items)


def _cash(readers: Readers, book: LoanBook) -> BriefTable | None:
    if not book.years:
        return _by_product(readers, book) if book.leases else None
    heads = (
        say("brief.year"), say("brief.cash_loans"), say("brief.cash_grants"),
        say("brief.cash_lent"), say("brief.cash_interest"), say("brief.cash_repaid"),
        say("brief.cash_paid"), say("brief.cash_owed"),
    )  # fmt: skip

    def cells(label: Text, one: YearOfLoans) -> tuple[Text, ...]:
        whole = readers.whole
        return (
            label, whole(one.loans), whole(one.grants), whole(one.lent), whole(one.interest),
            whole(one.repaid), whole(one.interest + one.repaid), whole(one.owed),
        )  # fmt: skip

    rows = [cells(both(str(one.year)), one) for one in book.years]
    total = YearOfLoans(
        year=0,
        loans=sum(one.loans for one in book.years),
        lent=math.fsum(one.lent for one in book.years),
        interest=math.fsum(one.interest for one in book.years),
        repaid=math.fsum(one.repaid for one in book.years),
        owed=book.years[-1].owed,
        grants=math.fsum(one.grants for one in book.years),
    )
    rows.append(cells(say("brief.all"), total))
    return BriefTable(
        say("brief.cash", currency=book.currency), heads, tuple(rows), total=True,
        note=say("brief.cash_note"),
    )  # fmt: skip


def _by_product(readers: Readers, book: LoanBook) -> BriefTable:
    """Return what is leased or paid by the day, by product, where there is no loan."""
    heads = (
        say("brief.lease_product"), say("brief.trucks"), say("brief.lease_price"),
        say("brief.cash_grants"), say("brief.term_capital"), say("brief.lease_fees"),
        say("brief.lease_cover"),
    )  # fmt: skip
    whole = readers.whole
    rows: list[tuple[Text, ...]] = [
        (product(one.product, book.product_names.get(one.product, one.product)),
         whole(one.trucks), whole(one.price), whole(one.grant), whole(one.capital),
         whole(one.fees), readers.number(one.cover_low, 2))
        for one in book.leases
    ]  # fmt: skip
    sums = [math.fsum(getattr(one, name) for one in book.leases)
            for name in ("trucks", "price", "grant", "capital", "fees")]  # fmt: skip
    rows.append((say("brief.all"), *[whole(value) for value in sums],
                 readers.number(min(one.cover_low for one in book.leases), 2)))  # fmt: skip
    return BriefTable(say("brief.leases", currency=book.currency), heads, tuple(rows), total=True,
                      note=say("brief.leases_note"))  # fmt: skip


def _counted(readers: Readers, counts: Mapping[str, int], words: Mapping[str, Text]) -> Text:
    texts = [say("brief.named_count", name=words.get(name, name), count=readers.whole(count))
             for name, count in counts.items()]  # fmt: skip
    return listed(readers, texts)


def _all(readers: Readers, year: StressYear) -> Text:
    """Return all trucks of a bad year, and of how many nobody can tell whether they pay."""
    whole = counted(readers, "trucks", year.serves + year.fails + year.unknown)
    if not year.unknown:
        return whole
    told = say("brief.stress_unknown", count=readers.whole(year.unknown))
    return {name: f"{whole[name]} ({told[name]})" for name in whole}


def _years(readers: Readers, ends: tuple[float, float]) -> Text:
    low, high = ends
    return counted(readers, "years", low) if low == high else say(
        "brief.span", low=readers.number(low, 2), high=counted(readers, "years", high)
    )  # fmt: skip


def _span(readers: Readers, ends: tuple[float, float]) -> Text:
    low, high = (readers.number(value, 2) for value in ends)
    return low if ends[0] == ends[1] else say("brief.span", low=low, high=high)


def _rates(readers: Readers, ends: tuple[float, float]) -> Text:
    low, high = (readers.percent(value, 3) for value in ends)
    return low if ends[0] == ends[1] else say("brief.span", low=low, high=high)


def _over(part: float, whole: float) -> float:
    return part / whole if whole else math.nan

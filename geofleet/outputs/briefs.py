"""Briefs of a study: from a run, its rules and its plan to pages and tables in a folder."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geofleet.errors import InputError, Problem
from geofleet.files import write_text
from geofleet.report.model import AUDIENCES, About, Audience, Brief, Figure
from geofleet.report.phrases import counted
from geofleet.wording import LANGUAGES, Readers, Text, say

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geofleet.layers import Layer
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.report.contents import Unknowns
    from geofleet.study import Progress, Results, Study

__all__ = [
    "BriefMaker", "brief_files", "check_operators", "check_printer", "file_stem", "write_brief",
]  # fmt: skip

_OFFICIAL = (
    "vehicle_prices:dpf_retrofit.price", "pricing:diesel_per_l", "pricing:usd",
    "society:discount_rate", "society:admin.per_vehicle", "economics:inflation",
    "technologies:dpf_retrofit.bc_factor",
)  # fmt: skip
_OPERATOR = (
    "vehicle_prices:dpf_retrofit.price", "pricing:diesel_per_l",
    "finance:small_carrier_credit.rate", "economics:filter.life_years",
    "finance:cash_at_hand.{size}", "economics:discount_rate.{size}", "finance:stress.energy",
)  # fmt: skip
_LENDER = (
    "finance:small_carrier_credit.rate", "finance:cover_min", "finance:loss_given_default",
    "finance:guarantee.cover", "finance:stress.km", "finance:stress.energy",
    "finance:stress.default", "finance:default_rate.{size}", "finance:surplus_share.{size}",
    "vehicle_prices:dpf_retrofit.price", "pricing:diesel_per_l",
)  # fmt: skip
_SIZES = ("1-5", "6-30", "31-100", ">100")
_WORST_ZONES = 5
_SHOWN = 5
_STAGE = "Briefs"
_NAME_LONGEST, _MARK_LENGTH = 60, 8


class BriefMaker:
    """Makes the briefs of a study; what several of them need is worked out once.

    Parameters
    ----------
    results
        The run.
    planned
        Its plan; without one the briefs say what is missing.
    rules, effect
        Rules and what they make of the day; those of the study itself when not given.
    """

    def __init__(
        self,
        results: Results,
        planned: PlannedStudy | None = None,
        *,
        rules: StudyRules | None = None,
        effect: DayEffect | None = None,
    ) -> None:
        self.results, self.planned = results, planned
        if rules is None or effect is None:
            rules, effect = results.inputs.rules, results.policy
        self.rules, self.effect = rules, effect
        self.layers: dict[str, Layer] = results.layers()
        config = results.config
        self.about = About(
            study=config.name,
            readers=Readers.of(config.country),
            synthetic=config.synthetic,
            notes=config.noted,
            attribution=config.attribution,
            country=config.country,
            inputs=tuple((name, path.name) for name, path in config.files().items()),
        )
        self.tables: dict[str, pd.DataFrame] = {}
        """Default rows behind each brief made, by the stem of its file."""

    def make(self, audience: Audience, operator: str | None = None) -> Brief:
        """Return a brief.

        Parameters
        ----------
        audience
            ``official``, ``operator`` or ``lender``.
        operator
            Id of the operator, for its brief.

        Raises
        ------
        InputError
            No such reader, no operator named for the operator's brief, or none of that id.
        """
        if audience not in AUDIENCES:
            expected = "one of " + ", ".join(AUDIENCES)
            raise InputError([Problem("brief", "for", 0, str(audience), expected)])
        if audience == "official":
            return self.official()
        if audience == "lender":
            return self.lender()
        if operator is None:
            raise InputError([Problem("brief", "operator", 0, "", "the id of an operator")])
        return self.operator(operator)

    def stem(self, audience: Audience, operator: str | None = None) -> str:
        """Return the name of a brief's files without their ending: one for each operator."""
        from geofleet.brief_facts.operators import operators_of

        return file_stem(audience, operator, among=operators_of(self.results))

    def official(self) -> Brief:
        """Return the brief for officials."""
        from geofleet.brief_facts import (
            budget_of,
            day_under_rules,
            harm_today,
            official_rows_used,
        )
        from geofleet.brief_facts.pictures import harm_figure
        from geofleet.report import assumptions_of, official_brief, open_questions

        today = harm_today(self.results, self.layers)
        table = self._rows("official", official_rows_used(self.results, self.planned, self.effect))
        return official_brief(
            self.about, today,
            day=None if self.rules is None or self.effect is None
            else day_under_rules(self.rules, self.effect),
            budget=None if self.planned is None else budget_of(self.planned),
            picture=harm_figure(self.layers, self.about, today, self._worst_zones()),
            assumptions=assumptions_of(table, self.about.readers, also=_OFFICIAL,
                                       file=_table_name("official")),
            questions=open_questions(
                self._unknowns(table),
                self.about.readers, "official",
            ),
            sources=self._sources(rules=True),
        )  # fmt: skip

    def operator(self, operator_id: str) -> Brief:
        """Return the brief for one operator.

        Raises
        ------
        InputError
            No vehicle of the study is its own.
        """
        from geofleet.brief_facts import operator_facts, operator_rows
        from geofleet.report import assumptions_of, open_questions, operator_brief

        facts = operator_facts(
            self.results, operator_id, self.layers, planned=self.planned, rules=self.rules,
            effect=self.effect,
        )  # fmt: skip
        own = [truck.vehicle_id for truck in facts.trucks]
        stem = self.stem("operator", operator_id)
        table = self._rows(stem, operator_rows(self.results, self.planned, self.effect, own))
        also = [row.format(size=facts.size) for row in _OPERATOR]
        name = facts.name or facts.operator_id
        return operator_brief(
            self.about, facts,
            picture=self._trucks(
                {truck.vehicle_id: truck.technology or "" for truck in facts.trucks},
                title=say("brief.map_operator"), caption=say(
                    "brief.map_operator_caption" if facts.planned else "brief.map_operator_driven"),
                alt=say("brief.map_operator_alt", study=self.about.study, name=name,
                        count=counted(self.about.readers, "trucks", len(own))),
            ),
            assumptions=assumptions_of(table, self.about.readers, also=also,
                                       file=_table_name(stem)),
            questions=open_questions(self._unknowns(table, own), self.about.readers, "operator"),
            sources=self._sources(rules=True, vehicles=own),
        )  # fmt: skip

    def lender(self) -> Brief:
        """Return the brief for lenders."""
        from geofleet.brief_facts import lender_rows, loan_book, official_rows_used
        from geofleet.brief_facts.loans import borrowers
        from geofleet.economics.options import KEEP
        from geofleet.report import assumptions_of, lender_brief, open_questions

        planned = self.planned
        book = None if planned is None else loan_book(planned)
        asked = [] if planned is None else borrowers(planned)
        own = [] if book is None else asked
        rows: set[str] = set()
        if planned is not None:
            rows = official_rows_used(self.results, planned, None) if book is None \
                else lender_rows(planned, own)  # fmt: skip
        table = self._rows("lender", rows)
        picture, kept = None, {}
        if planned is not None:
            became = planned.vehicles().set_index("vehicle_id")["technology"]
            shown = own if book is not None else list(became.index)
            name = "map_lender" if book is not None else "map_lender_none"
            picture = self._trucks(
                {vehicle: str(became[vehicle]) for vehicle in shown},
                title=say(f"brief.{name}"), caption=say(f"brief.{name}_caption"),
                alt=say(f"brief.{name}_alt", study=self.about.study,
                        count=counted(self.about.readers, "trucks", len(shown))),
            )  # fmt: skip
            reasons = planned.tables().reasons["vehicles"]
            kept = {str(reason): int(count) for reason, count in reasons.items()}
        also = [row.format(size=size) for row in _LENDER for size in
                (_SIZES if "{size}" in row else _SIZES[:1])]  # fmt: skip
        return lender_brief(
            self.about, book, planned=planned is not None, picture=picture, wanted=len(asked),
            kept=kept,
            products=[] if planned is None else [
                one.name or name for name, one in planned.products.items() if one.kind != "cash"
            ],
            changed=None if planned is None
            else int((planned.vehicles()["technology"] != KEEP).sum()),
            assumptions=assumptions_of(table, self.about.readers, also=also,
                                       file=_table_name("lender") if len(table) else ""),
            questions=open_questions(self._unknowns(table, own), self.about.readers, "lender"),
            sources=self._sources(rules=False),
        )  # fmt: skip

    def _unknowns(self, table: pd.DataFrame, vehicles: Sequence[str] | None = None) -> Unknowns:
        from geofleet.brief_facts import unknowns_of

        return unknowns_of(
            self.results, self.layers, planned=self.planned, rules=self.rules,
            effect=self.effect, vehicles=vehicles, contested=int(table["contested"].sum()),
        )  # fmt: skip

    def _rows(self, stem: str, rows: set[str]) -> pd.DataFrame:
        from geofleet.report import rows_table

        source = self.results if self.planned is None else self.planned
        self.tables[stem] = rows_table(rows, source.defaults)
        return self.tables[stem]

    def _worst_zones(self) -> gpd.GeoDataFrame:
        shares = self.results.exposure_shares("zone")
        ids = shares["ratio"].sort_values(ascending=False).head(_WORST_ZONES).index.astype(str)
        zones = self.layers["zones"].frame
        return zones[zones["zone_id"].astype(str).isin(ids)]

    def _trucks(
        self, became: Mapping[str, str], *, title: Text, alt: Text, caption: Text
    ) -> Figure | None:
        from geofleet.brief_facts.pictures import trucks_figure

        return trucks_figure(self.layers, became, title=title, alt=alt,
                             caption=caption)  # fmt: skip

    def _sources(
        self, *, rules: bool, vehicles: Sequence[str] | None = None
    ) -> tuple[Text, ...]:  # fmt: skip
        from geofleet import __version__
        from geofleet.brief_facts.harm import deciding

        names = list(dict.fromkeys(name for _, name in self.about.inputs))
        found = []
        if names:
            listed = {name: self.about.readers[name].list(names) for name in LANGUAGES}
            found.append(say("brief.source_inputs", files=listed))
        if rules and self.rules is not None:
            named = None if self.effect is None else deciding(self.effect, vehicles)
            rest = 0 if named is None else len(self.rules.rule_set) - len(named)
            stated = [
                say("brief.source_rule", status=say(f"common.{one['status']}"), name=": ".join(
                    dict.fromkeys(str(text).replace(" ; ", ", ") for text in
                                  (one["name"], one["legal_reference"] or one["source"]) if text)))
                for one in self.rules.rule_set.sources(rules=named)
            ]  # fmt: skip
            once = list({text["en"]: text for text in stated}.values())
            if once:
                told = {name: self.about.readers[name].list([text[name] for text in once])
                        for name in LANGUAGES}  # fmt: skip
                found.append(say("brief.source_rules" if rest <= 0 else "brief.source_rules_some",
                                 rules=told))  # fmt: skip
        found.append(say("brief.source_method", version=__version__))
        return tuple(found)


def write_brief(
    maker: BriefMaker,
    audience: Audience,
    folder: Path,
    *,
    operator: str | None = None,
    languages: Sequence[str] = LANGUAGES,
) -> list[Path]:
    """Write a brief, one page for each language, and the table of all values behind it.

    Files of the same names are replaced; other files of the folder stay.

    Returns
    -------
    list of Path
        The pages, then the table.

    Raises
    ------
    InputError
        As :meth:`BriefMaker.make`, or a language in which nothing is written.
    """
    from geofleet.report import brief_html

    wrong = [name for name in languages if name not in LANGUAGES]
    if wrong:
        expected = "one of " + ", ".join(LANGUAGES)
        raise InputError([Problem("brief", "language", 0, name, expected) for name in wrong])
    brief = maker.make(audience, operator)
    stem = maker.stem(audience, operator)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for language in languages:
        path = folder / f"{stem}.{language}.html"
        write_text(path, brief_html(brief, language))
        paths.append(path)
    if len(table := maker.tables[stem]):
        path = folder / _table_name(stem)
        write_text(path, table.to_csv(index=False, lineterminator="\n"))
        paths.append(path)
    return paths


def brief_files(
    maker: BriefMaker,
    folder: Path,
    *,
    audiences: Sequence[Audience] = AUDIENCES,
    operators: Sequence[str] | None = None,
    languages: Sequence[str] = LANGUAGES,
    pdf: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Write several briefs of a study.

    Parameters
    ----------
    maker
        Of the study.
    folder
        Files of the same names are replaced; other files of it stay.
    audiences
        ``official``, ``operator``, ``lender``.
    operators
        Ids of those who get a brief; all of the study when not given.
    languages
        Of the pages.
    pdf
        Whether each page is printed to PDF as well, by an installed Chromium.

    Raises
    ------
    InputError
        As :func:`write_brief`; no Chromium to print with.
    """
    from geofleet.brief_facts.operators import operators_of
    from geofleet.outputs.browser import print_pdf

    if pdf:
        check_printer()
    asked: list[tuple[Audience, str | None]] = []
    for audience in audiences:
        if audience == "operator":
            names = operators_of(maker.results) if operators is None else operators
            asked += [(audience, name) for name in names]
        else:
            asked.append((audience, None))
    files: list[Path] = []
    for number, (audience, name) in enumerate(asked):
        if progress is not None:
            progress(_STAGE, number / len(asked))
        made = write_brief(maker, audience, folder, operator=name, languages=languages)
        if pdf:
            for page in [path for path in made if path.suffix == ".html"]:
                print_pdf(page, page.with_suffix(".pdf"))
                made.append(page.with_suffix(".pdf"))
        files += made
    if progress is not None:
        progress(_STAGE, 1.0)
    return files


def check_printer() -> None:
    """Refuse to print where nothing is installed that could.

    Raises
    ------
    InputError
        No Chromium is found.
    """
    from geofleet.outputs.browser import NAMES, find_chromium

    if find_chromium() is None:
        expected = "an installed Chromium (" + ", ".join(NAMES) + ") or its path in CHROMIUM"
        raise InputError([Problem("brief", "pdf", 0, "", expected)])


def check_operators(study: Study, operators: Sequence[str] | None) -> None:
    """Refuse ids of operators that the study's vehicle table does not hold, before any run.

    Raises
    ------
    InputError
        All of them, with some that it does hold.
    """
    import pandas as pd

    path = study.folder / study.config.fleet.vehicles
    if operators is None or not path.is_file():
        return
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if "operator_id" not in table.columns:
        return  # reading the study says so
    known = sorted(set(table["operator_id"]))
    expected = "one of " + ", ".join(known[:_SHOWN]) + ("…" if len(known) > _SHOWN else "")
    wrong = [name for name in operators if name not in known]
    if wrong:
        raise InputError([Problem("brief", "operator", 0, name, expected) for name in wrong])


def file_stem(audience: str, operator: str | None = None, *, among: Sequence[str] = ()) -> str:
    """Return the name of a brief's files without their ending.

    An id that cannot be a file name as it stands, or that differs from another of ``among`` by
    capital letters alone, gets a mark of its own: no two operators share a file.

    Examples
    --------
    >>> file_stem("official"), file_stem("operator", "Fleet_7")
    ('official', 'operator-Fleet_7')
    >>> file_stem("operator", "Fleet/7")
    'operator-Fleet_7-c329e5fa'
    """
    if audience != "operator" or operator is None:
        return audience
    plain = unicodedata.normalize("NFKD", operator).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", plain)[:_NAME_LONGEST]
    alike = any(other != operator and other.casefold() == operator.casefold() for other in among)
    if plain == operator and plain.strip(".") and not alike:
        return f"operator-{plain}"
    mark = hashlib.sha256(operator.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]
    return f"operator-{plain.strip('.')}-{mark}".replace("--", "-")


def _table_name(stem: str) -> str:
    return f"{stem}-values.csv"

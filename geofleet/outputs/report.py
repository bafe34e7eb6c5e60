"""The report of a study: all pages, briefs and figures in one folder, tied by an index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from geofleet.config import PlanConfig
from geofleet.files import new_folder, write_json
from geofleet.outputs.folder import check_result_folder
from geofleet.study import Progress, Study
from geofleet.wording import LANGUAGES, Text, say

if TYPE_CHECKING:
    from geofleet.maps import Links
    from geofleet.outputs.briefs import BriefMaker
    from geofleet.outputs.pages import StudyPages
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["StudyReport", "check_report_output", "study_report", "write_report"]

_ENTRIES = re.compile(
    r"(index|harm|electric|contingency|plan)\.html|briefs|figures|iso14083\.json|report\.json"
)
_STAGE = "Pages and briefs"
_LONGEST = 60
"""Characters of a name in the index."""
_LANGUAGE_NAMES = {"en": "English", "es": "español"}


@dataclass(frozen=True)
class StudyReport:
    """What a report is made of.

    Parameters
    ----------
    results
        The run.
    planned
        Its plan; None where the study has none.
    rules, effect
        Rules and what they make of the day; None where it names none.
    """

    results: Results
    planned: PlannedStudy | None
    rules: StudyRules | None
    effect: DayEffect | None


def check_report_output(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier report.

    Raises
    ------
    InputError
        A file is there, or anything that is no report.
    """
    check_result_folder(folder, _ENTRIES, mark="report.json")


def study_report(
    study: Study,
    *,
    settings: PlanConfig | None = None,
    rules: StudyRules | None = None,
    stored: Path | None = None,
    progress: Progress | None = None,
) -> StudyReport:
    """Run a study with its plan and its rules.

    Parameters
    ----------
    settings
        Of the plan; no plan is made when not given.
    rules
        In place of those of the study.
    stored
        Folder with the unit exposures of an earlier run, used where they still hold.

    Raises
    ------
    InputError
        Faults of the study, of the settings, of the rules.
    """
    from geofleet.outputs.plan import study_plan
    from geofleet.policy.study import date_faults

    planned: PlannedStudy | None = None
    if settings is not None:
        planned = study_plan(study, settings, stored=stored, progress=progress)
        results = cast("Results", planned.results)
    else:
        results = study.run(stored=stored, progress=progress)
    if rules is None:
        return StudyReport(results, planned, results.inputs.rules, results.policy)
    from geofleet.errors import InputError

    days = set(results.itineraries.traversals.vehicle_days["date"].astype(str))
    if problems := date_faults(rules, days):
        raise InputError(problems)
    return StudyReport(results, planned, rules, results.under(rules))


def write_report(
    report: StudyReport,
    folder: Path,
    *,
    language: str = "en",
    operators: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write index, pages, briefs, figures and statement to a folder.

    The folder is replaced as a whole, if it is new, empty or holds an earlier report. Figures
    need the extra ``figures``; without it there are none, and the index says so.

    Parameters
    ----------
    language
        Shown first on the pages; briefs and figures come in every language.
    operators
        Whose briefs; those of all operators when not given.

    Returns
    -------
    list of Path
        The files, the index first.

    Raises
    ------
    InputError
        Something else stands in the folder; operators that there are none of.
    """
    from geofleet.brief_facts.operators import operators_of
    from geofleet.outputs.briefs import BriefMaker, brief_files
    from geofleet.outputs.pages import StudyPages

    check_report_output(folder)
    results = report.results
    asked = list(dict.fromkeys(operators_of(results) if operators is None else operators))
    pages = StudyPages(results, report.planned, rules=report.rules, effect=report.effect,
                       language=language)  # fmt: skip
    with new_folder(folder) as work:
        if progress is not None:
            progress(_STAGE, 0.0)
        # first, so that briefs count every default row that is used, in whatever order it is asked
        write_json(work / "iso14083.json", results.iso14083_statement())
        write_json(work / "report.json", results.manifest())
        maker = BriefMaker(results, report.planned, rules=report.rules, effect=report.effect)
        briefs = brief_files(maker, work / "briefs", operators=asked)
        figures = _write_figures(pages, work)
        pages.write(work, files=_links(work, briefs, figures, _brief_names(maker, asked)))
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
        if progress is not None:
            progress(_STAGE, 1.0)
    names.sort(key=lambda name: (str(name) != "index.html", len(name.parts), str(name)))
    return [folder / name for name in names]


def _write_figures(pages: StudyPages, work: Path) -> Links:
    """Write the figures in every language; what is told of them in the index."""
    from geofleet.maps import Link, Links

    if find_spec("matplotlib") is None:
        return Links(say("study.no_figures"), ())
    from geofleet.figures import write_figures
    from geofleet.outputs.figures import figures_of

    figures, links = figures_of(pages), []
    for language in LANGUAGES if figures else ():
        folder, named = work / "figures" / language, _LANGUAGE_NAMES[language]
        write_figures(figures, folder, language=language)
        place = folder.relative_to(work).as_posix()
        links += [
            Link(say("study.figure_in", name=figure.title, language=named),
                 f"{place}/{figure.name}.png")
            for figure in figures
        ]  # fmt: skip
        links.append(Link(say("study.captions", language=named), f"{place}/captions.json"))
    return Links(say("study.figures"), links)


def _links(
    work: Path, briefs: Sequence[Path], figures: Links, named: Mapping[str, Text]
) -> list[Links]:
    """Return what lies beside the pages, for the index; ``named`` are briefs by stem of file."""
    from geofleet.maps import Link, Links

    pages, tables = [], []
    for path in briefs:
        place = path.relative_to(work).as_posix()
        if path.suffix == ".html":
            stem, language = path.stem.rsplit(".", 1)
            label = say("study.brief_in", name=named[stem], language=_LANGUAGE_NAMES[language])
            pages.append(Link(label, place))
        elif path.suffix == ".csv":
            name = named[path.stem.removesuffix("-values")]
            tables.append(Link(say("study.values_of", name=name), place))
    tables += [Link(say("study.statement"), "iso14083.json"),
               Link(say("study.manifest"), "report.json")]  # fmt: skip
    return [Links(say("study.briefs"), pages), Links(say("study.values"), tables), figures]


def _brief_names(maker: BriefMaker, operators: Sequence[str]) -> dict[str, Text]:
    """Return what each brief is called, by the stem of its files."""
    frame = maker.results.inputs.fleet.operators
    names: dict[str, str] = {}
    if "name" in frame.columns:
        names = {str(one): str(name) for one, name in frame["name"].dropna().items()}
    found = {name: say(f"study.brief_{name}") for name in ("official", "lender")}
    for one in operators:
        name = names.get(one, "").strip()
        called = f"{_short(name)} ({_short(one)})" if name and name != one else _short(one)
        found[maker.stem("operator", one)] = say("study.brief_operator", name=called)
    return found


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

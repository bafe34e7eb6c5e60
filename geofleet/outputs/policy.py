"""A study under other rules: a contingency, a pack, a rule file of your own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import STUDY_FILE, PolicyConfig
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json, write_text
from geofleet.outputs.folder import check_result_folder
from geofleet.policy.study import (
    StudyRules,
    assumed_faults,
    date_faults,
    read_study_rules,
)
from geofleet.study import Progress, Results, Study

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.layers import Layer
    from geofleet.policy.day import DayEffect

__all__ = ["StudyPolicy", "check_policy_output", "chosen_rules", "study_policy", "write_policy"]

_STAGE = "Access rules"
_ENTRIES = re.compile(
    r"bulletin-\d+\.md|exempt\.csv|layers|map\.html|report\.json|rules\.geojson|tables"
)
_HARM_UNIT = "persons·µg/m³·h"


@dataclass(frozen=True)
class StudyPolicy:
    """What rules do to a study's day.

    Parameters
    ----------
    results
        The day without them.
    rules
        Rules and declared events.
    effect
        The day under them.
    """

    results: Results
    rules: StudyRules
    effect: DayEffect

    @property
    def dates(self) -> list[str]:
        """Service dates of the study."""
        days = self.results.itineraries.traversals.vehicle_days
        return sorted(set(days["date"].astype(str)))

    def layers(self) -> dict[str, Layer]:
        """Return the layers of the day under rules."""
        return self.results.policy_layers(self.rules, self.effect)

    def exempt(self) -> pd.DataFrame:
        """Return who is exempt from the measures of the events, and of whom nobody can tell."""
        import datetime

        import pandas as pd

        from geofleet.policy.contingency import exempt_list
        from geofleet.policy.decisions import decide

        cases = self.results.cases(self.rules)
        parts = []
        for text in self.dates:
            date = datetime.date.fromisoformat(text)
            if not any(date in event.dates for event in self.rules.events):
                continue
            answers = decide(
                self.rules.rule_set, cases, [date], events=self.rules.events,
                inside=dict.fromkeys(self.rules.rule_set.geographies, True),
                assume=self.rules.assume,
            )  # fmt: skip
            parts.append(exempt_list(answers, units=self.results.inputs.fleet.vehicles))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the main numbers as (label, value, unit)."""
        effect = self.effect
        outcomes = effect.outcomes()
        rows = [
            (f"Vehicle-days: {name}", f"{int(line['vehicle_days']):,}", "")
            for name, line in outcomes.iterrows()
            if line["vehicle_days"]
        ]
        grams = effect.grams("pm25_exhaust_g").iloc[0]
        harm = effect.harm()
        deliveries = effect.deliveries()
        priceless = int(effect.frame["cost"].isna().sum())
        cost = "Cost to operators" + (f", {priceless} vehicle-days unknown" if priceless else "")
        rows += [
            ("PM2.5 from exhaust, as planned", f"{grams['before']:,.1f}", "g"),
            ("PM2.5 from exhaust, rules kept", f"{grams['after']:,.1f}", "g"),
            ("of it moved to other hours", f"{grams['moved_in']:,.1f}", "g"),
            ("Exposure to PM2.5, exhaust and wear", f"{harm['before']:,.0f}", _HARM_UNIT),
            ("of it avoided", f"{harm['avoided']:,.0f}", _HARM_UNIT),
            ("Deliveries late", f"{deliveries['late']:,.0f}", ""),
            ("Deliveries not made", f"{deliveries['cancelled']:,.0f}", ""),
            (cost, f"{effect.frame['cost'].sum():,.0f}", effect.currency),
        ]
        for size, line in effect.operators().iterrows():
            hurt = f"{int(line['hurt'])} of {int(line['operators'])}"
            rows.append((f"Operators of {size} vehicles hurt", hurt, ""))
        return rows


def chosen_rules(
    study: Study,
    *,
    pack: str | None = None,
    rules: Path | None = None,
    bulletin: Path | None = None,
    zones: Path | None = None,
    only: Sequence[str] = (),
    answers: Mapping[str, bool] | None = None,
    assume: Mapping[str, Any] | None = None,
) -> StudyRules:
    """Return the rules to apply: those named, else those of ``study.yaml``.

    Files named here are as seen from the working folder, those of the study from its own.

    Raises
    ------
    InputError
        No rules anywhere, or faults of any file; a rule in ``only`` that is none; assumptions
        that rules cannot use.
    """
    own = study.config.policy
    if pack is not None or rules is not None:
        if pack is not None and rules is not None:
            raise InputError([Problem("rules", expected="a pack or a rule file, not both")])
        settings = PolicyConfig(
            pack=pack, rules=None if rules is None else rules.resolve(),
            zones=None if zones is None else zones.resolve(),
            bulletin=None if bulletin is None else bulletin.resolve(),
        )  # fmt: skip
    elif own is None:
        expected = "rules under policy, or a pack or rule file named with the command"
        raise InputError([Problem(str(study.folder / STUDY_FILE), "policy", expected=expected)])
    else:
        given = {"zones": zones, "bulletin": bulletin}
        changed = {name: path.resolve() for name, path in given.items() if path is not None}
        settings = own.model_copy(update=changed)
    found = read_study_rules(study.folder, settings)
    rule_set = found.rule_set.answered(**(answers or {}))
    if only:
        try:
            rule_set = rule_set.only(*only)
        except KeyError as error:
            raise InputError([Problem("only", expected=str(error.args[0]))]) from None
    if problems := assumed_faults(rule_set, assume or {}):
        raise InputError(problems)
    return replace(found, rule_set=rule_set, assume={**found.assume, **(assume or {})})


def study_policy(
    study: Study,
    rules: StudyRules,
    *,
    responses: Sequence[str] | None = None,
    stored: Path | None = None,
    progress: Progress | None = None,
) -> StudyPolicy:
    """Run a study and put its day under rules.

    Raises
    ------
    InputError
        Faults of the study; events on none of its service dates; rules of another place.
    """
    results = study.run(stored=stored, progress=progress)
    days = set(results.itineraries.traversals.vehicle_days["date"].astype(str))
    if problems := date_faults(rules, days):
        raise InputError(problems)
    if progress is not None:
        progress(_STAGE, 0.0)
    effect = results.under(rules, responses=responses)
    if progress is not None:
        progress(_STAGE, 1.0)
    return StudyPolicy(results, rules, effect)


def write_policy(policy: StudyPolicy, folder: Path, *, language: str = "en") -> list[Path]:
    """Write tables, layers, map, rules, bulletins and the list of exempt vehicles to a folder.

    The folder is replaced as a whole, if it is new, empty or holds such results.

    Raises
    ------
    InputError
        Something else stands in the folder.
    """
    from geofleet.layers import write_layers
    from geofleet.maps import contingency_page, write_map
    from geofleet.maps.policy_page import contingency_frame
    from geofleet.outputs.policy_tables import write_policy_tables
    from geofleet.policy.contingency import write_bulletin, write_exempt_list
    from geofleet.policy.exchange import to_geojson

    check_policy_output(folder)
    config, rules = policy.results.config, policy.rules
    layers = policy.layers()
    with new_folder(folder) as work:
        write_policy_tables(policy.effect, work / "tables")
        written = {name: layer for name, layer in layers.items() if name != "roads"}
        write_layers(written, work / "layers", attribution=config.attribution, notes=config.notes)
        frame = contingency_frame(config, rules.rule_set, language=language)
        page = contingency_page(layers, frame=frame)
        write_map(page, work / "map.html")
        to_geojson(rules.rule_set, work / "rules.geojson", layers=rules.layers)
        for number, event in enumerate(rules.events, start=1):
            text = write_bulletin(event, rules.rule_set)
            write_text(work / f"bulletin-{number}.md", text)
        if rules.events:
            write_exempt_list(policy.exempt(), work / "exempt.csv")
        write_json(work / "report.json", policy.effect.report())
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    return [folder / name for name in names]


def check_policy_output(folder: Path) -> None:
    """Refuse a folder whose replacement would destroy something else.

    Raises
    ------
    InputError
        A file is there, or anything that is no result of this command.
    """
    check_result_folder(folder, _ENTRIES, mark="report.json")

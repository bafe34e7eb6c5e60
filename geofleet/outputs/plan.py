"""The plan of a study: from its folder to tables, layers, map and report."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofleet.config import STUDY_FILE, PlanConfig
from geofleet.errors import InputError, Problem
from geofleet.files import new_folder, write_json
from geofleet.outputs.folder import check_result_folder
from geofleet.planned import (
    PlannedStudy,
    lender_view,
    official_rows,
    official_view,
    operator_view,
    plan_fiscal,
    plan_results,
    plan_settings_of,
    plan_totals,
    products_of,
)
from geofleet.planned.columns import column_table
from geofleet.planned.layers import dated_years, plan_facts, plan_frame, plan_layers
from geofleet.study import Progress, Study, study_defaults

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "check_plan_output", "plan_report", "plan_settings", "plan_tables", "study_plan", "write_plan",
]  # fmt: skip

_STAGES = ("Technologies on the routes", "Plan")
_ENTRIES = re.compile(r"layers|map\.html|report\.json|tables")


def plan_settings(study: Study, **changes: Any) -> PlanConfig:
    """Return the settings of a plan: those of ``study.yaml``, changed where something is given.

    Parameters
    ----------
    study
        Its section ``plan``.
    **changes
        Settings by name; None leaves them.

    Raises
    ------
    InputError
        No settings and no budget given, or settings that cannot be.
    """
    own = study.config.plan
    given = {name: value for name, value in changes.items() if value is not None}
    if own is None and "budget_per_year" not in given:
        expected = "settings under plan, or a budget given with the command"
        raise InputError([Problem(str(study.folder / STUDY_FILE), "plan", expected=expected)])
    known = {} if own is None else own.model_dump()
    settings = plan_settings_of(known | given)
    if settings.product_file is not None and not settings.product_file.is_absolute():
        settings = settings.model_copy(
            update={"product_file": study.folder / settings.product_file}
        )
    return settings


def study_plan(
    study: Study,
    settings: PlanConfig,
    *,
    stored: Path | None = None,
    progress: Progress | None = None,
) -> PlannedStudy:
    """Run a study, put every technology on its routes, and choose the best plan.

    Raises
    ------
    InputError
        Faults of the study or of the settings; limits that no plan can meet.
    """
    defaults, problems = study_defaults(study.folder, study.config)
    if problems:
        raise InputError(problems)
    products_of(settings, defaults=defaults)  # a wrong name is told before the run, not after it
    results = study.run(stored=stored, progress=progress)
    if progress is not None:
        progress(_STAGES[0], 0.0)
    _ = results.outcomes
    if settings.reassign:
        _ = results.duties
    if progress is not None:
        progress(_STAGES[0], 1.0)
        progress(_STAGES[1], 0.0)
    planned = plan_results(results, settings)
    if progress is not None:
        progress(_STAGES[1], 1.0)
    return planned


def write_plan(planned: PlannedStudy, folder: Path, *, language: str = "en") -> list[Path]:
    """Write tables, layers, map and report of a plan to a folder.

    The folder is replaced as a whole, if it is new, empty or holds such results.

    Raises
    ------
    InputError
        Something else stands in the folder.
    """
    from geofleet.layers import write_layers
    from geofleet.maps import plan_page, write_map

    check_plan_output(folder)
    config = planned.results.config
    layers = plan_layers(planned)
    with new_folder(folder) as work:
        tables = plan_tables(planned)
        tables["columns"] = column_table(tables, currency=planned.currency)
        for name, table in tables.items():
            path = work / "tables" / f"{name}.csv"
            path.parent.mkdir(exist_ok=True)
            table.to_csv(path, lineterminator="\n")
        written = {name: layer for name, layer in layers.items() if name != "roads"}
        write_layers(written, work / "layers", attribution=config.attribution, notes=config.notes)
        frame = plan_frame(planned, language=language)
        page = plan_page(
            layers, frame=frame, currency=planned.currency,
            facts=plan_facts(planned, readers=frame.readers),
        )  # fmt: skip
        write_map(page, work / "map.html")
        write_json(work / "report.json", plan_report(planned))
        names = sorted(path.relative_to(work) for path in work.rglob("*") if path.is_file())
    return [folder / name for name in names]


def plan_tables(planned: PlannedStudy) -> dict[str, pd.DataFrame]:
    """Return all tables of a plan by the name of their file."""
    tables = planned.tables()
    options = planned.options.cases.join(
        planned.options.physical.drop(columns=planned.options.cases.columns, errors="ignore")
    )
    return {
        "vehicles": planned.vehicles().set_index("vehicle_id"),
        "years": dated_years(planned),
        "depots": planned.depots().set_index("depot_id"),
        "operators": operator_view(planned),
        "officials": official_view(planned),
        "lenders": lender_view(planned),
        "offers": planned.offers,
        "options": options,
        "left_out": planned.problem.left_out.set_index("vehicle_id"),
        "reasons": tables.reasons,
    }


def plan_report(planned: PlannedStudy) -> dict[str, Any]:
    """Return the plan's main numbers, settings and provenance as plain data."""
    from geofleet.economics.sensitivity import contested_inputs

    plan, fiscal, ranked = planned.plan, plan_fiscal(planned), planned.ranked
    physics = planned.results.outcomes.provenance
    used = sorted({*planned.options.provenance, *planned.defaults.used, *physics})
    contested = contested_inputs(defaults=planned.defaults.fresh())
    known = contested[contested.index.isin(used)]
    money = planned.tables().years["total_spend"].to_numpy()
    return {
        "settings": _plain(planned.config.model_dump(exclude_none=True)),
        "currency": planned.currency,
        "first_year": planned.first_year,
        "objective": plan.objective,
        "value": plan.value,
        "bound": _plain(plan.bound),
        "gap": _plain(plan.gap),
        "method": plan.method,
        "ranking_by_ratio": None if ranked is None else ranked.value,
        "better_than_ranking": _plain(planned.gain_over_ranking),
        "rows": [list(row) for row in official_rows(planned)],
        "totals": plan_totals(planned),
        "public_money": {
            str(planned.first_year + year): float(spent) for year, spent in enumerate(money)
        },
        "fiscal_cost_if_all_changed_today": {str(k): float(v) for k, v in fiscal.present.items()},
        "assumed": dict(planned.options.assumed),
        "contested_inputs": [str(name) for name in known.index],
        "defaults": planned.defaults.describe(used).to_dict("records"),
    }


def _plain(value: Any) -> Any:
    """Return settings and numbers as JSON can hold them: no bound is "inf", unknown is null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def check_plan_output(folder: Path) -> None:
    """Refuse a folder whose replacement would destroy something else.

    Raises
    ------
    InputError
        A file is there, or anything that is no result of this command.
    """
    check_result_folder(folder, _ENTRIES, mark="report.json")

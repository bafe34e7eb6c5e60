"""Commands of money: what technologies cost, and the plan of a study."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.printing import (
    print_rows,
    progress_bars,
    reported,
    solver_output_to_stderr,
)


@app.command()
def plan(
    study: Folder,
    budget: Annotated[
        list[float] | None,
        typer.Option(help="Public money of every year; repeat it for one figure a year."),
    ] = None,
    years: Annotated[int | None, typer.Option(help="Years to plan.")] = None,
    objective: Annotated[
        str | None, typer.Option(help="harm, co2e, pm25, bc, nox (most avoided) or cost (least).")
    ] = None,
    harm_at_least: Annotated[
        float | None, typer.Option(help="For cost: harm to avoid, persons·µg/m3·h.")
    ] = None,
    probability: Annotated[
        float | None, typer.Option(help="Least probability that an electric day is done.")
    ] = None,
    small_share: Annotated[
        float | None, typer.Option(help="Least part of the grants for operators of up to 30.")
    ] = None,
    technology: Annotated[
        list[str] | None, typer.Option(help="What vehicles may become; may repeat.")
    ] = None,
    reassign: Annotated[
        bool | None,
        typer.Option("--reassign/--own-routes", help="Whether vehicles may exchange routes."),
    ] = None,
    language: Annotated[str, typer.Option(help="Of the map: en or es.")] = "en",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/plan if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Plan which vehicle gets which technology, when, at whose cost, under a budget."""
    if language not in ("en", "es"):
        raise typer.BadParameter("expected en or es", param_hint="--language")
    folder = output or study / "plan"
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.plan import (
            check_plan_output,
            plan_report,
            plan_settings,
            study_plan,
            write_plan,
        )
        from geofleet.planned import official_rows
        from geofleet.study import Study

        opened = Study.open(study)
        check_plan_output(folder)
        settings = plan_settings(
            opened, budget_per_year=budget[0] if budget and len(budget) == 1 else budget or None,
            years=years, objective=objective, harm_at_least=harm_at_least,
            probability=probability, small_operators_share=small_share, technologies=technology,
            reassign=reassign,
        )  # fmt: skip
        with solver_output_to_stderr():
            found = study_plan(opened, settings, progress=progress)
        files = write_plan(found, folder, language=language)
    if as_json:
        report = plan_report(found) | {"files": [str(path) for path in files]}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        print_rows(f"{opened.config.name}: plan", official_rows(found))
        typer.echo(str(folder))


@app.command()
def costs(
    vehicles: Annotated[Path, typer.Argument(help="Vehicles (CSV); one truck is enough.")],
    operators: Annotated[
        Path | None, typer.Option(help="Operators (CSV); else each owns what the table lists.")
    ] = None,
    country: Annotated[str, typer.Option(help="ISO 3166 code, for emissions.")] = "MX",
    year: Annotated[int | None, typer.Option(help="Of the decision; this year if none.")] = None,
    exempt_days: Annotated[
        float | None, typer.Option(help="Days a year that a filter or electric motor wins.")
    ] = None,
    product_set: Annotated[str, typer.Option(help="Finance products that come along.")] = "mexico",
    products: Annotated[Path | None, typer.Option(help="Finance products (YAML).")] = None,
    months: Annotated[int, typer.Option(min=1, max=360, help="Months of each sheet.")] = 60,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder.")] = Path("costs"),
    as_json: Json = False,
) -> None:
    """Cost every technology for a table of vehicles, and say who can pay and with what help."""
    with reported(as_json):
        from geofleet.outputs.vehicle_costs import (
            check_costs_output,
            vehicle_costs,
            write_vehicle_costs,
        )

        check_costs_output(output)
        found = vehicle_costs(
            vehicles, operators=operators, country=country,
            year=datetime.date.today().year if year is None else year, exempt_days=exempt_days,
            product_set=product_set, products=products, months=months,
        )  # fmt: skip
        files = write_vehicle_costs(found, output)
    if as_json:
        rows = json.loads(found.costs.reset_index().to_json(orient="records"))
        told = {"costs": rows, "currency": found.options.currency, "currency_note": found.note}
        typer.echo(json.dumps(told | {"files": [str(f) for f in files]}, indent=2))
    else:
        print_rows("Cheapest of each technology over the years", found.rows())
        if found.note:
            typer.echo(found.note)
        typer.echo(str(output))

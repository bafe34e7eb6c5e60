"""Commands of single trips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from geofleet.cli.app import Folder, Json, Quiet, app
from geofleet.cli.parsing import point_of
from geofleet.cli.printing import progress_bars, reported


@app.command()
def price(
    study: Folder,
    origin: Annotated[str, typer.Option("--from", help="Longitude,latitude of the start.")],
    destination: Annotated[str, typer.Option("--to", help="Longitude,latitude of the end.")],
    vehicle_class: Annotated[str, typer.Option("--class", help="Vehicle class, e.g. rigid_12t.")],
    hour: Annotated[int, typer.Option(min=0, max=23, help="Local hour of departure.")],
    max_detour: Annotated[
        float | None, typer.Option(help="Longest time of a route over that of the fastest.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder; STUDY/prices if not set.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Price a trip: fastest, cheapest and least-harm routes, their frontier, other hours."""
    start, end = point_of(origin, "--from"), point_of(destination, "--to")
    folder = output or study / "prices"
    with reported(as_json), progress_bars(show=not (as_json or quiet)) as progress:
        from geofleet.outputs.prices import study_prices, write_trip
        from geofleet.study import Study

        opened = Study.open(study)
        prices = study_prices(opened, stored=folder / "exposure", progress=progress)
        trip = prices.trip(start, end, vehicle_class, hour=hour, max_detour=max_detour)
        files = write_trip(trip, folder, opened.config)
    if as_json:
        routes = json.loads(trip.alternatives.table.to_json(orient="index"))
        found = {
            "routes": routes, "best_hour": trip.hours.best, "currency_note": prices.note,
            "files": [str(f) for f in files],
        }  # fmt: skip
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        typer.echo(trip.alternatives.to_text())
        if prices.note:
            typer.echo(prices.note)
        typer.echo(f"hour of least harm: {trip.hours.best['least_harm']}:00\n{folder}")

"""Write docs/reference.md from the schemas and default tables in the code.

Run ``python docs/make_reference.py`` after changing one; a test fails while the page is stale.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

from geofleet.defaults import read_table, table_names
from geofleet.schema import Column, TableSchema

PAGE = Path(__file__).with_name("reference.md")
INPUTS = (
    ("vehicles.csv", "geofleet.fleet", "VEHICLE_SCHEMA"),
    ("operators.csv", "geofleet.fleet", "OPERATOR_SCHEMA"),
    ("stops.csv (or GeoJSON points)", "geofleet.routes", "STOP_SCHEMA"),
    ("weather.csv", "geofleet.exposure", "WEATHER_SCHEMA"),
    ("models.csv (electric models of your own)", "geofleet.energy.catalogue", "MODEL_SCHEMA"),
    ("stations.csv (chargers on the way)", "geofleet.energy.charging", "STATION_SCHEMA"),
    ("telematics of a pilot", "geofleet.energy.pilot", "TELEMATICS_SCHEMA"),
    ("orders.csv (orders to routes)", "geofleet.redesign", "ORDER_SCHEMA"),
    ("depots.csv (orders to routes)", "geofleet.redesign", "DEPOT_SCHEMA"),
    ("composition.csv (traffic)", "geofleet.fleet.composition", "COMPOSITION_SCHEMA"),
    ("counts.csv (traffic)", "geofleet.traffic", "COUNT_SCHEMA"),
    ("calendar.csv (rules)", "geofleet.policy.rules.read", "CALENDAR_SCHEMA"),
    ("plan.csv (voluntary programme)", "geofleet.policy.programme", "PLAN_SCHEMA"),
)
LAYERS = ("geofleet.layers.schemas", "geofleet.layers.policy_schemas")
_FIRST_HOUR, _OTHER_HOURS = re.compile(r"_00(?=_|$)"), re.compile(r"_(0[1-9]|1\d|2[0-3])(?=_|$)")


def reference() -> str:
    """Return the page as Markdown."""
    lines = [
        "# Reference: tables in, layers out, default numbers",
        "",
        "Made from the code by `docs/make_reference.py`; do not edit.",
        "",
        "## Input tables",
        "",
        "Text is UTF-8, cells are separated by commas, the first line names the columns. Columns",
        "not listed are kept and ignored. `population.geojson` holds polygons in EPSG:4326 with",
        "`zone_id` and `people`.",
    ]
    for title, module, name in INPUTS:
        lines += _table(title, getattr(importlib.import_module(module), name), inputs=True)
    lines += ["", "## Layers", ""]
    lines += ["Each file has its schema beside it (`<layer>.schema.json`)."]
    for module in LAYERS:
        schemas = importlib.import_module(module)
        for name in schemas.__all__:
            value = getattr(schemas, name)
            if isinstance(value, TableSchema):
                lines += _table(f"`{value.name}`", value, inputs=False)
    lines += _attributes()
    lines += ["", "## Default numbers", ""]
    lines += [
        "Any row can be replaced in `study.yaml` under `overrides:`, as `table:row: value`.",
        "The manifest of a run names each row it used, with its status.",
        "",
        "| table | rows | verified | derived | memory | illustrative |",
        "|---|---|---|---|---|---|",
    ]
    for name in table_names():
        statuses = read_table(name)["status"]
        counts = [
            str(int((statuses == status).sum()))
            for status in ("verified", "derived", "memory", "illustrative")
        ]
        lines.append(f"| `{name}` | {len(statuses)} | {' | '.join(counts)} |")
    return "\n".join(lines) + "\n"


def _attributes() -> Iterator[str]:
    """List what rules may ask of a vehicle, a trip or a road."""
    yield from ("", "## Attributes that rules may ask for", "")
    yield "Columns of `vehicles.csv` with these names are taken as they are; an empty cell is"
    yield "unknown, `none` is known to be none. A rule file may add attributes of its own."
    yield from (
        "",
        "| attribute | kind | of | unit | meaning | words |",
        "|---|---|---|---|---|---|",
    )
    for name, row in read_table("policy_attributes").iterrows():
        unit = "" if row["unit"] == "text" else row["unit"]
        words = ", ".join(row["words"].split())
        yield f"| `{name}` | {row['value']} | {row['of']} | {unit} | {row['meaning']} | {words} |"


def _table(title: str, schema: TableSchema, *, inputs: bool) -> Iterator[str]:
    yield from ("", f"### {title}", "", f"{schema.title}.", "")
    if inputs:
        yield from ("| column | value | needed | meaning |", "|---|---|---|---|")
        for column in schema.columns:
            cells = (f"`{column.name}`", column.expectation(), _needed(column), column.meaning)
            yield f"| {' | '.join(cells)} |"
    else:
        yield from ("| column | unit | meaning |", "|---|---|---|")
        for column in schema.columns:
            if _OTHER_HOURS.search(column.name):
                continue
            name = f"`{column.name}`"
            last = _FIRST_HOUR.sub("_23", column.name)
            if last != column.name:
                name += f" … `{last}`, by hour"
            yield f"| {name} | {column.unit} | {column.meaning} |"
    for note in schema.notes:
        yield from ("", note)


def _needed(column: Column) -> str:
    if not column.required:
        return "no"
    return "may be empty" if column.nullable else "yes"


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")

"""Write the pages of docs/reference from the schemas, default tables and commands in the code.

Run ``python docs/make_reference.py`` after changing one; a test fails while a page is stale.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from typer.main import get_command

from geofleet.cli import app
from geofleet.cli.help_texts import HELP
from geofleet.config import StudyConfig
from geofleet.defaults import STATUSES, read_table, table_names
from geofleet.schema import Column, TableSchema

FOLDER = Path(__file__).parent / "reference"
INPUTS = (
    ("vehicles.csv", "geofleet.fleet", "VEHICLE_SCHEMA"),
    ("operators.csv", "geofleet.fleet", "OPERATOR_SCHEMA"),
    ("stops.csv (or GeoJSON points)", "geofleet.routes", "STOP_SCHEMA"),
    ("weather.csv", "geofleet.exposure", "WEATHER_SCHEMA"),
    ("GPS traces", "geofleet.routes", "TRACE_SCHEMA"),
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
MADE = "Made from the code by `docs/make_reference.py`; do not edit."
_FIRST_HOUR, _OTHER_HOURS = re.compile(r"_00(?=_|$)"), re.compile(r"_(0[1-9]|1\d|2[0-3])(?=_|$)")


def reference() -> dict[str, str]:
    """Return the pages as Markdown, by file name."""
    pages = {
        "settings.md": _settings(),
        "inputs.md": _inputs(),
        "layers.md": _layers(),
        "defaults.md": _defaults(),
        "commands.md": _commands(),
    }
    return {name: "\n".join(lines) + "\n" for name, lines in pages.items()}


def _inputs() -> Iterator[str]:
    yield from ("# Tables that go in", "", MADE, "")
    yield "Text is UTF-8, cells are separated by commas, the first line names the columns. Columns"
    yield "not listed are kept and ignored. `population.geojson` holds polygons in EPSG:4326 with"
    yield "`zone_id` and `people`."
    for title, module, name in INPUTS:
        yield from _table(title, getattr(importlib.import_module(module), name), inputs=True)
    yield from _attributes()


def _settings() -> Iterator[str]:
    """List what study.yaml may say, section by section."""
    yield from ("# Settings of a study", "", MADE, "")
    yield "What `study.yaml` may say. Paths are relative to the study's folder. Sections that are"
    yield "marked as needed are in every study; the others may be left out. A setting that is not"
    yield "here is refused, and so is one that stands twice."
    top = [
        (name, field) for name, field in StudyConfig.model_fields.items() if not _sections(field)
    ]
    yield from ("", "## At the top", "")
    yield from _section(top)
    sections = [
        (name, field, model)
        for name, field in StudyConfig.model_fields.items()
        for model in _sections(field)
    ]
    for name, field, model in sections:
        needed = "needed" if field.is_required() else "may be left out"
        yield from (
            "",
            f"## {name}",
            "",
            f"{_cell(model.__doc__).replace('``', '`')} ({needed})",
            "",
        )
        yield from _section(list(model.model_fields.items()))
        for inner, inside in model.model_fields.items():
            for part in _sections(inside):
                yield from ("", f"### {name}: {inner}", "", _cell(part.__doc__), "")
                yield from _section(list(part.model_fields.items()))


def _section(fields: list[tuple[str, Any]]) -> Iterator[str]:
    yield from ("| setting | value | if not given | meaning |", "|---|---|---|---|")
    for name, field in fields:
        if field.is_required():
            default = "needed"
        else:
            default = _value(field.get_default(call_default_factory=True))
        kind = _kind(field.annotation, field.metadata).replace("|", "\\|")
        yield f"| `{name}` | {kind} | {default} | {_cell(_meaning(field))} |"


def _sections(field: Any) -> list[type[BaseModel]]:
    """Return the models of a field that is a section."""
    kinds = (field.annotation, *get_args(field.annotation))
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _meaning(field: Any) -> str:
    """Return the description of a field, or of what it may be."""
    inner = (
        item.description
        for part in get_args(field.annotation)
        for item in getattr(part, "__metadata__", ())
        if getattr(item, "description", None)
    )
    return field.description or next(inner, "")


def _value(value: Any) -> str:
    """Write a default as study.yaml would."""
    if value is None or value in ([], {}, ""):
        return ""
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, dict):
        return "`{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}`"
    return "" if isinstance(value, BaseModel) else f"`{value}`"


def _kind(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """Say in words what a setting may be."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = [item for given in parts[1:] for item in getattr(given, "metadata", [given])]
        return _kind(parts[0], inner)
    if origin in (Union, UnionType):
        return " or ".join(_kind(part, metadata) for part in parts if part is not type(None))
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is list:
        return f"list of: {_kind(parts[0])}"
    if origin is dict:
        return f"names, each with: {_kind(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section, see below"
    return _KINDS[annotation] + _bounds(metadata)


_KINDS = {
    Path: "file", str: "text", int: "whole number", float: "number", bool: "`true` or `false`",
}  # fmt: skip
_SIGNS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))


def _bounds(metadata: Iterable[Any]) -> str:
    words = [
        f"{word} {getattr(item, sign):,.9g}"
        for sign, word in _SIGNS
        for item in metadata
        if getattr(item, sign, None) is not None
    ]
    return f", {', '.join(words)}" if words else ""


def _layers() -> Iterator[str]:
    yield from ("# Layers that come out", "", MADE, "")
    yield "Each file has its schema beside it (`<layer>.schema.json`)."
    for module in LAYERS:
        schemas = importlib.import_module(module)
        for name in schemas.__all__:
            value = getattr(schemas, name)
            if isinstance(value, TableSchema):
                yield from _table(f"`{value.name}`", value, inputs=False)


def _defaults() -> Iterator[str]:
    yield from ("# Default numbers", "", MADE, "")
    yield "Every number that a method needs and a study does not give is a row of one of these"
    yield "tables, with its unit, year, source and status. Any row can be replaced in `study.yaml`"
    yield "under `overrides:`, as `table:row: value`, and any table extended under `tables:`. The"
    yield "manifest of a run names each row it used, with its status."
    yield from ("", f"| table | rows | {' | '.join(_SHOWN)} |", f"|---|---|{'---|' * len(_SHOWN)}")
    for name in table_names():
        statuses = read_table(name)["status"]
        counts = [str(int((statuses == status).sum())) for status in _SHOWN]
        link = f"[`{name}`](../../geofleet/defaults/tables/{name}.csv)"
        yield f"| {link} | {len(statuses)} | {' | '.join(counts)} |"


_SHOWN = tuple(status for status in STATUSES if status != "user")


def _commands() -> Iterator[str]:
    group: Any = get_command(app)
    yield from ("# Commands", "", MADE, "", f"{group.help}", "", f"{group.epilog}", "")
    yield from ("| command | what it does |", "|---|---|")
    for name, words in HELP.items():
        yield f"| [`geofleet {name}`](#geofleet-{name}) | {_cell(words.line)} |"
    yield ""
    for name, command in group.commands.items():
        arguments = [item for item in command.params if item.param_type_name == "argument"]
        options = [item for item in command.params if item.param_type_name == "option"]
        needed = "".join(f" {_written(item)}" for item in arguments)
        needed += "".join(f" {item.opts[0]} …" for item in options if item.required)
        yield from (f"## geofleet {name}", "", " ".join(command.help.split()), "")
        yield from (HELP[name].more, "")
        yield from ("```text", f"geofleet {name}{needed}{' [options]' if options else ''}", "```")
        yield from ("", "| argument or option | meaning |", "|---|---|")
        for item in arguments:
            yield f"| `{_written(item)}` | {_cell(item.help)} |"
        for item in options:
            both = ", ".join(f"`{text}`" for text in (*item.opts, *item.secondary_opts))
            yield f"| {both} | {_cell(item.help)} |"
        yield from ("", "```text", *HELP[name].examples, "```", "")


def _written(argument: Any) -> str:
    name = str(argument.metavar or argument.name).strip("[]").upper()
    name += "…" if argument.nargs == -1 else ""
    return name if argument.required else f"[{name}]"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


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
    version = getattr(schema, "version", "")
    yield from ("", f"## {title}", "", f"{schema.title}.", "")
    if version and not inputs:
        yield from (f"Version of the schema: {version}.", "")
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
    FOLDER.mkdir(exist_ok=True)
    for file, text in reference().items():
        (FOLDER / file).write_text(text, encoding="utf-8")

"""Electric models of a study's own: one row of a table per model."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geofleet.defaults import STATUSES, read_table
from geofleet.energy.battery import CHEMISTRIES
from geofleet.energy.catalogue.check import charging_power_problem, unknown_classes
from geofleet.energy.catalogue.fields import BANDS, FIELDS, NUMBERS, TABLE, TEXTS
from geofleet.errors import InputError, Problem
from geofleet.schema import Column, TableSchema, read_csv, read_rows

__all__ = ["MODEL_SCHEMA", "is_model_table", "read_model_rows"]

_REQUIRED = ("make", "model", "segment", "replaces")
_CHOICES = {"segment": tuple(BANDS), "chemistry": CHEMISTRIES}

MODEL_SCHEMA = TableSchema(
    "electric_models",
    "Electric models of one's own, one a row; empty cells are estimated",
    (
        Column("model_id", "text", "short name of the model, without dots or blanks"),
        *(
            Column(
                field.name, "text", field.meaning, required=field.name in _REQUIRED,
                nullable=field.name not in _REQUIRED, choices=_CHOICES.get(field.name, ()),
            )
            for field in TEXTS
        ),
        *(
            Column(
                field.name, "number", field.meaning, field.unit, required=False, nullable=True,
                maximum=field.highest,
            )
            for field in NUMBERS
        ),
        Column("price_currency", "text", "ISO 4217 code of the price", required=False,
               nullable=True),
        Column("year", "integer", "year of the figures, of the price too", required=False,
               nullable=True, minimum=1990, maximum=2100),
        Column("source", "text", "where the figures come from"),
        Column("status", "text", "how sure they are; user when not said", required=False,
               nullable=True, choices=STATUSES),
        Column("note", "text", "anything else", required=False, nullable=True),
    ),
    key=("model_id",),
    notes=("Needs battery_gross_wh or battery_usable_wh, and gvw_kg or payload_capacity_kg.",),
)  # fmt: skip


def is_model_table(path: Path) -> bool:
    """Whether a file has one model a row, not one default value a row.

    Raises
    ------
    InputError
        A file that cannot be read.
    """
    return "model_id" in {name.strip() for name in read_rows(path)[0]}


def read_model_rows(path: Path) -> pd.DataFrame:
    """Read models of one's own as rows of the catalogue.

    The rows go into ``Defaults(tables={"electric_models": rows})``: a model of the catalogue of
    the same name is then replaced field by field, a new one is added.

    Parameters
    ----------
    path
        CSV file as in ``MODEL_SCHEMA``.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``<model_id>.<field>``: ``value, unit, year, source, status, note``, as text.

    Raises
    ------
    InputError
        Every fault of the file by row and field: numbers that no vehicle can have (a battery of
        nothing, a mass below nothing), a charging curve that is none, unknown words, a model
        without battery or size.
    """
    frame = read_csv(path, MODEL_SCHEMA)
    table = enumerate(read_rows(path), start=1)
    lines = [line for line, cells in table if any(cell.strip() for cell in cells)][1:]
    known = [column.name for column in MODEL_SCHEMA.columns]
    expected = "a column of this table: " + ", ".join(known)
    problems = [
        Problem(str(path), str(name), 1, "", expected)
        for name in frame.columns
        if name not in known
    ]
    records: list[dict[str, str]] = []
    for line, row in zip(lines, frame.to_dict("records"), strict=True):
        cells = {str(name): cell for name, cell in row.items() if not pd.isna(cell) and cell != ""}
        problems += _problems(str(path), line, cells)
        records += _rows(cells)
    if problems:
        raise InputError(problems)
    return pd.DataFrame(records).set_index("id")


def _problems(file: str, line: int, cells: dict[str, object]) -> list[Problem]:
    """Find what is wrong with one model."""
    problems = []
    name = str(cells["model_id"])
    if "." in name or " " in name:
        expected = "a name without dots or blanks"
        problems.append(Problem(file, "model_id", line, name, expected))
    for spec in NUMBERS:
        if spec.name in cells and not spec.allows(float(str(cells[spec.name]))):
            shown = str(cells[spec.name])
            problems.append(Problem(file, spec.name, line, shown, spec.expected))
    gross, usable = cells.get("battery_gross_wh"), cells.get("battery_usable_wh")
    packaged = read_table(TABLE).index  # what the row leaves empty stays, where there is something

    def known(*fields: str) -> bool:
        return any(f in cells or f"{name}.{f}" in packaged for f in fields)

    if not known("battery_gross_wh", "battery_usable_wh"):
        expected = "an energy, here or in battery_usable_wh: nothing can be said without"
        problems.append(Problem(file, "battery_gross_wh", line, "", expected))
    elif gross is not None and usable is not None and float(str(usable)) > float(str(gross)) > 0.0:
        expected = f"at most the gross energy ({gross} Wh)"
        problems.append(Problem(file, "battery_usable_wh", line, str(usable), expected))
    if not known("gvw_kg", "payload_capacity_kg"):
        expected = "a mass, here or in payload_capacity_kg: its size is not known"
        problems.append(Problem(file, "gvw_kg", line, "", expected))
    if "price" in cells and not ("price_currency" in cells and "year" in cells):
        expected = "price_currency and year beside a price"
        problems.append(Problem(file, "price", line, str(cells["price"]), expected))
    problems += unknown_classes("replaces", str(cells["replaces"]), file=file, row=line)
    if "charging_power" in cells:
        text = str(cells["charging_power"])
        faulty = charging_power_problem("charging_power", text, file=file, row=line)
        problems += [] if faulty is None else [faulty]
    return problems


def _rows(cells: dict[str, object]) -> list[dict[str, str]]:
    """Turn one model into rows of the catalogue."""
    year = cells.get("year")
    common = {
        "year": "" if year is None else str(int(str(year).removesuffix(".0"))),
        "source": str(cells["source"]),
        "status": str(cells.get("status", "user")),
        "note": str(cells.get("note", "")),
    }
    rows = []
    for name, spec in FIELDS.items():
        if name in cells:
            unit = str(cells.get("price_currency", "")) if name == "price" else spec.unit
            identity = f"{cells['model_id']}.{name}"
            rows.append({"id": identity, "value": str(cells[name]), "unit": unit, **common})
    return rows

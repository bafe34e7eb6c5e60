"""Electric vehicle models on sale, complete or listed as incomplete, each field with its origin."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import pandas as pd

from geofleet.defaults import Defaults, read_table
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.catalogue.check import check_models
from geofleet.energy.catalogue.complete import Completed, complete_model, missing_fields
from geofleet.energy.catalogue.fields import COLUMNS, FIELDS, TABLE, weakest
from geofleet.energy.model import ElectricModels
from geofleet.errors import InputError, Problem

__all__ = ["electric_models", "incomplete_models", "model_fields"]


def electric_models(
    names: Sequence[str] | None = None,
    *,
    vehicle_class: str | None = None,
    defaults: Defaults | None = None,
) -> ElectricModels:
    """Return electric models of the catalogue, every physical quantity filled.

    What a data sheet does not say is estimated: usable battery from the gross one, curb mass as
    gross weight less payload or else as that of a diesel truck less its engine plus the pack,
    drag area, rolling resistance, motor and auxiliary power by segment, charging powers by
    segment and size, price as that of a diesel vehicle plus the pack. The ``estimated`` column
    names what was filled; :func:`model_fields` gives the origin of every field.

    Parameters
    ----------
    names
        Model ids, in the order wanted; all that are complete when not given.
    vehicle_class
        Keep only models that replace this class.
    defaults
        Rows of the catalogue and of the rules; a study's own models are in it.

    Raises
    ------
    InputError
        Unknown model ids, models asked for (or added by a study) of which too little is known,
        numbers that no vehicle can have (each row named).
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    found = [
        model
        for name in _wanted(names, vehicle_class, scope)
        if (model := complete_model(name, rows))
    ]
    rows.finish()
    said = scope.describe(key for model in found for key in model.physics).set_index("row")
    records = [model.record(said) for model in found]
    frame = pd.DataFrame(records, columns=["model_id", *COLUMNS]).set_index("model_id")
    check_models(frame)
    return ElectricModels(frame, scope.used)


def incomplete_models(*, defaults: Defaults | None = None) -> pd.DataFrame:
    """Return models that are listed but of which too little is known to use them.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``model_id``: ``make, model, segment, missing`` (what would make it usable,
        joined by ';'), ``source``.
    """
    scope = (defaults or Defaults()).scope()
    known = scope.values(TABLE)
    records = []
    for name in _listed(scope):
        missing = _missing(name, scope)
        if missing:
            said = scope.table(TABLE)
            source = said.loc[said.index.str.startswith(f"{name}."), "source"]
            words = {word: known.get(f"{name}.{word}", "") for word in ("make", "model", "segment")}
            records.append({
                "model_id": name, **words, "missing": ";".join(missing),
                "source": "; ".join(dict.fromkeys(source)),
            })  # fmt: skip
    columns = ["model_id", "make", "model", "segment", "missing", "source"]
    return pd.DataFrame(records, columns=columns).set_index("model_id")


def model_fields(
    names: Sequence[str] | None = None, *, defaults: Defaults | None = None
) -> pd.DataFrame:
    """Return one row per model and field: its value and where that comes from.

    Returns
    -------
    pandas.DataFrame
        ``model_id, field, value`` (text), ``unit, year, source, status`` and ``basis``:
        ``published`` (a row of the catalogue), ``estimated`` (``source`` names the rows of the
        rule, ``status`` is the weakest of theirs) or ``unknown``.

    Raises
    ------
    InputError
        As :func:`electric_models`.
    """
    scope = (defaults or Defaults()).scope()
    rows = CheckedRows(scope)
    found = [model for name in _wanted(names, None, scope) if (model := complete_model(name, rows))]
    rows.finish()
    keys = {key for model in found for key in model.published.values()}
    keys |= {key for model in found for rule in model.rules.values() for key in rule}
    described = scope.describe(keys).set_index("row").to_dict("index")
    return pd.DataFrame(
        [record for model in found for record in _origins(model, described)],
        columns=["model_id", "field", "value", "unit", "year", "source", "status", "basis"],
    )


def _wanted(names: Sequence[str] | None, vehicle_class: str | None, scope: Defaults) -> list[str]:
    """Choose models by name and by the class that they replace."""
    known = _listed(scope)
    if names is None:
        # A packaged list may hold what is only announced; a study's own must be usable.
        own = set(scope.table(TABLE).index) - set(read_table(TABLE).index)
        own_names = {row.partition(".")[0] for row in own}
        wanted = [name for name in known if name in own_names or not _missing(name, scope)]
    else:
        wanted = list(dict.fromkeys(names))
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        expected = "a model of the electric model table: " + ", ".join(known)
        raise InputError(Problem(TABLE, "model_id", 0, name, expected) for name in unknown)
    if vehicle_class is None:
        return wanted
    replaces = scope.values(TABLE)
    return [
        name for name in wanted if vehicle_class in replaces.get(f"{name}.replaces", "").split(";")
    ]


def _listed(scope: Defaults) -> list[str]:
    """Return the ids of all models, complete or not."""
    ids = (str(row).partition(".")[0] for row in scope.table(TABLE).index)
    return list(dict.fromkeys(ids))


def _missing(name: str, scope: Defaults) -> list[str]:
    known = scope.values(TABLE)
    return missing_fields(name, known.__contains__, known.get(f"{name}.segment"))


def _origins(
    model: Completed, described: Mapping[Hashable, Mapping[Hashable, str]]
) -> list[dict[str, str]]:
    """Say of every field of a model where it comes from."""
    records = []
    for name, spec in FIELDS.items():
        value = model.texts.get(name, "")
        if name in model.values:
            value = f"{model.values[name]:.10g}"
        elif name == "price" and model.price is not None:
            value = f"{model.price.amount:.10g}"
        unit, year, source, status, basis = spec.unit, "", "", "", "unknown"
        if name == "price" and model.price is not None:
            unit = model.price.currency
        if name in model.published:
            row = described[model.published[name]]
            year, source, status = row["year"], row["source"], row["status"]
            basis = "published"
        elif name in model.rules:
            rule = model.rules[name]
            basis = "estimated"
            source = "; ".join(rule) or "from the other fields"
            status = weakest(described[key]["status"] for key in rule) if rule else "derived"
        records.append({
            "model_id": model.name, "field": name, "value": value, "unit": unit, "year": year,
            "source": source, "status": status, "basis": basis,
        })  # fmt: skip
    return records

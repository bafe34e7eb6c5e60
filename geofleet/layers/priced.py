"""Priced routes as layers: alternatives, their links, the frontier, the hours of the day."""

from __future__ import annotations

import pandas as pd

from geofleet.layers.model import Layer, as_layer
from geofleet.pricing import HourChoice, RouteChoices, meaning_of
from geofleet.schema import Column, TableSchema

__all__ = ["hours_layer", "priced_layer", "priced_links_layer"]

_KNOWN = {
    "route": Column("route", "text", "name of the route, or its number along the frontier"),
    "seq": Column("seq", "integer", "order along the route", minimum=0),
    "edge": Column("edge", "integer", "number of the link", minimum=0),
    "name": Column("name", "text", "street name", nullable=True),
    "highway": Column("highway", "text", "road class (OpenStreetMap highway)"),
    "from_fraction": Column("from_fraction", "number", "where on the link it begins", "1"),
    "to_fraction": Column("to_fraction", "number", "where on the link it ends", "1"),
    "saved_harm": Column("saved_harm", "number", "harm less than the fastest route at the hour "
                         "asked for", nullable=True),
    "saved_harm_share": Column("saved_harm_share", "number", "share of the harm of the fastest "
                               "route that is saved", "1", nullable=True),
    "how": Column("how", "text", "how it was found"),
    "supported": Column("supported", "boolean", "a corner of the convex frontier: the best for "
                        "some value of time against harm"),
    "saved_per_min": Column("saved_per_min", "number", "harm saved for each minute more since the "
                            "corner before", nullable=True),
    "hour": Column("hour", "integer", "local hour of departure", "h", minimum=0, maximum=23),
    "in_window": Column("in_window", "boolean", "within the hours allowed"),
    "best": Column("best", "boolean", "hour of least harm of its route within the window"),
}  # fmt: skip
_NOTES = (
    "Prices of the hour of departure hold for the whole trip.",
    "Harm counts the primary pollutant named, outdoors, where people live; secondary particles are "
    "not in it.",
)


def priced_layer(
    choices: RouteChoices, name: str, *, title: str = "Priced routes", spatial: bool = True
) -> Layer:
    """Return routes with their prices, as lines or as a plain table."""
    frame = choices.routes()
    table = pd.DataFrame(frame.drop(columns="geometry"))
    geometry = frame.geometry.to_numpy() if spatial else None
    return _layer(table, name, title, choices, geometry)


def priced_links_layer(choices: RouteChoices, name: str) -> Layer:
    """Return every link of every route with what driving it costs."""
    frame = choices.legs()
    table = pd.DataFrame(frame.drop(columns="geometry"))
    return _layer(table, name, "Links of priced routes", choices, frame.geometry.to_numpy())


def hours_layer(hours: HourChoice, choices: RouteChoices, name: str) -> Layer:
    """Return time and harm by hour of departure."""
    table = hours.table.copy()
    table["best"] = [
        hours.best.get(str(route)) == hour
        for route, hour in zip(table["route"], table["hour"], strict=True)
    ]
    return _layer(table, name, "A trip at every hour of departure", choices, None)


def _layer(
    table: pd.DataFrame, name: str, title: str, choices: RouteChoices, geometry: object
) -> Layer:
    prices = choices.prices
    columns = [_column(str(column), prices.currency) for column in table.columns]
    if geometry is not None:
        columns.append(Column("geometry", "geometry", "way driven"))
    notes: tuple[str, ...] = (
        *_NOTES,
        f"Vehicle class: {prices.vehicle_class}. Harm by: {' + '.join(prices.pollutants)}.",
    )
    if choices.truncated:
        notes += ("The search stopped early: slower routes off the convex frontier are missing.",)
    schema = TableSchema(name, title, tuple(columns), notes=notes)
    return as_layer({column: table[column] for column in table.columns}, schema, geometry=geometry)


def _column(name: str, currency: str) -> Column:
    if name in _KNOWN:
        return _KNOWN[name]
    base = name.removeprefix("extra_")
    unit, meaning = meaning_of(base, currency)
    if base != name:
        meaning += ", more than the first route"
    return Column(name, "number", meaning, unit, nullable=True)

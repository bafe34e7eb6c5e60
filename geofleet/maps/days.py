"""Vehicle-days on the map: routes by electric feasibility, their stops, and the charge."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from geofleet.defaults import Defaults
from geofleet.layers import Layer
from geofleet.maps.elements import Routes, Source, StyledPoints
from geofleet.maps.packing import pack
from geofleet.maps.scales import short
from geofleet.maps.words import clock, long_date, standard_words, vehicle_words

__all__ = [
    "STOP_LEGEND",
    "promised_probability",
    "route_legend",
    "route_names",
    "routes_layer",
    "routes_source",
    "stops_layers",
    "stops_source",
]

# blue, orange, vermilion and grey of Okabe & Ito (2008), "Color Universal Design"
_ROUTES = {
    "feasible": {"color": "#0072b2", "weight": 2.6, "opacity": 0.85},
    "not always": {"color": "#e69f00", "weight": 2.8, "opacity": 0.9, "dashArray": "14 4"},
    "not feasible": {"color": "#d55e00", "weight": 2.8, "opacity": 0.9, "dashArray": "9 5"},
    "unknown": {"color": "#5c5c5c", "weight": 2.4, "opacity": 0.9, "dashArray": "1 6"},
}
# pale and nearly opaque: many routes on one street do not add up to a dark line
_FAINT = {"color": "#cfd6da", "weight": 2.2, "opacity": 0.7, "dashArray": None}
_ROUTE_WORDS = {
    "feasible": "an electric vehicle can do the day",
    "not always": "it can do the day as planned, but fewer than {days} of 100 days of a year",
    "not feasible": "it runs short, comes late, or cannot carry the load",
    "unknown": "not known (no route, or no model of its class)",
}
_CAUSES = {
    "energy": "the battery falls below its reserve",
    "charging": "it charges too little or too late on the way",
    "payload": "the load is more than it can carry",
    "power": "its motor is too weak for a slope",
    "time window": "it comes to a stop after its time window",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_CHARGE_BREAKS = (20.0, 40.0, 60.0, 80.0)
_CHARGE_COLOURS = ("#d55e00", "#f0b27a", "#f7f7f7", "#7fb8d9", "#0072b2")

_MARKS: dict[str, dict[str, Any]] = {
    "delivery": {"shape": "circle", "radius": 3.2, "color": "#ffffff", "weight": 0.8,
                 "fillColor": "#3b3b3b", "fillOpacity": 0.9},
    "depot": {"shape": "square", "radius": 6, "color": "#ffffff", "weight": 1.5,
              "fillColor": "#111111", "fillOpacity": 1},
    "failing": {"shape": "diamond", "radius": 8, "color": "#000000", "weight": 1.5,
                "fillColor": "#d55e00", "fillOpacity": 1},
    "missed": {"shape": "cross", "radius": 5, "color": "#a3003f", "weight": 3, "fill": False},
}  # fmt: skip
_MARK_WORDS = {
    "delivery": "delivery",
    "depot": "depot",
    "failing": "first stop where electric fails (battery or load)",
    "missed": "stop that no road leads to",
}


def _mark_item(kind: str) -> dict[str, Any]:
    look = _MARKS[kind]
    return {
        "shape": look["shape"],
        "radius": look["radius"],
        "colour": look.get("fillColor", "none"),
        "edge": look["color"],
        "label": _MARK_WORDS[kind],
    }


STOP_LEGEND = {"items": [_mark_item(kind) for kind in ("depot", "delivery", "failing", "missed")]}


def promised_probability() -> float:
    """Return what counts as nearly every day where a study says nothing of its own."""
    return Defaults().number("robust", "promised_probability")


def route_legend(promised: float) -> dict[str, Any]:
    """Return the key of the routes; ``promised`` is the probability of nearly every day."""
    words = {key: text.format(days=_share(promised)) for key, text in _ROUTE_WORDS.items()}
    return {
        "text": "With the best-fitting electric model, charged full at the start. Click a route"
        " for the charge at each stop and for other days than the planned one.",
        "items": [
            {"shape": "line", "colour": look["color"], "width": look["weight"],
             "dash": look.get("dashArray"), "label": f"{status}: {words[status]}"}
            for status, look in _ROUTES.items()
        ],
    }  # fmt: skip


def stops_source(stops: Layer) -> Source:
    """Pack stops in driving order."""
    frame = stops.frame
    failing = frame["is_first_failing"].to_numpy(bool)
    reached = (frame["status"] == "reached").to_numpy()
    kind = np.where(
        failing, "failing", np.where(~reached, "missed", frame["kind"].to_numpy(object))
    )
    vehicle = frame["vehicle_id"].to_numpy(object)
    order = frame["stop_number"].to_numpy()
    texts: dict[str, list[str | None]] = {
        "place": [str(name) for name in frame["stop_id"]],
        "mark": list(kind),
        "arrive": [clock(stamp) for stamp in frame["arrive"]],
        "status": [str(status) for status in frame["status"]],
        "which": [
            f"Depot, {who}" if what == "depot" else f"Stop {number} of {who}"
            for what, number, who in zip(frame["kind"], order, vehicle, strict=True)
        ],
        "late": [
            None if pd.isna(late) or late <= 0 else f"{short(round(late))} min late"
            for late in frame["late_min"]
        ],
        "note": [
            "First stop where electric fails" if bad else None if there else f"Not reached: {why}"
            for bad, there, why in zip(failing, reached, frame["status"], strict=True)
        ],
    }
    numbers = {
        "soc_percent": np.round(frame["soc_arrival"].to_numpy(np.float64) * 100.0, 1),
        "failing": failing.astype(np.int64),
        "drop_kg": frame["drop_kg"].to_numpy(np.float64),
    }
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "stops")


_STOP_CARD = {
    "title": "place",
    "subtitle": "which",
    "rows": [
        {"label": "", "column": "note", "text": True},
        {"label": "Arrival", "column": "arrive", "text": True},
        {"label": "Time window", "column": "late", "text": True},
        {"label": "Unloads", "column": "drop_kg", "unit": "kg"},
        {"label": "Electric: charge on arrival", "column": "soc_percent", "unit": "%", "digits": 2},
    ],
}


def stops_layers(source: Source) -> StyledPoints:
    """Return all stops, marked by what they are."""
    style = {
        "column": "mark",
        "categories": _MARKS,
        # what a planner must not miss is drawn last
        "order": ["delivery", "depot", "missed", "failing"],
        "card": _STOP_CARD,
    }
    return StyledPoints(source, style, "stops", name="Stops")


def routes_source(routes: Layer, stops: Layer, *, promised: float) -> Source:
    """Pack routes with the place of their stops in the table of stops.

    A day that a model can do as planned, with a lower probability than ``promised`` over the year,
    is ``not always``.
    """
    frame = routes.frame
    day = frame["vehicle_day"].to_numpy()
    of_stop = stops.frame["vehicle_day"].to_numpy()
    begin = np.searchsorted(of_stop, day)
    count = np.searchsorted(of_stop, day, side="right") - begin
    rows: list[dict[str, Any]] = [
        dict(zip(frame.columns, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]
    texts: dict[str, list[str | None]] = {
        "name": [_title(row) for row in rows],
        "vehicle": [_vehicle(row) for row in rows],
        "status": [_status(row, promised) for row in rows],
        "verdict": [_headline(row, promised) for row in rows],
        "year": [_year(row) for row in rows],
        "spare": [_spare(row) for row in rows],
        "range": [_range(row) for row in rows],
        "worst": [_worst(row["worst_day"]) for row in rows],
        "day": [_day(row) for row in rows],
        "distance": [
            f"{short(round(row['distance_km'], 1))} km, {row['stops_reached']} of {row['stops']}"
            " deliveries reached"
            for row in rows
        ],
        "model": [_text(row["electric_model"]) for row in rows],
    }
    numbers = {name: frame[name].to_numpy(np.float64) for name in
               ("nox_exhaust_g", "pm25_exhaust_g", "pm25_wear_g")}  # fmt: skip
    numbers["co2_kg"] = frame["co2_g"].to_numpy(np.float64) / 1000.0
    numbers |= {"first_stop": begin, "stop_count": count}
    return Source(pack(frame.geometry.to_numpy(), numbers=numbers, texts=texts), "days")


def route_names(routes: Layer, *, promised: float) -> list[str]:
    """Return a line for each vehicle-day, to choose from."""
    rows = (dict(zip(routes.frame.columns, row, strict=True))
            for row in routes.frame.itertuples(index=False, name=None))  # fmt: skip
    return [
        f"{row['vehicle_id']} · {vehicle_words(str(row['vehicle_class']))} · "
        f"{_status(row, promised)}"
        for row in rows
    ]


def routes_layer(source: Source, stops: Source) -> Routes:
    """Return the routes, coloured and dashed by feasibility."""
    emitted = [
        {"label": "Exhaust PM2.5", "column": "pm25_exhaust_g", "unit": "g"},
        {"label": "Wear PM2.5", "column": "pm25_wear_g", "unit": "g"},
        {"label": "NOx", "column": "nox_exhaust_g", "unit": "g"},
        {"label": "CO2", "column": "co2_kg", "unit": "kg"},
    ]
    day = [
        {"label": "Day", "column": "day", "text": True},
        {"label": "Driven", "column": "distance", "text": True},
    ]
    electric = [
        {"label": "Electric model", "column": "model", "text": True},
        {"label": "Over a year", "column": "year", "text": True},
        {"label": "To spare as planned", "column": "spare", "text": True},
        {"label": "Energy needed", "column": "range", "text": True},
        {"label": "Worst day of the weather", "column": "worst", "text": True},
    ]
    head = {"title": "name", "subtitle": "vehicle"}
    verdict = {"label": "Electric", "column": "verdict", "text": True}
    look = {"radius": 6, "color": "#222222", "weight": 1.2, "fillOpacity": 1}
    style = {
        "column": "status",
        "categories": _ROUTES,
        "order": ["feasible", "unknown", "not always", "not feasible"],
        "card": {**head, "rows": [*day, verdict], "hint": "Click for the charge at each stop."},
        "dayCard": {**head, "rows": [*day, *electric, *emitted]},
        "stopCard": _STOP_CARD,
        "faint": _FAINT,
        "failing": _MARKS["failing"],
        "charge": {
            "breaks": list(_CHARGE_BREAKS),
            "classes": [{**look, "fillColor": colour} for colour in _CHARGE_COLOURS],
            "unknown": {**look, "fillColor": "#9a9a9a"},
        },
    }
    return Routes(source, stops, style, "days", name="Routes")


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _title(row: dict[str, Any]) -> str:
    operator = _text(row["operator_name"]) or _text(row["operator_id"])
    return f"{row['vehicle_id']}, {operator}"


def _vehicle(row: dict[str, Any]) -> str:
    words = [vehicle_words(str(row["vehicle_class"]))]
    words += [text for text in (_text(row["fuel"]),) if text]
    if _text(row["standard"]):
        words.append(standard_words(str(row["standard"])))
    if _text(row["model_year"]):
        words.append(str(row["model_year"]))
    return ", ".join(words)


def _day(row: dict[str, Any]) -> str:
    begin, end = clock(_text(row["depart"])), clock(_text(row["return"]))
    date = long_date(str(row["date"]))
    return f"{date}, {begin} to {end}" if begin and end else f"{date}, not driven"


def _verdict(row: dict[str, Any]) -> str:
    margin = row["margin_kwh"]
    known = not pd.isna(margin)
    if row["electric_status"] == "unknown":
        if row["cause"] == "no model":
            return "Not known: no electric model that was tried replaces this class of vehicle"
        return "Not known: part of the day has no route"
    if row["electric_status"] == "feasible":
        return (
            f"Can do this day as planned, {short(round(margin, 1))} kWh to spare"
            if known
            else "Can do this day as planned"
        )
    cause = _CAUSES.get(str(row["cause"]), "")
    words = f"Cannot do this day: {cause}" if cause else "Cannot do this day"
    if row["cause"] in ("energy", "charging") and known and margin < 0.0:
        words += f", {short(round(-margin, 1))} kWh short"
    spare_kg = row.get("margin_kg", np.nan)
    if row["cause"] == "payload" and not pd.isna(spare_kg) and spare_kg < 0.0:
        words += f" by {short(math.ceil(-spare_kg))} kg"
    stop = row["first_failing_stop"]
    if not pd.isna(stop):
        when = "first when leaving" if row["cause"] == "payload" else "first at"
        words += f", {when} {f'stop {stop}' if stop else 'the depot'}"
    return words


def _headline(row: dict[str, Any], promised: float) -> str:
    """Return the verdict, with its days of a year where these are fewer than promised."""
    words = _verdict(row)
    if _status(row, promised) != "not always":
        return words
    return f"{words}, but only {_share(float(row['probability']))} of 100 days of a year"


def _status(row: dict[str, Any], promised: float) -> str:
    status = str(row["electric_status"])
    unlikely = not pd.isna(row["probability"]) and row["probability"] < promised
    return "not always" if status == "feasible" and unlikely else status


def _share(probability: float) -> str:
    """Return days of 100; shares near none and near all keep a digit more."""
    days = 100.0 * probability
    return short(round(days, 1 if days < 1.0 or days > 99.0 else 0))


def _year(row: dict[str, Any]) -> str | None:
    """Return how many days of a year the model can do."""
    probability = row["probability"]
    if pd.isna(probability):
        return None
    if probability <= 0.0:
        return "can do none of 100 days"
    if probability < 0.001:
        return "can do fewer than 0.1 of 100 days"
    if probability > 0.999:
        return "can do more than 99.9 of 100 days"
    return f"can do {_share(float(probability))} of 100 days"


def _spare(row: dict[str, Any]) -> str | None:
    """Return charge, way and load to spare; what is short has a minus."""
    parts = []
    for name, unit, digits in (("margin_kwh", "kWh", 1), ("margin_km", "km", 0),
                               ("margin_kg", "kg of load", 0)):  # fmt: skip
        value = row[name]
        if not pd.isna(value):
            parts.append(f"{short(round(float(value), digits))} {unit}".replace("-", "−"))
    return ", ".join(parts) or None


def _range(row: dict[str, Any]) -> str | None:
    """Return the energy as planned, and its spread over a year."""
    planned, low, high = (row[name] for name in ("energy_kwh", "energy_p10_kwh", "energy_p90_kwh"))
    if pd.isna(planned):
        return None
    words = f"{short(round(float(planned), 1))} kWh as planned"
    if pd.isna(low) or pd.isna(high):
        return words
    return (
        f"{words}; {short(round(float(low), 1))} to {short(round(float(high), 1))} on 8 of 10 days"
    )


def _worst(label: Any) -> str | None:
    """Return the label of a day of the weather in words."""
    text = _text(label)
    if not text:
        return None
    head, _, rest = text.partition(", ")
    number = head.removeprefix("month ")
    if number != head and number.isdecimal() and 1 <= int(number) <= len(_MONTHS):
        return f"{_MONTHS[int(number) - 1]}, {rest}" if rest else _MONTHS[int(number) - 1]
    try:
        return long_date(text)
    except ValueError:
        return text

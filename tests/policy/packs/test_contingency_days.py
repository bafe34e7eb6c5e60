"""Contingency days of the Valley of Mexico, worked by hand from bulletins."""

from __future__ import annotations

import datetime

import pytest

from geofleet.policy.rules import Event

ZONE = ("zmvm",)


def _fase(phase: str, *dates: str, **announced: object) -> list[Event]:
    days = tuple(datetime.date.fromisoformat(date) for date in dates)
    return [Event("contingencia", phase, days, pollutants=("o3",), **announced)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("time", "word"),
    [("05:59:59", "allowed"), ("06:00", "forbidden"), ("09:59:59", "forbidden"),
     ("10:00", "allowed")],
)  # fmt: skip
@pytest.mark.parametrize("phase", ["I", "I combinada"])
def test_freight_stops_from_six_to_ten(ask, mexico, phase, time, word) -> None:
    """On a Sunday too, with federal plates too; only where and while it is declared."""
    events = _fase(phase, "2024-03-24", parity="even", colour="amarillo")
    for plate in ("local", "federal"):
        found = ask(
            mexico, f"2024-03-24 {time}", inside=ZONE, events=events, plate_jurisdiction=plate
        )
        assert found.word == word
    assert ask(mexico, f"2024-03-24 {time}", inside=ZONE).word == "allowed"
    assert ask(mexico, f"2024-03-31 {time}", inside=ZONE, events=events).word == "allowed"
    assert ask(mexico, f"2024-03-24 {time}", events=events).word == "allowed"


@pytest.mark.parametrize("phase", ["preventiva"])
def test_a_preventive_phase_stops_no_freight(ask, mexico, phase) -> None:
    events = _fase(phase, "2024-03-24")
    assert ask(mexico, "2024-03-24 08:00", inside=ZONE, events=events).word == "allowed"


@pytest.mark.parametrize(
    "cells",
    [
        {"cargo_type": "hazardous"}, {"cargo_type": "hazardous waste"}, {"refrigeration": "frozen"},
        {"refrigeration": "chilled"}, {"cargo_type": "tortilla"}, {"cargo_type": "flowers"},
        {"cargo_type": "fruit and vegetables"}, {"cargo_type": "concrete"}, {"cargo_type": "cash"},
        {"cargo_type": "general;dairy"}, {"cargo_type": "parcels"},
        {"fuel": "cng", "permits": "came_gas"},
    ],
)  # fmt: skip
def test_exemptions_of_the_freight_chamber(ask, mexico, cells) -> None:
    """Each lets the truck drive at eight; without the chamber's list it is stopped."""
    events = _fase("I", "2024-03-24", parity="even")
    found = ask(mexico, "2024-03-24 08:00", inside=ZONE, events=events, **cells)
    assert (found.word, found.rule_id) == ("allowed", "MX-ZMVM-CONT-F1-FREIGHT-EX")
    bare = mexico.answered(canacar_exemptions=False)
    assert ask(bare, "2024-03-24 08:00", inside=ZONE, events=events, **cells).word == "forbidden"


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"cargo_type": "groceries"}, "forbidden"),
        ({"cargo_type": "parcels", "body": "articulated"}, "forbidden"),
        ({"fuel": "cng", "permits": "none"}, "forbidden"),
        ({"fuel": "cng"}, "unknown"),
        ({"cargo_type": None}, "unknown"),
        ({"fuel": "electric"}, "forbidden"),
        ({"programme_membership": "autorregulacion_cdmx", "membership_until": "2024-03-24"},
         "allowed"),
        ({"programme_membership": "autorregulacion_edomex", "membership_until": "2024-12-31"},
         "allowed"),
        ({"programme_membership": "autorregulacion_cdmx", "membership_until": "2024-03-23"},
         "forbidden"),
        ({"programme_membership": "none", "aftertreatment": "dpf_retrofit"}, "forbidden"),
    ],
)  # fmt: skip
def test_who_is_not_exempt_of_the_morning_stop(ask, mexico, cells, word) -> None:
    """Parcels in tractors, gas that nobody registered, members that lapsed, a filter alone."""
    events = _fase("I", "2024-03-24", parity="even")
    assert ask(mexico, "2024-03-24 08:00", inside=ZONE, events=events, **cells).word == word


HOLOGRAMS = ("1", "0", "00", "2", "none", "exento")


def _resting(words, mexico, moment, events) -> dict[str, str]:
    """By hologram of a private car the digits that rest, unknown ones as question marks."""
    cars = [
        {"use": "private", "hologram": hologram, "plate_digit": digit}
        for hologram in HOLOGRAMS for digit in "0123456789"
    ]  # fmt: skip
    out = dict.fromkeys(HOLOGRAMS, "")
    for car, word in zip(
        cars, words(mexico, moment, cars, inside=ZONE, events=events), strict=True
    ):
        out[car["hologram"]] += {"forbidden": car["plate_digit"], "unknown": "?"}.get(word, "")
    return out


@pytest.mark.parametrize(
    ("date", "announced", "first", "zero"),
    [
        ("2017-05-19", {"parity": "even"}, "024689", ""),
        ("2017-05-24", {"parity": "even"}, "023468", ""),
        ("2019-04-11", {"parity": "odd"}, "123579", ""),
        ("2022-03-30", {"parity": "even"}, "023468", "34"),
        ("2024-03-24", {"parity": "even", "colour": "amarillo"}, "02468", "56"),
        ("2024-05-14", {"parity": "even"}, "024678", "78"),
        ("2024-05-31", {"parity": "odd"}, "013579", "09"),
        ("2026-02-17", {"parity": "even"}, "024678", "78"),
        # made up from the rule: first to fifth Saturday of November 2025, declared odd
        ("2025-11-01", {"parity": "odd", "colour": "rojo"}, "13579", "34"),
        ("2025-11-08", {"parity": "odd", "colour": "rojo"}, "0123456789", "34"),
        ("2025-11-15", {"parity": "even", "colour": "rojo"}, "0123456789", "34"),
        ("2025-11-22", {"parity": "even", "colour": "rojo"}, "02468", "34"),
        ("2025-11-29", {"parity": "even", "colour": "azul"}, "02468", "09"),
    ],
)
def test_private_cars_as_bulletins_print_them(words, mexico, date, announced, first, zero) -> None:
    """Hologram 1: declared parity with the digits of the day; 0 and 00: colour of the day."""
    events = _fase("I", date, **announced)
    resting = _resting(words, mexico, f"{date} 12:00", events)
    assert resting == {
        "1": first, "0": zero, "00": zero, "2": "0123456789", "none": "0123456789", "exento": "",
    }  # fmt: skip


def test_what_a_bulletin_does_not_say_is_unknown(ask, words, mexico) -> None:
    """No parity: the other digits of hologram 1; no colour on a weekend: all of hologram 0."""
    tuesday = _fase("I", "2026-02-17")
    assert _resting(words, mexico, "2026-02-17 12:00", tuesday)["1"] == "???????78?"
    found = ask(
        mexico, "2026-02-17 12:00", inside=ZONE, events=tuesday, use="private", hologram="1",
        plate_digit="3",
    )  # fmt: skip
    assert (found.word, found.missing) == ("unknown", ("parity that the bulletin announces",))
    sunday = _fase("I", "2024-03-24", parity="even")
    resting = _resting(words, mexico, "2024-03-24 12:00", sunday)
    assert resting["0"] == resting["00"] == "?" * 10
    assert resting["1"] == "02468"


def test_electric_cars_drive_on_contingency_days(ask, mexico) -> None:
    events = _fase("I", "2026-02-17", parity="even")
    for hologram in ("1", "2", "none"):
        found = ask(
            mexico, "2026-02-17 12:00", inside=ZONE, events=events, use="private",
            fuel="electric", hologram=hologram, plate_digit="7",
        )  # fmt: skip
        assert found.word == "allowed"


@pytest.mark.parametrize(
    ("date", "digit", "valve", "word"),
    [
        ("2022-03-30", "4", False, "forbidden"),
        ("2022-03-30", "5", False, "allowed"),
        ("2022-03-30", "4", True, "allowed"),
        ("2022-03-30", "4", None, "unknown"),
        ("2017-05-24", "4", True, "forbidden"),
        ("2017-05-24", "5", True, "allowed"),
    ],
)
def test_gas_trucks_rest_by_parity_all_day(ask, mexico, date, digit, valve, word) -> None:
    """Since 2022 a valve takes them out; before, bulletins name the parity alone."""
    events = _fase("I", date, parity="even")
    cells = {"cargo_type": "lp_gas", "hologram": "0", "plate_digit": digit}
    found = ask(
        mexico, f"{date} 15:00", inside=ZONE, events=events, dry_disconnect_valve=valve, **cells
    )
    assert found.word == word


def test_fase_ii_is_unknown_until_somebody_says_what_it_asks(ask, mexico) -> None:
    """The gap answers unknown; the scenario stops freight in its hours; a clause settles it."""
    events = _fase("II", "2026-02-17", parity="even")
    truck = {"hologram": "0"}
    found = ask(mexico, "2026-02-17 08:00", inside=ZONE, events=events, **truck)
    assert (found.word, found.missing) == ("unknown", ("fase_ii_freight_clause",))
    silent = {**truck, "fase_ii_freight_clause": "silent"}
    assert ask(mexico, "2026-02-17 08:00", inside=ZONE, events=events, **silent).word == "allowed"
    scenario = mexico.answered(fase_ii_freight_scenario=True)
    found = ask(scenario, "2026-02-17 08:00", inside=ZONE, events=events, **truck)
    assert (found.word, found.rule_id) == ("forbidden", "MX-ZMVM-CONT-F2-FREIGHT")
    assert ask(scenario, "2026-02-17 10:00", inside=ZONE, events=events, **truck).word == "allowed"
    assert scenario.rule("MX-ZMVM-CONT-F2-FREIGHT").status == "illustrative"

"""Bogotá, London, Dutch cities, Paris, Santiago: the same model, worked by hand from facts."""

from __future__ import annotations

import datetime

import pytest

from geofleet.policy.rules import Event

CITY = ("bogota",)
OLD = {"model_year": 2003, "repowered": False, "meets_gas_limits": False, "fuel_origin": "factory"}


# ------------------------------------------------------------------------------ Bogotá
@pytest.mark.parametrize(
    ("moment", "gvw_kg", "word"),
    [
        ("2024-07-02 05:59:59", 8_501, "allowed"),
        ("2024-07-02 06:00", 8_501, "forbidden"),
        ("2024-07-02 08:00", 8_501, "allowed"),
        ("2024-07-02 17:00", 8_501, "forbidden"),
        ("2024-07-02 20:00", 8_501, "allowed"),
        ("2024-07-02 06:00", 8_500, "allowed"),
        ("2024-07-06 06:00", 8_501, "allowed"),
        ("2024-07-01 06:00", 8_501, "allowed"),  # Monday of Saint Peter and Saint Paul
    ],
)
def test_peaks_of_bogota(ask, colombia, moment, gvw_kg, word) -> None:
    assert ask(colombia, moment, inside=("bogota_peak_zone",), gvw_kg=gvw_kg).word == word


def test_la_candelaria_is_closed_to_trucks(ask, colombia) -> None:
    for moment in ("2024-07-07 03:00", "2024-07-02 15:00"):
        assert ask(colombia, moment, inside=("la_candelaria",), gvw_kg=3_501).word == "forbidden"
        assert ask(colombia, moment, inside=("la_candelaria",), gvw_kg=3_500).word == "allowed"


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({}, "forbidden"),
        ({"model_year": 2004}, "allowed"),  # twenty years are not more than twenty
        ({"model_year": None}, "unknown"),
        ({"cargo_type": "flowers"}, "allowed"),
        ({"fuel": "cng"}, "allowed"),
        ({"fuel": "cng", "fuel_origin": "conversion"}, "forbidden"),
        ({"repowered": True, "engine_model_year": 2004}, "allowed"),
        ({"repowered": True, "engine_model_year": 2003}, "forbidden"),
        ({"repowered": None}, "unknown"),
        ({"programme_membership": "autorregulacion_bogota", "membership_until": "2024-07-02"},
         "allowed"),
    ],
)  # fmt: skip
def test_old_freight_of_bogota(ask, colombia, cells, word) -> None:
    """Tuesday, 2 July 2024, at seven."""
    assert ask(colombia, "2024-07-02 07:00", inside=CITY, **{**OLD, **cells}).word == word


@pytest.mark.parametrize(
    ("moment", "odd", "even"),
    [
        ("2024-07-06 12:00", "allowed", "forbidden"),  # odd plates may drive
        ("2024-07-13 12:00", "forbidden", "allowed"),
        ("2024-07-20 12:00", "allowed", "allowed"),  # independence day
        ("2024-07-27 12:00", "forbidden", "allowed"),
        ("2024-07-27 04:59:59", "allowed", "allowed"),
        ("2024-07-27 21:00", "allowed", "allowed"),
        ("2024-08-03 12:00", "unknown", "unknown"),  # no calendar of August
    ],
)
def test_saturdays_of_bogota_go_by_the_published_calendar(ask, colombia, moment, odd, even) -> None:
    for digit, word in (("7", odd), ("8", even)):
        found = ask(colombia, moment, inside=CITY, plate_digit=digit, **OLD)
        assert found.word == word
        if word == "unknown":
            assert found.missing == ("calendar saturday_parity of the month",)


def test_converted_gas_trucks_drive_on_saturdays(ask, colombia) -> None:
    gas = {"fuel": "cng", "fuel_origin": "conversion", "plate_digit": "7"}
    for payload, meets, word in (
        (3_500, True, "allowed"), (3_501, True, "forbidden"), (3_500, False, "forbidden"),
    ):  # fmt: skip
        cells = {**OLD, **gas, "payload_capacity_kg": payload, "meets_gas_limits": meets}
        assert ask(colombia, "2024-07-13 12:00", inside=CITY, **cells).word == word


def test_the_environmental_hour_needs_its_calendar(ask, colombia) -> None:
    """Unknown for an hour of working days, but for members and light vehicles."""
    new = {"model_year": 2020, **{k: v for k, v in OLD.items() if k != "model_year"}}
    moment = "2024-07-02 09:30"
    assert ask(colombia, moment, inside=CITY, **new).word == "unknown"
    assert ask(colombia, "2024-07-02 10:00", inside=CITY, **new).word == "allowed"
    assert ask(colombia, "2024-07-01 09:30", inside=CITY, **new).word == "allowed"
    assert ask(colombia, moment, inside=CITY, gvw_kg=5_000, **new).word == "allowed"
    member = {"programme_membership": "autorregulacion_bogota", "membership_until": "2025-01-01"}
    assert ask(colombia, moment, inside=CITY, **{**new, **member}).word == "allowed"


# ------------------------------------------------------------------------------ London
LONDON = ("greater_london",)
LORRY = {"gvw_kg": 18_000, "standard": "euro_5", "permits": "hgv_safety_permit", "unladen_kg": 7000}
VAN = {"gvw_kg": 3_500, "standard": "euro_5", "permits": "none", "unladen_kg": 2_000}


@pytest.mark.parametrize(
    ("cells", "word", "rule_id", "amount"),
    [
        (LORRY, "charged", "UK-LON-LEZ-HGV", 300),
        ({**LORRY, "standard": "euro_6"}, "allowed", "", 0),
        ({**LORRY, "permits": "none"}, "permit needed", "UK-LON-DVS", 0),
        ({**LORRY, "standard": "euro_6", "permits": "none"}, "permit needed", "UK-LON-DVS", 0),
        ({**LORRY, "gvw_kg": 12_000, "permits": "none"}, "charged", "UK-LON-LEZ-HGV", 300),
        ({**LORRY, "permits": "hgv_safety_permit;clean_vehicle_retrofit"}, "allowed",
         "UK-LON-LEZ-RETROFIT", 0),
        ({**LORRY, "permits": None}, "unknown", "UK-LON-LEZ-HGV", 300),
        (VAN, "charged", "UK-LON-ULEZ-VAN", 12.5),
        ({**VAN, "standard": "euro_6"}, "allowed", "", 0),
        ({**VAN, "standard": "euro_2"}, "charged", "UK-LON-LEZ-VAN", 100),
        ({**VAN, "standard": "euro_2", "unladen_kg": 1_200}, "charged", "UK-LON-ULEZ-VAN", 12.5),
        ({**VAN, "fuel": "petrol", "standard": "euro_4"}, "allowed", "", 0),
        ({**VAN, "fuel": "petrol", "standard": "euro_3"}, "charged", "UK-LON-ULEZ-VAN", 12.5),
        ({**VAN, "standard": None}, "unknown", "UK-LON-LEZ-VAN", 100),
    ],
)  # fmt: skip
def test_charges_and_permits_of_london(ask, elsewhere, cells, word, rule_id, amount) -> None:
    rules = elsewhere("london")
    found = ask(rules, "2024-03-05 14:00", inside=LONDON, **cells)
    assert (found.word, found.rule_id) == (word, rule_id)
    charge = rules.rule(rule_id).charge if rule_id else None
    assert (charge.amount if charge else 0) == amount


def test_christmas_is_free_of_the_ultra_low_emission_zone(ask, elsewhere) -> None:
    for date, word in (("24", "charged"), ("25", "allowed"), ("26", "charged")):
        found = ask(elsewhere("london"), f"2024-12-{date} 14:00", inside=LONDON, **VAN)
        assert found.word == word
    assert ask(elsewhere("london"), "2023-08-28 14:00", inside=LONDON, **VAN).word == "allowed"


@pytest.mark.parametrize(
    ("moment", "word"),
    [
        ("2024-03-05 20:59:59", "allowed"), ("2024-03-05 21:00", "forbidden"),
        ("2024-03-06 06:59:59", "forbidden"), ("2024-03-06 07:00", "allowed"),
        ("2024-03-09 06:59:59", "forbidden"), ("2024-03-09 07:00", "allowed"),
        ("2024-03-09 12:59:59", "allowed"), ("2024-03-09 13:00", "forbidden"),
        ("2024-03-10 12:00", "forbidden"), ("2024-03-11 06:59:59", "forbidden"),
        ("2024-03-11 07:00", "allowed"),
    ],
)  # fmt: skip
def test_nights_and_weekends_of_the_lorry_control_scheme(ask, elsewhere, moment, word) -> None:
    """5 March 2024 is a Tuesday; Friday night ends on Saturday at seven."""
    rules, cells = elsewhere("london"), {**LORRY, "gvw_kg": 18_001, "standard": "euro_6"}
    assert ask(rules, moment, inside=("restricted_roads",), **cells).word == word
    permitted = {**cells, "permits": "llcs"}
    assert ask(rules, moment, inside=("restricted_roads",), **permitted).word == "allowed"


# ------------------------------------------------------------------------------ Netherlands
@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        ({"gvw_kg": 3_000, "standard": "euro_4"}, "-----"),
        ({"gvw_kg": 3_000, "standard": "euro_5"}, "++---"),
        ({"gvw_kg": 3_000, "standard": "euro_6"}, "+++--"),
        ({"gvw_kg": 3_000, "standard": "none", "fuel": "electric"}, "+++++"),
        ({"standard": "euro_6", "first_registered": "2021-06-01"}, "++++-"),
        ({"standard": "euro_6", "first_registered": "2019-12-31"}, "+++--"),
        ({"standard": "euro_6", "first_registered": "2016-12-31"}, "-----"),
        ({"standard": "euro_5", "first_registered": "2021-06-01"}, "-----"),
        ({"standard": "euro_6", "first_registered": "2021-06-01", "body": "articulated"}, "-----"),
        ({"standard": "euro_6"}, "????-"),
    ],
)
def test_tolerances_of_dutch_zones_end_one_by_one(ask, elsewhere, cells, dates) -> None:
    """On the first day and on the last days of 2026, 2027, 2029, and in 2030."""
    moments = ("2025-01-01", "2026-12-31", "2027-12-31", "2029-12-31", "2030-01-01")
    signs = {"allowed": "+", "forbidden": "-", "unknown": "?"}
    found = [
        ask(elsewhere("netherlands"), f"{date} 10:00", inside=("zero_emission_zone",), **cells)
        for date in moments
    ]
    assert "".join(signs[one.word] for one in found) == dates
    before = ask(
        elsewhere("netherlands"), "2024-12-31 10:00", inside=("zero_emission_zone",), **cells
    )
    assert before.word == "allowed"


# ------------------------------------------------------------------------------ Paris
@pytest.mark.parametrize(
    ("moment", "cells", "word"),
    [
        ("2025-03-04 08:00", {"critair": "3"}, "forbidden"),
        ("2025-03-04 07:59:59", {"critair": "3"}, "allowed"),
        ("2025-03-04 20:00", {"critair": "3"}, "allowed"),
        ("2025-03-04 08:00", {"critair": "2"}, "allowed"),
        ("2025-03-04 08:00", {"critair": "none"}, "forbidden"),
        ("2025-03-04 08:00", {"critair": None}, "unknown"),
        ("2025-03-08 08:00", {"critair": "3"}, "allowed"),
        ("2025-05-01 08:00", {"critair": "3"}, "allowed"),
        ("2025-03-04 08:00", {"critair": "3", "day_pass": True}, "allowed"),
        ("2025-03-09 08:00", {"critair": "3", "gvw_kg": 12_000}, "forbidden"),
        ("2025-03-09 08:00", {"critair": "3", "gvw_kg": 12_000, "day_pass": True}, "forbidden"),
        ("2024-12-31 08:00", {"critair": "3", "gvw_kg": 12_000}, "allowed"),
        ("2024-12-31 08:00", {"critair": "4", "gvw_kg": 12_000}, "forbidden"),
        ("2021-05-31 08:00", {"critair": "4", "gvw_kg": 12_000}, "allowed"),
    ],
)
def test_greater_paris(ask, elsewhere, moment, cells, word) -> None:
    """Vans on working days, lorries every day; passes are for vans."""
    case = {"gvw_kg": 3_500, "day_pass": False, **cells}
    assert ask(elsewhere("paris"), moment, inside=("inside_a86",), **case).word == word


def test_passes_of_paris_are_counted(elsewhere) -> None:
    assert elsewhere("paris").rule("FR-PAR-ZFE-PASS").quota_days_per_year == 24
    assert elsewhere("paris").rule("FR-PAR-ZFE-VUL").enforcement_probability == 0


# ------------------------------------------------------------------------------ Santiago
@pytest.mark.parametrize(
    ("date", "digits"),
    [
        ("2025-06-02", "2345"), ("2025-06-03", "6789"), ("2025-06-04", "0123"),
        ("2025-06-05", "4567"), ("2025-06-06", "0189"), ("2025-06-07", ""),
        ("2025-06-20", ""),  # day of indigenous peoples, a Friday
        ("2025-04-30", ""), ("2025-05-02", "0189"), ("2025-08-29", "0189"), ("2025-09-01", ""),
    ],
)  # fmt: skip
def test_winter_of_santiago(words, elsewhere, date, digits) -> None:
    """Four digits a day from May to August, all of them inside the ring, none with a sticker."""
    rules = elsewhere("santiago")
    cells = [{"sello_verde": False, "plate_digit": digit} for digit in "0123456789"]
    found = words(rules, f"{date} 12:00", cells, inside=("santiago",))
    resting = [digit for digit, word in zip("0123456789", found, strict=True) if word != "allowed"]
    assert "".join(resting) == digits
    ring = words(rules, f"{date} 12:00", cells, inside=("santiago", "vespucio"))
    assert set(ring) == {"forbidden" if digits else "allowed"}
    green = [{**one, "sello_verde": True} for one in cells]
    assert set(words(rules, f"{date} 12:00", green, inside=("santiago", "vespucio"))) == {"allowed"}


@pytest.mark.parametrize(
    ("moment", "digit", "place", "word"),
    [
        ("2022-05-28 10:00", "4", "vespucio", "forbidden"),  # a Saturday
        ("2022-05-28 17:59:59", "5", "vespucio", "forbidden"),
        ("2022-05-28 18:00", "4", "vespucio", "allowed"),
        ("2022-05-28 09:59:59", "4", "vespucio", "allowed"),
        ("2022-05-28 12:00", "6", "vespucio", "allowed"),
        ("2022-05-28 12:00", "4", "santiago", "allowed"),
        ("2022-05-29 12:00", "4", "vespucio", "allowed"),
    ],
)
def test_pre_emergency_of_santiago(ask, elsewhere, moment, digit, place, word) -> None:
    """Two announced digits rest inside the ring on the day that is declared."""
    day = datetime.date(2022, 5, 28)
    events = [Event("preemergencia", "", (day,), digits=frozenset({4, 5}))]
    cells = {"sello_verde": True, "plate_digit": digit}
    found = ask(elsewhere("santiago"), moment, inside=(place,), events=events, **cells)
    assert found.word == word


def test_digits_that_nobody_announced_are_unknown(ask, elsewhere) -> None:
    day = datetime.date(2022, 5, 28)
    found = ask(
        elsewhere("santiago"), "2022-05-28 12:00", inside=("vespucio",), sello_verde=True,
        events=[Event("preemergencia", "", (day,))],
    )  # fmt: skip
    assert (found.word, found.missing) == ("unknown", ("digits that the bulletin announces",))

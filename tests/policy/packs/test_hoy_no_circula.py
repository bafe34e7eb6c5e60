"""Hoy No Circula, worked by hand from what was published of it.

November 2025 begins on a Saturday and has five of them: 1, 8, 15, 22 and 29.
"""

from __future__ import annotations

import pytest

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (f"2025-11-0{day}" for day in (3, 4, 5, 6, 7))
SATURDAYS = ("2025-11-01", "2025-11-08", "2025-11-15", "2025-11-22", "2025-11-29")
RESTING = {MONDAY: "56", TUESDAY: "78", WEDNESDAY: "34", THURSDAY: "12", FRIDAY: "90"}
ZONE = ("zmvm",)


DIGITS = "0123456789"


@pytest.mark.parametrize("date", RESTING)
@pytest.mark.parametrize("use", ["freight", "private"])
def test_each_digit_rests_on_its_weekday_alone(ask, words, mexico, date, use) -> None:
    """Ten digits on five weekdays, holograms 1 and 2: two digits rest on each day."""
    for hologram in ("1", "2"):
        cells = [{"use": use, "hologram": hologram, "plate_digit": digit} for digit in DIGITS]
        found = words(mexico, f"{date} 12:00", cells, inside=ZONE)
        assert found == ["forbidden" if digit in RESTING[date] else "allowed" for digit in DIGITS]
    digit = RESTING[date][0]
    found = ask(mexico, f"{date} 12:00", inside=ZONE, use=use, plate_digit=digit)
    assert found.rule_id == "MX-ZMVM-HNC-WD" + ("-FREIGHT" if use == "freight" else "")


@pytest.mark.parametrize(
    ("number", "odd", "even"),
    [(0, "forbidden", "allowed"), (1, "allowed", "forbidden"), (2, "forbidden", "allowed"),
     (3, "allowed", "forbidden"), (4, "allowed", "allowed")],
)  # fmt: skip
def test_saturdays_of_hologram_1_go_by_their_number(words, mexico, number, odd, even) -> None:
    """First and third: odd digits rest; second and fourth: even ones; fifth: none."""
    cells = [{"hologram": "1", "plate_digit": digit} for digit in DIGITS]
    assert words(mexico, f"{SATURDAYS[number]} 12:00", cells, inside=ZONE) == [even, odd] * 5


def test_hologram_2_rests_every_saturday_and_nobody_on_sunday(ask, mexico) -> None:
    """All digits of hologram 2 on all five Saturdays; Sunday is free."""
    for date in SATURDAYS:
        for digit in ("0", "5", "none"):
            found = ask(mexico, f"{date} 12:00", inside=ZONE, plate_digit=digit)
            assert (found.word, found.rule_id) == ("forbidden", "MX-ZMVM-HNC-SAT2-FREIGHT")
    assert ask(mexico, "2025-11-02 12:00", inside=ZONE).word == "allowed"


@pytest.mark.parametrize(
    ("time", "word"),
    [("00:00:00", "allowed"), ("04:59:59", "allowed"), ("05:00:00", "forbidden"),
     ("21:59:59", "forbidden"), ("22:00:00", "allowed"), ("23:59:59", "allowed")],
)  # fmt: skip
def test_hours_are_half_open(ask, mexico, time, word) -> None:
    """From five in the morning until ten at night."""
    assert ask(mexico, f"{MONDAY} {time}", inside=ZONE).word == word


@pytest.mark.parametrize("hologram", ["00", "0", "exento"])
def test_clean_holograms_drive_every_day(ask, mexico, hologram) -> None:
    """Holograms 00, 0 and exento are out, whatever the digit."""
    for date in (*RESTING, *SATURDAYS):
        for use in ("freight", "private"):
            found = ask(mexico, f"{date} 12:00", inside=ZONE, hologram=hologram, use=use)
            assert found.word == "allowed"


def test_outside_of_the_zone_and_before_the_programme_nothing_holds(ask, mexico) -> None:
    """Place and first day limit the rule."""
    assert ask(mexico, f"{MONDAY} 12:00").word == "allowed"
    assert ask(mexico, "2014-06-30 12:00", inside=ZONE, plate_digit="5").word == "allowed"
    assert ask(mexico, "2014-07-07 12:00", inside=ZONE, plate_digit="5").word == "forbidden"


def test_the_switch_turns_freight_and_nothing_else(ask, mexico) -> None:
    """Off: trucks are exempt and the notice of 2022 is named; cars rest as before."""
    off = mexico.answered(hnc_applies_to_freight=False)
    moment = f"{MONDAY} 12:00"
    assert ask(mexico, moment, inside=ZONE).rule_id == "MX-ZMVM-HNC-WD-FREIGHT"
    found = ask(off, moment, inside=ZONE)
    assert (found.word, found.rule_id) == ("allowed", "MX-ZMVM-HNC-CONFLICT")
    assert ("MX-ZMVM-HNC-WD-FREIGHT", "MX-ZMVM-HNC-CONFLICT") in found.lifted
    for use in ("private", "taxi", "colectivo"):
        for rules in (mexico, off):
            assert ask(rules, moment, inside=ZONE, use=use).rule_id == "MX-ZMVM-HNC-WD"


def test_federal_plates_have_a_switch_of_their_own(ask, mexico) -> None:
    """Stricter reading by default; off lets federal plates alone go."""
    off = mexico.answered(hnc_applies_to_federal_freight=False)
    moment = f"{MONDAY} 12:00"
    assert ask(mexico, moment, inside=ZONE, plate_jurisdiction="federal").word == "forbidden"
    assert ask(off, moment, inside=ZONE, plate_jurisdiction="federal").word == "allowed"
    assert ask(off, moment, inside=ZONE, plate_jurisdiction="local").word == "forbidden"
    unknown = ask(off, moment, inside=ZONE, plate_jurisdiction=None)
    assert unknown.word == "unknown"
    assert "plate_jurisdiction" in unknown.missing


@pytest.mark.parametrize(
    ("moment", "digit", "hologram", "word"),
    [
        (f"{TUESDAY} 10:59:59", "5", "none", "forbidden"),
        (f"{TUESDAY} 11:00", "5", "none", "allowed"),
        (f"{TUESDAY} 21:00", "7", "none", "forbidden"),
        (f"{SATURDAYS[4]} 21:59:59", "5", "none", "forbidden"),
        ("2025-11-02 08:00", "5", "none", "allowed"),
        (f"{TUESDAY} 08:00", "5", "00", "allowed"),
        (f"{TUESDAY} 08:00", "5", "exento", "allowed"),
    ],
)
def test_plates_from_elsewhere(ask, mexico, moment, digit, hologram, word) -> None:
    """Mornings of weekdays, Saturdays, and the weekday of the digit; clean holograms are out."""
    for plate in ("state", "foreign"):
        found = ask(
            mexico, moment, inside=ZONE, plate_jurisdiction=plate, hologram=hologram,
            plate_digit=digit, use="private",
        )  # fmt: skip
        assert found.word == word


def test_what_is_not_known_of_a_truck_is_said(ask, mexico) -> None:
    """A missing digit is unknown on any weekday; a missing hologram on the day of the digit."""
    found = ask(mexico, f"{MONDAY} 12:00", inside=ZONE, plate_digit=None)
    assert (found.word, found.missing) == ("unknown", ("plate_digit",))
    found = ask(mexico, f"{MONDAY} 12:00", inside=ZONE, hologram=None)
    assert (found.word, found.missing) == ("unknown", ("hologram",))
    assert ask(mexico, f"{TUESDAY} 12:00", inside=ZONE, hologram=None).word == "allowed"


@pytest.mark.parametrize("fuel", ["electric", "hybrid", "plug_in_hybrid", "diesel_hybrid"])
def test_electric_and_hybrid_vehicles_are_exempt(ask, mexico, fuel) -> None:
    """Whatever their hologram says."""
    found = ask(mexico, f"{MONDAY} 12:00", inside=ZONE, fuel=fuel)
    assert (found.word, found.rule_id) == ("allowed", "MX-ZMVM-HNC-CLEAN")


@pytest.mark.parametrize(
    ("membership", "until", "word"),
    [
        ("autorregulacion_cdmx", "2025-11-03", "allowed"),
        ("autorregulacion_edomex", "2027-01-01", "allowed"),
        ("electromovilidad_cdmx", "2025-12-31", "allowed"),
        ("autorregulacion_cdmx", "2025-11-02", "forbidden"),
        ("autorregulacion_cdmx", None, "unknown"),
        (None, None, "unknown"),
        ("transporte_limpio", "2027-01-01", "forbidden"),
        ("transporte_limpio;autorregulacion_edomex", "2027-01-01", "allowed"),
    ],
)
def test_members_drive_until_their_last_day(ask, mexico, membership, until, word) -> None:
    """Membership counts on its last day, not after; a recognition without exemption is none."""
    found = ask(
        mexico, f"{MONDAY} 12:00", inside=ZONE,
        programme_membership=membership, membership_until=until,
    )  # fmt: skip
    assert found.word == word


def test_programmes_change_versions(ask, mexico) -> None:
    """The programme of 2022 takes over on the day of the gazette, without a gap."""
    cells = {"programme_membership": "autorregulacion_cdmx", "membership_until": "2030-01-01"}
    for date, version in (("2022-06-15", "2001"), ("2022-06-16", "2022")):
        digit = "3" if date == "2022-06-15" else "1"  # Wednesday and Thursday
        found = ask(mexico, f"{date} 12:00", inside=ZONE, plate_digit=digit, **cells)
        assert (found.rule_id, found.version) == ("MX-CDMX-AUTORREG", version)


def test_constancia_e_needs_the_powertrain(ask, mexico) -> None:
    """A certificate of electric vehicles on a diesel truck exempts it of nothing."""
    cells = {"programme_membership": "constancia_e", "membership_until": "2030-01-01"}
    assert ask(mexico, f"{MONDAY} 12:00", inside=ZONE, **cells).word == "forbidden"
    assert ask(mexico, f"{MONDAY} 12:00", inside=ZONE, fuel="electric", **cells).word == "allowed"


def test_special_permits_count_where_the_switch_says_so(ask, mexico) -> None:
    """Off: the paper changes nothing. On: it exempts, and not to know of one is unknown."""
    counted = mexico.answered(special_permits=True)
    moment = f"{MONDAY} 12:00"
    paper = {"permits": "sedema_hoy_no_circula"}
    assert ask(mexico, moment, inside=ZONE, **paper).word == "forbidden"
    assert ask(counted, moment, inside=ZONE, **paper).word == "allowed"
    assert ask(counted, moment, inside=ZONE, permits="none").word == "forbidden"
    assert ask(counted, moment, inside=ZONE).missing == ("permits",)


def test_verification_asks_for_a_paper_where_it_is_turned_on(ask, mexico) -> None:
    """A truck without hologram drives without a paper that it needs; members do not need it."""
    on = mexico.answered(verification_required=True)
    moment = "2025-11-02 03:00"
    bare = {"hologram": "none", "permits": "none"}
    assert ask(mexico, moment, inside=ZONE, **bare).word == "allowed"
    assert ask(on, moment, inside=ZONE, **bare).word == "permit needed"
    member = {"programme_membership": "autorregulacion_edomex", "membership_until": "2026-01-01"}
    assert ask(on, moment, inside=ZONE, **bare, **member).word == "allowed"
    assert ask(on, moment, inside=ZONE, **bare, fuel="electric").word == "allowed"
    assert ask(on, moment, inside=ZONE, hologram="2").word == "allowed"

"""Words of bulletins, read and written."""

from __future__ import annotations

import datetime

import pytest

from geofleet.policy.contingency.spanish import in_spanish
from geofleet.policy.contingency.words import (
    colour_of,
    date_in_spanish,
    digits_in_spanish,
    hours_in_spanish,
    joined,
    phase_of_text,
    pollutant_of,
    printed_digits,
)
from geofleet.policy.rules.conditions import (
    ALWAYS,
    Age,
    All,
    Among,
    AnyOf,
    Member,
    Not,
    PlateDigit,
    Ranked,
    Span,
    Within,
)

COLOURS = {"amarillo": {5, 6}, "rosa": {7, 8}, "rojo": {3, 4}, "verde": {1, 2}, "azul": {9, 0}}


@pytest.mark.parametrize(
    ("text", "digits"),
    [("even + 9,0 azul", "024689"), ("par y 9 y 0 (azul)", "024689"), ("0,2,3,4,6,8", "023468"),
     ("odd + 1,2 verde", "123579"), ("nones", "13579"), ("rosa", "78"), ("rosa 7,8", "78"),
     ("yellow", "56"), ("pares + azul", "024689"), ("todas", "0123456789"),
     ("terminación 3 y 4", "34"), ("par más 7 y 8, engomado rosa", "024678"),
     ("par e impar", "0123456789"), ("números pares y 7,8", "024678"),
     ("placas con terminación 1, 3 y 5", "135"), ("last digits 0, 9", "09")],
)  # fmt: skip
def test_digits_as_they_are_printed(text: str, digits: str) -> None:
    """Parity, digits and colours in either language are put together."""
    assert printed_digits(text, colours=COLOURS) == (frozenset(map(int, digits)), [])


def test_what_is_not_printed_is_not_zero_digits() -> None:
    """Nothing told is None; words without a meaning are handed back."""
    assert printed_digits("n/a", colours=COLOURS) == (None, [])
    assert printed_digits("", colours=COLOURS) == (None, [])
    assert printed_digits("7, 8, morado, 12", colours=COLOURS) == (
        frozenset({7, 8}), ["morado", "12"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "phase"),
    [("Fase I O3", "I"), ("Fase 1", "I"), ("i", "I"), ("Fase II", "II"), ("2", "II"),
     ("Fase I combinada", "I combinada"), ("II combinada", "II combinada"),
     ("Fase preventiva", "preventiva"), ("III", None), ("", None), ("Fase I extra", None),
     ("Fase I por ozono", "I"), ("Fase I (O3 + PM2.5)", "I"), ("Fase I, PM 2.5", "I"),
     ("Fase I combinada (O3 y PM10)", "I combinada"), ("Contingencia ambiental Fase II", "II"),
     ("O3", None), ("Fase I regional PM10", None)],
)  # fmt: skip
def test_phases(text: str, phase: str | None) -> None:
    """Roman or plain numbers, with the word or without."""
    assert phase_of_text(text) == phase


def test_colours_and_pollutants() -> None:
    """One colour is named or none is."""
    assert colour_of("Rojo 3,4", COLOURS) == "rojo"
    assert colour_of("red", COLOURS) == "rojo"
    assert colour_of("rojo y azul", COLOURS) is None
    assert colour_of("red", {"red": {3}}) == "red"
    assert colour_of("rojo", {"red": {3}}) == "red"
    assert [pollutant_of(name) for name in ("O3", "Ozono", "PM 2.5", "pm2,5", "PM10", "SO2")] == [
        "o3", "o3", "pm25", "pm25", "pm10", None,
    ]  # fmt: skip


def test_spanish_joins() -> None:
    """*Y* becomes *e* before an i, *o* becomes *u* before an o and an eight."""
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b y c"
    assert joined(["eléctricos", "híbridos"]) == "eléctricos e híbridos"
    assert joined(["agua", "hielo"]) == "agua y hielo"
    assert joined(["7", "8"], last="o") == "7 u 8"
    assert joined([]) == ""


def test_spanish_dates_digits_and_hours() -> None:
    """As they are said; zero comes after nine as on the stickers."""
    assert date_in_spanish(datetime.date(2026, 2, 17)) == "martes 17 de febrero de 2026"
    assert date_in_spanish(datetime.date(2024, 5, 1)) == "miércoles 1 de mayo de 2024"
    assert digits_in_spanish({0, 9}) == "9 y 0"
    assert hours_in_spanish([(6 * 3600, 10 * 3600)]) == "de 06:00 a 10:00 horas"
    assert hours_in_spanish([(0, 86400)]) == "las 24 horas"
    assert hours_in_spanish([(72000, 122400)]) == "de 20:00 a 10:00 horas del día siguiente"
    assert hours_in_spanish([(0, 3600), (7200, 86400)]) == (
        "de 00:00 a 01:00 horas y de 02:00 a 24:00 horas"
    )
    assert hours_in_spanish([]) == "a ninguna hora"


def one(attribute: str, *values: str) -> Among:
    return Among(attribute, frozenset(values))


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (ALWAYS, "vehículos"),
        (one("use", "freight"), "vehículos de carga"),
        (All((one("use", "private"), one("hologram", "1"))),
         "automóviles particulares con holograma 1"),
        (one("hologram", "2", "none"), "vehículos con holograma 2 o sin holograma"),
        (one("hologram", "none"), "vehículos sin holograma"),
        (one("fuel", "electric", "hybrid"), "vehículos eléctricos o híbridos"),
        (Within("dry_disconnect_valve", Span(0, 0)), "vehículos sin válvula de desconexión seca"),
        (Within("gvw_kg", Span(3857, low_open=True)),
         "vehículos con peso bruto vehicular mayor de 3,857 kg"),
        (Within("gvw_kg", Span(3800, 20000)),
         "vehículos con peso bruto vehicular desde 3,800 kg y hasta 20,000 kg"),
        (Within("length_m", Span(high=7.5, high_open=True)), "vehículos con largo menor de 7.5 m"),
        (Age(Span(high=15)), "vehículos con antigüedad hasta 15 años según año modelo"),
        (Member(frozenset({"autorregulacion_cdmx"})),
         "vehículos inscritos en la Autorregulación ambiental de la Ciudad de México, "
         "con registro vigente"),
        (Member(frozenset({"clean_club"})),
         "vehículos inscritos en «clean_club», con registro vigente"),
        (AnyOf((one("fuel", "electric"), one("hologram", "exento"))),
         "vehículos eléctricos; o con holograma exento"),
        (All((one("use", "freight"), Not(one("cargo_type", "lp_gas")))),
         "vehículos de carga salvo los que transportan gas LP para entrega"),
        (Ranked("euro", Span(6.0)),
         "vehículos con norma de emisiones desde «euro_6» (escala euro)"),
        (Ranked("euro", Span(high=4.0, high_open=True)),
         "vehículos con norma de emisiones inferior a «euro_4» (escala euro)"),
        (Within("axles", Span(2, 2)), "vehículos con ejes de 2"),
        (one("body", "articulated"), "vehículos articulados"),
        (one("permits", "came_gas"),
         "vehículos con registro de gas ante las autoridades y la CAMe"),
        (one("particle_filter", "factory", "retrofit"),
         "vehículos con filtro de partículas de fábrica o instalado después"),
        (one("trip_relation", "through"), "vehículos de paso"),
        (one("activity", "unload"), "vehículos en carga o descarga"),
        (one("plate_jurisdiction", "federal"), "vehículos con placa federal"),
        (one("shape", "odd thing"), "vehículos con «shape» «odd thing»"),
        (PlateDigit(()), "vehículos"),
    ],
)  # fmt: skip
def test_conditions_in_spanish(condition: object, words: str) -> None:
    """Every kind of condition has words; what has none stands as it is, quoted."""
    assert in_spanish(condition) == words  # type: ignore[arg-type]

"""French freight orders: made-up orders, read and decided."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from shapely.geometry import Point

from geofleet.errors import InputError
from geofleet.policy.decisions import ALLOWED, FORBIDDEN, UNKNOWN, decide
from geofleet.policy.exchange import read_cerema
from geofleet.policy.exchange.cerema_rows import Row
from geofleet.policy.rules import RuleSet

BASE = {
    "ID": "1", "COLL_NOM": "Commune d'Exemple", "COLL_INSEE": "13999", "ARR_DATE": "2021-03-14",
    "ARR_REF": "7/21", "ARR_OBJET": "Poids lourds au centre", "REGL_MODALITE": "Interdit",
    "EMPRISE_DESIGNATION": "Rue du Test",
}  # fmt: skip
FRIDAY, SATURDAY = dt.date(2026, 2, 13), dt.date(2026, 2, 14)
NOON = 12 * 3600


def _write(folder: Path, *rows: dict[str, str]) -> Path:
    header = list(dict.fromkeys([*BASE, *(key for row in rows for key in row)]))
    path = folder / "orders.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, header, restval="")
        writer.writeheader()
        writer.writerows([BASE | row for row in rows])
    return path


def _status(rules: RuleSet, cases: pd.DataFrame, date: dt.date, second: int = NOON) -> list[int]:
    decided = decide(rules, cases, [date], inside=dict.fromkeys(rules.geographies, True))
    return [int(decided.status_at([n], [0], [second])[0]) for n in range(len(cases))]


def test_an_order_with_its_exception(tmp_path: Path) -> None:
    """Heavy vehicles from 7.5 t on working days but for deliveries; a use unknown is unknown."""
    path = _write(
        tmp_path,
        {"VEH_TYPES": "Poids lourds", "VEH_TONNAGE_MODALITE": "à partir de", "VEH_TONNAGE": "7.5",
         "PERIODE_JH": "Mo-Fr 06:00-20:00", "ARR_URL": "https://example.org/7.pdf",
         "REGL_ARTICLE": "Article 4", "PERIODE_DEBUT": "2021-05-01"},
        {"ID": "2", "REGL_MODALITE": "Autorise", "VEH_USAGES": "Livraison|Transport de fonds"},
    )  # fmt: skip
    rules = read_cerema(path)
    ban, free = rules.rules
    assert (ban.effect, free.effect, free.lifts) == ("prohibit", "allow", ("1",))
    assert ban.legal_reference == "7/21, 2021-03-14, Article 4"
    assert (ban.valid_from, free.valid_from) == (dt.date(2021, 5, 1), dt.date(2021, 3, 14))
    assert rules.geographies["1"].name == "Rue du Test"
    assert rules.geographies["1"].polygon is None
    cases = pd.DataFrame({
        "use": "freight", "gvw_kg": [7500, 7499, 7500, 7500],
        "french_usage": ["Transport de gaz", "none", "Livraison", None],
    })  # fmt: skip
    assert _status(rules, cases, FRIDAY) == [FORBIDDEN, ALLOWED, ALLOWED, UNKNOWN]
    assert _status(rules, cases, SATURDAY) == [ALLOWED] * 4
    assert _status(rules, cases, dt.date(2021, 4, 30)) == [ALLOWED] * 4
    somewhere = decide(rules, cases[:1], [FRIDAY])
    assert somewhere.status_at([0], [0], [NOON]).tolist() == [UNKNOWN]


@pytest.mark.parametrize(
    ("row", "case", "forbidden"),
    [
        ({"VEH_TONNAGE_MODALITE": "de plus de", "VEH_TONNAGE": "3.5"}, {"gvw_kg": 3500}, False),
        ({"VEH_TONNAGE_MODALITE": "jusqu’à", "VEH_TONNAGE": "9"}, {"gvw_kg": 9000}, True),
        ({"VEH_LONG": "8"}, {"length_m": 8.0}, False),
        ({"VEH_LONG": "8"}, {"length_m": 8.1}, True),
        ({"VEH_HAUT": "3"}, {"height_m": 3.2}, True),
        ({"VEH_MOTORS": "Électrique|Hydrogène"}, {"fuel": "electric"}, True),
        ({"VEH_MOTORS": "Gaz Naturel pour Véhicules"}, {"fuel": "diesel"}, False),
        ({"VEH_CQAS": "4|5|Véhicule non classé"}, {"critair": "none"}, True),
        ({"VEH_TYPES": "Véhicules utilitaires légers|Poids lourds"}, {"gvw_kg": 2000}, True),
        ({"VEH_TYPES": "Vélo-cargos"}, {"cargo_bike": False}, False),
        ({"VEH_TYPES": "Tous véhicules|Poids lourds"}, {"gvw_kg": 2000}, True),
        ({"SAUF_VEH_USAGES": "Livraison"}, {"french_usage": "Livraison"}, False),
        ({"SAUF_VEH_USAGES": "Livraison"}, {"french_usage": "Taxis"}, True),
        ({"PERIODE_DEBUT": "1er novembre", "PERIODE_FIN": "31 Mars"}, {}, True),
        ({"PERIODE_DEBUT": "1 avril", "PERIODE_FIN": "31 octobre"}, {}, False),
        ({"PERIODE_DEBUT": "2027-01-01"}, {}, False),
        ({"VEH_TONNAGE": "NA"}, {}, True),
    ],
)  # fmt: skip
def test_columns_by_hand(
    tmp_path: Path, row: dict[str, str], case: dict[str, object], forbidden: bool
) -> None:
    """Each column alone: the least that it forbids, or what it leaves."""
    rules = read_cerema(_write(tmp_path, row))
    found = _status(rules, pd.DataFrame([{"use": "freight", **case}]), FRIDAY)
    assert found == [FORBIDDEN if forbidden else ALLOWED]


def test_an_authorisation_frees_up_to_its_limits(tmp_path: Path) -> None:
    """A largest length of an authorisation is included; alone it frees from nothing."""
    path = _write(tmp_path, {}, {"ID": "2", "REGL_MODALITE": "Autorise", "VEH_LONG": "8"})
    cases = pd.DataFrame({"length_m": [8.0, 8.1, None]})
    assert _status(read_cerema(path), cases, FRIDAY) == [ALLOWED, FORBIDDEN, UNKNOWN]
    other = {"ID": "2", "REGL_MODALITE": "Autorise", "ARR_REF": "8/21", "VEH_LONG": "8"}
    rules = read_cerema(_write(tmp_path, {}, other))
    assert rules.rules[1].lifts == ()
    assert "prohibits nothing" in rules.rules[1].note
    assert _status(rules, cases, FRIDAY) == [FORBIDDEN] * 3


def test_what_has_no_counterpart_is_unknown_or_noted(tmp_path: Path) -> None:
    """A period in words and a direction are unknown; other columns stand in the note."""
    path = _write(tmp_path, {
        "PERIODE_DEBUT": "Début des vacances de la Toussaint", "EMPRISE_SENS": "Nord",
        "INTERV_DUREE": "03:00:00", "REGL_CONTEXTE": "marché", "COULEUR": "rouge",
    })  # fmt: skip
    rules = read_cerema(path)
    assert _status(rules, pd.DataFrame({"use": ["freight"]}), FRIDAY) == [UNKNOWN]
    assert "03:00:00" in rules.rules[0].note
    assert "marché" in rules.rules[0].note
    assert rules.notes == ("column COULEUR has no counterpart",)
    assert rules.geographies["1"].roads is not None
    (calendar,) = rules.calendars.values()
    assert "Toussaint" in calendar.source


def test_geometry_of_lines_and_areas(tmp_path: Path) -> None:
    """A line becomes a strip of 12 m to each side, an area stays itself."""
    rules = read_cerema(_write(
        tmp_path, {"GEOM_WKT": "LineString(5.40 43.50, 5.41 43.50)"},
        {"ID": "2", "GEOM_WKT": "POLYGON((5.4 43.5, 5.5 43.5, 5.5 43.6, 5.4 43.5))"},
    ))  # fmt: skip
    strip = rules.geographies["1"].polygon
    assert strip is not None
    metre = 1.0 / 111_100
    assert strip.contains(Point(5.405, 43.5 + 11.5 * metre))
    assert not strip.contains(Point(5.405, 43.5 + 12.5 * metre))
    area = rules.geographies["2"].polygon
    assert area is not None
    assert area.area == pytest.approx(0.005)


def test_every_fault_is_named(tmp_path: Path) -> None:
    """All faults of all lines at once, each with its line and column."""
    path = _write(
        tmp_path,
        {"REGL_MODALITE": "Interdite", "VEH_TYPES": "Camions", "VEH_TONNAGE": "3.5"},
        {"COLL_INSEE": "1390", "ARR_DATE": "14/03/2021", "VEH_LONG": "80", "PERIODE_JH": "8h-9h"},
        {"ID": "3", "ARR_OBJET": "", "GEOM_WKT": "LINESTRING(652000 6860000, 652001 6860000)",
         "EMPRISE_SENS": "Haut", "VEH_TONNAGE_MODALITE": "de plus de"},
        {"ID": "4", "PERIODE_DEBUT": "2022-01-01", "PERIODE_FIN": "2021-01-01",
         "VEH_CQAS": "1|6", "VEH_HAUT": "x"},
    )  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_cerema(path)
    assert sorted((one.row, one.field) for one in caught.value.problems) == [
        (2, "REGL_MODALITE"), (2, "VEH_TONNAGE_MODALITE"), (2, "VEH_TYPES"),
        (3, "ARR_DATE"), (3, "COLL_INSEE"), (3, "ID"), (3, "PERIODE_JH"), (3, "VEH_LONG"),
        (4, "ARR_OBJET"), (4, "EMPRISE_SENS"), (4, "GEOM_WKT"), (4, "VEH_TONNAGE"),
        (5, "PERIODE_FIN"), (5, "VEH_CQAS"), (5, "VEH_HAUT"),
    ]  # fmt: skip
    path.write_text("ID,COLL_NOM\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="a column ARR_REF"):
        read_cerema(path)


@pytest.mark.parametrize(
    ("first", "last", "season"),
    [
        ("23 Octobre", "8 Novembre", ((10, 23), (11, 8))),
        ("le 1er août", "29 février", ((8, 1), (2, 29))),
        ("31 avril", "1 mai", None),
        ("23 octobre", "", None),
        ("2021-01-01", "8 novembre", None),
    ],
)
def test_periods(first: str, last: str, season: object) -> None:
    """Days of the year make a season; all else stays words."""
    row = Row("f", 2, {"PERIODE_DEBUT": first, "PERIODE_FIN": last}, [])
    found = row.period()
    assert found.in_force.season == season
    assert bool(found.words) == (season is None)

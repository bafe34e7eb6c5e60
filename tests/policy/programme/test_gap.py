"""Gap report: who is reached by nothing, and why, by hand and for a city of 125,000 trucks."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.fleet import FleetComposition
from geofleet.policy.programme import city_cases, gap_report, load_programmes
from geofleet.policy.programme.gap import levers_of
from geofleet.policy.rules import read_rules

MEXICO = load_programmes("mexico")
ON = datetime.date(2025, 6, 1)
_TRUCK = {
    "use": "freight", "vehicle_class": "rigid_12t", "fuel": "diesel", "standard": "euro_4",
    "model_year": 2015.0, "particle_filter": "none", "operator_size": "1-5", "gvw_kg": 11000.0,
    "plate_jurisdiction": "local", "plate_state": "MX-CMX", "drives_in": "CDMX;EDOMEX",
    "programme_membership": "none",
}  # fmt: skip


def _report(rows: dict[str, dict], **more: object):
    cases = pd.DataFrame([{**_TRUCK, **cells} for cells in rows.values()], index=list(rows))
    mass = pd.DataFrame(
        {"annual_km": 10000.0, "pm25_exhaust_g": np.arange(1.0, len(rows) + 1)}, index=cases.index
    )
    return gap_report(cases, MEXICO, mass, on=ON, **more)


def test_each_truck_by_hand() -> None:
    """Reached, in the gap with its nearest obstacle, or unknown with what is missing."""
    found = _report(
        {
            "fits": {},
            "old": {"model_year": 2009.0},
            "old_elsewhere": {"model_year": 2009.0, "drives_in": "EDOMEX"},
            "old_dirty": {"model_year": 2001.0, "standard": "euro_2"},
            "outside": {"drives_in": "Puebla", "standard": "euro_3"},
            "small_outside": {"drives_in": "EDOMEX", "gvw_kg": 3000.0},
            "petrol": {"fuel": "petrol"},
            "unknown_year": {"model_year": None},
            "old_member": {"model_year": 1990.0, "programme_membership": "autorregulacion_cdmx",
                           "membership_until": "2026-01-01"},
        }
    ).by_case  # fmt: skip
    assert found["state"].to_dict() == {
        "fits": "reached", "old": "gap", "old_elsewhere": "gap", "old_dirty": "gap",
        "outside": "gap", "small_outside": "gap", "petrol": "gap", "unknown_year": "unknown",
        "old_member": "reached",
    }  # fmt: skip
    assert found.loc["fits", "programmes"] == "autorregulacion_cdmx; autorregulacion_edomex_heavy"
    assert found.loc["old_member", "programmes"] == "autorregulacion_cdmx"
    assert found.loc["old", "obstacle"] == "too_old"
    # in the State of Mexico alone too old for its programme, and for that of the city also outside
    assert found.loc["old_dirty", "nearest"] == "autorregulacion_cdmx"
    assert found.loc["old_elsewhere", "nearest"] == "autorregulacion_edomex_heavy"
    assert found.loc["old_elsewhere", "autorregulacion_cdmx"] == "too_old; outside_zone"
    assert found.loc["old_dirty", "obstacle"] == "too_old"
    assert found.loc["old_dirty", "autorregulacion_edomex_heavy"] in (
        "too_old; standard", "too_old; filter",
    )  # fmt: skip
    assert found.loc["outside", "autorregulacion_cdmx"] == "outside_zone"
    assert found.loc["small_outside", "autorregulacion_edomex_heavy"] == "too_small"
    assert found.loc["small_outside", "autorregulacion_edomex_light"] == "filter"
    assert found.loc["petrol", "autorregulacion_cdmx"] == "fuel"
    assert found.loc["unknown_year", "obstacle"] == "model_year"
    assert found.loc["unknown_year", "autorregulacion_cdmx"] == "unknown: model_year"


def test_a_membership_without_its_end_is_no_gap() -> None:
    """Perhaps a member, perhaps not: unknown where it could not join anew."""
    found = _report(
        {
            "old": {"model_year": 1990.0, "programme_membership": "autorregulacion_cdmx"},
            "fits": {"programme_membership": "autorregulacion_cdmx"},
            "ended": {"model_year": 1990.0, "programme_membership": "autorregulacion_cdmx",
                      "membership_until": "2025-05-31"},
            "last_day": {"model_year": 1990.0, "programme_membership": "autorregulacion_cdmx",
                         "membership_until": "2025-06-01"},
        }
    ).by_case  # fmt: skip
    assert found["state"].tolist() == ["unknown", "reached", "gap", "reached"]
    assert found.loc["old", "obstacle"] == "membership_until"


def test_sums_and_groups() -> None:
    """Vehicles, kilometres and grams of the states add up to all."""
    found = _report({"fits": {}, "old": {"model_year": 2000.0}, "older": {"model_year": 1980.0}})
    assert found.by_state.loc["gap", ["vehicles", "annual_km", "pm25_exhaust_g"]].tolist() == [
        2, 20000, 5,
    ]  # fmt: skip
    assert found.by_state["vehicles_share"].sum() == pytest.approx(1)
    assert found.by_state.loc["gap", "pm25_exhaust_g_share"] == pytest.approx(5 / 6)
    assert found.by_obstacle.loc["too_old", "vehicles"] == 2
    groups = found.by_group
    assert (groups.groupby("by")["vehicles"].sum() == 3).all()
    assert np.isnan(found.unrestricted)


def test_recognition_is_no_lever() -> None:
    """A programme that exempts from nothing reaches nobody, unless it is asked for by name."""
    assert "transporte_limpio" not in {one.programme_id for one in levers_of(MEXICO, ON)}
    old = {"old": {"model_year": 1990.0}}
    assert _report(old).by_case.loc["old", "state"] == "gap"
    named = _report(old, levers=["transporte_limpio"])
    assert named.by_case.loc["old", "state"] == "reached"
    with pytest.raises(InputError, match="a programme of the set"):
        _report(old, levers=["nothing"])


def test_rules_tell_who_is_held_by_nothing(tmp_path: Path) -> None:
    """Of two trucks in the gap, the heavy one is stopped by a rule; the other by none."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "rule_set: small\ntimezone: America/Mexico_City\nrules:\n"
        "  - {id: heavy, name: heavy, effect: prohibit, status: user, when: {hours: '06:00-10:00'},"
        " vehicle: {gvw_kg: {above: 5000}}}\n",
        encoding="utf-8",
    )
    rows = {
        "heavy": {"model_year": 1990.0},
        "light": {"model_year": 1990.0, "gvw_kg": 3000.0},
    }
    found = _report(rows, rules=read_rules(path), dates=[ON, ON + datetime.timedelta(1)])
    assert found.by_case["hours_forbidden"].tolist() == [8.0, 0.0]
    assert found.unrestricted == 1
    with pytest.raises(InputError, match="dates"):
        _report(rows, rules=read_rules(path))


def test_the_citys_vehicles_add_up() -> None:
    """125,000 trucks, whatever they are split by; distance means are those of the classes."""
    city = city_cases(year=2025)
    sizes = city_cases(year=2025, by_operator_size=True)
    assert city.weights.sum() == pytest.approx(125000, rel=1e-9)
    assert sizes.weights.sum() == pytest.approx(125000, rel=1e-9)
    km = (city.mass["annual_km"] * city.weights).groupby(city.cases["vehicle_class"]).sum()
    number = city.weights.groupby(city.cases["vehicle_class"]).sum()
    assert (km / number).to_dict() == pytest.approx(
        {"rigid_7_5t": 32500, "rigid_12t": 32500, "rigid_20t": 32500, "rigid_26t": 40000,
         "articulated_50t": 90000}
    )  # fmt: skip
    for name in ("pm25_exhaust_g", "nox_exhaust_g"):
        one = (city.mass[name] * city.weights).sum()
        assert (sizes.mass[name] * sizes.weights).sum() == pytest.approx(one, rel=1e-9)
    assert {"programme:valley.trucks", "fleet_composition:mx.c3.age.6-10.share"} <= set(
        city.provenance
    )


def test_ages_of_the_city_are_those_of_the_statistics() -> None:
    """Of two-axle trucks 11.22 % are at most five years old, as counted, and standards follow."""
    city = city_cases({"rigid_12t": 1000.0}, year=2025)
    young = city.cases["model_year"].astype(float) >= 2020
    # 12,911 of 115,058 units
    assert city.weights[young].sum() == pytest.approx(1000 * 12911 / 115058, rel=1e-3)
    newest = city.cases["model_year"].astype(float) == 2025
    assert set(city.cases.loc[newest, "standard"]) == {"epa_2010", "euro_6"}
    assert set(city.cases.loc[newest, "particle_filter"]) == {"factory"}
    share = city.weights[newest & (city.cases["standard"] == "euro_6")].sum()
    assert share / city.weights[newest].sum() == pytest.approx(0.1)


def test_the_gap_of_the_valley() -> None:
    """More than half of the trucks are beyond 15 model years and reached by nothing.

    By hand from the shares of the federal statistics of 2019: of C2 41.66 % are at most 15 years
    old, of C3 29.62 %, of T3 50.98 %.
    """
    city = city_cases(
        year=2025,
        assume={"drives_in": "CDMX", "plate_jurisdiction": "local", "plate_state": "MX-CMX",
                "programme_membership": "none"},
    )  # fmt: skip
    found = gap_report(city.cases, MEXICO, city.mass, on=ON, weights=city.weights)
    young = {"rigid_7_5t": 0.4166, "rigid_12t": 0.4166, "rigid_20t": 0.4166, "rigid_26t": 0.2962,
             "articulated_50t": 0.5098}  # fmt: skip
    split = {"rigid_7_5t": 0.3508, "rigid_12t": 0.3508, "rigid_20t": 0.1246, "rigid_26t": 0.1619,
             "articulated_50t": 0.0119}  # fmt: skip
    reached = 125000 * sum(young[name] * share for name, share in split.items())
    assert found.by_state.loc["reached", "vehicles"] == pytest.approx(reached, rel=2e-3)
    assert found.by_state.loc["gap", "vehicles_share"] > 0.5
    assert list(found.by_obstacle.index) == ["too_old"]
    # the old ones drive less and emit more
    assert found.by_state.loc["gap", "pm25_exhaust_g_share"] > (
        found.by_state.loc["gap", "annual_km"] / found.by_state["annual_km"].sum()
    )


def test_what_is_unknown_of_a_city_stays_unknown() -> None:
    """Without saying where its trucks drive, nobody is reached for certain by the city's scheme."""
    city = city_cases({"rigid_12t": 10.0}, year=2025)
    found = gap_report(
        city.cases, MEXICO, city.mass, on=ON, weights=city.weights,
        levers=["autorregulacion_cdmx"],
    )  # fmt: skip
    assert "reached" not in found.by_state.index
    assert {"unknown", "gap"} == set(found.by_state.index)


def test_a_table_of_the_citys_own() -> None:
    """A composition in shares of kilometres becomes shares of vehicles by the decline with age."""
    table = pd.DataFrame(
        {
            "vehicle_class": "cargo_van", "fuel": ["electric", "diesel"],
            "standard": ["none", "euro_4"], "model_year": [2025, 2015], "share": [0.5, 0.5],
        }
    )  # fmt: skip
    city = city_cases({"cargo_van": 100.0}, year=2025, composition=FleetComposition(table))
    by_fuel = city.weights.groupby(city.cases["fuel"]).sum()
    # ten years at 4 % less each: 0.96 ** 10 of the distance
    assert by_fuel["electric"] / by_fuel["diesel"] == pytest.approx(0.96**10)
    km = (city.mass["annual_km"] * city.weights).groupby(city.cases["fuel"]).sum()
    assert km["electric"] == pytest.approx(km["diesel"])
    assert (city.cases["gvw_kg"] == 2100.0 + 1350.0).all()


@pytest.mark.parametrize("vehicles", [{"rigid_12t": -1.0}, {}, float("nan")])
def test_faulty_numbers_of_vehicles(vehicles: object) -> None:
    """Numbers of at least zero, of some class."""
    with pytest.raises(InputError, match="numbers of at least 0"):
        city_cases(vehicles, year=2025)


def test_a_country_without_certification_mix_is_told() -> None:
    """What standards its trucks have is not known, and not made up."""
    with pytest.raises(InputError, match="certification mix"):
        city_cases({"rigid_12t": 10.0}, year=2025, country="CO")


def test_programmes_for_another_fuel_are_far() -> None:
    """An old diesel truck is too old for the diesel schemes; that it is not electric comes last."""
    rows = {"old": {"model_year": 2000.0, "drives_in": "EDOMEX", "standard": "euro_3"}}
    one = _report(rows).by_case.loc["old"]
    assert one["holograma_exento"] == "fuel"
    assert one["nearest"] == "autorregulacion_edomex_heavy"
    assert one["obstacle"] == "too_old; standard"


def test_too_small_for_bogota() -> None:
    """The scheme of Bogotá begins above 5 t."""
    colombia = load_programmes("colombia")
    cases = pd.DataFrame(
        [{**_TRUCK, "gvw_kg": 4500.0, "public_service": True, "emission_control_accepted": True}]
    )
    mass = pd.DataFrame({"annual_km": [1.0], "pm25_exhaust_g": [1.0]})
    one = gap_report(cases, colombia, mass, on=ON).by_case.iloc[0]
    assert (one["state"], one["obstacle"]) == ("gap", "too_small")

"""Eligibility: a truth table worked by hand from the published descriptions."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from geofleet.errors import InputError
from geofleet.policy.programme.eligibility import certificate_until, eligibility
from geofleet.policy.programme.model import Programme, ProgrammeSet
from geofleet.policy.programme.read import load_programmes

MEXICO, COLOMBIA = load_programmes("mexico"), load_programmes("colombia")
DAY_2025 = datetime.date(2025, 6, 1)
DAY_2023 = datetime.date(2023, 3, 1)

TRUCK = {
    "use": "freight", "fuel": "diesel", "gvw_kg": 11000.0, "standard": "euro_4",
    "model_year": 2012.0, "particle_filter": "none", "plate_jurisdiction": "local",
    "plate_state": "MX-CMX", "drives_in": "CDMX;EDOMEX", "opacity_per_m": 1.0,
    "public_service": True, "emission_control_accepted": True,
}  # fmt: skip


def _ask(programme: str, on: datetime.date, **cells: object) -> pd.Series:
    programmes: ProgrammeSet = COLOMBIA if "bogota" in programme else MEXICO
    cases = pd.DataFrame([{**TRUCK, **cells}])
    found = eligibility(
        programmes.programme(programme), cases, on, attributes=programmes.attributes
    )
    return found.iloc[0]


# programme, day, how it differs from TRUCK, answer, route (where eligible) or what failed
TABLE = [
    # Mexico City 2022: diesel freight, plated in Mexico, driven there, at most 15 model years old
    ("autorregulacion_cdmx", DAY_2023, {}, "eligible", "fleet_plan"),
    ("autorregulacion_cdmx", DAY_2023, {"particle_filter": "retrofit"}, "eligible",
     "retrofit_filter"),
    ("autorregulacion_cdmx", DAY_2023, {"particle_filter": "factory"}, "eligible",
     "factory_filter"),
    ("autorregulacion_cdmx", DAY_2023, {"model_year": 2008.0}, "eligible", "fleet_plan"),
    ("autorregulacion_cdmx", DAY_2023, {"model_year": 2007.0}, "not eligible", "age"),
    ("autorregulacion_cdmx", datetime.date(2022, 6, 15), {}, "not eligible", "not_open"),
    ("autorregulacion_cdmx", datetime.date(2022, 6, 16), {}, "eligible", "fleet_plan"),
    ("autorregulacion_cdmx", DAY_2023, {"fuel": "cng"}, "not eligible", "diesel"),
    ("autorregulacion_cdmx", DAY_2023, {"drives_in": "EDOMEX"}, "not eligible", "zone"),
    ("autorregulacion_cdmx", DAY_2023, {"plate_jurisdiction": "foreign"}, "not eligible", "plate"),
    ("autorregulacion_cdmx", DAY_2023, {"plate_jurisdiction": "federal"}, "eligible",
     "fleet_plan"),
    ("autorregulacion_cdmx", DAY_2023, {"use": "private"}, "not eligible", "freight"),
    ("autorregulacion_cdmx", DAY_2023, {"gvw_kg": 2000.0}, "eligible", "fleet_plan"),
    # a membership in the file changes nothing: the filter is asked for, not the certificate
    ("autorregulacion_cdmx", DAY_2023, {"programme_membership": "autorregulacion_cdmx"},
     "eligible", "fleet_plan"),
    # State of Mexico above 3,857 kg: (a) Euro IV, EPA 2004, Euro V; (b) retrofit; (c) factory
    ("autorregulacion_edomex_heavy", DAY_2025, {}, "eligible", "a"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"standard": "epa_2004"}, "eligible", "a"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"standard": "euro_5"}, "eligible", "a"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"standard": "euro_3"}, "not eligible",
     "a: standard; b: retrofit; c: standard"),
    ("autorregulacion_edomex_heavy", DAY_2025,
     {"standard": "euro_3", "particle_filter": "retrofit"}, "eligible", "b"),
    ("autorregulacion_edomex_heavy", DAY_2025,
     {"standard": "epa_2007", "particle_filter": "factory"}, "eligible", "c"),
    ("autorregulacion_edomex_heavy", DAY_2025,
     {"standard": "epa_2010", "particle_filter": "factory"}, "eligible", "c"),
    # a Euro VI whose filter was taken out meets none of the three
    ("autorregulacion_edomex_heavy", DAY_2025, {"standard": "euro_6"}, "not eligible",
     "a: standard; b: retrofit; c: factory"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"model_year": 2010.0}, "eligible", "a"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"model_year": 2009.0}, "not eligible", "age"),
    ("autorregulacion_edomex_heavy", DAY_2025,
     {"model_year": 2009.0, "particle_filter": "retrofit"}, "not eligible", "age"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"gvw_kg": 3857.0}, "not eligible", "weight"),
    ("autorregulacion_edomex_heavy", DAY_2025, {"gvw_kg": 3858.0}, "eligible", "a"),
    # State of Mexico up to 3,857 kg: a filter from the factory, nothing else
    ("autorregulacion_edomex_light", DAY_2025, {"gvw_kg": 3857.0, "particle_filter": "factory"},
     "eligible", ""),
    ("autorregulacion_edomex_light", DAY_2025, {"gvw_kg": 3858.0, "particle_filter": "factory"},
     "not eligible", "weight"),
    ("autorregulacion_edomex_light", DAY_2025, {"gvw_kg": 3000.0, "particle_filter": "retrofit"},
     "not eligible", "factory"),
    ("autorregulacion_edomex_light", DAY_2025, {"gvw_kg": 3000.0}, "not eligible", "factory"),
    # electromobility: light, hybrid or electric
    ("electromovilidad_cdmx", DAY_2025, {"gvw_kg": 3000.0, "fuel": "electric"}, "eligible",
     "electric"),
    ("electromovilidad_cdmx", DAY_2025, {"gvw_kg": 3000.0, "fuel": "plug_in_hybrid"}, "eligible",
     "hybrid"),
    ("electromovilidad_cdmx", DAY_2025, {"gvw_kg": 3000.0}, "not eligible",
     "electric: electric; hybrid: hybrid"),
    ("electromovilidad_cdmx", DAY_2025, {"fuel": "electric"}, "not eligible", "weight"),
    # the State of Mexico's certificate E is for its own plates
    ("constancia_e", DAY_2025, {"fuel": "electric"}, "not eligible", "plate"),
    ("constancia_e", DAY_2025, {"fuel": "electric", "plate_state": "MX-MEX"}, "eligible", ""),
    ("holograma_exento", DAY_2025, {"fuel": "electric"}, "eligible", "electric"),
    ("holograma_exento", DAY_2025, {"fuel": "hybrid", "hybrid_category": "II"}, "eligible",
     "full_hybrid"),
    ("holograma_exento", DAY_2025, {"fuel": "hybrid", "hybrid_category": "III"}, "not eligible",
     "electric: electric; plug_in: plug_in; full_hybrid: category"),
    # Bogotá: diesel freight above 5 t of public firms
    ("autorregulacion_bogota", DAY_2025, {}, "eligible", ""),
    ("autorregulacion_bogota", DAY_2025, {"gvw_kg": 5000.0}, "not eligible", "weight"),
    ("autorregulacion_bogota", DAY_2025, {"gvw_kg": 5001.0}, "eligible", ""),
    ("autorregulacion_bogota", DAY_2025, {"public_service": False}, "not eligible", "public"),
    # before 2022 by smoke: 52 % below 2.5 per metre is 1.2 per metre, which just passes
    ("autorregulacion_cdmx_opacity", datetime.date(2016, 4, 1), {"opacity_per_m": 1.2},
     "eligible", "maintenance"),
    ("autorregulacion_cdmx_opacity", datetime.date(2016, 4, 1), {"opacity_per_m": 1.21},
     "not eligible", "opacity"),
    ("autorregulacion_cdmx_opacity", datetime.date(2016, 4, 1), {"opacity_per_m": 0.0},
     "eligible", "maintenance"),
    ("autorregulacion_cdmx_opacity", datetime.date(2016, 4, 1),
     {"particle_filter": "retrofit"}, "eligible", "filter"),
    ("autorregulacion_cdmx_opacity", datetime.date(2016, 4, 1), {"model_year": 1985.0},
     "eligible", "maintenance"),
    ("autorregulacion_cdmx_opacity", datetime.date(2022, 6, 16), {}, "not eligible", "not_open"),
    ("transporte_limpio", DAY_2025, {"model_year": 1970.0, "fuel": "petrol"}, "eligible", ""),
]  # fmt: skip


@pytest.mark.parametrize(("programme", "on", "cells", "answer", "how"), TABLE)
def test_truth_table(programme: str, on: datetime.date, cells: dict, answer: str, how: str) -> None:
    """Each line by hand: who may join, by which route, or what fails first."""
    found = _ask(programme, on, **cells)
    assert found["answer"] == answer
    assert found["route" if answer == "eligible" else "failed"] == how
    assert found["missing"] == ""


UNKNOWNS = [
    ("autorregulacion_cdmx", {"model_year": None}, "unknown", "model_year"),
    ("autorregulacion_cdmx", {"drives_in": None, "plate_jurisdiction": None}, "unknown",
     "drives_in; plate_jurisdiction"),
    # what is known to fail decides, whatever else is unknown
    ("autorregulacion_cdmx", {"model_year": 1999.0, "drives_in": None}, "not eligible", ""),
    # an unknown filter leaves the way by the plan of the fleet
    ("autorregulacion_cdmx", {"particle_filter": None}, "eligible", ""),
    ("autorregulacion_edomex_heavy", {"standard": None, "particle_filter": "none"}, "unknown",
     "standard"),
    ("autorregulacion_edomex_heavy", {"standard": None, "particle_filter": None}, "unknown",
     "particle_filter; standard"),
    ("autorregulacion_edomex_heavy", {"standard": None, "particle_filter": "retrofit"},
     "eligible", ""),
    ("autorregulacion_edomex_heavy", {"standard": "euro_4", "particle_filter": None}, "eligible",
     ""),
    ("autorregulacion_edomex_heavy", {"standard": "euro_6", "particle_filter": None}, "unknown",
     "particle_filter"),
    ("autorregulacion_edomex_heavy", {"gvw_kg": None}, "unknown", "gvw_kg"),
    ("autorregulacion_edomex_light", {"gvw_kg": 3000.0, "particle_filter": None}, "unknown",
     "particle_filter"),
    ("autorregulacion_bogota", {"emission_control_accepted": None}, "unknown",
     "emission_control_accepted"),
]  # fmt: skip


@pytest.mark.parametrize(("programme", "cells", "answer", "missing"), UNKNOWNS)
def test_what_is_unknown(programme: str, cells: dict, answer: str, missing: str) -> None:
    """Unknown is never eligible, and the attributes to be known are named, no others."""
    found = _ask(programme, DAY_2025, **cells)
    assert (found["answer"], found["missing"]) == (answer, missing)
    assert found["route"] == "" or answer == "eligible"


def test_opacity_figures_agree() -> None:
    """52 % below 2.5 per metre is the 1.2 per metre that the file asks for."""
    (smoke,) = (
        one.condition
        for one in MEXICO.programme("autorregulacion_cdmx_opacity").requirements
        if one.requirement_id == "opacity"
    )
    assert smoke.span.high == pytest.approx(2.5 * (1.0 - 0.52), rel=1e-12)


def test_reasons_and_plans_are_told() -> None:
    """What kind of obstacle it is, and that a vehicle without filter needs the fleet's plan."""
    assert _ask("autorregulacion_cdmx", DAY_2025, model_year=2000.0)["reason"] == "too_old"
    assert _ask("autorregulacion_edomex_heavy", DAY_2025, gvw_kg=3000.0)["reason"] == "too_small"
    assert _ask("autorregulacion_edomex_heavy", DAY_2025, standard="euro_2")["reason"] == (
        "standard; filter"
    )
    assert bool(_ask("autorregulacion_cdmx", DAY_2025)["needs_plan"])
    assert not bool(_ask("autorregulacion_cdmx", DAY_2025, particle_filter="factory")["needs_plan"])


def test_many_cases_answer_as_each_alone() -> None:
    """The table of all lines at once gives what each line gives."""
    programme: Programme = MEXICO.programme("autorregulacion_edomex_heavy")
    rows = [{**TRUCK, **cells} for name, _, cells, _, _ in TABLE if name == programme.programme_id]
    together = eligibility(programme, pd.DataFrame(rows), DAY_2025, attributes=MEXICO.attributes)
    for number, row in enumerate(rows):
        alone = eligibility(programme, pd.DataFrame([row]), DAY_2025, attributes=MEXICO.attributes)
        assert together.iloc[number].tolist() == alone.iloc[0].tolist()
    assert eligibility(programme, pd.DataFrame(columns=list(TRUCK)), DAY_2025).empty


CERTIFICATES = [
    ("autorregulacion_edomex_heavy", {}, datetime.date(2025, 3, 10), datetime.date(2027, 3, 10),
     False, True),
    ("autorregulacion_edomex_heavy", {}, datetime.date(2024, 2, 29), datetime.date(2026, 2, 28),
     False, True),
    ("constancia_e", {"fuel": "electric"}, datetime.date(2025, 3, 10), None, True, True),
    ("constancia_e", {"fuel": "hybrid"}, datetime.date(2025, 3, 10), datetime.date(2033, 3, 10),
     False, True),
    ("constancia_e", {"fuel": None}, datetime.date(2025, 3, 10), None, False, False),
    ("autorregulacion_cdmx", {}, datetime.date(2025, 3, 10), None, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("programme", "cells", "issued", "until", "ever", "known"), CERTIFICATES)
def test_how_long_certificates_last(
    programme: str,
    cells: dict,
    issued: datetime.date,
    until: datetime.date | None,
    ever: bool,
    known: bool,
) -> None:
    """Two years, eight for hybrids, no end for electric vehicles, unknown where nobody says."""
    cases = pd.DataFrame([{**TRUCK, **cells}])
    found = certificate_until(
        MEXICO.programme(programme), cases, issued, attributes=MEXICO.attributes
    ).iloc[0]
    assert (found["until"], found["permanent"], found["known"]) == (until, ever, known)


def test_a_programme_knows_its_own_attributes() -> None:
    """Sets and yes or no of the file are read as such though no kinds are given."""
    for name, sets in (("autorregulacion_cdmx", MEXICO), ("autorregulacion_bogota", COLOMBIA)):
        cases = pd.DataFrame([{**TRUCK, "public_service": "yes"}])
        found = eligibility(sets.programme(name), cases, DAY_2025)
        assert found["answer"].tolist() == ["eligible"]


def test_cells_of_another_kind_are_refused() -> None:
    """A word for a year is a fault, not an unknown year."""
    cases = pd.DataFrame([TRUCK, {**TRUCK, "model_year": "new"}])
    with pytest.raises(InputError, match="row 2, field model_year: 'new': expected a number"):
        eligibility(MEXICO.programme("autorregulacion_cdmx"), cases, DAY_2025)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("fuel", "DIESEL"), ("particle_filter", "retrofitted"), ("drives_in", "cdmx")],
)
def test_words_that_no_requirement_means_are_refused(name: str, cell: str) -> None:
    """Another spelling would make the truck not eligible in silence."""
    cases = pd.DataFrame([{**TRUCK, name: cell}])
    with pytest.raises(InputError, match=f"field {name}: '{cell}'"):
        eligibility(MEXICO.programme("autorregulacion_cdmx"), cases, DAY_2025)

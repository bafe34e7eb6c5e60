"""Explanations of sums: rows, flags and bands hold for the whole number, not for its largest part.

What moves a number is found by changing one default row after another.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults
from geofleet.emissions import QUANTITIES, TraversalEmissions, traversal_emissions
from geofleet.emissions.aggregate import link_emissions
from geofleet.emissions.explanation.explain import explain
from geofleet.emissions.explanation.flags import FLAG_MEANING
from geofleet.emissions.explanation.flows import explain_flow
from geofleet.emissions.flows import flow_emissions
from geofleet.emissions.traversal import FLAGS
from geofleet.errors import InputError
from geofleet.fleet.composition import FleetComposition
from geofleet.traffic.model import LinkFlows

Table = Callable[..., tuple[Any, Any, Any]]

FLEET: list[dict[str, Any]] = [
    {"standard": "unknown", "model_year": 2015, "grade": 0.01},
    {"vehicle_class": "articulated_40t", "standard": "epa_2010", "model_year": 2015,
     "aftertreatment": "high_emitter", "grade": -0.05, "load": 1.0},
    {"vehicle_class": "cargo_van", "standard": "euro_6", "speed_kmh": 3.0},
    {"vehicle_class": "small_van", "fuel": "electric", "standard": "none", "speed_kmh": 35.0},
    {"vehicle_class": "rigid_12t", "fuel": "cng", "standard": "euro_5", "load": 0.0,
     "speed_kmh": 82.0, "grade": 0.08},
    {"vehicle_class": "rigid_7_5t", "fuel": "diesel_hybrid", "standard": "euro_4", "grade": 0.02,
     "length_m": 90.0, "load": 1.3},
]  # fmt: skip
# Rows that choose other rows and are no figures of a chain.
CHOICES = re.compile(
    r"deterioration:applied|idle:|vehicle_classes:\w+\.(emep_category|emep_segment|axles)|"
    r"technologies:\w+\.(kind|fuel|fuels|parent|applies_to|needs|slot)|"
    r"exhaust_per_km:|electricity_use:|wear:(tyre|brake)\.speed\."
)


Whole = tuple[tuple[Any, Any, Any], TraversalEmissions]


@cache
def made(build: Table) -> Whole:
    """Make six kinds of vehicle, one traversal each."""
    tables = build(FLEET)
    return tables, traversal_emissions(*tables, country="MX")


@pytest.fixture
def whole(table: Table) -> Whole:
    """Return the fleet and what it emits, made once."""
    return made(table)


@cache
def rows_of(build: Table, quantity: str) -> frozenset[str]:
    """Return the rows behind a sum of which no chain is spelled out."""
    tables, emissions = made(build)
    told = explain(*tables, emissions, quantity, country="MX", spelled_out=0, listed=0)
    return frozenset(told.rows.loc[told.rows["kind"] != "band", "row"])


def test_every_row_that_moves_a_number_is_behind_it(whole: Whole, table: Table) -> None:
    """Each number among the default rows is changed by 1 %: who moves by it names it."""
    tables, emissions = whole
    sums = emissions.grams.sum()
    moved: set[tuple[str, str]] = set()
    for row in emissions.provenance:
        place, _, name = row.partition(":")
        text = Defaults().text(place, name)
        for factor in (1.01, 0.99):
            try:
                changed = traversal_emissions(
                    *tables, country="MX", defaults=Defaults({row: float(text) * factor})
                )
            except (ValueError, InputError):  # no number, or out of its limits
                continue
            for quantity in QUANTITIES:
                if not math.isclose(changed.grams[quantity].sum(), sums[quantity], rel_tol=1e-9):
                    moved.add((row, quantity))
            break
    assert len(moved) > 200
    assert [(row, name) for row, name in sorted(moved) if row not in rows_of(table, name)] == []


def test_provenance_and_rows_are_the_same_but_for_choices(whole: Whole, table: Table) -> None:
    """What the stage read is behind some quantity, or chooses or bounds what is."""
    _, emissions = whole
    behind = frozenset[str]().union(*(rows_of(table, quantity) for quantity in QUANTITIES))
    defaults = {row for row in behind if not row.startswith("factor:")}
    assert defaults <= set(emissions.provenance)
    left = set(emissions.provenance) - defaults
    assert [row for row in sorted(left) if not CHOICES.match(row)] == []


def test_factor_rows_are_those_of_the_functions_in_use(whole: Whole, table: Table) -> None:
    """Of each function some corners, and of none that the stage does not name."""
    _, emissions = whole
    for quantity, pollutants in (("nox_exhaust_g", {"nox", "energy"}), ("fuel_g", {"energy"})):
        own = {row.removeprefix("factor:") for row in rows_of(table, quantity) if "factor:" in row}
        used = emissions.factors[emissions.factors["pollutant"].isin(pollutants)]
        assert own <= {name for names in used["factor_ids"] for name in names}
        # The standard may have a technology after it: the pollutant is what stands before a slope.
        assert {re.split(r"\.s[+-]", name)[0].split(".")[-1] for name in own} == pollutants


def test_rows_do_not_depend_on_what_is_spelled_out(whole: Whole) -> None:
    """Rows, flags and warnings of a sum are the same for none, some and all of its chains."""
    tables, emissions = whole
    for quantity in ("co2e_wtw_g", "pm10_wear_g", "no2_exhaust_g"):
        told = [explain(*tables, emissions, quantity, country="MX", spelled_out=n, listed=n)
                for n in (0, 2, 99)]  # fmt: skip
        assert told[0].rows.equals(told[1].rows)
        assert told[1].rows.equals(told[2].rows)
        assert told[0].warnings == told[1].warnings == told[2].warnings
        shares = [one.spelled_out_share for one in told]
        assert shares[0] == 0.0 < shares[1] < shares[2] == 1.0
        assert "for the largest 0.0 % of it" in told[0].to_text()
        assert {row for step in told[2].chain.walk() for row in step.rows} <= set(
            told[0].rows["row"]
        )


def test_flags_are_counted_with_kilometres_and_share(whole: Whole) -> None:
    """The van at 3 km/h: its speed and its doubtful CO row, by number, length and part."""
    tables, emissions = whole
    told = explain(*tables, emissions, "co_exhaust_g", country="MX")
    flags = told.flags.set_index("flag")
    part = emissions.grams["co_exhaust_g"].iloc[2] / emissions.grams["co_exhaust_g"].sum()
    for flag in ("speed_below_range", "factor_doubtful"):
        assert flags.loc[flag, ["count", "km"]].tolist() == [1.0, 1.0]
        assert flags.loc[flag, "share"] == pytest.approx(part)
    assert any("note of doubt" in text and "1 of 6 traversals" in text for text in told.warnings)
    assert any("below the range" in text and "(1 of 5.09 km" in text for text in told.warnings)
    assert flags.loc["payload_over_capacity", "km"] == pytest.approx(0.09)
    # Doubtful rows are of CO and VOC: no other number has to do with them.
    nox = explain(*tables, emissions, "nox_exhaust_g", country="MX")
    assert "factor_doubtful" not in set(nox.flags["flag"])
    wear = explain(*tables, emissions, "pm25_wear_g", country="MX")
    assert set(wear.flags["flag"]) == {"payload_over_capacity"}


def test_every_flag_has_words(whole: Whole) -> None:
    """Flags of the stage and of kinds of vehicle are all explained."""
    _, emissions = whole
    assert set(FLAG_MEANING) == set(FLAGS) | set(emissions.flags)


def test_flags_of_kinds_of_vehicle(table: Table) -> None:
    """The grid of the world or of another year, and states that not every engine can have."""
    tables = table([{"vehicle_class": "small_van", "fuel": "electric", "standard": "none"}])
    for country, flag in (("AR", "grid_of_world"), ("CL", "grid_of_other_year")):
        emissions = traversal_emissions(*tables, country=country)
        assert emissions.flags[flag] == 1
        for which in ({}, {"traversal": 0}):
            told = explain(*tables, emissions, "co2e_wtw_g", country=country, **which)
            assert flag in set(told.flags["flag"])
            used = explain(*tables, emissions, "electricity_kwh", country=country, **which)
            assert flag not in set(used.flags["flag"])
    partly = table([{"standard": "unknown", "model_year": 2015, "aftertreatment": "scr_disabled"}])
    emissions = traversal_emissions(*partly, country="MX")
    assert emissions.flags["state_partly_applied"] == 1
    for which in ({}, {"traversal": 0}):
        told = explain(*partly, emissions, "nox_exhaust_g", country="MX", **which)
        assert "state_partly_applied" in set(told.flags["flag"])


def test_the_sulphur_of_the_country_is_named(table: Table) -> None:
    """Mexico has a sulphur row of its own, another country the common one."""
    tables = table([{}])
    for country, own in (("MX", "fuel:diesel.sulphur_ppm.MX"), ("CL", "fuel:diesel.sulphur_ppm")):
        emissions = traversal_emissions(*tables, country=country)
        told = explain(*tables, emissions, "so2_exhaust_g", country=country)
        found = {row for row in told.rows["row"] if "sulphur_ppm" in row}
        assert found == {own}


def test_bands_by_hand(table: Table) -> None:
    """Nine cases of ten lie within gsd^1.645; the rows are named, in the text too."""
    tables = table([{"standard": "epa_2004", "grade": 0.0, "load": 0.0}])
    emissions = traversal_emissions(*tables)
    told = explain(*tables, emissions, "nox_exhaust_g", traversal=0)
    (function,) = (
        s for s in told.chain.find("function") if s.facts.get("gsd") and "NOx" in s.label
    )
    gsd = Defaults().number("uncertainty", "epa.nox.gsd")
    assert function.facts["within_factor"] == pytest.approx(math.exp(1.645 * math.log(gsd)))
    (us,) = (step for step in told.chain.find("us_path") if step.facts["per_fuel"])
    low, high = (
        Defaults().number("us_path", f"epa_2004.nox.per_fuel_{e}") for e in ("low", "high")
    )
    assert (us.facts["low"], us.facts["high"]) == (low, high)
    (altitude,) = told.chain.find("altitude")
    assert altitude.facts["high"] == Defaults().number("altitude", "nox.no_scr.high")
    bands = set(told.rows.loc[told.rows["kind"] == "band", "row"])
    assert {"uncertainty:epa.nox.gsd", "uncertainty:epa.energy.gsd",
            "uncertainty:standard.epa_2004.family", "us_path:epa_2004.nox.per_fuel_low",
            "altitude:nox.no_scr.high"} <= bands  # fmt: skip
    text = told.to_text()
    assert f"Within a factor of {gsd**1.645:.3g} in nine cases of ten (uncertainty:epa.nox" in text
    assert f"runs from {low:g} to {high:g}" in text
    # A figure is not counted among figures of bands, nor the other way.
    assert not any("epa.nox.gsd" in one for one in told.warnings if "of bands" not in one)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_headlines_keep_their_capitals(whole: Whole, quantity: str) -> None:
    """Chemistry stays as it is written, the first letter is a capital."""
    tables, emissions = whole
    subject = explain(*tables, emissions, quantity, country="MX", traversal=0).subject
    assert subject[0].isupper()
    assert not re.search(r"\b(no2|co2|Co2|No2)\b", subject)


@pytest.mark.parametrize("wrong", [-1, 1.5, "3", True, None])
@pytest.mark.parametrize("name", ["spelled_out", "listed"])
def test_counts_are_checked(whole: Whole, name: str, wrong: Any) -> None:
    """Neither negative nor anything else than a whole number."""
    tables, emissions = whole
    with pytest.raises(InputError, match=f"{name}.*whole number of at least 0"):
        explain(*tables, emissions, "fuel_g", country="MX", **{name: wrong})


def test_json_holds_what_is_listed_and_the_rest_as_one(table: Table) -> None:
    """Two thousand traversals: the JSON is as long as what is listed, and complete."""
    tables = table([{"edge": 0}] * 2000 + [{}])
    emissions = traversal_emissions(*tables)
    told = explain(*tables, emissions, "fuel_g", listed=5)
    assert len(told.contributors) == 2001
    text = json.dumps(told.to_dict(), allow_nan=False)
    assert len(text) < 200_000
    found = json.loads(text)["contributors"]
    assert len(found) == 6
    assert found[-1]["others"] == 1996
    assert sum(one["share"] for one in found) == pytest.approx(1.0)
    assert math.fsum(one["value"] for one in found) == pytest.approx(told.value, rel=1e-12)


def test_a_link_with_known_vehicles_and_flows(table: Table) -> None:
    """The part of each is explained by itself, and together they are the number of the link."""
    tables = table([{"edge": 0, "enter_s": 30000.0}, {"edge": 0, "enter_s": 30100.0}])
    network = tables[1]
    network.arrays.length_m, network.arrays.edge_count = np.full(2, 1000.0), 2
    network.edges["signals"], network.edges["highway"] = 0, "primary"
    known = traversal_emissions(*tables)
    composition = FleetComposition(pd.DataFrame(
        [("", "rigid_20t", "diesel", "euro_3", 2005, "", 1.0)],
        columns=["zone", "vehicle_class", "fuel", "standard", "model_year", "aftertreatment",
                 "share"],
    ))  # fmt: skip
    vehicles = np.zeros((1, 1, 24), dtype=np.float32)
    vehicles[0, 0, 8] = 7.0
    flows = LinkFlows(np.array([0], dtype=np.int32), ("rigid_20t",), vehicles, known_removed=True)
    speed = np.full((1, 24), 40.0, dtype=np.float32)
    others = flow_emissions(flows, network, composition, speed_kmh=speed)
    both = link_emissions(tables[0], known).plus(others).frame.set_index(["edge", "hour"])
    for quantity in ("nox_exhaust_g", "co2e_wtw_g", "pm10_wear_g"):
        one = explain(*tables, known, quantity, edge=0, hour=8)
        other = explain_flow(flows, network, composition, others, quantity, edge=0, hour=8,
                             speed_kmh=speed)  # fmt: skip
        assert one.value > 0.0 < other.value
        assert one.value + other.value == pytest.approx(both.loc[(0, 8), quantity], rel=1e-12)
        assert len(one.contributors) == 2
        assert other.contributors["vehicles"].sum() == 7.0
    # The sum of both is neither: what does not make the number is refused.
    whole_link = link_emissions(tables[0], known).plus(others)
    with pytest.raises(InputError, match="flows, rows and settings"):
        explain_flow(flows, network, composition, whole_link, "fuel_g", edge=0, hour=8,
                     speed_kmh=speed)  # fmt: skip

"""Fleet composition: shares that sum to 1, from a file, a fleet, or the Mexican statistics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geofleet.defaults import Defaults, read_table
from geofleet.errors import InputError
from geofleet.fleet import (
    COMPOSITION_SCHEMA,
    Fleet,
    FleetComposition,
    mexican_fleet,
    read_composition,
)

ALIKE = Defaults({"fleet_composition:mx.km_decline_per_year": 0.0})
"""Every vehicle drives as much, whatever its age: shares are those of the vehicles counted."""

HEADER = "zone,vehicle_class,fuel,standard,model_year,aftertreatment,share\n"


def write(path, *rows, header=HEADER):
    path.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_zones_come_before_everywhere(tmp_path):
    """A zone's own rows are its composition; elsewhere those without a zone."""
    path = write(
        tmp_path / "c.csv",
        ",rigid_12t,diesel,euro_3,2005,,0.25",
        ",rigid_12t,diesel,unknown,2015,,0.75",
        "centre,rigid_12t,electric,none,2024,,1",
        "centre,cargo_van,cng,euro_6,2022,scr_cold;high_emitter,1",
    )
    made = read_composition(path, year=2026)
    assert made.classes == ("cargo_van", "rigid_12t")
    assert made.zones == ("centre",)
    assert made.of("rigid_12t", zone="centre")["standard"].tolist() == ["none"]
    assert made.of("rigid_12t", zone="east")["share"].tolist() == [0.25, 0.75]
    assert made.of("cargo_van", zone="centre")["aftertreatment"].tolist() == [
        "scr_cold;high_emitter"
    ]
    with pytest.raises(InputError, match="rows for this class for all zones"):
        made.of("cargo_van")
    sums = made.table.groupby(["zone", "vehicle_class"])["share"].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-12)


def test_optional_columns_may_be_missing(tmp_path):
    """Without zone and aftertreatment the rows hold everywhere."""
    path = write(
        tmp_path / "c.csv", "rigid_12t,diesel,epa_2004,2008,1",
        header="vehicle_class,fuel,standard,model_year,share\n",
    )  # fmt: skip
    row = read_composition(path).of("rigid_12t").iloc[0]
    assert (row["zone"], row["aftertreatment"], row["model_year"]) == ("", "", 2008)


def test_every_fault_is_named(tmp_path):
    """Unknown class, contradicting standards, future years, double rows, wrong sums: at once."""
    path = write(
        tmp_path / "c.csv",
        ",boat,diesel,euro_3,2005,,1",
        ",rigid_12t,electric,euro_3,2020,,0.1",
        ",rigid_12t,diesel,none,2020,,0.1",
        ",rigid_12t,diesel,euro_3,2031,,0.1",
        ",rigid_12t,diesel,euro_3,2005,,0.1",
        ",rigid_12t,diesel,euro_3,2005,,0.1",
    )
    with pytest.raises(InputError) as caught:
        read_composition(path, year=2026)
    text = str(caught.value)
    for part in ("row 2, field vehicle_class: 'boat'", "row 3, field standard: 'euro_3'",
                 "row 4, field standard: 'none'", "row 5, field model_year: '2031'",
                 "each combination once", "sum to 1 in class rigid_12t"):  # fmt: skip
        assert part in text
    with pytest.raises(InputError, match=r"field share: '1\.5'"):
        read_composition(write(tmp_path / "d.csv", ",rigid_12t,diesel,euro_3,2005,,1.5"))
    with pytest.raises(InputError, match="field fuel: 'coal'"):
        read_composition(write(tmp_path / "e.csv", ",rigid_12t,coal,euro_3,2005,,1"))


def test_technology_is_part_of_the_engine(tmp_path):
    """Two technologies of one fuel are two rows; nothing said is empty text."""
    path = write(
        tmp_path / "c.csv",
        "rigid_12t,diesel,euro_6,2020,,0.5",
        "rigid_12t,diesel,euro_6,2020,hvo,0.3",
        "rigid_12t,electric,none,2020,fuel_cell,0.2",
        header="vehicle_class,fuel,standard,model_year,technology,share\n",
    )
    rows = read_composition(path, year=2026).of("rigid_12t")
    assert dict(zip(rows["technology"], rows["share"], strict=True)) == {
        "": 0.5, "hvo": 0.3, "fuel_cell": 0.2,
    }  # fmt: skip
    assert COMPOSITION_SCHEMA.column("technology").nullable
    twice = write(
        tmp_path / "d.csv", "rigid_12t,diesel,euro_6,2020,hvo,0.5",
        "rigid_12t,diesel,euro_6,2020,hvo,0.5",
        header="vehicle_class,fuel,standard,model_year,technology,share\n",
    )  # fmt: skip
    with pytest.raises(InputError, match="technology, aftertreatment: expected each combination"):
        read_composition(twice, year=2026)


def test_technology_of_a_fleet():
    """The vehicle table's technology comes through, and keeps vehicles apart."""
    vehicles = fleet([1.0] * 4).vehicles.assign(technology=[None, "hvo", None, None])
    made = FleetComposition.of_fleet(Fleet(vehicles, pd.DataFrame()))
    rows = made.of("rigid_12t")
    assert set(zip(rows["fuel"], rows["technology"], strict=True)) == {
        ("diesel", ""), ("diesel", "hvo"), ("electric", ""),
    }  # fmt: skip
    assert rows["share"].tolist() == pytest.approx([1 / 3] * 3)
    assert (mexican_fleet(year=2024).table["technology"] == "").all()


def test_columns_that_are_not_used_are_said(tmp_path, caplog):
    """As in every table, more columns may stand there; the report and the log name them."""
    header = "vehicle_class,fuel,standard,model_year,share,state,note\n"
    path = write(tmp_path / "c.csv", "rigid_12t,diesel,euro_3,2005,1,old,x", header=header)
    made = read_composition(path, year=2026)
    assert made.report == {"columns_not_used": ["state", "note"]}
    assert "columns not used: state, note" in caplog.text
    path = write(tmp_path / "d.csv", ",rigid_12t,diesel,euro_3,2005,,1")
    assert not read_composition(path, year=2026).report


def by_hand(**columns):
    rows = {"vehicle_class": ["rigid_12t"] * 2, "fuel": "diesel", "standard": "euro_3",
            "model_year": [2005, 2006], "share": [0.4, 0.6]}  # fmt: skip
    return pd.DataFrame(rows | columns)


def test_by_hand():
    """A table of one's own gets its optional columns; the caller's is not touched."""
    table = by_hand(aftertreatment=[None, "dpf_failed"])
    made = FleetComposition(table, {"rigid_12t": 5.0})
    assert made.table["aftertreatment"].tolist() == ["", "dpf_failed"]
    assert made.table["technology"].tolist() == made.table["zone"].tolist() == ["", ""]
    assert made.table["model_year"].dtype == np.int64
    assert "technology" not in table.columns
    FleetComposition(by_hand(share=[0.4, 0.6009]))


def test_faults_of_a_table_by_hand():
    """Columns, classes, years, shares, kilometres: one error."""
    with pytest.raises(InputError) as caught:
        FleetComposition(
            by_hand(
                vehicle_class=["boat", "rigid_12t"], model_year=[1930, 2005.5],
                fuel=["electric", "coal"], share=[np.nan, 0.7],
            ).drop(columns="standard"),
            {"cart": 1.0, "rigid_12t": -2.0},
        )  # fmt: skip
    text = str(caught.value)
    for part in ("a column 'standard'", "row 1, field vehicle_class: 'boat'",
                 "row 1, field model_year: '1930.0'", "row 2, field model_year: '2005.5'",
                 "row 2, field fuel: 'coal'", "row 1, field share: '(empty)'",
                 "shares that sum to 1 in class rigid_12t", "'cart'",
                 "class_km, rigid_12t"):  # fmt: skip
        assert part in text
    assert "zone" not in text
    for columns, part in (
        ({"share": [0.4, 0.602]}, "field share: '1.002'"),
        ({"zone": ["a", "b"]}, "sum to 1 in zone a, class rigid_12t"),
        ({"model_year": 2101}, "'2101'"),
        ({"standard": "none"}, "'none'"),
        ({"fuel": "electric"}, "none, for an electric vehicle"),
    ):
        with pytest.raises(InputError) as caught:
            FleetComposition(by_hand(**columns))
        assert part in str(caught.value)


def fleet(km):
    vehicles = pd.DataFrame(
        {
            "vehicle_class": ["rigid_12t", "rigid_12t", "rigid_12t", "cargo_van"],
            "fuel": ["diesel", "diesel", "electric", "diesel"],
            "standard": ["euro_3", "euro_3", "none", "euro_5"],
            "model_year": [2005, 2005, 2024, 2015],
            "aftertreatment": [None, None, None, "dpf_retrofit"],
            "annual_km": km,
        }
    )
    return Fleet(vehicles, pd.DataFrame())


def test_of_fleet_by_hand():
    """30, 10 and the mean of both: 0.3 + 0.1 over 0.6, and 0.2 over 0.6."""
    made = FleetComposition.of_fleet(fleet([30_000.0, 10_000.0, np.nan, 5_000.0]))
    rows = made.of("rigid_12t")
    assert rows["share"].tolist() == pytest.approx([40 / 60, 20 / 60])
    assert made.class_km == pytest.approx({"cargo_van": 5_000, "rigid_12t": 60_000})
    assert made.report["vehicles_without_annual_km"] == 1
    assert made.of("cargo_van")["aftertreatment"].tolist() == ["dpf_retrofit"]
    heads = FleetComposition.of_fleet(fleet([np.nan] * 4), weights="vehicles")
    assert heads.of("rigid_12t")["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    with pytest.raises(InputError, match="vehicles that drive"):
        FleetComposition.of_fleet(fleet([np.nan] * 4))
    with pytest.raises(InputError, match="annual_km or vehicles"):
        FleetComposition.of_fleet(fleet([1.0] * 4), weights="age")


@pytest.mark.parametrize(
    ("name", "group"), [("rigid_12t", "c2"), ("rigid_26t", "c3"), ("articulated_50t", "t3")]
)
def test_mexican_ages_are_those_published(name, group):
    """Counts by age and the mean age of the federal statistics come back."""
    facts = read_table("fleet_composition")["value"]
    rows = mexican_fleet(ALIKE, year=2019).of(name)
    age = 2019 - rows["model_year"].to_numpy()
    share = rows["share"].to_numpy()
    assert share.sum() == pytest.approx(1, abs=1e-12)
    mean = float(facts[f"mx.{group}.mean_age_years"])
    assert (age * share).sum() == pytest.approx(mean, abs=0.05)
    units = float(facts[f"mx.{group}.units"])
    prefix = f"mx.{group}.units."
    for row in (str(r) for r in facts.index if str(r).startswith(prefix)):
        first, last = map(int, row.removeprefix(prefix).split("-"))
        found = share[(age >= first) & (age <= last)].sum() * units
        assert found == pytest.approx(float(facts[row]), rel=2e-3)
    assert (rows["standard"] == "unknown").all()


def test_mexican_tractors_over_ten_years():
    """67 % of tractors are older than ten years."""
    rows = mexican_fleet(ALIKE, year=2019).of("articulated_50t")
    old = rows["share"][2019 - rows["model_year"] > 10].sum()
    assert old == pytest.approx(0.67, abs=1e-3)


def test_bins_between_follow_one_exponential():
    """Bins that are not published lie on one exponential in age; the rows are its values."""
    table = read_table("fleet_composition")
    for group in ("c2", "c3", "t3"):
        rows = table[table.index.str.startswith(f"mx.{group}.age.")]
        free = rows[rows["note"].str.startswith("not published")]
        bins = [tuple(map(int, str(r).split(".")[3].split("-"))) for r in free.index]
        middle = np.array([(a + b) / 2 for a, b in bins])
        share = free["value"].astype(float).to_numpy()
        slope, start = np.polyfit(middle, np.log(share), 1)
        np.testing.assert_allclose(np.exp(start + slope * middle), share, atol=1.5e-4)


def test_year_and_decline():
    """The age structure moves with the year; old trucks that drive less weigh less."""
    first, later = (mexican_fleet(ALIKE, year=year) for year in (2019, 2024))
    a, b = first.of("rigid_12t"), later.of("rigid_12t")
    assert (b["model_year"] - a["model_year"]).unique().tolist() == [5]
    np.testing.assert_allclose(a["share"], b["share"])
    less = mexican_fleet(Defaults({"fleet_composition:mx.km_decline_per_year": 0.05}), year=2019)
    mean = [
        ((2019 - c.of("rigid_12t")["model_year"]) * c.of("rigid_12t")["share"]).sum()
        for c in (first, less)
    ]
    assert mean[1] < mean[0] - 3
    assert "fleet_composition:mx.c2.age.0-5.share" in first.provenance


def test_old_trucks_drive_less_by_default():
    """Within a bin of ages each year has 4 % less than the next younger; sums stay 1."""
    made = mexican_fleet(year=2024)
    share = made.of("rigid_26t").set_index("model_year")["share"].sort_index()
    counted = mexican_fleet(ALIKE, year=2024).of("rigid_26t").set_index("model_year")["share"]
    np.testing.assert_allclose((share.loc[2023] / share.loc[2024]), 0.96, rtol=1e-12)
    weight = counted.sort_index() * 0.96 ** (2024 - share.index)
    np.testing.assert_allclose(share, weight / weight.sum(), rtol=1e-12)
    assert share.sum() == pytest.approx(1, abs=1e-12)
    assert "fleet_composition:mx.km_decline_per_year" in made.provenance


def test_no_model_year_before_the_first_of_the_schema():
    """Trucks of 55 years in 2000 would be of 1945: they count as of 1950."""
    rows = mexican_fleet(ALIKE, year=2000).of("rigid_12t")
    assert rows["model_year"].min() == 1950
    assert rows["share"].sum() == pytest.approx(1, abs=1e-12)


def test_a_study_may_not_break_the_sum():
    """Shares that a study sets must still sum to 1."""
    defaults = Defaults({"fleet_composition:mx.c2.age.0-5.share": 0.9})
    with pytest.raises(InputError, match=r"mx\.c2\.age"):
        mexican_fleet(defaults, year=2024)

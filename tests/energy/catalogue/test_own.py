"""Models of one's own: one a row, every fault by file, row and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.config import StudyConfig
from geofleet.defaults import Defaults
from geofleet.energy import electric_models
from geofleet.energy.catalogue import (
    is_model_table,
    model_battery,
    model_fields,
    read_model_rows,
    vehicle_parameters,
)
from geofleet.errors import InputError
from geofleet.study import study_defaults

HEADER = (
    "model_id,make,model,segment,replaces,battery_gross_wh,battery_usable_wh,gvw_kg,"
    "payload_capacity_kg,curb_mass_kg,chemistry,charging_power,price,price_currency,year,source"
)
GOOD = (
    "our_truck,Ours,Truck,light truck,rigid_7_5t,90000,,7500,3200,4300,lfp,0:1 0.8:0.5,"
    "1500000,MXN,2025,our data sheet"
)


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "models.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_a_new_model_is_a_row(tmp_path):
    """It is used beside the others, its gaps filled and marked, its figures as the user's."""
    path = write(tmp_path, GOOD)
    assert is_model_table(path)
    defaults = Defaults(tables={"electric_models": read_model_rows(path)})
    models = electric_models(defaults=defaults)
    assert {"our_truck", "byd_t3"} <= set(models.frame.index)
    row = models.frame.loc["our_truck"]
    assert row["battery_usable_wh"] == pytest.approx(81_000)
    assert row["curb_mass_kg"] == 4300
    assert row["price_mxn"] == 1_500_000
    assert row["price_usd"] == pytest.approx(1_500_000 / 18.5567, rel=1e-4)
    assert row["status"] == "user"
    assert {"battery_usable_wh", "drag_area_m2"} <= set(row["estimated"].split(";"))
    assert model_battery(models, "our_truck").charging_power == ((0.0, 1.0), (0.8, 0.5))
    assert vehicle_parameters(models, "our_truck").curb_mass_kg == 4300
    fields = model_fields(["our_truck"], defaults=defaults).set_index("field")
    assert fields.loc["gvw_kg", ["value", "source", "status", "basis"]].tolist() == [
        "7500", "our data sheet", "user", "published",
    ]  # fmt: skip


def test_a_model_of_the_catalogue_is_corrected_field_by_field(tmp_path):
    """What the row says replaces; what it leaves empty stays."""
    path = write(tmp_path, "byd_t3,BYD,T3,small van,small_van,44900,,,,,,,,,2024,weighed by us")
    defaults = Defaults(tables={"electric_models": read_model_rows(path)})
    row = electric_models(["byd_t3"], defaults=defaults).frame.iloc[0]
    assert row["battery_gross_wh"] == 44_900
    assert row["payload_capacity_kg"] == 720


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"battery_gross_wh": "0"}, "battery_gross_wh", "above 0"),
        ({"battery_usable_wh": "95000"}, "battery_usable_wh", "at most the gross energy"),
        ({"curb_mass_kg": "-4300"}, "curb_mass_kg", "above 0"),
        ({"gvw_kg": "750000"}, "gvw_kg", "at most 80000"),
        ({"gvw_kg": "heavy"}, "gvw_kg", "a number"),
        ({"charging_power": "0:1 1.2:0.5"}, "charging_power", "1 is full"),
        ({"charging_power": "0:1.4"}, "charging_power", "at most 1"),
        ({"charging_power": "fast"}, "charging_power", "pairs joined"),
        ({"chemistry": "lead"}, "chemistry", "one of lfp"),
        ({"segment": "spaceship"}, "segment", "one of small van"),
        ({"replaces": "rigid_7_5t;spaceship"}, "replaces", "vehicle classes"),
        ({"battery_gross_wh": ""}, "battery_gross_wh", "nothing can be said"),
        ({"gvw_kg": "", "payload_capacity_kg": ""}, "gvw_kg", "size is not known"),
        ({"price_currency": ""}, "price", "price_currency and year"),
        ({"model_id": "our.truck"}, "model_id", "without dots"),
        ({"source": ""}, "source", "text"),
    ],
)
def test_faults_name_file_row_field_and_value(tmp_path, changes, field, words):
    """The second row is at fault, and the message says so."""
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {"model_id": "second"}
    path = write(tmp_path, GOOD, "", ",".join((cells | changes).values()))
    with pytest.raises(InputError, match=words) as error:
        read_model_rows(path)
    (problem,) = error.value.problems
    assert (problem.file, problem.row, problem.field) == (str(path), 4, field)


def test_all_faults_come_at_once_and_misspelt_columns_too(tmp_path):
    """A battery of nothing, a mass below nothing, a column nobody reads."""
    row = GOOD.replace("90000", "0").replace(",4300,", ",-1,") + ",1"
    path = write(tmp_path, row, header=HEADER + ",range_km")
    with pytest.raises(InputError) as error:
        read_model_rows(path)
    fields = {problem.field for problem in error.value.problems}
    assert fields == {"battery_gross_wh", "curb_mass_kg", "range_km"}


def test_a_study_s_own_model_of_which_too_little_is_known_is_refused(tmp_path):
    """Rows of one's own do not vanish among those that are merely announced."""
    path = write(tmp_path, GOOD)
    rows = read_model_rows(path).drop(index=["our_truck.battery_gross_wh"])
    with pytest.raises(InputError, match=r"our_truck.*battery_gross_wh"):
        electric_models(defaults=Defaults(tables={"electric_models": rows}))


def test_a_study_names_the_file_among_its_tables(tmp_path):
    """One model a row, or one value a row: the file says which."""
    write(tmp_path, GOOD)
    config = StudyConfig.model_construct(
        tables={"electric_models": Path("models.csv")}, overrides={}
    )
    defaults, problems = study_defaults(tmp_path, config)
    assert problems == []
    assert "our_truck" in electric_models(defaults=defaults).frame.index
    write(tmp_path, GOOD.replace("90000", "0"))
    _, problems = study_defaults(tmp_path, config)
    assert [(problem.row, problem.field) for problem in problems] == [(2, "battery_gross_wh")]
    (tmp_path / "models.csv").write_text(
        "id,value,unit,year,source,status,note\n"
        "byd_t3.battery_gross_wh,44900,Wh,2024,weighed by us,user,\n",
        encoding="utf-8",
    )
    defaults, problems = study_defaults(tmp_path, config)
    assert problems == []
    row = electric_models(["byd_t3"], defaults=defaults).frame.iloc[0]
    assert row["battery_gross_wh"] == 44_900

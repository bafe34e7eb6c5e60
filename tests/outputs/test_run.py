"""The result folder never takes the place of anything that is not a result."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pyogrio.errors import DataSourceError
from typer.testing import CliRunner

from geofleet import InputError, Study
from geofleet.cli import app
from geofleet.outputs.run import check_output, write_results

RUNNER = CliRunner()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("output", [".", "..", "stops.csv"])
def test_inputs_are_never_replaced(tiny_study: Path, output: str) -> None:
    """The study, what holds it, and a file are refused before anything is computed."""
    before = contents(tiny_study.parent)
    done = RUNNER.invoke(app, ["run", str(tiny_study), "-q", "-o", str(tiny_study / output)])
    assert done.exit_code == 3, done.output
    assert "field output" in done.output
    assert contents(tiny_study.parent) == before


def test_other_files_are_never_replaced(tiny_study: Path, tmp_path: Path) -> None:
    """A folder with somebody's files is refused, and the message names one of them."""
    other = tmp_path / "documents"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match=r"this holds thesis\.txt"):
        check_output(Study.open(tiny_study), other)


def test_an_input_outside_the_study_is_guarded_too(tiny_study: Path, tmp_path: Path) -> None:
    """Weather that lies in the result folder of another place is not swept away."""
    out = tmp_path / "out"
    out.mkdir()
    (tiny_study / "weather.csv").rename(out / "weather.csv")
    settings = tiny_study / "study.yaml"
    text = settings.read_text(encoding="utf-8").replace("weather.csv", str(out / "weather.csv"))
    settings.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="inputs of the study"):
        check_output(Study.open(tiny_study), out)


def test_results_are_replaced_by_results(tiny_study: Path) -> None:
    """All that a run writes counts as results; one file more does not."""
    study, out = Study.open(tiny_study), tiny_study / "results"
    results = study.run()
    write_results(results, out)
    check_output(study, out)
    (out / "project.qgz").write_bytes(b"x")
    with pytest.raises(InputError, match=r"project\.qgz"):
        write_results(results, out)
    assert (out / "project.qgz").is_file()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DataSourceError("Failed to commit transaction"), "is the disk full"),
        (OSError(28, "Error writing bytes to file"), "No space left on device"),
    ],
)
def test_a_full_disk_is_named_and_leaves_nothing(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """What GDAL and Arrow raise on a full disk ends with code 5, the folder's name and no trace."""

    def fail(*_args: object, **_settings: object) -> None:
        raise error

    monkeypatch.setattr("geofleet.layers.write_layers", fail)
    before = contents(tiny_study)
    done = RUNNER.invoke(app, ["run", str(tiny_study), "-q"])
    assert done.exit_code == 5, done.output
    assert words in done.output
    assert str(tiny_study / "results") in done.output
    assert contents(tiny_study) == before


@pytest.mark.parametrize("city", [False, True], ids=["known alone", "with the city"])
def test_emission_tables_agree_with_each_other(
    tiny_study: Path, tmp_path: Path, city: bool
) -> None:
    """Two service dates: every cut adds up to its part of the totals, and ends enclose."""
    path = tiny_study / "stops.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    later = [row.replace("2024-05-14", "2025-01-02") for row in rows]
    path.write_text("\n".join([header, *rows, *later]) + "\n", encoding="utf-8")
    if city:
        (tiny_study / "composition.csv").write_text(
            "vehicle_class,fuel,standard,model_year,share\nrigid_7_5t,diesel,euro_3,2008,1\n",
            encoding="utf-8",
        )
        with (tiny_study / "study.yaml").open("a", encoding="utf-8") as handle:
            handle.write("traffic:\n  composition: composition.csv\n  vehicles: {rigid_7_5t: 9}\n")
    results = Study.open(tiny_study).run()
    write_results(results, tmp_path / "out")
    folder = tmp_path / "out" / "emissions"
    totals = pd.read_csv(folder / "totals.csv", index_col="quantity")
    assert (totals["other_freight"].sum() > 0) == city
    for name, part in [("by_road_and_hour", "value"), ("by_zone", "value"), ("by_engine", "value"),
                       ("vehicles", "vehicle_days"), ("operators", "vehicle_days"),
                       ("standards", "vehicle_days"), ("ages", "vehicle_days"),
                       ("processes", "vehicle_days")]:  # fmt: skip
        table = pd.read_csv(folder / f"{name}.csv")
        for quantity in ("nox_exhaust_g", "bc_exhaust_g", "co2e_wtw_g", "pm25_wear_g"):
            want = totals.loc[quantity, part]
            assert table[quantity].sum() == pytest.approx(want, rel=1e-9), (name, quantity)
    assert (totals["p05"] <= totals["value"]).all()
    assert (totals["p95"] >= totals["value"]).all()
    vehicles = pd.read_csv(folder / "vehicles.csv", index_col="vehicle_id")
    ages = pd.read_csv(folder / "ages.csv", index_col="age")
    assert set(vehicles.index) == {"van", "truck"}
    # The van is of 2012, the truck of 2005: each has an age group of its own, and its interval.
    assert sorted(ages["bc_exhaust_g_p95"]) == pytest.approx(sorted(vehicles["bc_exhaust_g_p95"]))
    statement = json.loads((folder / "iso14083.json").read_text(encoding="utf-8"))
    assert statement["standard"].startswith("ISO 14083")
    assert results.summary()["service_dates"] == 2
    assert any(unit.endswith(" in 2 days") for _, _, unit in results.summary_rows())


def test_what_is_not_counted_is_said_on_every_output(tiny_study: Path) -> None:
    """Primary pollutants of these vehicles alone: on the map, in the numbers, beside each layer."""
    out = tiny_study / "results"
    write_results(Study.open(tiny_study).run(), out)
    said = [
        out / "maps" / "index.html",
        out / "maps" / "harm.html",
        out / "summary.json",
        out / "manifest.json",
    ]
    said += [out / "layers" / f"{name}.schema.json" for name in ("links", "receptors", "zones")]
    for path in said:
        text = path.read_text(encoding="utf-8")
        assert "econdary particles" in text, path.name
        assert "not included" in text, path.name

"""Imports change a study's tables as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.errors import InputError
from geofleet.interchange import import_into_study

RUNNER = CliRunner()
TRUCK = {"service_min": 20, "fuel": "diesel", "standard": "euro_5", "payload_capacity_kg": "class"}


def tables(study: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(study.iterdir()) if path.is_file()}


def test_carta_porte_into_a_study(samples: Path, tiny_study: Path) -> None:
    """Stops, the truck and its owner come in; the study checks and keeps what it had."""
    before = pd.read_csv(tiny_study / "stops.csv")
    done = import_into_study(
        [samples / "carta_porte.xml"], tiny_study, places=samples / "lugares.csv", assume=TRUCK
    )
    assert (done.stops, done.vehicle_days) == (3, 1)
    assert (done.vehicles, done.operators) == (("AB123CD",), ("EKU9003173C9",))
    after = pd.read_csv(tiny_study / "stops.csv")
    pd.testing.assert_frame_equal(after[before.columns].head(len(before)), before)
    vehicles = pd.read_csv(tiny_study / "vehicles.csv").set_index("vehicle_id")
    assert vehicles.loc["AB123CD", "payload_capacity_kg"] == 6300, "that of class rigid_12t"
    assert any("it may own more" in note for note in done.notes)


def test_a_problem_anywhere_changes_nothing(samples: Path, tiny_study: Path) -> None:
    """Unknown fuel, unknown places, a day that is there already, wrong assumptions."""
    before = tables(tiny_study)
    source, places = samples / "carta_porte.xml", samples / "lugares.csv"
    for settings in (
        {"assume": {"service_min": 20}, "places": places},  # fuel, standard and payload
        {"assume": TRUCK},  # places
        {"assume": TRUCK | {"fuel": "coal"}, "places": places},
        {"assume": TRUCK | {"colour": "red"}, "places": places},
        {"assume": TRUCK | {"model_year": 1}, "places": places, "settings": {"wrong": 1}},
    ):
        with pytest.raises(InputError):
            import_into_study([source], tiny_study, **settings)  # type: ignore[arg-type]
        assert tables(tiny_study) == before


def test_a_failure_while_writing_puts_all_back(
    samples: Path, tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk fails after the first table, that table is as it was again."""
    before = tables(tiny_study)
    real, calls = Path.replace, []

    def fail(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        import_into_study(
            [samples / "carta_porte.xml"], tiny_study, places=samples / "lugares.csv", assume=TRUCK
        )
    assert len(calls) == 2
    assert tables(tiny_study) == before


def test_plates_find_the_study_s_own_vehicles(samples: Path, tiny_study: Path) -> None:
    """A truck that the study knows by its plate keeps its name and its row."""
    path = tiny_study / "vehicles.csv"
    table = pd.read_csv(path)
    table["plate"] = ["", "AB-123-CD"]
    table.to_csv(path, index=False)
    before = path.read_bytes()
    stops = pd.read_csv(tiny_study / "stops.csv")
    stops[stops["vehicle_id"] == "van"].to_csv(tiny_study / "stops.csv", index=False)
    done = import_into_study(
        [samples / "carta_porte.xml"], tiny_study, places=samples / "lugares.csv",
        assume={"service_min": 20},
    )  # fmt: skip
    assert done.vehicles == ()
    assert path.read_bytes() == before
    assert set(pd.read_csv(tiny_study / "stops.csv")["vehicle_id"]) == {"van", "truck"}


def test_days_that_are_there_are_not_doubled(samples: Path, tiny_study: Path) -> None:
    """Adding a day twice is refused, replacing leaves the new stops only."""
    chosen = {"settings": {"decimal": "comma", "dates": "day_first"}}
    import_into_study([samples / "ruta.csv"], tiny_study, **chosen)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not hold yet"):
        import_into_study([samples / "ruta.csv"], tiny_study, **chosen)  # type: ignore[arg-type]
    import_into_study(
        [samples / "ruta.csv"], tiny_study, mode="replace", **chosen  # type: ignore[arg-type]
    )  # fmt: skip
    assert len(pd.read_csv(tiny_study / "stops.csv")) == 4


def test_only_whole_days_on_request(tiny_study: Path, tmp_path: Path) -> None:
    """With ``whole_days`` the broken day stays out and is said; without, nothing comes in."""
    rows = ["vehicle_id,date,seq,stop_id,kind,lat,lon,service_min,drop_kg"]
    for date, lat in (("2024-05-20", "-29.895"), ("2024-05-21", "")):
        rows += [f"van,{date},0,base,depot,-29.8995,-71.2498,0,0",
                 f"van,{date},1,x,delivery,{lat},-71.2468,5,10"]  # fmt: skip
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    before = tables(tiny_study)
    arguments = ["import", str(path), "--into", str(tiny_study), "--json"]
    refused = RUNNER.invoke(app, arguments)
    assert refused.exit_code == 3, refused.output
    assert tables(tiny_study) == before
    done = RUNNER.invoke(app, [*arguments, "--keep", "whole_days"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["stops"], report["vehicle_days"]) == (2, 1)
    assert [problem["row"] for problem in report["left_out"]] == [5]


def test_command_for_people(samples: Path, tiny_study: Path, tmp_path: Path) -> None:
    """Notes say what was understood; places without position are listed on request."""
    arguments = ["import", str(samples / "ruta.csv"), "--into", str(tiny_study)]
    done = RUNNER.invoke(app, [*arguments, "--decimal", "comma", "--dates", "day_first"])
    assert done.exit_code == 0, done.output
    assert "4 stops of 1 vehicle-days" in done.stdout
    listed = tmp_path / "unplaced.csv"
    refused = RUNNER.invoke(
        app, ["import", str(samples / "carta_porte.xml"), "--into", str(tiny_study),
              "--unplaced", str(listed)]
    )  # fmt: skip
    assert refused.exit_code == 3
    assert "the study is as it was" in refused.output
    assert f"places to fill in: {listed}" in refused.output
    assert len(pd.read_csv(listed)) == 3
    assert RUNNER.invoke(app, [*arguments, "--keep", "some"]).exit_code == 2
    odd = RUNNER.invoke(app, ["import", "a.pdf", "--into", str(tiny_study)])
    assert odd.exit_code == 3
    mixed = RUNNER.invoke(app, ["import", "a.xml", "b.csv", "--into", str(tiny_study)])
    assert mixed.exit_code == 3


def test_hostile_names_are_quoted(
    tiny_study: Path, tmp_path: Path, hostile: tuple[str, ...]
) -> None:
    """Names with commas, quotes and line breaks come back from the study's table as they were."""
    rows = [["van", "2024-05-20", 0, "base", "depot", -29.8995, -71.2498, 0, 0]]
    rows += [
        ["van", "2024-05-20", i, name, "delivery", -29.895, -71.2468, 5, 10]
        for i, name in enumerate(hostile, 1)
    ]
    columns = ["vehicle_id", "date", "seq", "stop_id", "kind", "lat", "lon", "service_min",
               "drop_kg"]  # fmt: skip
    path = tmp_path / "own.csv"
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    import_into_study([path], tiny_study, mode="replace")
    back = pd.read_csv(tiny_study / "stops.csv", keep_default_na=False)
    assert back["stop_id"].tolist()[1:] == list(hostile)


def test_what_the_study_knows_of_a_truck_counts(samples: Path, tiny_study: Path) -> None:
    """A weight in kilograms stops a new truck, not one of the study or one that the user tells."""
    text = (samples / "carta_porte.xml").read_text(encoding="utf-8")
    source = tiny_study.parent / "kilos.xml"
    source.write_text(text.replace('PesoBrutoVehicular="11.5"', 'PesoBrutoVehicular="11500"'))
    places = samples / "lugares.csv"
    before = tables(tiny_study)
    with pytest.raises(InputError, match="this looks like kilograms"):
        import_into_study([source], tiny_study, places=places, assume=TRUCK)
    assert tables(tiny_study) == before
    said = TRUCK | {"vehicle_class": "rigid_12t", "gvw_kg": 11500}
    done = import_into_study([source], tiny_study, places=places, assume=said)
    assert any("as assumed, not as its documents say" in note for note in done.notes)
    vehicles = pd.read_csv(tiny_study / "vehicles.csv").set_index("vehicle_id")
    assert vehicles.loc["AB123CD", "vehicle_class"] == "rigid_12t"
    later = tiny_study.parent / "later.xml"
    later.write_text(source.read_text().replace("2024-05-14", "2024-05-20"))
    done = import_into_study([later], tiny_study, places=places, assume={"service_min": 20})
    assert (done.stops, done.vehicles) == (3, ())
    assert any("as the study has it" in note for note in done.notes)


def test_a_folder_of_tracks(tiny_study: Path, tmp_path: Path) -> None:
    """A folder stands for its files; old workbooks and empty folders change nothing."""
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    for day in (14, 15):
        body = "".join(
            f'<trkpt lat="{lat}" lon="-71.25"><time>2024-05-{day}T{clock}:00Z</time></trkpt>'
            for lat, clock in ((-29.9, "12:00"), (-29.9, "12:05"), (-29.89, "12:20"),
                               (-29.89, "12:30"), (-29.9, "12:50"))
        )  # fmt: skip
        (tracks / f"{day}.gpx").write_text(f"<gpx><trk><trkseg>{body}</trkseg></trk></gpx>")
    vehicle = pd.read_csv(tiny_study / "vehicles.csv", dtype=str)["vehicle_id"].iloc[0]
    done = import_into_study(
        [tracks],
        tiny_study,
        settings={"vehicle_id": vehicle},
        assume={"drop_kg": 1},
        mode="replace",
    )
    assert done.vehicle_days == 2
    before = tables(tiny_study)
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    (tmp_path / "empty").mkdir()
    for path, words in (("old.xls", "saved as .xlsx"), ("empty", "files of one kind")):
        with pytest.raises(InputError, match=words):
            import_into_study([tmp_path / path], tiny_study)
    assert tables(tiny_study) == before

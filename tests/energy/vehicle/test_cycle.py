"""Drive cycles: what is read, and every fault named with its row."""

from __future__ import annotations

import numpy as np
import pytest

from geofleet.energy.vehicle import Conditions, Cycle, read_cycle
from geofleet.errors import InputError


def write(folder, text):
    path = folder / "drive.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("column", "unit"), [("speed_m_s", 1.0), ("mps", 1.0), ("speed_kmh", 3.6)])
def test_speed_may_come_in_either_unit(tmp_path, column, unit):
    """10 m/s for 2 s after a second of speeding up: 25 m."""
    path = write(tmp_path, f"time_s,{column}\n0,0\n1,{10 * unit}\n3,{10 * unit}\n")
    cycle = read_cycle(path)
    assert cycle.name == "drive"
    assert cycle.distance_m == pytest.approx(25.0)
    assert cycle.duration_s == 3.0
    assert (cycle.grade == 0.0).all()


def test_faults_of_numbers_are_named_with_row_field_and_value(tmp_path):
    """Time that goes back and a speed below 0, both at once, by line of the file."""
    path = write(tmp_path, "time_s,mps\n0,0\n2,1\n1,-3\n\n4,2\n")
    with pytest.raises(InputError) as caught:
        read_cycle(path)
    found = {(p.field, p.row, p.value) for p in caught.value.problems}
    assert found == {("time_s", 4, "1"), ("mps", 4, "-3")}
    assert all(p.file == str(path) for p in caught.value.problems)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("time_s,mps\n0,0\n1,nan\n", "mps"),
        ("time_s,mps\n0,0\n1,fast\n", "mps"),
        ("time_s,grade\n0,0\n1,0\n", "speed_m_s"),
        ("mps\n0\n1\n", "time_s"),
        ("time_s,mps,grade\n0,0,0\n1,1,inf\n", "grade"),
        ("time_s,mps\n0,0\n", "time_s"),
        ("time_s,mps\n0,0\n0,1\n", "time_s"),
    ],
)
def test_what_is_no_cycle_is_refused(tmp_path, text, field):
    with pytest.raises(InputError) as caught:
        read_cycle(write(tmp_path, text))
    assert field in {p.field for p in caught.value.problems}


def test_load_changes_at_standstill_only():
    """A load that comes aboard on the move would need a push of its own."""
    time, load = np.arange(5.0), np.array([500.0, 500.0, 500.0, 200.0, 200.0])
    Cycle("round", time, np.array([0.0, 3.0, 0.0, 3.0, 0.0]), None, load)
    with pytest.raises(InputError) as caught:
        Cycle("round", time, np.array([0.0, 3.0, 3.0, 3.0, 0.0]), None, load)
    assert [(p.field, p.row) for p in caught.value.problems] == [("payload_kg", 4)]


def test_many_faults_are_counted_not_listed():
    with pytest.raises(InputError) as caught:
        Cycle("down", np.arange(100.0), np.full(100, -1.0))
    assert len(caught.value.problems) == 6
    assert "95 more" in str(caught.value)


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="one number per moment"):
        Cycle("odd", np.arange(4.0), np.zeros(3))


def test_conditions_that_no_day_has_are_refused_together():
    with pytest.raises(InputError) as caught:
        Conditions(air_density_kg_m3=-1.0, payload_kg=float("nan"), start_soc=1.2)
    fields = {p.field for p in caught.value.problems}
    assert fields == {"air_density_kg_m3", "payload_kg", "start_soc"}

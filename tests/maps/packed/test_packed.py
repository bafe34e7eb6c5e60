"""What was packed is read again here by other means: class exact, values as near as promised."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofleet.errors import InputError
from geofleet.maps.packed import Card, Category, PackedLines, Variable
from geofleet.wording import both

HUES = ("#fdae6b", "#fd8d3c", "#f16913", "#d94801", "#7f2704")
HOSTILE = [
    "<script>window.hacked=1</script>",
    "`${x}` {{ 7*7 }}",
    "مرحبا \u202e",
    "🚚" * 20,
    "x" * 10_000,
]


LETTERS = [chr(code) for code in range(32, 127) if chr(code) not in '"\\<>']


def _bytes(text: str) -> bytes:
    """Read two of 91 letters as thirteen bits, lowest first; a single one at the end as six."""
    held, bits, data = 0, 0, bytearray()
    for at in range(0, len(text), 2):
        pair = [LETTERS.index(letter) for letter in text[at : at + 2]]
        held |= (pair[0] + (91 * pair[1] if len(pair) == 2 else 0)) << bits
        bits += 13 if len(pair) == 2 else 6
        while bits > 7:
            data.append(held & 255)
            held, bits = held >> 8, bits - 8
    assert not held
    return zlib.decompress(bytes(data))


def _varints(data: bytes) -> Iterator[int]:
    value, scale = 0, 1
    for byte in data:
        value += (byte % 128) * scale
        scale *= 128
        if byte < 128:
            yield value
            value, scale = 0, 1


def _signed(number: int) -> int:
    return -(number + 1) // 2 if number % 2 else number // 2


def read_paths(spec: dict[str, Any]) -> list[list[list[tuple[float, float]]]]:
    """Read lines number by number, as the format says."""
    numbers = _varints(_bytes(spec["paths"]))
    heads = [next(numbers) for _ in range(spec["count"])]
    counts = [[next(numbers) for _ in range(parts)] for parts in heads]
    total = sum(map(sum, counts))
    axes = []
    for _ in range(2):
        here, values = 0, []
        for _ in range(total):
            here += _signed(next(numbers))
            values.append(here * spec["degrees"])
        axes.append(values)
    points = iter(zip(*axes, strict=True))
    rows: list[list[list[tuple[float, float]]]] = []
    for parts in counts:
        if parts == [0]:
            rows.append(rows[-1])
        else:
            rows.append([[next(points) for _ in range(size)] for size in parts])
    assert next(numbers, None) is None
    return rows


def read_digits(part: dict[str, Any], count: int) -> list[float | None]:
    """Read two-byte codes: None for nothing, NaN for unknown."""
    data, here, out = _bytes(part["data"]), 0, []
    lead = 10 ** (part["digits"] - 1)
    for row in range(count):
        code = data[row] + 256 * data[count + row]
        here = (here + code) % 65536 if part["steps"] else code
        if here < 3:
            out.append((None, float("nan"), 0.0)[here])
            continue
        place, sign = divmod(here - 3, 2) if part["signed"] else (here - 3, 0)
        span, rest = divmod(place, 9 * lead)
        out.append((-1) ** sign * float(f"{lead + rest}e{part['lowest'] + span}"))
    return out


def _step(edges: list[float], value: float) -> int:
    return sum(edge <= value for edge in edges)


def read_hours(spec: dict[str, Any], variable: dict[str, Any]) -> np.ndarray:
    """Read the codes of all hours, each foretold as the format says."""
    hours, count = variable["hours"], spec["count"]
    left, how = _bytes(hours["data"]), hours["foretold"]
    codes = np.zeros((count, 24), dtype=int)
    named = {one["name"]: one for one in spec["variables"]}
    day = read_digits(variable["whole"], count) if variable["kind"] == "level" else None
    other = named.get(how["by"])
    if other is not None:
        seen, other_day = read_hours(spec, other), read_digits(other["whole"], count)
        sizes, first = list(other["hours"]["sizes"]), other["hours"]["edges"][0]
        if np.isnan(sizes[0]):
            sizes[0] = 0.5 * first
    edges, cells = hours.get("edges", []), []
    for row in range(count):
        for hour in range(24):
            guess, part = 0, 0
            if how["kind"] in ("shares", "by"):
                value = day[row] or 0.0
                if how["kind"] == "shares":
                    value *= how["shares"][hour]
                else:
                    told = [0.0, np.nan, *sizes][seen[row, hour]]
                    with np.errstate(all="ignore"):
                        value = told * float(np.float64(value) / np.float64(other_day[row] or 0.0))
                if value != value:
                    guess = 1
                elif value > 0:
                    step = _step(edges, value)
                    low = edges[step - 1] if step else 0.0
                    rest = (
                        1 - low / value
                        if step == len(edges)
                        else (value - low) / (edges[step] - low)
                    )
                    guess, part = 2 + step, min(15, int(16 * rest))
            cells.append((guess, part))
    # those about equally foretold lie together
    places = sorted(range(len(cells)), key=cells.__getitem__)
    if how["kind"] in ("nothing", "before"):
        places = list(range(len(cells)))
    for at, cell in enumerate(places):
        row, hour = divmod(cell, 24)
        guess = cells[cell][0]
        if how["kind"] == "before":
            guess = codes[row, hour - 1] if hour else 0
        codes[row, hour] = (left[at] + guess) % 256
    return codes


def _grid(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    start = rng.uniform(-0.05, 0.05, (count, 1, 2)) + np.array([-70.25, -29.9])
    steps = np.cumsum(rng.normal(0, 4e-4, (count, 4, 2)), axis=1)
    return shapely.linestrings(np.concatenate([start, start + steps], axis=1))


def _variable(values: np.ndarray, name: str = "v", **more: Any) -> Variable:
    return Variable(name, label=both(name), unit=both("g"), values=values, colours=HUES, **more)


def test_lines_come_back_within_half_a_step_of_the_grid() -> None:
    """Singles, several parts, twins in either direction, missing and empty ones."""
    lines = list(_grid(40))
    lines += [shapely.reverse(lines[3]), lines[5], None, shapely.LineString()]
    lines.append(shapely.MultiLineString([lines[7], lines[8]]))
    layer = PackedLines(lines, [_variable(np.ones(len(lines)))])
    back = read_paths(layer.spec)
    assert sorted(layer.order) == list(range(len(lines)))
    for row, place in enumerate(layer.order):
        given_ = lines[place]
        if given_ is None or given_.is_empty:
            assert back[row] == []
            continue
        parts = [shapely.LineString(part) for part in back[row]]
        got = parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)
        assert shapely.hausdorff_distance(got, given_) < 0.5e-5 * 2**0.5 + 1e-12
    shared = sum(part == [0] for part in _counts(layer.spec))
    assert shared == 2, "a twin shares the line of the row before it"


def _counts(spec: dict[str, Any]) -> list[list[int]]:
    numbers = _varints(_bytes(spec["paths"]))
    heads = [next(numbers) for _ in range(spec["count"])]
    return [[next(numbers) for _ in range(parts)] for parts in heads]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_class_is_exact_and_values_as_near_as_promised(data: st.DataObject) -> None:
    """Any levels and changes over any decades, of the day and of the hours, with gaps."""
    count = data.draw(st.integers(1, 6))
    kind = data.draw(st.sampled_from(["level", "change"]))
    seed, spread = data.draw(st.integers(0, 10_000)), data.draw(st.sampled_from([0.1, 1.0, 4.0]))
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(0, spread, (count, 24)))
    if kind == "change":
        values *= rng.choice([-1, 1], values.shape)
    values[rng.random(values.shape) < 0.2] = 0
    values[rng.random(values.shape) < 0.02] = np.nan
    layer = PackedLines(_grid(count, seed), [_variable(values, kind=kind)])
    (spec,) = layer.spec["variables"]
    given_ = values[layer.order]
    codes, hours, signed = read_hours(layer.spec, spec), spec["hours"], kind == "change"
    n = len(hours["edges"])
    for code, value in zip(codes.ravel(), given_.ravel(), strict=True):
        if value != value:
            assert code == 1
            continue
        if value == 0 and not signed:
            assert code == 0
            continue
        step = abs(code - 2 - n) if signed else code - 2
        assert (code - 2 - n) * value >= 0 or not signed
        size = sum(limit <= abs(value) for limit in hours["breaks"])
        reached = sum(limit <= hours["edges"][step - 1] for limit in hours["breaks"]) if step else 0
        assert reached == size, "the class is exact"
        told = hours["sizes"][step]
        if told == told and value:
            assert abs(told - abs(value)) <= (hours["within"] + 1e-9) * abs(value)
        elif value:
            assert step == 0
            assert abs(value) < hours["edges"][0]
    whole = spec["whole"]
    day = given_.sum(axis=1)
    for got, value in zip(read_digits(whole, count), day, strict=True):
        if value != value:
            assert got != got
        elif got is None:
            assert value == 0
        else:
            assert sum(b <= abs(got) for b in whole["breaks"]) == sum(
                b <= abs(value) for b in whole["breaks"]
            )
            assert got == pytest.approx(value, rel=10.0 ** (1 - whole["digits"]))


def test_one_variable_is_told_from_another_without_loss() -> None:
    """Emissions that go with traffic cost little more than their ratio, and come back."""
    rng = np.random.default_rng(1)
    vehicles = rng.poisson(2.0, (60, 24)).astype(float)
    grams = vehicles * rng.uniform(1, 9, (60, 1)) * rng.uniform(0.98, 1.02, (60, 24))
    layer = PackedLines(_grid(60), [_variable(vehicles, "vehicles"), _variable(grams, "grams")])
    first, second = layer.spec["variables"]
    assert second["hours"]["foretold"] == {"kind": "by", "shares": [], "by": "vehicles"}
    assert first["hours"]["within"] == 0.0, "few different counts are exact"
    codes = read_hours(layer.spec, second)
    told = np.array([0.0, np.nan, *second["hours"]["sizes"]])[codes]
    np.testing.assert_allclose(told, grams[layer.order], rtol=second["hours"]["within"] + 1e-9)


def test_values_are_kept_as_finely_as_there_is_room_for() -> None:
    """Less room, coarser values, the class at last; none at all is said with the sizes."""
    values = np.exp(np.random.default_rng(2).normal(0, 1, (400, 24)))
    lines = _grid(400)
    sizes, errors = [], []
    for room in (None, 18_000, 12_500):
        layer = PackedLines(lines, [_variable(values)], max_bytes=room)
        sizes.append(len(layer.statement()))
        errors.append(layer.spec["variables"][0]["hours"]["within"])
        assert room is None or sizes[-1] <= room
    assert errors[0] < 0.03
    assert errors[1] is not None
    assert errors[0] < errors[1]
    assert errors[2] is None
    with pytest.raises(InputError, match="classes alone") as caught:
        PackedLines(lines, [_variable(values)], max_bytes=5_000)
    assert caught.value.problems[0].field == ""


def test_states_by_hour_and_of_the_day() -> None:
    """Codes are places among the states; NaN is unknown, below zero nothing."""
    states = [Category(both(word), "#1b1f23") for word in ("open", "closed")]
    values = np.array([[0.0, 1.0] * 12, [-1.0] * 12 + [np.nan] * 12])
    access = Variable("access", label=both("Access"), unit=both(""), kind="category",
                      values=values, categories=states, whole=np.array([1.0, np.nan]))  # fmt: skip
    layer = PackedLines(_grid(2), [access])
    (spec,) = layer.spec["variables"]
    codes = read_hours(layer.spec, spec)
    wanted = np.where(np.isnan(values), 1, np.where(values < 0, 0, np.nan_to_num(values) + 2))
    assert codes.tolist() == wanted[layer.order].tolist()
    assert [*_bytes(spec["whole"]["data"])] == np.array([3, 1])[layer.order].tolist()


def test_texts_come_back_and_stay_inert() -> None:
    """Hostile names, names in two languages, unknown ones, half of a character pair."""
    names: list[Any] = [*HOSTILE, None, {"en": "Main road", "es": "Avenida"}, "half \ud83d"]
    layer = PackedLines(_grid(len(names)), [_variable(np.ones(len(names)))],
                        texts={"name": names}, card=Card())  # fmt: skip
    data = _bytes(layer.spec["texts"]["data"])
    length, start = 0, 0
    for start, byte in enumerate(data):
        length += (byte % 128) * 128**start
        if byte < 128:
            break
    table = json.loads(data[start + 1 : start + 1 + length])
    steps = _varints(data[start + 1 + length :])
    places = np.cumsum([_signed(step) for step in steps])
    got = [table[place] for place in places]
    wanted = [names[row] for row in layer.order]
    wanted = [n.encode("utf-8", "replace").decode() if isinstance(n, str) else n for n in wanted]
    assert got == wanted
    assert "hacked" not in layer.statement()


def test_every_fault_is_told_at_once() -> None:
    """Shapes, levels below zero, breaks, colours, names and columns."""
    lines = _grid(3)
    wrong = [
        Variable("a b", label=both("a"), unit=both(""), values=np.ones(3), colours=["red"]),
        _variable(np.array([1.0, -1.0, 0.0]), "low", breaks=[2, 1]),
        _variable(np.ones((3, 23)), "short"),
    ]
    with pytest.raises(InputError) as caught:
        PackedLines(lines, wrong)
    assert len(caught.value.problems) == 5
    with pytest.raises(InputError, match="EPSG:4326"):
        PackedLines(shapely.transform(lines, lambda c: c * 1e4), [_variable(np.ones(3))])
    with pytest.raises(InputError, match="LineString"):
        PackedLines([shapely.Point(0, 0)] * 3, [_variable(np.ones(3))])
    with pytest.raises(InputError, match="column of texts"):
        PackedLines(lines, [_variable(np.ones(3))], card=Card(title="street"))


def test_nothing_at_all_packs() -> None:
    """No links, links without traffic, all unknown."""
    for count, value in ((0, 1.0), (4, 0.0), (4, np.nan)):
        layer = PackedLines(_grid(count) if count else [], [_variable(np.full((count, 24), value))])
        assert read_paths(layer.spec) is not None
        assert (
            layer.statement()
            == PackedLines(
                _grid(count) if count else [], [_variable(np.full((count, 24), value))]
            ).statement()
        )


def test_noise_in_one_variable_does_not_take_the_values_of_another() -> None:
    """Where there is room for the class only of noise, a small variable still tells its values."""
    rng = np.random.default_rng(3)
    noise = np.exp(rng.normal(0, 1, (2_000, 24)))
    few = np.zeros((2_000, 24))
    few[::50] = rng.uniform(1, 90, (40, 24))
    layer = PackedLines(
        _grid(2_000), [_variable(noise, "noise"), _variable(few, "few")], max_bytes=57_000
    )
    loud, quiet = layer.spec["variables"]
    assert len(layer.statement()) <= 57_000
    assert loud["hours"]["within"] is None
    assert quiet["hours"]["within"] < 0.03
    told = np.array([0.0, np.nan, *quiet["hours"]["sizes"]])[read_hours(layer.spec, quiet)]
    np.testing.assert_allclose(told, few[layer.order], rtol=0.03)

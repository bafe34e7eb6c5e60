"""Page of a contingency day: one scale, both languages, safe, whole, sums that agree."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.maps.frame import PageFrame
from geofleet.maps.packed import PackedLines
from geofleet.maps.policy import _gram_variables, _per_km, _street_lines, _streets, contingency_page
from geofleet.maps.policy_page import _drawn
from geofleet.maps.policy_tables import day_facts, moves_group, signed_percent, who_groups
from geofleet.wording import Readers, both

READERS = Readers.of("MX")
HOSTILE = "</script><script>window.hacked = 1</script> {{ 7 * 7 }} ${x} ‮"


def _frame(text: str = "Demo", language: str = "en") -> PageFrame:
    return PageFrame(
        "contingency", both(text), text, answer=(text,), notes=(text,), attribution=(text,),
        readers=READERS, language=language,
    )  # fmt: skip


def _html(page: Any) -> str:
    return str(page.get_root().render())


def test_one_scale_for_both_days_and_mirrored_changes() -> None:
    """Before and after share limits; changes have as many classes down as up, none without any."""
    rng = np.random.default_rng(5)
    before, after = rng.gamma(1.0, 50.0, (40, 24)), rng.gamma(1.0, 20.0, (40, 24))
    one, other, change = _gram_variables(before, after, "mg")
    assert one.breaks == other.breaks
    assert one.hour_breaks == other.hour_breaks
    np.testing.assert_allclose(change.values, after - before)
    limits = list(change.hour_breaks or ())
    assert limits == sorted(limits)
    assert limits[0] < 0.1 * limits[1]
    *_, same = _gram_variables(before, before, "mg")
    assert same.hour_breaks == []


def test_hours_of_the_page_add_up_to_the_layer(contingency: dict[str, Layer]) -> None:
    """Grams per km times kilometres are the grams of the day by hour; streets sum directions."""
    links, hours = contingency["policy_hours"].frame, contingency["policy_day_hours"].frame
    streets = _streets(links)
    assert len(streets) == links["street"].nunique()
    km = streets["length_m"].to_numpy()[:, None] / 1000
    for when in ("before", "after"):
        grams = (_per_km(streets, when) * km).sum(axis=0)
        np.testing.assert_allclose(grams, hours[f"pm25_{when}_g"], atol=1e-12)
    packed, _ = _street_lines(streets, readers=READERS, hour=8)
    assert isinstance(packed, PackedLines)
    assert sorted(packed.order) == list(range(len(streets)))


def test_what_moves_is_told_once_with_its_hours(contingency: dict[str, Layer]) -> None:
    """Grams that leave hours, those that come into others, and the streets where they do."""
    hours = contingency["policy_day_hours"].frame
    streets = _streets(contingency["policy_hours"].frame)
    rows = np.arange(len(streets))[::-1].copy()
    group = moves_group(hours, streets, rows=rows, layer=both("x"), readers=READERS)  # type: ignore[arg-type]
    less, more = group["lines"]
    moved = (hours["pm25_after_g"] - hours["pm25_before_g"]).to_numpy()
    assert np.flatnonzero(moved < 0).tolist() == [8]
    assert less["en"].endswith("less: 08:00–09:00")
    assert np.flatnonzero(moved > 0).tolist() == [9, 10]
    assert more["en"].endswith("more: 09:00–11:00")
    change = (streets["pm25_after_g"] - streets["pm25_before_g"]).to_numpy()
    for part, sign in zip(group["lists"], (-1, 1), strict=False):
        for item in part["items"]:
            assert sign * change[list(rows).index(item["row"])] > 0
    still = hours.assign(pm25_after_g=hours["pm25_before_g"])
    none = moves_group(still, streets, rows=rows, layer=both("x"), readers=READERS)  # type: ignore[arg-type]
    assert none["lines"][0]["es"] == "Nada pasa de una hora a otra."


def test_tables_count_every_vehicle_day(contingency: dict[str, Layer]) -> None:
    """By size of operator and by outcome; unknown costs are said, never zero."""
    days = contingency["policy_days"]
    who, outcomes = who_groups(days, readers=READERS)
    assert sum(int(row[1]["en"]) for row in outcomes["rows"]) == len(days.frame)
    last = [cell["en"] for cell in who["rows"][-1]]
    assert last[1] == str(len(days.frame))
    unknown = Layer(days.frame.assign(cost=np.nan), days.schema)
    assert who_groups(unknown, readers=READERS)[0]["rows"][-1][-1]["en"] == "unknown"
    one = days.frame.assign(cost=[np.nan, *[5.0] * (len(days.frame) - 1)])
    cell = who_groups(Layer(one, days.schema), readers=READERS)[0]["rows"][-1][-1]
    assert cell["es"].endswith("(sin contar 1 de costo desconocido)")
    assert who_groups(None, readers=READERS) == []


def test_facts_are_signed_and_fine(contingency: dict[str, Layer]) -> None:
    """Four digits before and after; a rise has a plus, a fall a true minus; harm unknown is out."""
    hours = contingency["policy_day_hours"]
    facts = day_facts(contingency, readers=READERS)
    shown = float(facts[0]["value"]["en"].split("\N{NO-BREAK SPACE}")[0].replace(",", ""))
    assert shown == pytest.approx(hours.frame["pm25_before_g"].sum(), rel=5e-4)
    assert signed_percent(-0.0213, READERS)["en"] == "\N{MINUS SIGN}2.1\N{NO-BREAK SPACE}%"
    assert signed_percent(0.5, Readers.of("CL"))["es"].startswith("+50")
    labels = [fact["label"]["en"] for fact in facts]
    bare = Layer(hours.frame.assign(harm_after=np.nan), hours.schema)
    without = day_facts(contingency | {"policy_day_hours": bare}, readers=READERS)
    assert len(without) == len(labels) - 1


def test_areas_are_drawn_without_seams() -> None:
    """Slivers where areas were joined vanish, real holes and islands stay."""
    city = shapely.box(0, 0, 1, 1).difference(shapely.box(0.2, 0.2, 0.4, 0.4))
    seams = city.difference(shapely.box(0.7, 0.1, 0.70001, 0.9))
    island, speck = shapely.box(2, 2, 2.2, 2.2), shapely.box(3, 3, 3.001, 3.001)
    drawn = _drawn(shapely.union_all([seams, island, speck]))
    assert drawn.equals(shapely.union_all([city, island]))


def test_nothing_is_fetched_and_equal_layers_give_an_equal_page(
    contingency: dict[str, Layer],
) -> None:
    """The page is one file; a rerun does not change it."""
    text = _html(contingency_page(contingency, frame=_frame()))
    assert text == _html(contingency_page(contingency, frame=_frame()))
    assert not re.search(r"<(script|img|iframe)[^>]+src=", text)
    plain = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"url\((?!none)", plain)
    for words in ("Rules that decide here", "Reglas que deciden aquí"):
        assert words in text


def test_hostile_text_never_reaches_the_markup(contingency: dict[str, Layer]) -> None:
    """Names of rules and places, title, study, notes and credit go in as escapes inside data."""
    text = _html(contingency_page(contingency, frame=_frame(HOSTILE)))
    assert "window.hacked = 1</script>" not in text
    assert " 49 " not in text.split("<body>")[0]


def test_what_is_missing_is_left_out(contingency: dict[str, Layer]) -> None:
    """Links and hours are enough; an empty day is still a page; a wrong hour is refused."""
    few = {name: contingency[name] for name in ("policy_hours", "policy_day_hours")}
    assert '"rules":[]' in _html(contingency_page(few, frame=_frame()))
    links = few["policy_hours"]
    empty = few | {"policy_hours": Layer(links.frame.iloc[:0], links.schema)}
    assert "Exhaust PM2.5" in _html(contingency_page(empty, frame=_frame()))
    with pytest.raises(ValueError, match="hours of the day are 0 to 23"):
        contingency_page(few, frame=_frame(), hour=24)

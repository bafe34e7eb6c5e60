"""Numbers on the harm page, read from it in both languages, beside sums of the layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geofleet.layers import Layer
from geofleet.maps import PageFrame, harm_page, write_map
from geofleet.wording import Readers, both
from tests.browsing import WAIT_S

pytestmark = pytest.mark.browser

HARM = "harm_pm25_exhaust"
THEMES = {
    "harm_pm25_exhaust": "harm_pm25_exhaust", "harm_nox": "harm_nox", "nox": "nox_exhaust_g",
    "pm25_exhaust": "pm25_exhaust_g", "vehicles": "vehicles",
}  # fmt: skip


@pytest.fixture(scope="module")
def page(
    browser: Any, demo_layers: dict[str, Layer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    frame = PageFrame("harm", both("Where?"), "Demo", readers=Readers.of("MX"))
    file: Path = tmp_path_factory.mktemp("numbers") / "harm.html"
    write_map(harm_page(demo_layers, frame=frame), file)
    context = browser.new_context(offline=True)
    context.set_default_timeout(1000 * WAIT_S)
    tab = context.new_page()
    tab.goto(file.as_uri())
    tab.wait_for_function("packed_streets.complete")
    yield tab
    context.close()


@pytest.fixture(scope="module")
def by_street(demo_layers: dict[str, Layer]) -> pd.DataFrame:
    """Sums over hours and directions of each street with traffic, and its length."""
    links, hours = demo_layers["links"].frame, demo_layers["link_hours"].frame
    street = links.set_index("edge")["street"]
    hours = hours.rename(columns={column: name for name, column in THEMES.items()})
    sums = hours.assign(street=street.loc[hours["edge"]].to_numpy())
    found = sums.groupby("street")[list(THEMES)].agg(lambda cells: cells.sum(skipna=False))
    found["km"] = links.groupby("street")["length_m"].first() / 1000
    return found


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("language", ["en", "es"])
def test_key_figures_are_those_of_the_layers(
    page: Any, by_street: pd.DataFrame, demo_layers: dict[str, Layer], language: str
) -> None:
    """Harm in all, of the worst hundredth of street-kilometres, of the worst hour."""
    page.evaluate(f"geofleet.setLanguage('{language}')")
    reader = Readers.of("MX")[language]
    text = " ".join(page.locator(".gf-facts").inner_text().split())
    known = by_street.dropna(subset=[HARM])
    total = float(known[HARM].sum())
    assert reader.number(total) in text
    worst = known.assign(per_km=known[HARM] / known["km"]).sort_values("per_km", ascending=False)
    room, part = 0.01 * float(by_street["km"].sum()), 0.0
    for _, row in worst.iterrows():
        share = min(1.0, room / row["km"])
        part += share * row[HARM]
        room -= share * row["km"]
        if room <= 0:
            break
    assert _plain(reader.percent(part / total)) in text
    hours = demo_layers["link_hours"].frame.groupby("hour")[HARM].sum()
    assert _plain(reader.percent(float(hours.max() / hours.sum()))) in text
    assert f"{int(hours.idxmax()):02}:00" in text


def test_every_street_tells_what_its_layers_sum_to(page: Any, by_street: pd.DataFrame) -> None:
    """Each theme of each street, within what is kept of it; unknown stays unknown."""
    shown = page.evaluate(
        """() => Object.fromEntries(packed_streets.variables.map(one => [one.name,
            Array.from({length: packed_streets.spec.count}, (_, row) => {
                const got = packed_streets.valueOf(row, one.name, null);
                return got.state === "none" ? 0 : got.state === "unknown" ? null : got.value;
            })]))"""
    )
    compared = 0
    for name in set(shown) & set(by_street.columns):
        sums = by_street[name] / (1 if name == "vehicles" else by_street["km"])
        wanted = np.sort(sums.to_numpy(float))
        got = np.sort(np.array(shown[name], dtype=float))
        np.testing.assert_allclose(got, wanted, rtol=0.006)
        compared += len(got)
    assert compared == (len(by_street.columns) - 1) * len(by_street)


def test_no_value_is_told_without_its_unit(page: Any) -> None:
    """Whichever theme and hour: the key names the unit, and so does the table of a street."""
    for language in ("en", "es"):
        page.evaluate(f"geofleet.setLanguage('{language}')")
        for name in page.evaluate("packed_streets.variables.map(one => one.name)"):
            for hour in ("null", "8"):
                page.evaluate(f"packed_streets.show('{name}', {hour})")
                unit = page.evaluate("geofleet.t(packed_streets.legend().unit)")
                assert re.search(r"\w{2,}", unit)
                assert page.locator(".gf-legend .gf-unit").first.inner_text() == unit

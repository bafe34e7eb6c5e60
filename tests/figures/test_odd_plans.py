"""Figures of plans that change nothing, and of days nobody knows enough of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geofleet.figures import figure_image
from geofleet.figures.contingency import contingency_figure
from geofleet.figures.electric import electric_figure
from geofleet.figures.plan import plan_figure
from geofleet.layers import Layer
from geofleet.maps import PageFrame
from geofleet.wording import LANGUAGES, Text


def _kept(layers: dict[str, Layer], **columns: object) -> dict[str, Layer]:
    """Return the layers of a plan that keeps all vehicles."""
    layer = layers["plan_vehicles"]
    frame = layer.frame.assign(
        option="keep", technology="keep", year=np.nan, spend=0.0, harm_avoided=0.0,
        duty_id=layer.frame["vehicle_id"], reason=["no money"] * 4 + ["no option"],
    )  # fmt: skip
    years = layers["plan_years"]
    bare = years.frame.assign(vehicle_spend=0.0, charging_spend=0.0)
    return {"plan_vehicles": replace(layer, frame=frame.assign(**columns)),
            "plan_years": replace(years, frame=bare)}  # fmt: skip


def _plain(text: Text) -> str:
    return text["en"].replace("\N{NO-BREAK SPACE}", " ")


def test_plan_that_buys_nothing_says_why(
    plan_layers: dict[str, Layer], frame: PageFrame
) -> None:  # fmt: skip
    """The title gives the reason of most, the alt text all of them; both languages are drawn."""
    made = plan_figure(_kept(plan_layers), frame=frame, currency="MXN", harm_today=8e5)
    assert made is not None
    assert _plain(made.title) == (
        "No vehicle changes in this plan, most often because the plan's money does not reach that "
        "far"
    )
    alt = _plain(made.alt)
    assert "Kept because the plan's money does not reach that far: 4." in alt
    assert "Kept because no option is listed for that kind of truck: 1." in alt
    assert "MXN" not in alt
    images = {figure_image(made, language, dpi=40) for language in LANGUAGES}
    assert len(images) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("harm", "title"),
    [
        ([6e4, 2e4, 0.0, 0.0, 0.0], "Without public money, exchanged work avoids 10 % of the "
         "exposure; vehicles that do the work of another, or rest: 2 of 5"),
        ([0.0] * 5, "No vehicle changes in this plan, most often because"),
    ],
)  # fmt: skip
def test_exchanged_work_counts(
    plan_layers: dict[str, Layer], frame: PageFrame, harm: list[float], title: str
) -> None:
    """What kept vehicles avoid by doing the work of another is not left out."""
    layers = _kept(plan_layers, duty_id=list("bacde"), harm_avoided=harm)
    made = plan_figure(layers, frame=frame, currency="MXN", harm_today=8e5)
    assert made is not None
    assert _plain(made.title).startswith(title)
    assert "Vehicles that do the work of another, or rest: 2." in _plain(made.alt)


def test_plan_that_adds_exposure_is_not_said_to_avoid(
    plan_layers: dict[str, Layer], frame: PageFrame
) -> None:
    """More exposure than today is told as what is added."""
    layer = plan_layers["plan_vehicles"]
    worse = replace(layer, frame=layer.frame.assign(harm_avoided=[-8e4, 0.0, 0.0, 0.0, 0.0]))
    made = plan_figure(plan_layers | {"plan_vehicles": worse}, frame=frame, currency="MXN",
                       harm_today=8e5)  # fmt: skip
    assert made is not None
    assert "add 10 % to the exposure" in _plain(made.title)


@pytest.mark.parametrize(
    ("status", "rows", "title"),
    [
        ("not feasible", 12, "None of the 12 vehicle-days could be electric as planned"),
        ("not feasible", 1, "The one vehicle-day studied could not be electric as planned"),
        ("feasible", 1, "The one vehicle-day studied could be electric as planned"),
    ],
)
def test_nothing_feasible_or_one_day(
    layers: dict[str, Layer], frame: PageFrame, status: str, rows: int, title: str
) -> None:
    """No count of none, and no plural of one."""
    layer = layers["routes"]
    few = replace(layer, frame=layer.frame.head(rows).assign(electric_status=status))
    made = electric_figure({"routes": few}, frame=frame, promised=0.9)
    assert made is not None
    assert _plain(made.title) == title


def test_day_that_changes_nothing(layers: dict[str, Layer], frame: PageFrame) -> None:
    """Exposure that stays is not said to change by nought."""
    layer = layers["policy_day_hours"]
    same = layer.frame.assign(harm_after=layer.frame["harm_before"],
                              pm25_after_g=layer.frame["pm25_before_g"])  # fmt: skip
    made = contingency_figure({"policy_day_hours": replace(layer, frame=same)}, frame=frame)
    assert made is not None
    assert _plain(made.title) == "With the rules kept, exposure stays as it is"

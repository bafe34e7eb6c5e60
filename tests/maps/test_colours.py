"""Classes are told apart by every eye and in grey print: computed, not believed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from geofleet.maps.packed import views
from geofleet.maps.scales import AIR, EMITTED, HARM, PEOPLE, STEPS, TRAFFIC, spread
from tests.maps.contrast import ratio

SCALES = {"air": AIR, "emitted": EMITTED, "harm": HARM, "people": PEOPLE, "steps": STEPS,
          "traffic": TRAFFIC}  # fmt: skip
LINES = ("emitted", "harm", "steps", "traffic")
# linear RGB as eyes without one kind of cone see it (Machado, Oliveira and Fernandes 2009,
# severity 1), and as all see it
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
APART = 8.0
"""Distance in CIELAB; about 2.3 can just be noticed side by side."""


def _lab(colour: str, eye: np.ndarray) -> np.ndarray:
    """Return CIELAB (D65) of a colour ``#rrggbb`` as an eye sees it."""
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(eye @ linear, 0, 1) / np.array([0.95047, 1.0, 1.08883])
    bent = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("scale", SCALES)
def test_neighbouring_classes_differ_to_every_eye(scale: str, eye: str) -> None:
    """However many classes there are; in grey each is darker than the one before it."""
    for count in range(2, 6):
        seen = [_lab(colour, EYES[eye]) for colour in spread(SCALES[scale], count)]
        for one, other in pairwise(seen):
            assert np.linalg.norm(one - other) >= APART
            assert one[0] - other[0] >= 5.0


@pytest.mark.parametrize("scale", LINES)
@pytest.mark.parametrize(
    "ground", ["#f4f4f1", "#c9dcea", "#dfe8d8"], ids=["land", "water", "green"]
)
def test_lines_stand_out_from_what_lies_below(scale: str, ground: str) -> None:
    """The palest by 3 to 1 on land; on water and green, that areas are pale does not hide it."""
    least = 3.0 if ground == "#f4f4f1" else 2.2
    assert all(ratio(colour, ground) >= least for colour in SCALES[scale])


def test_what_is_unknown_has_a_look_of_its_own() -> None:
    """By its dashes, not by its colour alone; and it is grey, which no line of a scale is."""
    assert views.UNKNOWN_LOOK["dash"]
    unknown = _lab(str(views.UNKNOWN_LOOK["colour"]), EYES["all cones"])
    for scale in LINES:
        for colour in SCALES[scale]:
            assert np.linalg.norm(_lab(colour, EYES["all cones"]) - unknown) >= 15

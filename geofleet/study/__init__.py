"""A study, from its folder to its results: emissions, exposure, ranges, rules and technologies."""

from __future__ import annotations

from geofleet.study.emitted import StudyEmissions
from geofleet.study.inputs import Inputs, read_inputs, study_defaults, study_network
from geofleet.study.model import Progress, Study
from geofleet.study.results import HARM_QUANTITIES, Results

__all__ = [
    "HARM_QUANTITIES", "Inputs", "Progress", "Results", "Study", "StudyEmissions", "read_inputs",
    "study_defaults", "study_network",
]  # fmt: skip

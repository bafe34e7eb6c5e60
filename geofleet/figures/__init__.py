"""Slides of a study: pictures that state an answer, with their captions and alt texts."""

from geofleet.figures.choose import study_figures
from geofleet.figures.model import StudyFigure
from geofleet.figures.write import figure_image, write_figures

__all__ = ["StudyFigure", "figure_image", "study_figures", "write_figures"]

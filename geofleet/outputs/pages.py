"""Pages of a study: one for each question, and the index that ties them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geofleet.files import write_text
from geofleet.outputs.answers import Words, electric_words, plan_words, rules_words
from geofleet.wording import Readers, Text, say

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import numpy.typing as npt

    from geofleet.layers import Layer
    from geofleet.maps import Answer, Links, PageFrame, Picture
    from geofleet.planned import PlannedStudy
    from geofleet.policy.day import DayEffect
    from geofleet.policy.study import StudyRules
    from geofleet.study import Results

__all__ = ["PAGES", "StudyPages"]

PAGES = ("index", "harm", "electric", "contingency", "plan")
_HARM = "harm_pm25_exhaust_per_km"
_GROUND, _QUIET = "#d4d9dd", "#8a8f94"
_ROADS = {"motorway", "trunk", "primary", "secondary", "tertiary"}
_VERDICTS = {
    "unknown": "#8a8f94", "always": "#0072b2", "untried": "#0072b2", "most": "#00835f",
    "planned": "#a86200", "fails": "#b3123f",
}  # fmt: skip
_BEFORE, _STOPPED, _CHANGED = "#4c6a85", "#b3123f", "#0868ac"


class StudyPages:
    """Makes the pages of a study; what several of them need is worked out once.

    Parameters
    ----------
    results
        The run.
    planned
        Its plan; without one there is no page of what the budget buys.
    rules, effect
        Rules and what they make of the day; those of the study itself when not given. Without any
        there is no page of a contingency day.
    layers
        As from ``results.layers()``, where they are at hand.
    language
        The one shown first.
    """

    def __init__(
        self,
        results: Results,
        planned: PlannedStudy | None = None,
        *,
        rules: StudyRules | None = None,
        effect: DayEffect | None = None,
        layers: Mapping[str, Layer] | None = None,
        language: str = "en",
    ) -> None:
        self.results, self.planned, self.language = results, planned, language
        own = rules is None or effect is None
        self.rules = results.inputs.rules if own else rules
        self.effect = results.policy if own else effect
        self.readers = Readers.of(results.config.country)
        self._layers = layers
        self._words: dict[str, Words] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Pages that this study has, the index first."""
        ruled = self.rules is not None and self.effect is not None
        has = {"contingency": ruled, "plan": self.planned is not None}
        return tuple(name for name in PAGES if has.get(name, True))

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """Layers of the run, of the day under rules and of the plan."""
        found = dict(self.results.layers() if self._layers is None else self._layers)
        if self.rules is not None and self.effect is not None and "policy_days" not in found:
            found |= self.results.policy_layers(self.rules, self.effect)
        if self.planned is not None:
            from geofleet.planned.layers import plan_layers

            found |= plan_layers(self.planned)
        return found

    @cached_property
    def base(self) -> dict[str, gpd.GeoDataFrame]:
        """Water, green and boundaries of the road file; else the outline of the zones."""
        from geofleet.maps import study_outline
        from geofleet.network import read_ground

        config, found = self.results.config, {}
        if config.network.osm is not None:
            west, south, east, north = self.layers["roads"].frame.total_bounds
            path = self.results.folder / config.network.osm
            found = read_ground(path, bounds=(west, south, east, north))
        if "boundaries" not in found and self.results.inputs.zones is not None:
            found["boundaries"] = study_outline(self.results.inputs.zones)
        return found

    def frame(self, name: str) -> PageFrame:
        """Return what surrounds a page."""
        from geofleet.maps import PageFrame, Sister

        config = self.results.config
        notes: list[str | Text] = [config.noted] if config.noted["en"] else []
        if name in ("index", "harm"):
            notes.append(say("study.harm_in_short"))
        sisters = [Sister(one, say(f"study.short_{one}")) for one in self.names]
        return PageFrame(
            name=name, title=say(f"study.question_{name}"), study=config.name,
            answer=() if name == "index" else self.words(name)[1], notes=notes,
            attribution=[config.attribution], readers=self.readers, language=self.language,
            sisters=sisters,
        )  # fmt: skip

    def page(self, name: str) -> folium.Map:
        """Return the page of a question.

        Raises
        ------
        KeyError
            No such page, or none of this study.
        """
        from geofleet.maps import contingency_page, harm_page, plan_page
        from geofleet.maps.electric import electric_page

        self._has(name)
        frame = self.frame(name)
        if name == "harm":
            return harm_page(self.layers, frame=frame, base=self.base)
        if name == "electric":
            return electric_page(
                self.layers, frame=frame, base=self.base, promised=self.promised,
                reserve=self.results.defaults.number("energy", "reserve_share"),
            )  # fmt: skip
        if name == "contingency":
            return contingency_page(self.layers, frame=frame, base=self.base)
        assert self.planned is not None
        from geofleet.planned.layers import plan_facts

        facts = plan_facts(self.planned, readers=self.readers)
        return plan_page(
            self.layers, frame=frame, currency=self.planned.currency, base=self.base, facts=facts
        )

    def index(self, *, files: Sequence[Links] = ()) -> str:
        """Return the index as HTML: each question with its answer in short.

        Parameters
        ----------
        files
            What lies beside the pages.
        """
        from geofleet.maps import index_page

        answers = [getattr(self, f"_{name}")() for name in self.names if name != "index"]
        return index_page(self.frame("index"), answers, files=files)

    def write(self, folder: Path, *, files: Sequence[Links] = ()) -> list[Path]:
        """Write all pages to a folder that is there, the index first."""
        from geofleet.maps import write_map

        index = folder / "index.html"
        write_text(index, self.index(files=files))
        pages = [name for name in self.names if name != "index"]
        return [index, *(write_map(self.page(name), folder / f"{name}.html") for name in pages)]

    @property
    def promised(self) -> float:
        """Share of the days of a year from which on a model can do a day nearly always."""
        return self.results.defaults.number("robust", "promised_probability")

    def words(self, name: str) -> Words:
        """Return the answer of a page: the one number with its unit, and sentences.

        Raises
        ------
        KeyError
            No such page, or none of this study.
        """
        self._has(name)
        if name not in self._words:
            self._words[name] = getattr(self, f"_{name}_words")()
        return self._words[name]

    def _has(self, name: str) -> None:
        if name not in self.names[1:]:
            raise KeyError(f"no page {name!r}; there are {', '.join(self.names[1:])}")

    def _harm_words(self) -> Words:
        from geofleet.maps import harm_answer, harm_figures, harm_number

        figures, days = harm_figures(self.layers), self.results.service_dates
        sentences = harm_answer(figures, days=days, readers=self.readers)
        return harm_number(figures, self.readers), sentences

    def _electric_words(self) -> Words:
        count = {name: int((self._verdicts == name).sum()) for name in _VERDICTS}
        return electric_words(count, promised=self.promised, readers=self.readers)

    @cached_property
    def _verdicts(self) -> npt.NDArray[np.object_]:
        from geofleet.maps.electric.words import verdicts

        return verdicts(self.layers["routes"].frame, self.promised)

    def _contingency_words(self) -> Words:
        from geofleet.brief_facts import day_under_rules

        assert self.rules is not None
        assert self.effect is not None
        day = day_under_rules(self.rules, self.effect)
        return rules_words(day, readers=self.readers)

    def _plan_words(self) -> Words:
        from geofleet.brief_facts import budget_of

        assert self.planned is not None
        vehicles = self.layers["plan_vehicles"].frame
        other = vehicles["duty_id"].astype(object) != vehicles["vehicle_id"].astype(object)
        return plan_words(budget_of(self.planned), exchanged=int(other.sum()), readers=self.readers)

    def _answer(self, name: str, shapes: Sequence[object]) -> Answer:
        from geofleet.maps import Answer

        number, sentences = self.words(name)
        question = say(f"study.question_{name}")
        return Answer(name, question, number, sentences, self._picture(shapes))

    def _harm(self) -> Answer:
        from geofleet.maps import classed
        from geofleet.maps.scales import HARM

        links = self.layers["links"].frame
        driven = links[links[_HARM].fillna(0.0) > 0.0]
        shapes = classed(
            driven.geometry, driven[_HARM].to_numpy(np.float64), colours=HARM, widths_px=(0.8, 3.0)
        ) if len(driven) else []  # fmt: skip
        return self._answer("harm", shapes)

    def _electric(self) -> Answer:
        from geofleet.maps import Shapes

        routes = self.layers["routes"].frame
        shapes = [Shapes(routes.geometry[self._verdicts == name], colour, 1.6)
                  for name, colour in _VERDICTS.items()]  # fmt: skip
        return self._answer("electric", shapes)

    def _contingency(self) -> Answer:
        from geofleet.maps import Shapes
        from geofleet.policy.day.effect import CHANGED

        routes = self.layers["routes"].frame
        met = self.layers["policy_days"].frame
        hit = routes["vehicle_day"].isin(met["vehicle_day"][met["outcome"].isin(CHANGED)])
        shapes = [Shapes(routes.geometry[~hit], _BEFORE, 1.2),
                  Shapes(routes.geometry[hit], _STOPPED, 2.0)]  # fmt: skip
        return self._answer("contingency", shapes)

    def _plan(self) -> Answer:
        from geofleet.maps import Shapes

        vehicles = self.layers["plan_vehicles"].frame
        kept = (vehicles["option"] == "keep").to_numpy()
        there = vehicles.geometry.notna().to_numpy()
        shapes = [Shapes(vehicles.geometry[kept & there], _QUIET, 1.0),
                  Shapes(vehicles.geometry[~kept & there], _CHANGED, 1.8)]  # fmt: skip
        return self._answer("plan", shapes)

    def _picture(self, shapes: Sequence[object]) -> Picture | None:
        from geofleet.maps import Shapes, thumbnail

        shown = [part for part in shapes if isinstance(part, Shapes) and len(part.frame)]
        if not shown:
            return None
        roads = self.layers["roads"].frame
        main = roads[roads["highway"].str.removesuffix("_link").isin(_ROADS)]
        return thumbnail([Shapes(main.geometry, _GROUND, 0.8), *shown])

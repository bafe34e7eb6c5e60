"""The page "which routes can go electric": verdicts, days played with their charge, depots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from branca.element import MacroElement
from folium.template import Template

from geofleet.defaults import Defaults
from geofleet.layers import Layer
from geofleet.maps.electric.days import FIGURES, in_order, pack_days
from geofleet.maps.electric.stops import DEPOT_COLUMNS, depot_marks, pack_stops
from geofleet.maps.electric.streams import Streams
from geofleet.maps.electric.ways import pack_ways
from geofleet.maps.electric.words import VERDICTS, share_words, verdicts
from geofleet.maps.elements import Ref, _Scripted, to_script
from geofleet.maps.frame import PageFrame
from geofleet.maps.meridian import layers_cut, seamless
from geofleet.maps.shell import furnish, new_page
from geofleet.wording import Readers, Text, keys, say

__all__ = ["electric_page"]

# Blue, green, brown and grey by Okabe & Ito (2008), darkened to 3:1 on the ground, and a dark red.
_LOOKS: dict[str, dict[str, Any]] = {
    "always": {"color": "#0072b2", "weight": 2.4, "dashArray": None},
    "most": {"color": "#00835f", "weight": 2.6, "dashArray": "16 4"},
    "planned": {"color": "#a86200", "weight": 2.8, "dashArray": "9 5"},
    "untried": {"color": "#3f7fb0", "weight": 2.4, "dashArray": "2 4"},
    "fails": {"color": "#b3123f", "weight": 3.2, "dashArray": "4 6"},
    "unknown": {"color": "#5c5c5c", "weight": 2.4, "dashArray": "1 6"},
}
_PLACES = ("speed", "name", "count", "left", "number", "total", "time", "from", "to", "energy",
           "charge", "words", "label", "verdict", "vehicle", "operator", "km", "power",
           "minutes")  # fmt: skip


class _Ways(_Scripted, MacroElement):
    """All vehicle-days of the page as one script object."""

    _template = Template("")

    def __init__(self, spec: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self._id = "ways", "days"
        self.spec = spec

    def statement(self) -> str:
        """Return the JavaScript expression of the object."""
        return f"geofleet.ways({to_script(self.spec)})"


def electric_page(
    layers: Mapping[str, Layer],
    *,
    frame: PageFrame,
    promised: float | None = None,
    reserve: float | None = None,
    chargers: pd.DataFrame | None = None,
    base: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> folium.Map:
    """Draw which vehicle-days an electric vehicle can do, and play each with its charge.

    Parameters
    ----------
    layers
        As from ``build_layers``: ``links``, ``routes``, ``stops`` and ``route_profiles`` are
        needed; ``roads`` are the ground, ``mends`` say what would mend a day, ``plan_depots``
        what a plan puts up at depots.
    frame
        What surrounds the page.
    promised
        Probability over the year from which on a day counts as done on nearly every day; the
        default row ``robust:promised_probability`` when not given.
    reserve
        Charge that is not to be used, share of the battery; ``energy:reserve_share`` when not
        given.
    chargers
        Chargers that stand already, as ``geofleet.energy.mend`` takes them: ``charger_id, lat,
        lon, kind, power_w`` (or ``power_kw``).
    base
        Water and boundaries for the ground, as in ``new_page``.

    Returns
    -------
    folium.Map
        Equal layers give an equal page. It asks nothing of the network.

    Notes
    -----
    Between the ends of a link time and charge are interpolated over its length; at a stop the
    charge falls evenly from arrival to departure.
    """
    defaults = Defaults()
    if promised is None:
        promised = defaults.number("robust", "promised_probability")
    if reserve is None:
        reserve = defaults.number("energy", "reserve_share")
    cut = layers_cut(layers)
    layers, ground = seamless(layers, base, cut=cut)
    if chargers is not None and cut is not None:
        lon = chargers["lon"].to_numpy(np.float64)
        chargers = chargers.assign(lon=np.where(lon < cut, lon + 360.0, lon))
    page = new_page(frame, roads=layers.get("roads"), base=ground)
    routes = layers["routes"].frame
    verdict = verdicts(routes, promised)
    order = in_order(routes, verdict)
    routes, verdict = routes.iloc[order], verdict[order]
    days = routes["vehicle_day"].to_numpy(np.int64)
    streams = Streams()
    pack_ways(streams, layers["links"], layers["route_profiles"], days=days)
    pack_stops(streams, layers["stops"], days=days)
    pack_days(streams, routes, layers.get("mends"), verdict=verdict, readers=frame.readers)
    looks = [
        {"key": key, "label": _label(key, promised, frame.readers), **_LOOKS[key],
         "count": int((verdict == key).sum())}
        for key in VERDICTS
    ]  # fmt: skip
    ways = _Ways({
        **streams.spec(), "looks": looks, "reserve": reserve, "words": _templates(),
        "figures": [{"name": name, "label": say(f"electric.figure_{name}")} for name in FIGURES],
    })  # fmt: skip
    ways.add_to(page)
    source, marks, legend = depot_marks(
        layers["stops"], layers.get("plan_depots"), chargers, readers=frame.readers
    )
    source.add_to(page)
    marks.add_to(page)
    furnish(
        page, frame,
        facts=_facts(routes, verdict, frame.readers),
        groups=[
            {"kind": "electric", "name": "routes", "ways": Ref(ways.get_name())},
            {"kind": "toggle", "name": "depots", "label": say("electric.depots"),
             "layer": Ref(marks.get_name()), "shown": True, "legend": legend},
            {"kind": "depots", "name": "depot-list", "ways": Ref(ways.get_name()),
             "depots": Ref(source.get_name()),
             "columns": [{"column": name, "label": say(f"electric.depot_{name}")}
                         for name in DEPOT_COLUMNS]},
        ],
        shown=layers["links"].frame, stack=[Ref(marks.get_name())],
    )  # fmt: skip
    return page


def _label(key: str, promised: float, readers: Readers) -> Text:
    if key in ("always", "most"):
        return say(f"electric.verdict_{key}", days=share_words(promised, readers))
    return say(f"electric.verdict_{key}")


def _templates() -> dict[str, Text]:
    """Return the messages that the script fills itself, their places standing open."""
    filled = {name: "{" + name + "}" for name in _PLACES}
    names = [name for name in keys("electric") if name.startswith("player_")]
    return {name.removeprefix("player_"): say(f"electric.{name}", **filled) for name in names}


def _facts(
    routes: pd.DataFrame, verdict: npt.NDArray[np.object_], readers: Readers
) -> list[dict[str, Text]]:
    able = np.isin(verdict, ("always", "untried"))
    km = routes["distance_km"].to_numpy(np.float64)
    facts = [
        {"value": say("electric.of", count=readers.whole(int(able.sum())),
                      total=readers.whole(len(routes))),
         "label": say("electric.fact_able")},
        {"value": say("electric.of", count=readers.whole(float(km[able].sum())),
                      total=readers.quantity(float(km.sum()), "km", 1)),
         "label": say("electric.fact_km")},
    ]  # fmt: skip
    energy = routes["energy_kwh"].to_numpy(np.float64)
    told = np.isfinite(energy) & (km > 0)
    if told.any():
        rate = float(energy[told].sum() / km[told].sum())
        facts.append({"value": readers.number(rate),
                      "label": say("electric.fact_per_km")})  # fmt: skip
    return facts

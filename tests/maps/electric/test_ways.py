"""Packed ways lead along the streets of the layer, at its times and with its charge."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import shapely

from geofleet.layers import Layer
from geofleet.maps.electric.streams import Streams
from geofleet.maps.electric.ways import pack_ways


def _packed(layers: dict[str, Layer], days: np.ndarray) -> Streams:
    streams = Streams()
    pack_ways(streams, layers["links"], layers["route_profiles"], days=days)
    return streams


def test_each_day_follows_its_links(decoder: ModuleType, demo_layers: dict[str, Layer]) -> None:
    """In any order of days: line, direction, part, second and charge of every link."""
    days = np.array([7, 0, 11, 3, 5])
    columns, texts = decoder.unpack(_packed(demo_layers, days).spec())
    cuts = np.concatenate([[0], np.cumsum(columns["line_points"])])
    points = np.column_stack([columns["line_lon"], columns["line_lat"]]) / 1e5
    links = demo_layers["links"].frame.set_index("edge")
    way = demo_layers["route_profiles"].frame
    for day, own in zip(days, decoder.days(columns), strict=True):
        wanted = way[way["vehicle_day"] == day]
        assert len(own) == len(wanted)
        soc = 1.0
        for link, row in zip(own, wanted.itertuples(), strict=True):
            line = points[cuts[link["line"]] : cuts[link["line"] + 1]]
            there = shapely.get_coordinates(links.at[row.edge, "geometry"])
            np.testing.assert_allclose(line[::-1] if link["back"] else line, there, atol=6e-6)
            assert texts[columns["line_name"][link["line"]]] == (
                None if links.at[row.edge, "name"] is None
                else links.at[row.edge, "name"].replace(";", " / ")
            )  # fmt: skip
            assert link["parts"] == pytest.approx((row.from_fraction, row.to_fraction), abs=5e-4)
            assert link["exit"] - link["enter"] == pytest.approx(row.exit_s - row.enter_s, abs=0.1)
            assert link["enter"] == pytest.approx(row.enter_s, abs=0.6)
            assert soc + link["stood"] == pytest.approx(row.soc_enter, abs=1.5e-4)
            assert link["soc"] == pytest.approx(row.soc_exit, abs=6e-5)
            soc = link["soc"]


def test_both_directions_of_a_street_share_its_line(
    decoder: ModuleType, demo_layers: dict[str, Layer]
) -> None:
    """Fewer lines than links, and a line for every street that was driven."""
    columns, _ = decoder.unpack(_packed(demo_layers, np.arange(12)).spec())
    driven = demo_layers["route_profiles"].frame["edge"].unique()
    streets = demo_layers["links"].frame.set_index("edge").loc[driven, "street"].nunique()
    assert len(columns["line_points"]) == streets < len(driven) == len(columns["way_line"])


def test_unknown_charge_is_not_zero_charge(
    decoder: ModuleType, demo_layers: dict[str, Layer]
) -> None:
    """A day without charge says so; the others keep theirs."""
    profiles = demo_layers["route_profiles"]
    gone = profiles.frame["vehicle_day"] == 2
    frame = profiles.frame.assign(
        soc_enter=profiles.frame["soc_enter"].mask(gone),
        soc_exit=profiles.frame["soc_exit"].mask(gone),
    )
    layers = {**demo_layers, "route_profiles": Layer(frame, profiles.schema)}
    columns, _ = decoder.unpack(_packed(layers, np.arange(12)).spec())
    assert columns["charge_known"] == [int(day not in (2, 11)) for day in range(12)]


def test_a_link_that_is_missing_is_named(demo_layers: dict[str, Layer]) -> None:
    """A way cannot be drawn over a street that no layer has."""
    links = demo_layers["links"]
    used = int(demo_layers["route_profiles"].frame["edge"].iloc[0])
    short = Layer(links.frame[links.frame["edge"] != used], links.schema)
    with pytest.raises(ValueError, match=str(used)):
        _packed({**demo_layers, "links": short}, np.arange(12))

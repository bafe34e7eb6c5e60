"""Layers hold what the stages found, and say so when something is unknown."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from geofleet.emissions.model import QUANTITIES
from geofleet.exposure.model import UnitExposure
from geofleet.layers import Layer, as_layer, build_layers
from geofleet.layers.routes import _iso
from geofleet.layers.schemas import RECEPTORS


def test_every_layer_keeps_to_its_schema(demo_layers: dict[str, Layer]) -> None:
    """No column is undocumented, and only columns declared nullable have unknowns."""
    assert list(demo_layers) == [
        "roads", "zones", "receptors", "links", "link_hours", "routes", "stops", "feasibility",
        "route_profiles", "mends",
    ]  # fmt: skip
    for layer in demo_layers.values():
        for column in layer.schema.columns:
            values = layer.frame[column.name]
            assert column.nullable or not values.isna().any(), (layer.name, column.name)
            if column.choices:
                assert set(values.dropna()) <= set(column.choices), (layer.name, column.name)
            assert column.meaning
        keys = list(layer.schema.key)
        assert not layer.frame.duplicated(keys).any(), layer.name


def test_grams_are_conserved_in_every_layer(
    demo_study: dict[str, Any], demo_layers: dict[str, Layer]
) -> None:
    """Links, links by hour and routes sum to the same grams as the traversals."""
    grams = demo_study["emissions"].grams
    for name in QUANTITIES:
        for layer in ("links", "link_hours", "routes"):
            total = demo_layers[layer].frame[name].sum()
            assert total == pytest.approx(grams[name].sum(), rel=1e-12), (layer, name)


def test_harm_is_unit_exposure_times_emission_rate(demo_study: dict[str, Any]) -> None:
    """With 3.6 persons·µg/m³ per g/s, 1,000 grams an hour cost 1 person·µg/m³·h each."""
    edges = demo_study["link_emissions"].edges
    unit = UnitExposure(edges, np.full((len(edges), 24), 3.6), people=1.0)
    links = build_layers(**{**demo_study, "unit_exposure": unit})["links"].frame
    np.testing.assert_allclose(links["harm_nox"], links["nox_exhaust_g"] / 1000.0, rtol=1e-12)
    np.testing.assert_allclose(links["unit_exposure"], 3.6, rtol=1e-12)
    per_km = links["harm_nox"] / links["length_m"] * 1000.0
    np.testing.assert_allclose(links["harm_nox_per_km"], per_km, rtol=1e-12)


def test_harm_totals_match_the_exposure_stage(
    demo_study: dict[str, Any], demo_layers: dict[str, Layer]
) -> None:
    """The sum over links is the same number that the summary of a run reports."""
    matrix = demo_study["link_emissions"].matrix("pm25_exhaust_g")
    total = demo_study["unit_exposure"].harm(matrix).sum()
    assert demo_layers["links"].frame["harm_pm25_exhaust"].sum() == pytest.approx(total, rel=1e-12)


def test_links_without_unit_exposure_have_unknown_harm(demo_study: dict[str, Any]) -> None:
    """A link that the exposure stage left out is unknown, not harmless."""
    whole = demo_study["unit_exposure"]
    some = UnitExposure(whole.edges[::2], whole.values[::2], whole.people)
    links = build_layers(**{**demo_study, "unit_exposure": some})["links"].frame
    known = np.isin(links["edge"], some.edges)
    for name in ("harm_pm25_exhaust", "harm_nox_per_km", "unit_exposure"):
        assert links.loc[known, name].notna().all()
        assert links.loc[~known, name].isna().all()
    none = build_layers(**{**demo_study, "unit_exposure": None})["links"].frame
    assert none["harm_pm25_wear"].isna().all()


def test_links_of_a_street_share_its_number(demo: Any, demo_layers: dict[str, Layer]) -> None:
    """The two directions of a street have one number, and every street is a road."""
    links, roads = demo_layers["links"].frame, demo_layers["roads"].frame
    ends = [frozenset(pair) for pair in zip(links["u"], links["v"], strict=True)]
    assert pd.Series(ends).groupby(links["street"]).nunique().max() == 1
    assert links["street"].isin(roads["street"]).all()
    assert len(roads) == 2 * demo.SIDE * (demo.SIDE - 1)


def test_routes_follow_what_was_driven(
    demo: Any, demo_study: dict[str, Any], demo_layers: dict[str, Layer]
) -> None:
    """The length of the drawn path is the distance driven, partial links included."""
    routes = demo_layers["routes"].frame
    driven = demo_study["itineraries"].traversals.frame.groupby("vehicle_day")["length_m"].sum()
    for row in routes.itertuples():
        if row.geometry is None:
            assert row.distance_km == 0
            continue
        assert len(row.geometry.geoms) == 1, "the day is one unbroken line"
        points = list(row.geometry.geoms[0].coords)
        length = sum(demo.haversine_m(a, b) for a, b in pairwise(points))
        assert length == pytest.approx(driven[row.vehicle_day], rel=5e-3)
        assert row.distance_km == pytest.approx(driven[row.vehicle_day] / 1000.0)


def test_a_day_without_route_is_unknown(demo_layers: dict[str, Layer]) -> None:
    """The day that never starts stays in every layer, as unknown."""
    last = demo_layers["routes"].frame.iloc[-1]
    assert last["geometry"] is None
    assert last["electric_status"] == "unknown"
    assert pd.isna(last["margin_kwh"])
    assert last["depart"] is None
    stop = demo_layers["stops"].frame.iloc[-1]
    assert stop["status"] == "unreachable"
    assert pd.isna(stop["edge"])
    assert pd.isna(stop["soc_arrival"])


def test_times_are_local_with_their_offset(demo_layers: dict[str, Layer]) -> None:
    """06:00 in La Serena in May is written with the offset of that day."""
    routes = demo_layers["routes"].frame
    assert routes["depart"].iloc[0] == "2024-05-14T06:00:00-04:00"
    assert routes["depart"].iloc[1] == "2024-05-14T06:10:00-04:00"


def test_stops_carry_the_charge_of_the_best_model(
    demo_study: dict[str, Any], demo_layers: dict[str, Layer]
) -> None:
    """Each stop has the charge of the model chosen for its day; one stop a day fails first."""
    stops = demo_layers["stops"].frame
    given = demo_study["feasibility"].stops
    given = given[given["model_id"] == "nandu_e3"].set_index(["vehicle_day", "stop_number"])["soc"]
    for row in stops.dropna(subset="soc_arrival").itertuples():
        assert row.soc_arrival == given[row.vehicle_day, row.stop_number]
    failing = stops[stops["is_first_failing"]].set_index("vehicle_day")["stop_number"]
    routes = demo_layers["routes"].frame.set_index("vehicle_day")["first_failing_stop"].dropna()
    assert failing.to_dict() == routes.astype(int).to_dict()
    assert len(failing) > 2


def test_verdicts_of_all_models_are_kept(demo_layers: dict[str, Layer]) -> None:
    """Each day is tried with each model, one of them marked best, at the day's first stop."""
    frame = demo_layers["feasibility"].frame
    assert len(frame) == 24
    assert frame.groupby("vehicle_day")["best"].sum().eq(1).all()
    first = demo_layers["stops"].frame.query("stop_number == 0").set_index("vehicle_day").geometry
    for row in frame.itertuples():
        assert row.geometry.equals(first[row.vehicle_day])
    assert set(frame["electric_model"]) == {"Ñandú <b>E3</b>", "Cóndor T7"}


def test_zone_concentration_is_weighted_by_people(demo_study: dict[str, Any]) -> None:
    """Two receptors of 100 and 300 people at 1 and 5 µg/m³ make 4; an empty zone is unknown."""
    receptors = demo_study["receptors"]
    frame = receptors.frame.iloc[:2].copy()
    frame["zone_id"], frame["people"] = "zone 0-0", [100.0, 300.0]
    levels = {"nox_exhaust_g": np.array([np.full(24, 1.0), np.full(24, 5.0)])}
    study = {**demo_study, "receptors": replace(receptors, frame=frame), "concentrations": levels}
    layers = build_layers(**study)
    zones = layers["zones"].frame.set_index("zone_id")
    assert zones.loc["zone 0-0", "nox_ug_m3"] == pytest.approx(4.0)
    assert pd.isna(zones.loc["zone 3-3", "nox_ug_m3"])
    assert zones["pm25_wear_ug_m3"].isna().all(), "what was not computed is unknown"
    assert layers["receptors"].frame["nox_ug_m3"].tolist() == [1.0, 5.0]


def test_receptors_come_back_to_longitude_and_latitude(demo_layers: dict[str, Layer]) -> None:
    """Points given in metres lie inside their zone in degrees."""
    zones = demo_layers["zones"].frame.set_index("zone_id").geometry
    for row in demo_layers["receptors"].frame.itertuples():
        assert shapely.contains(zones[row.zone_id], row.geometry)


def test_concentrations_of_the_wrong_shape_are_refused(demo_study: dict[str, Any]) -> None:
    """An array that does not fit the receptors is an error that says what was expected."""
    wrong = {"nox_exhaust_g": np.zeros((3, 24))}
    with pytest.raises(ValueError, match=r"expected \(15,\) or \(15, 24\)"):
        build_layers(**{**demo_study, "concentrations": wrong})


def test_a_layer_must_fit_its_schema(demo: Any, demo_layers: dict[str, Layer]) -> None:
    """A frame with other columns, or in metres, is not that layer."""
    frame = demo_layers["receptors"].frame
    with pytest.raises(ValueError, match="must have the columns"):
        Layer(frame.drop(columns="people"), RECEPTORS)
    with pytest.raises(ValueError, match="EPSG:4326"):
        Layer(frame.to_crs(demo.METRIC), RECEPTORS)


def test_missing_whole_numbers_stay_missing() -> None:
    """An unknown whole number or truth is never written as zero or false."""
    from geofleet.schema import Column, TableSchema

    schema = TableSchema("t", "t", (Column("n", "integer", "n", nullable=True),
                                    Column("b", "boolean", "b", nullable=True)))  # fmt: skip
    frame = as_layer({"n": [1, None], "b": [True, None]}, schema).frame
    assert frame["n"].isna().tolist() == [False, True]
    assert frame["b"].isna().tolist() == [False, True]


def test_clock_times_survive_the_change_of_clocks() -> None:
    """In Chile clocks go forward at midnight, which that day has none of, and back at midnight."""
    dates = pd.Series(["2024-09-08", "2024-09-08", "2024-09-07", "2024-04-06", "2024-04-07"])
    seconds = pd.Series([0.0, 8 * 3600.0, np.nan, 23.5 * 3600.0, 8 * 3600.0])
    assert _iso(dates, seconds, "America/Santiago") == [
        "2024-09-08T01:00:00-03:00",
        "2024-09-08T08:00:00-03:00",
        None,
        "2024-04-06T23:30:00-03:00",
        "2024-04-07T08:00:00-04:00",
    ]


def test_the_way_of_a_day_is_whole(
    demo_study: dict[str, Any], demo_layers: dict[str, Layer]
) -> None:
    """Kilometres end at the day's distance, times do not run back, charge joins link to link."""
    way, routes = demo_layers["route_profiles"].frame, demo_layers["routes"].frame
    last = way.groupby("vehicle_day").last()
    known = routes.set_index("vehicle_day").loc[last.index]
    np.testing.assert_allclose(last["km"], known["distance_km"], atol=1e-4)
    np.testing.assert_allclose(last["soc_exit"], known["soc_end"], atol=1e-6)
    assert (way["exit_s"] >= way["enter_s"]).all()
    inside = way["vehicle_day"].to_numpy()[1:] == way["vehicle_day"].to_numpy()[:-1]
    joined = way["soc_enter"].to_numpy()[1:] - way["soc_exit"].to_numpy()[:-1]
    np.testing.assert_allclose(joined[inside], 0.0, atol=1e-6)
    assert set(demo_layers["mends"].frame["kind"]) == {"charge", "battery", "move"}
    assert set(demo_layers["mends"].frame["to_vehicle"].dropna()) == {"van-02"}

"""The electric page as it is built."""

from __future__ import annotations

import pandas as pd
import shapely

from geofleet.layers import Layer, as_layer
from geofleet.layers.plan import PLAN_DEPOTS
from geofleet.maps.electric import electric_page
from geofleet.maps.electric.days import in_order
from geofleet.maps.electric.page import _templates
from geofleet.maps.electric.stops import depot_marks
from geofleet.maps.electric.words import verdicts
from geofleet.maps.frame import PageFrame
from geofleet.wording import Readers


def test_equal_layers_give_equal_pages(year_layers: dict[str, Layer], frame: PageFrame) -> None:
    """Nothing on the page depends on when or where it was made."""
    first, second = (electric_page(year_layers, frame=frame).get_root().render() for _ in range(2))
    assert first == second
    assert "window.hacked = 9</script>" not in first.replace("&lt;", "")


def test_no_place_of_a_message_is_left_out() -> None:
    """Every message that the script fills comes with all its places."""
    assert _templates()["unloading"]["en"] == "At {name}, stop {number} of {total}"


def test_days_stand_by_operator_and_vehicle(year_layers: dict[str, Layer]) -> None:
    """Those of an operator follow each other."""
    routes = year_layers["routes"].frame
    order = in_order(routes, verdicts(routes, 0.99))
    names = routes["operator_name"].iloc[order]
    assert (names != names.shift()).sum() == names.nunique()


def test_depots_tell_what_a_plan_puts_up(demo_layers: dict[str, Layer]) -> None:
    """Depots of the stops, those of the plan with their chargers, and chargers that stand."""
    depot = demo_layers["stops"].frame.iloc[0]
    rows = pd.DataFrame({
        "depot_id": [depot["stop_id"], "elsewhere"], "name": [None, "Puerto"], "vehicles": 3,
        "electric": 2,
        "chargers": "2 x ac_22", "charger_count": 2, "power_kw": 44.0, "extensions": 0,
        "first_year": 2028, "spend": 1.0, "cost": 1.0,
    })  # fmt: skip
    points = [depot.geometry, shapely.Point(-71.2, -29.9)]
    plan = as_layer(dict(rows), PLAN_DEPOTS, geometry=points)
    standing = pd.DataFrame({"charger_id": ["mall"], "lat": [-29.91], "lon": [-71.25],
                             "kind": ["dc"], "power_w": [60_000.0]})  # fmt: skip
    source, _, legend = depot_marks(demo_layers["stops"], plan, standing, readers=Readers.of("CL"))
    packed = source.packed
    depots = demo_layers["stops"].frame.query("kind == 'depot'")["stop_id"].nunique()
    assert packed.count == depots + 2
    names = [packed.strings[k]["es"] for k in packed.columns["name"]]
    assert "Puerto" in names
    assert "elsewhere" not in names
    powers = [packed.strings[k]["es"] for k in packed.columns["power"] if k >= 0]
    assert sorted(powers) == ["44\u00a0kW", "44\u00a0kW", "60\u00a0kW"]
    assert len(legend["items"]) == 2


def test_nothing_driven_is_still_a_page(demo_layers: dict[str, Layer], frame: PageFrame) -> None:
    """A study whose stops were all unreachable has an empty map, not a crash."""
    names = ("links", "routes", "stops", "route_profiles")
    empty = {name: Layer(demo_layers[name].frame.iloc[:0], demo_layers[name].schema)
             for name in names}  # fmt: skip
    assert "ways_days" in electric_page(empty, frame=frame).get_root().render()

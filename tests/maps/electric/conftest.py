"""The electric page of the made-up study, and a reader of its packed columns."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from geofleet.layers import Layer
from geofleet.maps.frame import PageFrame
from geofleet.wording import Readers, say

_SPEC = importlib.util.spec_from_file_location("decoder", Path(__file__).with_name("decoder.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
_DECODER = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DECODER)


@pytest.fixture(scope="session")
def decoder() -> ModuleType:
    return _DECODER


@pytest.fixture(scope="session")
def frame() -> PageFrame:
    return PageFrame(
        "electric", say("electric.title"), "<script>window.hacked = 9</script> & {{ 7 * 7 }}",
        notes=("Freight is </script> synthetic.",), readers=Readers.of("CL"),
    )  # fmt: skip


@pytest.fixture(scope="session")
def year_layers(demo_layers: dict[str, Layer]) -> dict[str, Layer]:
    """The made-up layers with a year, and on the first day a charge at its second stop."""
    routes = demo_layers["routes"]
    able = (routes.frame["electric_status"] == "feasible").to_numpy()
    chance = np.where(able, np.resize([0.999, 0.7, 0.2, np.nan], len(able)), 0.05)
    chance[(routes.frame["electric_status"] == "unknown").to_numpy()] = np.nan
    table = routes.frame.assign(probability=chance, worst_day="month 07, typical day 3")
    way = demo_layers["route_profiles"]
    charged = (way.frame["vehicle_day"] == 0) & (way.frame["stop_before"] >= 2)
    raised = way.frame.assign(
        soc_enter=way.frame["soc_enter"] + 0.1 * charged,
        soc_exit=way.frame["soc_exit"] + 0.1 * charged,
    )
    return {
        **demo_layers, "routes": Layer(table, routes.schema),
        "route_profiles": Layer(raised, way.schema),
    }  # fmt: skip

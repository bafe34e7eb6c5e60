"""A small made-up study and its layers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geofleet.layers import Layer, build_layers
from tests.browsing import at_rest, launched, new_tab

_SPEC = importlib.util.spec_from_file_location(
    "demo", Path(__file__).parents[1] / "layers" / "demo.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
_DEMO = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEMO)


@pytest.fixture(scope="session")
def demo() -> ModuleType:
    return _DEMO


@pytest.fixture(scope="session")
def demo_study(demo: ModuleType) -> dict[str, Any]:
    study: dict[str, Any] = demo.study()
    return study


@pytest.fixture(scope="session")
def demo_layers(demo_study: dict[str, Any]) -> dict[str, Layer]:
    return build_layers(**demo_study)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    yield from launched()


@pytest.fixture
def opened(browser: Any) -> Callable[[Path], AbstractContextManager[Any]]:
    """Open a map without network; fail on any request, console message or script error."""

    @contextmanager
    def open_file(path: Path) -> Iterator[Any]:
        faults: list[str] = []
        asked: list[str] = []
        window = {"width": 1300, "height": 850}
        with new_tab(browser, viewport=window, offline=True) as tab:
            tab.on("request", lambda request: asked.append(request.url))
            tab.on("console", lambda message: faults.append(message.text))
            tab.on("pageerror", lambda error: faults.append(str(error)))
            tab.goto(path.as_uri())
            at_rest(tab)
            yield tab
            hacked = tab.evaluate("window.hacked")
        assert asked == [path.as_uri()], "a request left the page"
        assert faults == []
        assert hacked is None, "a hostile name ran"

    return open_file


@pytest.fixture(scope="session")
def contingency() -> dict[str, Layer]:
    """Layers of a day under rules, with hostile names."""
    path = Path(__file__).with_name("policy_demo.py")
    spec = importlib.util.spec_from_file_location("policy_demo", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    layers: dict[str, Layer] = module.contingency_layers()
    return layers

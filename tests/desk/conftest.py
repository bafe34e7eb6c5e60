"""The desk of half of the bundled study, with hostile names, and a server of it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geofleet.desk import Desk, desk_of, worker
from geofleet.desk.driven import DrivenHarm, driven_harm
from geofleet.desk.spared import SparedHarm
from geofleet.planned import PlannedStudy
from geofleet.study import Results

HOSTILE = "</script><script>window.hacked = 1</script>"
NAMES = (
    HOSTILE, "<img src=x onerror='window.hacked = 2'>", '"Comillas" & {{ 7 * 7 }} `${1}`',
    "شارع \u202e🚚\u2028", "x" * 10_000,
)  # fmt: skip


def hostile(results: Results, folder: Path) -> Results:
    """Return a run whose study, rule and operators have names of the worst kind."""
    inputs, rules = results.inputs, results.inputs.rules
    assert rules is not None
    operators = inputs.fleet.operators.copy()
    operators["name"] = [NAMES[place % len(NAMES)] for place in range(len(operators))]
    named = [replace(rule, name=f"{rule.name} {NAMES[1]}") for rule in rules.rule_set.rules]
    changed = replace(
        results, folder=folder,
        config=results.config.model_copy(update={"name": f"Half {HOSTILE}"}),
        inputs=replace(
            inputs, fleet=replace(inputs.fleet, operators=operators),
            rules=replace(rules, rule_set=replace(rules.rule_set, rules=tuple(named))),
        ),
    )  # fmt: skip
    changed.__dict__["outcomes"] = results.outcomes  # what a name changes nothing of
    return changed


@pytest.fixture(scope="session")
def half_results(half_planned: PlannedStudy) -> Results:
    results = half_planned.results
    assert isinstance(results, Results)
    return results


@pytest.fixture(scope="session")
def driven(half_results: Results) -> DrivenHarm:
    return driven_harm(half_results)


@pytest.fixture(scope="session")
def spared(half_results: Results, driven: DrivenHarm) -> SparedHarm:
    return SparedHarm(half_results, driven)


@pytest.fixture(scope="session")
def desk(
    half_planned: PlannedStudy, half_results: Results, tmp_path_factory: pytest.TempPathFactory
) -> Desk:
    folder = tmp_path_factory.mktemp("desk") / "study"
    shutil.copytree(half_results.folder, folder)
    results = hostile(half_results, folder)
    return desk_of(results, replace(half_planned, results=results))


@dataclass(frozen=True)
class Served:
    """A desk that answers at a port of this machine."""

    desk: Desk
    app: Any
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def serving(desk: Desk) -> Iterator[Served]:
    """Serve a desk at a free port until the block ends."""
    uvicorn = pytest.importorskip("uvicorn")
    from geofleet.desk import bound
    from geofleet.desk.app import desk_app

    listening = bound("127.0.0.1", 0)
    port = int(listening.getsockname()[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "_QUIET_S", 1e6)  # tests ask for what they need
        app = desk_app(desk, "127.0.0.1", port)
        app._full._idle = None
    config = uvicorn.Config(app.asgi, lifespan="off", log_level="warning", access_log=False,
                            timeout_graceful_shutdown=1)  # fmt: skip
    server = uvicorn.Server(config)
    listening.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield Served(desk, app, port)
    server.should_exit = True
    thread.join(120)
    assert app.close(within_s=120)
    listening.close()
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def served(desk: Desk) -> Iterator[Served]:
    with serving(desk) as one:
        yield one


@pytest.fixture
def by_hand() -> DrivenHarm:
    """Two vehicles on three links: numbers that can be followed on paper."""
    unit = np.zeros((3, 24))
    unit[0], unit[1], unit[2] = 1.0, 2.0, 4.0
    unit[1, 20] = 10.0
    return DrivenHarm(
        edges=np.array([5, 7, 9]), length_km=np.array([1.0, 0.5, 2.0]),
        link=np.array([0, 1, 1, 2]), hour=np.array([8, 8, 9, 10]),
        vehicle=np.array([0, 0, 1, 1]), vehicle_day=np.array([0, 0, 1, 1]),
        grams=np.array([[3.0, 1.0, 2.0, 0.0], [0.0, 1.0, 1.0, 0.5]]), unit=unit,
        vehicles=2, days=2, dates=1,
    )  # fmt: skip

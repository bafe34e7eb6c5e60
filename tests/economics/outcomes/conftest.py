"""One small study with more vehicles, run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from geofleet.economics.outcomes import Outcomes, study_outcomes
from geofleet.study import Results, Study

_MADE: dict[str, object] = {}
_VEHICLES = """\
vehicle_id,operator_id,vehicle_class,fuel,standard,model_year,gvw_kg,payload_capacity_kg,annual_km
van,A,cargo_van,diesel,euro_4,2012,3500,1200,12000
old,A,cargo_van,diesel,euro_2,2002,3400,1150,
small,A,cargo_van,diesel,euro_5,2018,3000,150,
truck,B,rigid_7_5t,diesel,euro_3,2005,7500,3800,20000
parked,B,rigid_7_5t,diesel,euro_5,2014,7000,3500,9000
charged,B,cargo_van,electric,none,2023,3500,1000,8000
"""


def _write(folder: Path) -> None:
    """Two days of the van, one of the old and of the small one; parked and charged stay."""
    (folder / "vehicles.csv").write_text(_VEHICLES, encoding="utf-8")
    (folder / "operators.csv").write_text(
        "operator_id,name,fleet_size,base\nA,Firm A,3,yard\nB,Firm B,120,hall\n", encoding="utf-8"
    )
    stops = (folder / "stops.csv").read_text(encoding="utf-8").splitlines()
    vans = [line for line in stops if line.startswith("van,")]
    more = [line.replace("2024-05-14", "2024-05-15") for line in vans]
    more += ["old" + line.removeprefix("van") for line in vans]
    short = [*vans[:2], vans[3].replace("14,3,", "14,2,")]
    more += ["small" + line.removeprefix("van") for line in short]
    more += ["charged" + line.removeprefix("van") for line in vans]
    (folder / "stops.csv").write_text("\n".join(stops + more) + "\n", encoding="utf-8")
    with (folder / "study.yaml").open("a", encoding="utf-8") as handle:
        handle.write(
            "energy:\n  models: [byd_t3, ford_e_transit_425, jac_n55_ev, foton_eaumark_6t]\n"
            "  draws: 16\n"
        )


@pytest.fixture
def run(tiny_study: Path) -> Results:
    """Return the run of a study of five vehicles that drive and one that does not."""
    if "run" not in _MADE:
        _write(tiny_study)
        _MADE["run"] = Study.open(tiny_study).run()
    found = _MADE["run"]
    assert isinstance(found, Results)
    return found


def of_run(run: Results, **settings: object) -> Outcomes:
    """Return the outcomes of a run; settings stand in place of what it has."""
    given: dict[str, object] = {
        "emissions": run.emissions, "unit_exposure": run.unit_exposure,
        "feasibility": run.feasibility, "robust": run.robust, "models": run.inputs.models,
        "country": "CL", "year": 2024, "temperature_c": run.temperature_c,
    }  # fmt: skip
    itineraries = settings.pop("itineraries", run.itineraries)
    return study_outcomes(
        itineraries, run.inputs.network, run.inputs.fleet, **{**given, **settings}  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.fixture
def outcomes(run: Results) -> Outcomes:
    """Return the outcomes of that study."""
    if "outcomes" not in _MADE:
        _MADE["outcomes"] = of_run(run)
    found = _MADE["outcomes"]
    assert isinstance(found, Outcomes)
    return found


@pytest.fixture
def again():
    """Return the function that makes outcomes of a run with other settings."""
    return of_run

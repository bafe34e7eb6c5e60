"""May one truck drive? The answers that an operator looks up."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geofleet.cli import app
from geofleet.errors import InputError
from geofleet.policy.may_drive import may_drive, rules_named

TUESDAY = datetime.date(2026, 2, 17)
KNOWN = {
    "hologram": "2", "plate": "ABC-12-7", "gvw_kg": "7500", "fuel": "diesel",
    "plate_jurisdiction": "local", "programme_membership": "none",
}  # fmt: skip


def _outside(rules) -> list[str]:  # type: ignore[no-untyped-def]
    return [name for name in rules.geographies if name != "zmvm"]


def test_hologram_2_rests_by_its_digit() -> None:
    """Seven rests on Tuesdays from 5 to 22 o'clock; the rule is named."""
    rules = rules_named("mexico", None, {})
    answer = may_drive(rules, KNOWN, [TUESDAY], inside=["zmvm"], outside=_outside(rules))
    table = answer.table()
    assert table["status"].tolist() == ["allowed", "forbidden", "allowed"]
    assert table["from_s"].tolist() == [0, 5 * 3600, 22 * 3600]
    assert table["rule_id"].iloc[1] == "MX-ZMVM-HNC-WD-FREIGHT"
    assert "05:00–22:00  forbidden" in answer.to_text()


def test_unknown_is_said_and_named() -> None:
    """Without a hologram nobody can tell."""
    rules = rules_named("mexico", None, {})
    known = {name: value for name, value in KNOWN.items() if name != "hologram"}
    answer = may_drive(rules, known, [TUESDAY], inside=["zmvm"], outside=_outside(rules))
    row = answer.table().query("from_s == 18000").iloc[0]
    assert row["status"] == "unknown"
    assert "hologram" in row["missing"]


def test_switch_off_frees_freight() -> None:
    """Where freight is not in Hoy No Circula, it drives."""
    rules = rules_named("mexico", None, {"hnc_applies_to_freight": False})
    answer = may_drive(rules, KNOWN, [TUESDAY], inside=["zmvm"], outside=_outside(rules))
    assert set(answer.table()["status"]) == {"allowed"}


def test_wrong_names_are_refused() -> None:
    """An attribute or a place that no rule knows is a fault, not silence."""
    rules = rules_named("mexico", None, {})
    with pytest.raises(InputError, match="attributes, field holgram"):
        may_drive(rules, {"holgram": "2"}, [TUESDAY])
    with pytest.raises(InputError, match="a geography of the set"):
        may_drive(rules, KNOWN, [TUESDAY], inside=["moon"])
    with pytest.raises(InputError, match="one of the two"):
        may_drive(rules, KNOWN, [TUESDAY], inside=["zmvm"], outside=["zmvm"])
    with pytest.raises(InputError, match="a pack that comes along: colombia, mexico"):
        rules_named("atlantis", None, {})
    with pytest.raises(InputError, match="exactly one"):
        rules_named(None, None, {})


def test_command_reads_a_bulletin(tmp_path: Path) -> None:
    """On a Fase I day the morning stop holds whatever the digit."""
    bulletin = tmp_path / "bulletin.yaml"
    bulletin.write_text(
        "phase: Fase I\npollutants: [O3]\ndates: ['2026-02-17']\nparity: par\ncolour: rosa\n",
        encoding="utf-8",
    )
    arguments = ["may-drive", "--pack", "mexico", "--date", "2026-02-17", "--json", "--inside",
                 "zmvm", "--nowhere-else", "--bulletin", str(bulletin)]  # fmt: skip
    known = {**KNOWN, "plate": "ABC-12-5", "cargo_type": "general", "refrigeration": "none",
             "permits": "none"}  # fmt: skip
    for name, value in known.items():
        arguments += ["--set", f"{name}={value}"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    stopped = [row for row in rows if row["status"] == "forbidden"]
    assert [(row["from_s"], row["to_s"]) for row in stopped] == [(21600, 36000)]
    assert stopped[0]["rule_id"] == "MX-ZMVM-CONT-F1-FREIGHT"


def test_command_answers_a_trucker_in_spanish() -> None:
    """Day, answer, rule and what nobody knows yet are in Spanish."""
    arguments = ["may-drive", "--pack", "mexico", "--date", "2026-02-17", "--inside", "zmvm",
                 "--nowhere-else", "--language", "es"]  # fmt: skip
    known = {**KNOWN}
    known.pop("fuel")
    for name, value in known.items():
        arguments += ["--set", f"{name}={value}"]
    said = CliRunner().invoke(app, arguments).stdout
    assert "2026-02-17 mar 00:00–05:00  puede circular" in said
    assert "no se sabe" in said
    assert "Hoy No Circula, un día entre semana por terminación de placa, carga" in said
    assert "falta saber combustible (fuel)" in said


def test_command_names_wrong_arguments() -> None:
    """Dates, pairs and switches that are none."""
    run = CliRunner().invoke
    assert run(app, ["may-drive", "--pack", "mexico", "--date", "tomorrow"]).exit_code == 2
    base = ["may-drive", "--pack", "mexico", "--date", "2026-02-17"]
    assert run(app, [*base, "--set", "hologram"]).exit_code == 2
    assert run(app, [*base, "--language", "fr"]).exit_code == 2
    assert run(app, [*base, "--switch", "hnc_applies_to_freight=perhaps"]).exit_code == 2
    assert run(app, [*base, "--switch", "nothing=true"]).exit_code == 3

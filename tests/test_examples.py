"""Each example answers its question from public names, and writes what its README promises."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
Answers = dict[str, tuple[str, Path]]
CASES = sorted(path.parent.name for path in EXAMPLES.glob("*/answer.py"))


def load(case: str) -> ModuleType:
    """Load the script of a case as a module of its own."""
    spec = importlib.util.spec_from_file_location(f"example_{case}", EXAMPLES / case / "answer.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Run every case once: its words and the folder of its results."""
    found: Answers = {}
    for case in CASES:
        folder = tmp_path_factory.mktemp(case) / "results"
        found[case] = (load(case).answer(folder), folder)
    return found


def test_there_are_seven_cases_and_the_list_names_them() -> None:
    assert len(CASES) == 7
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"]({case}/README.md)" in listed for case in CASES)


@pytest.mark.parametrize("case", CASES)
def test_what_the_readme_promises_is_written(answers: Answers, case: str) -> None:
    _, folder = answers[case]
    readme = (EXAMPLES / case / "README.md").read_text(encoding="utf-8")
    table = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    promised = {name for cell in table for name in re.findall(r"`([^`]+)`", cell)}
    assert promised == {path.name for path in folder.iterdir()}
    assert all(path.stat().st_size > 0 for path in folder.iterdir())
    for heading in ("**Question.**", "**Answer**", "**Data.**", "**How.**", "**Limits.**"):
        assert heading in readme


@pytest.mark.parametrize("case", CASES)
def test_the_readme_shows_the_answer(answers: Answers, case: str) -> None:
    """What a reader sees first is what the script says, word by word and number by number."""
    readme = (EXAMPLES / case / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```text\n")[1].split("\n```")[0]
    said = answers[case][0].split("\nRests on")[0]
    number = re.compile(r"\d[\d,]*\.?\d*")
    assert number.sub("#", shown) == number.sub("#", said)
    old, new = ([float(each.replace(",", "")) for each in number.findall(text)]
                for text in (shown, said))  # fmt: skip
    assert new == pytest.approx(old, rel=0.02)


@pytest.mark.parametrize("case", CASES)
def test_every_number_has_source_and_status(answers: Answers, case: str) -> None:
    from geofleet.defaults import STATUSES

    words, folder = answers[case]
    rows = pd.read_csv(folder / "provenance.csv")
    assert len(rows) > 0
    assert rows["status"].isin(STATUSES).all()
    assert rows["source"].notna().all()
    assert "synthetic" in words
    assert "Rests on" in words
    assert not re.search(r"\bnan\b", words, re.IGNORECASE)


@pytest.mark.parametrize("case", CASES)
def test_only_public_names_are_imported(case: str) -> None:
    tree = ast.parse((EXAMPLES / case / "answer.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geofleet"):
            package = importlib.import_module(str(node.module))
            named = {alias.name for alias in node.names}
            assert named <= set(package.__all__), node.module


def test_daily_payment_is_the_annuity_of_what_is_lent(answers: Answers) -> None:
    # 1,425 less 400 for the old one, a tenth down; 22 % over four years, 5 % on top, 300 days
    table = pd.read_csv(answers["two_wheelers"][1] / "riders.csv")
    lent = 0.9 * (1425.0 - 400.0)
    annuity = lent * 0.22 / (1.0 - 1.22**-4)
    assert table["of_it_payment_usd_per_day"].to_numpy() == pytest.approx(
        1.05 * annuity / 300.0, abs=1e-3
    )
    assert table["down_today_usd"].to_numpy() == pytest.approx(102.5)
    km = pd.Series([45.0, 80.0, 140.0])
    fuel = km * 2.4 / 100.0 * 1.3 + 260.0 / 300.0
    assert table["petrol_usd_per_day"].to_numpy() == pytest.approx(fuel.to_numpy(), abs=1e-3)


def test_ride_fleet_buys_the_energy_of_its_ways(answers: Answers) -> None:
    bills = pd.read_csv(answers["ride_fleet"][1] / "bills.csv", index_col="charging")
    km = 14 * 210 + 10 * 190 + 8 * 230
    bought = bills.loc[["at once", "smart"], "energy_kwh"] - bills.loc["other loads", "energy_kwh"]
    assert bought.to_numpy() == pytest.approx(30 * km * 0.165 / 0.9, rel=1e-6)
    assert bills.loc["smart", "total"] < bills.loc["at once", "total"]


def test_single_truck_gets_free_what_the_programme_lifts(answers: Answers) -> None:
    hours = pd.read_csv(answers["single_truck"][1] / "hours.csv")
    barred = hours[hours["status"] == "forbidden"].groupby("member")["hours"].sum()
    assert barred.to_dict() == {"no": 4.0 + 17.0}  # Fase I 6 to 10, then its weekday 5 to 22
    offers = pd.read_csv(answers["single_truck"][1] / "offers.csv", index_col="technology")
    assert offers.loc["dpf_retrofit", "able"] == "yes"
    out_of_reach = offers[offers["able"] == "no"]
    assert (out_of_reach["smallest_grant_mxn"] > 0.0).all()
    assert out_of_reach["reason"].notna().all()


def test_bus_blocks_stop_where_the_battery_does(answers: Answers) -> None:
    folder = answers["bus_depot"][1]
    blocks = pd.read_csv(folder / "blocks.csv")
    assert blocks["km"].to_numpy() == pytest.approx(
        7.31 * pd.read_csv(EXAMPLES / "bus_depot" / "blocks.csv")["trips"].to_numpy()
    )
    longest_done = blocks.loc[blocks["feasible"], "kwh"].max()
    assert (blocks.loc[~blocks["feasible"], "kwh"] > longest_done).all()
    bills = pd.read_csv(folder / "bills.csv", index_col="charging")
    done = blocks.loc[blocks["feasible"], "kwh"].sum()
    bought = bills.loc["smart", "energy_kwh"] - bills.loc["other loads", "energy_kwh"]
    assert bought == pytest.approx(30 * done / 0.935, rel=1e-4)


def test_scorecard_and_statement_tell_the_same(answers: Answers) -> None:
    folder = answers["freight_scorecard"][1]
    card = pd.read_csv(folder / "scorecard.csv")
    statement = json.loads((folder / "statement.json").read_text(encoding="utf-8"))
    whole = card["co2e_wtw_g"].sum() / card["transport_activity_tkm"].sum()
    assert statement["total"]["intensity_g_per_tkm"]["co2e_wtw_g"] == pytest.approx(whole, rel=1e-4)
    assert statement["synthetic"] is True
    assert "primary" not in statement["data_quality"]["kinds"].values()
    first = card[card["rank_in_class"] == 1].set_index("vehicle_class")["co2e_wtw_g_per_tkm"]
    least = card[card["ranked"]].groupby("vehicle_class")["co2e_wtw_g_per_tkm"].min()
    assert first.to_dict() == least.to_dict()


def test_bogota_counts_peaks_saturday_and_the_unknown_hour(answers: Answers) -> None:
    week = pd.read_csv(answers["bogota"][1] / "week.csv", index_col="vehicle_id")
    # 06-08 and 17-20 on five days; Saturday the 13th rests odd digits, 5 to 20 within work
    assert week.loc["brick truck of 1999", "forbidden"] == 5 * 5 + 15
    assert week.loc["mover of 2001", "forbidden"] == 5 * 5
    assert week.loc["fruit truck of 2000", "forbidden"] == 0.0
    assert (week.loc[week.index != "van of 2019", "unknown"] == 5.0).all()
    assert (week[["allowed", "forbidden", "unknown"]].sum(axis=1) == 6 * 15).all()
    offers = pd.read_csv(answers["bogota"][1] / "renewal_cop.csv")
    helped = offers[offers["eligible"] == "yes"].set_index(["vehicle_id", "option"])["grant"]
    assert helped["brick truck of 1999", "euro_6"] == pytest.approx(0.6 * 90_700_000)
    assert helped["old drum truck of 1998", "cng"] == pytest.approx(0.7 * 129_600_000)
    assert len(helped) == 6


def test_who_benefits_shares_out_all_there_is(answers: Answers) -> None:
    for name in ("by_income.csv", "by_age.csv"):
        table = pd.read_csv(answers["who_benefits"][1] / name)
        sums = table.groupby("air")[["people_share", "exposure_share"]].sum()
        assert sums.to_numpy() == pytest.approx(1.0, abs=1e-5)
        assert (table["mean_ug_m3"] > 0.0).all()
        today = table[table["air"] == "today"].iloc[:, 1:].set_index(table.columns[1])
        for air, part in table.groupby("air"):
            if air != "today":
                spared = part.set_index(table.columns[1])["mean_ug_m3"]
                assert (spared < today["mean_ug_m3"]).all()


def test_a_case_runs_as_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    answers: Answers,
) -> None:  # fmt: skip
    script = str(EXAMPLES / "two_wheelers" / "answer.py")
    monkeypatch.setattr(sys, "argv", [script, str(tmp_path / "out")])
    runpy.run_path(script, run_name="__main__")
    assert capsys.readouterr().out == answers["two_wheelers"][0] + "\n"
    for path in answers["two_wheelers"][1].iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    monkeypatch.setattr(sys, "argv", [script])
    with pytest.raises(SystemExit, match="Run with a folder for the results"):
        runpy.run_path(script, run_name="__main__")


def test_hostile_names_stay_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = tmp_path / "case"
    shutil.copytree(EXAMPLES / "two_wheelers", case)
    hostile = "</text><script>alert(1)</script>{{ x }}${y}\u202e🛵"
    (case / "riders.csv").write_text(
        "rider,km_per_day,deliveries,load_kg,cruise_kmh\n" + f'"{hostile}",40,10,20,40\n',
        encoding="utf-8",
    )
    module = load("two_wheelers")
    monkeypatch.setattr(module, "HERE", case)
    assert hostile in module.answer(tmp_path / "out")
    drawn = (tmp_path / "out" / "riders.svg").read_text(encoding="utf-8")
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn

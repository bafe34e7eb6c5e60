"""The default tables of the emission stage are whole, consistent and physically in order."""

from __future__ import annotations

import math
import re
from itertools import product

import pandas as pd
import pytest

from geofleet.defaults import read_table
from geofleet.emissions.hot.factors import read_factors

EURO = ("pre_euro", *(f"euro_{number}" for number in range(1, 7)))
EPA = ("epa_1998", "epa_2004", "epa_2007", "epa_2010_early", "epa_2010_mature")
STANDARDS = EURO + EPA
FILTERED = ("euro_6", "epa_2007", "epa_2010_early", "epa_2010_mature")
CATEGORIES = ("light", "heavy")
SITUATIONS = ("urban", "rural", "highway")
BASES = ("nox", "pm25", "co", "voc", "energy")
CLASSES = sorted(
    {
        row.partition(".")[0]
        for row in read_table("vehicle_classes").index
        if row.endswith(".emep_segment")
    }
)
FOR_TRUCKS = {("light", epa) for epa in (*EPA, "epa_2010")}
"""The US path is that of trucks."""
TABLES = (
    "standards", "us_path", "certification_mix", "exhaust_shares", "exhaust_per_km", "upstream",
    "cold_start", "idle", "deterioration", "altitude", "electricity_use", "technologies",
    "uncertainty",
)  # fmt: skip


def number(table: str, row: str) -> float:
    return float(read_table(table).loc[row, "value"])


def text(table: str, row: str) -> str:
    return str(read_table(table).loc[row, "value"])


def has(table: str, row: str) -> bool:
    return row in read_table(table).index


STD = "|".join((*STANDARDS, "epa_2010"))
PLACE = "|".join(
    str(one) for one in read_factors("emep_hot_diesel.parquet")["emep_segment"].unique()
)
PARAMETERS = (
    "label|label_es|kind|parent|fuel|applies_to|needs|slot|fuels|no2_share|electricity_wh_km|ch4_g_mj|"
    "(nox|pm25|bc|oc|co|voc|ch4|n2o|nh3|energy|electricity|tyre|brake|road)_factor"
)
SCHEME = {
    "standards": rf"({STD})\.(label|label_es|path|dpf|scr|light_dpf|light_scr|"
    r"filter_(pm25|bc)_efficiency)|filter_failed_unfiltered_share",
    "us_path": rf"({STD})\.((nox|pm25|co|voc)\.(shape|per_fuel_(factor|low|high))|"
    r"energy\.(shape|factor)|gases\.shape)|fuel_ratio\.(lowest|highest)|epa_2010\.(early_until|mature_from)",
    "certification_mix": rf"[A-Z]{{2}}\.(light|heavy)\.\d+-\d+\.({STD})",
    "exhaust_shares": rf"bc\.(light|heavy)\.({STD})\.share_of_pm25(_printed)?|"
    rf"oc\.(light|heavy)\.({STD})\.om_to_bc(_printed)?|oc\.om_to_oc|"
    rf"no2\.(light|heavy)\.({STD})\.share_of_nox",
    "exhaust_per_km": rf"ch4\.({PLACE})\.({STD})\.(urban|rural|highway)|"
    rf"(n2o|nh3)\.(light|heavy)\.({STD})\.(urban|rural|highway)|"
    r"situation\.(rural|highway)_from_kmh",
    "upstream": r"diesel\.wtt_share_of_ttw|(diesel|cng)\.wtt_g_mj|gwp(20|100)\.(ch4|n2o|bc)|"
    r"electricity\.([A-Z]{2}|world)\.(\d{4}\.g_kwh|losses_share)|"
    r"electricity\.charging_efficiency",
    "cold_start": r"beta\.(constant|length|temperature|length_temperature)|"
    r"ratio\.(nox|pm25|co|voc|energy)\.(intercept|slope|limit_c|warm)|"
    r"trip_length_km|temperature_c|soak_h",
    "idle": rf"({'|'.join(CLASSES)})\.fuel_g_h|stop\.engine_on_(share|max_s)",
    "deterioration": rf"applied|(from|to)_age_years|({STD})\.(nox|pm25|co|voc)\.increase",
    "altitude": r"(nox\.(no_)?scr|pm25\.(no_)?dpf|co\.all)\.(factor|low|high)",
    "electricity_use": rf"({'|'.join(CLASSES)})\.(30|40|80)\.wh_km",
    "technologies": rf"[a-z0-9_]+\.({PARAMETERS})(\.({STD}))?",
    "uncertainty": rf"standard\.({STD})\.family|[a-z]+\.[a-z0-9_]+\.gsd",
}


@pytest.mark.parametrize("table", TABLES)
def test_ids_follow_the_scheme(table: str) -> None:
    """A row that no code could ask for is a misspelt one."""
    wrong = [row for row in read_table(table).index if not re.fullmatch(SCHEME[table], row)]
    assert not wrong


@pytest.mark.parametrize("table", TABLES)
def test_numbers_are_finite(table: str) -> None:
    """What is not text is a finite number, negative only as a slope."""
    frame = read_table(table)
    for row, value in frame.loc[~frame["unit"].isin(["text"]), "value"].items():
        assert math.isfinite(float(value)), row
        assert float(value) >= 0 or row.startswith(("beta.", "ratio.")), row


def test_every_combination_exists() -> None:
    """All classes and standards have the rows that an engine asks for."""
    missing = [
        f"{table}:{row}"
        for table, rows in {
            "standards": [
                f"{s}.{p}" for s, p in product(STANDARDS, ("label", "path", "dpf", "scr"))
            ],
            "us_path": [f"{s}.{b}.shape" for s, b in product(EPA, BASES)],
            "exhaust_shares": [
                row
                for c, s in product(CATEGORIES, STANDARDS)
                if (c, s) not in FOR_TRUCKS
                for row in (
                    f"bc.{c}.{s}.share_of_pm25",
                    f"oc.{c}.{s}.om_to_bc",
                    f"no2.{c}.{s}.share_of_nox",
                )
            ],
            "exhaust_per_km": [
                *(f"ch4.{x}" for x in map(".".join, product(PLACE.split("|"), EURO, SITUATIONS))),
                *(".".join(x) for x in product(("n2o", "nh3"), CATEGORIES, EURO, SITUATIONS)),
            ],
            "idle": [f"{name}.fuel_g_h" for name in CLASSES],
            "electricity_use": [f"{n}.{v}.wh_km" for n, v in product(CLASSES, (30, 40, 80))],
            "deterioration": [
                f"{s}.{b}.increase" for s, b in product(STANDARDS, ("nox", "pm25", "co", "voc"))
            ],
            "cold_start": [f"ratio.{b}.slope" for b in BASES],
            "uncertainty": [f"standard.{s}.family" for s in STANDARDS],
        }.items()
        for row in rows
        if not has(table, row)
    ]  # fmt: skip
    assert len(CLASSES) == 16
    assert not missing


def test_mixes_cover_every_year_once_and_sum_to_one() -> None:
    """For each country and category, each model year has one mix whose shares sum to one."""
    frame = read_table("certification_mix")
    sums: dict[tuple[str, str], dict[tuple[int, int], float]] = {}
    for row, value in frame["value"].items():
        country, category, years, standard = str(row).split(".")
        assert standard in (*EURO, *EPA[:3], "epa_2010")
        first, last = (int(year) for year in years.split("-"))
        period = sums.setdefault((country, category), {})
        period[first, last] = period.get((first, last), 0.0) + float(value)
    assert sums.keys() == {("MX", "light"), ("MX", "heavy")}
    for periods in sums.values():
        ordered = sorted(periods)
        assert ordered[0][0] == 0
        assert ordered[-1][1] == 9999
        assert [a[1] + 1 for a in ordered[:-1]] == [b[0] for b in ordered[1:]]
        assert list(periods.values()) == pytest.approx([1.0] * len(periods))


def test_mexican_trucks_of_2012_are_nine_tenths_epa_2004() -> None:
    """NOM-044 standard A, about 90 % certified on the US path."""
    assert number("certification_mix", "MX.heavy.2009-2018.epa_2004") == 0.9
    assert number("certification_mix", "MX.heavy.2009-2018.euro_4") == 0.1


def shares(category: str, standard: str, technology: str = "") -> tuple[float, float]:
    """Black carbon and organic matter of PM2.5, with a technology or none."""
    bc = number("exhaust_shares", f"bc.{category}.{standard}.share_of_pm25")
    om = bc * number("exhaust_shares", f"oc.{category}.{standard}.om_to_bc")
    left = factor(technology, "pm25_factor", standard)
    if not left:
        return 0.0, 0.0
    return (
        bc * factor(technology, "bc_factor", standard) / left,
        om * factor(technology, "oc_factor", standard) / left,
    )


def factor(technology: str, parameter: str, standard: str) -> float:
    for row in (f"{technology}.{parameter}.{standard}", f"{technology}.{parameter}"):
        if has("technologies", row):
            return number("technologies", row)
    parent = f"{technology}.parent"
    if has("technologies", parent):
        return factor(text("technologies", parent), parameter, standard)
    return 1.0


def technologies() -> list[str]:
    return [
        row[: -len(".kind")] for row in read_table("technologies").index if row.endswith(".kind")
    ]


def allowed(technology: str) -> tuple[str, ...]:
    names = text("technologies", f"{technology}.applies_to")
    return STANDARDS if names == "all" else tuple(set(names.split(";")) & set(STANDARDS))


def needs_filter(technology: str) -> bool:
    """Whether a state is of engines that are made with a filter."""
    return technology in ("dpf_failed", "dpf_removed")


def filtered(category: str, standard: str) -> bool:
    """Whether engines of a standard are made with a filter."""
    light = {"euro_5", "euro_6"}  # vans
    return standard in (light if category == "light" else FILTERED)


@pytest.mark.parametrize("technology", ["", *technologies()])
def test_parts_of_particles_are_no_more_than_particles(technology: str) -> None:
    """Black carbon and organic matter stay within PM2.5, with every technology and standard."""
    for category in CATEGORIES:
        for standard in allowed(technology) if technology else STANDARDS:
            if (category, standard) in FOR_TRUCKS:
                continue
            if needs_filter(technology) and not filtered(category, standard):
                continue
            bc, om = shares(category, standard, technology)
            assert bc >= 0
            assert om >= 0
            assert bc + om <= 1.0005, (category, standard)


def test_printed_shares_of_vans_are_more_than_particles() -> None:
    """Why they are not used: with the printed ratios they exceed all of PM2.5."""
    sums = [
        number("exhaust_shares", f"bc.light.{standard}.share_of_pm25_printed")
        * (1 + number("exhaust_shares", f"oc.light.{standard}.om_to_bc"))
        for standard in ("pre_euro", "euro_1", "euro_2", "euro_3")
    ]
    assert all(one > 1.0 for one in sums)


def test_filters_take_soot_first() -> None:
    """Standards with a filter have less black carbon in less PM2.5 than those without."""
    with_filter = [number("exhaust_shares", f"bc.heavy.{s}.share_of_pm25") for s in FILTERED]
    without = [
        number("exhaust_shares", f"bc.heavy.{s}.share_of_pm25")
        for s in STANDARDS
        if s not in FILTERED
    ]
    assert max(with_filter) < min(without)
    assert [s for s in STANDARDS if text("standards", f"{s}.dpf") == "yes"] == list(FILTERED)


def test_removed_filters_follow_from_their_efficiency() -> None:
    """A filter of efficiency e that is gone multiplies the mass by 1/(1 - e); a crack half-way."""
    passed = number("standards", "filter_failed_unfiltered_share")
    for standard in FILTERED:
        for part in ("pm25", "bc"):
            efficiency = number("standards", f"{standard}.filter_{part}_efficiency")
            removed = number("technologies", f"dpf_removed.{part}_factor.{standard}")
            failed = number("technologies", f"dpf_failed.{part}_factor.{standard}")
            assert removed == pytest.approx(1 / (1 - efficiency), rel=0.01)
            assert failed == pytest.approx(1 + passed * (removed - 1), rel=0.01)
            assert removed > failed > 1


def test_retrofit_and_its_failure() -> None:
    """The retrofit is for vehicles without filter alone; a crack undoes half of it."""
    assert not set(allowed("dpf_retrofit")) & set(FILTERED)
    assert set(allowed("dpf_retrofit")) | set(FILTERED) == set(STANDARDS)
    for part in ("pm25", "bc", "oc"):
        intact = factor("dpf_retrofit", f"{part}_factor", "euro_3")
        failed = factor("dpf_retrofit_failed", f"{part}_factor", "euro_3")
        assert failed == pytest.approx((intact + 1) / 2, rel=1e-3)
    assert factor("dpf_retrofit_failed", "energy_factor", "euro_3") == 1.02


def test_high_and_normal_emitters_leave_the_mean() -> None:
    """A tenth of the trucks makes 65 % of soot and 44 % of NOx, and the fleet is as before."""
    for base, share in (("nox", 0.44), ("pm25", 0.65), ("bc", 0.65), ("oc", 0.65)):
        high = factor("high_emitter", f"{base}_factor", "euro_3")
        normal = factor("normal_emitter", f"{base}_factor", "euro_3")
        assert 0.1 * high == pytest.approx(share)
        assert 0.1 * high + 0.9 * normal == pytest.approx(1.0, abs=1e-5)


def test_disabled_catalysts() -> None:
    """Three, six and twenty times the NOx of a working one; cold in town less than that."""
    values = [number("technologies", f"scr_disabled.nox_factor.euro_{n}") for n in (4, 5, 6)]
    assert values == [3.0, 6.0, 20.0]
    for standard in allowed("scr_disabled"):
        cold = factor("scr_cold", "nox_factor", standard)
        assert 1.0 <= cold < factor("scr_disabled", "nox_factor", standard)
        assert text("standards", f"{standard}.scr") == "yes"


def test_electric_vehicles_have_no_exhaust_but_wear() -> None:
    """All factors of exhaust are zero, none of wear is."""
    for part in ("nox", "pm25", "bc", "oc", "co", "voc", "ch4", "n2o", "nh3", "energy"):
        assert factor("battery_electric", f"{part}_factor", "none") == 0.0
    for part in ("tyre", "brake", "road"):
        assert factor("battery_electric", f"{part}_factor", "none") > 0.0
    assert factor("battery_electric", "brake_factor", "none") < 1.0


def test_states_do_not_touch_wear() -> None:
    """A filter or a broken catalyst changes nothing about tyres, brakes and road."""
    for name in technologies():
        if text("technologies", f"{name}.kind") == "state":
            for part in ("tyre", "brake", "road"):
                assert factor(name, f"{part}_factor", "euro_3") == 1.0


def test_no2_rises_with_catalysts_and_filters() -> None:
    """US engines with filter send out more of their NOx as NO2, and retrofits more still."""
    share = {s: number("exhaust_shares", f"no2.heavy.{s}.share_of_nox") for s in STANDARDS}
    assert share["epa_2004"] < share["epa_2007"] < share["epa_2010_mature"]
    assert number("technologies", "dpf_retrofit.no2_share") > share["euro_3"]


def test_methane_falls_from_standard_to_standard() -> None:
    """From Euro I on no newer standard of trucks emits more methane on any road."""
    for segment, situation in product(PLACE.split("|"), SITUATIONS):
        values = [number("exhaust_per_km", f"ch4.{segment}.{s}.{situation}") for s in EURO]
        assert values == sorted(values, reverse=True)


def test_urea_makes_nitrous_oxide_and_ammonia() -> None:
    """Euro V and VI trucks emit more of both than Euro III ones."""
    for gas, situation in product(("n2o", "nh3"), SITUATIONS):
        old = number("exhaust_per_km", f"{gas}.heavy.euro_3.{situation}")
        for standard in ("euro_5", "euro_6"):
            assert number("exhaust_per_km", f"{gas}.heavy.{standard}.{situation}") > old


def test_upstream_figures() -> None:
    """Diesel well-to-tank is a quarter of tank-to-wheel; Mexico's grid as published."""
    assert number("upstream", "diesel.wtt_share_of_ttw") == pytest.approx(
        0.1166 / 0.48364, rel=1e-3
    )
    grid = [number("upstream", f"electricity.MX.{year}.g_kwh") for year in range(2020, 2025)]
    assert grid == [494, 423, 435, 438, 444]
    countries = {
        row.split(".")[1] for row in read_table("upstream").index if row.endswith(".g_kwh")
    }
    assert countries >= {"MX", "CL", "CO", "BR", "world"}
    for country in countries:
        assert 0 < number("upstream", f"electricity.{country}.losses_share") < 0.3


def test_cold_share_and_ratio_by_hand() -> None:
    """Half of a 6 km trip at 10 °C is cold; at 10 °C a cold van emits 1.17 times the NOx."""
    beta = [
        number("cold_start", f"beta.{n}")
        for n in ("constant", "length", "temperature", "length_temperature")
    ]
    cold = beta[0] + beta[1] * 6 + beta[2] * 10 + beta[3] * 60
    assert cold == pytest.approx(0.6474 - 0.02545 * 6 - (0.00974 - 0.000385 * 6) * 10)
    ratio = number("cold_start", "ratio.nox.intercept") + 10 * number(
        "cold_start", "ratio.nox.slope"
    )
    assert ratio == pytest.approx(1.17)


def test_deterioration_is_off_and_zero_for_the_us_path() -> None:
    """Nothing is added by default, and never to factors that hold the wear of age already."""
    assert number("deterioration", "applied") == 0
    for standard, base in product(EPA, ("nox", "pm25", "co", "voc")):
        assert number("deterioration", f"{standard}.{base}.increase") == 0


def test_altitude_is_one_within_its_band() -> None:
    """No correction by default; the band says what that may hide."""
    for group in ("nox.no_scr", "nox.scr", "pm25.no_dpf", "pm25.dpf", "co.all"):
        low, mid, high = (number("altitude", f"{group}.{n}") for n in ("low", "factor", "high"))
        assert mid == 1.0
        assert low <= mid <= high


def test_heavier_classes_use_no_less_electricity_and_idle_fuel() -> None:
    """Along the rigid and the articulated classes neither falls with size."""
    chains = [
        ["small_van", "cargo_van", *(c for c in SIZE if c.startswith("rigid"))],
        [c for c in SIZE if c.startswith("articulated")],
    ]
    for chain in chains:
        for table, row in (("idle", "fuel_g_h"), ("electricity_use", "30.wh_km")):
            values = [number(table, f"{name}.{row}") for name in chain]
            assert values == sorted(values)


SIZE = sorted(CLASSES, key=lambda name: number("vehicle_classes", f"{name}.gvw_max_kg"))


def idle_rate(segment: str, standard: str, pollutant: str, fuel_g_h: float) -> float:
    """Grams an hour: idle fuel with the pollutant per fuel of the slowest speed, level, empty."""
    frame = read_factors("emep_hot_diesel.parquet")
    rows = frame[
        (frame["emep_segment"] == segment)
        & (frame["standard"] == standard)
        & (frame["slope"] == 0.0)
        & (frame["load"] == 0.0)
    ].set_index("pollutant")
    speed = float(rows["speed_min_kmh"].max())

    def value(row: pd.Series) -> float:
        top = row.alpha * speed**2 + row.beta * speed + row.gamma + row.delta / speed
        return float(
            top / (row.epsilon * speed**2 + row.zita * speed + row.hta) * (1 - row.reduction)
        )

    fuel_g_km = (
        1000 * value(rows.loc["energy"]) / number("fuel", "diesel.lower_heating_value_mj_kg")
    )
    return value(rows.loc[pollutant]) / fuel_g_km * fuel_g_h


@pytest.mark.parametrize("vehicle_class", ["rigid_20t", "rigid_26t"])
def test_idling_against_a_chassis_test(vehicle_class: str) -> None:
    """Trucks of before 1999 idling on a dynamometer: 85 g NOx and 1.8 g PM an hour.

    McCormick et al. 2000, J. Air Waste Manage. Assoc. 50, 1992: twelve trucks at 1,609 m.
    """
    fuel = number("idle", f"{vehicle_class}.fuel_g_h")
    standards = ("pre_euro", "euro_1", "euro_2")
    nox = [idle_rate(vehicle_class, standard, "nox", fuel) for standard in standards]
    soot = [idle_rate(vehicle_class, standard, "pm25", fuel) for standard in standards]
    assert all(85 / 1.4 < one < 85 * 1.4 for one in nox)
    assert all(1.8 / 3 < one < 1.8 * 3 for one in soot)
    assert sum(nox) / 3 == pytest.approx(85, rel=0.2)
    assert min(soot) < 1.8 < max(soot)


def test_methane_of_gas_engines() -> None:
    """Rows by standard for all that can be gas engines, lean ones above those with a catalyst."""
    slip = {s: number("technologies", f"cng.ch4_g_mj.{s}") for s in STANDARDS}
    assert min(slip[s] for s in STANDARDS if s not in FILTERED) > max(slip[s] for s in FILTERED)
    heat = number("fuel", "cng.lower_heating_value_mj_kg")
    shares_of_fuel = [value * heat / 1000 for value in slip.values()]
    assert max(shares_of_fuel) < 0.02, "methane lost is below 2 % of the fuel"


def test_spread_is_larger_where_less_is_known() -> None:
    """Geometric standard deviations are above one, and NOx of new engines the least certain."""
    frame = read_table("uncertainty")
    deviations = frame[frame["unit"] != "text"]["value"].astype(float)
    assert (deviations > 1.0).all()
    assert deviations["old.nox.gsd"] < deviations["mid.nox.gsd"] < deviations["new.nox.gsd"]
    families = set(frame.loc[frame["unit"] == "text", "value"])
    for family, base in product(
        families, ("nox", "pm25", "co", "voc", "energy", "bc", "no2", "wear")
    ):
        assert f"{family}.{base}.gsd" in deviations.index

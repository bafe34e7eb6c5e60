"""Whose air gets better: by income and by age, with filters on old trucks or with electric vans?

Run with a folder for the results: ``python examples/who_benefits/answer.py out/who_benefits``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geofleet import Fleet, Study
from geofleet.bundled import bundled_study
from geofleet.emissions import link_emissions, traversal_emissions
from geofleet.exposure import (
    concentration_index,
    concentrations,
    daily_mean,
    exposure_shares,
    exposure_shares_by_group,
    make_receptors,
    with_group_shares,
)
from geofleet.maps import classed, map_picture
from geofleet.routes import build_itineraries
from geofleet.study import read_inputs, study_defaults

HERE = Path(__file__).parent
OLD = ("conventional", "euro_1", "euro_2", "euro_3")
AGES = ("under_5", "from_5_to_64", "over_65")
SOOT = "pm25_exhaust_g"


def with_quintiles(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zones with income, the fifth of the people they are in, and persons by age."""
    income = pd.read_csv(HERE / "income.csv", dtype={"zone_id": str}, index_col="zone_id")
    zones = zones.assign(income_index=zones["zone_id"].map(income["income_index"]))
    ages = pd.read_csv(HERE / "ages.csv", index_col="quintile")
    ranked = zones.sort_values("income_index")
    below = (ranked["people"].cumsum() - ranked["people"] / 2.0) / ranked["people"].sum()
    fifth = np.minimum((5.0 * below).astype(int), 4)
    zones = zones.assign(quintile=fifth.map(dict(enumerate(ages.index))))
    return with_group_shares(zones, ages[list(AGES)], area_column="quintile")


def scenarios(fleet: Fleet) -> dict[str, Fleet]:
    """Return the fleet with filters on its old diesel trucks, and with electric vans."""
    vehicles = fleet.vehicles
    old = vehicles["standard"].isin(OLD) & (vehicles["fuel"] == "diesel")
    filtered = vehicles.assign(aftertreatment=np.where(old, "dpf_retrofit", None))
    vans = vehicles["vehicle_class"] == "cargo_van"
    electric = vehicles.assign(
        fuel=vehicles["fuel"].mask(vans, "electric"),
        standard=vehicles["standard"].mask(vans, "none"),
    )
    return {
        f"filters on the {int(old.sum())} oldest trucks": replace(fleet, vehicles=filtered),
        f"electric in place of {int(vans.sum())} vans": replace(fleet, vehicles=electric),
    }


def answer(folder: Path) -> str:
    """Write the tables and the map to a folder and return the answer in words."""
    study = Study.open(bundled_study())
    defaults, _ = study_defaults(study.folder, study.config)
    inputs = read_inputs(study.folder, study.config, defaults=defaults)
    network, weather = inputs.network, inputs.weather
    itineraries = build_itineraries(
        network, inputs.fleet, inputs.stops, timezone=study.config.timezone, defaults=defaults
    )

    def soot_of(fleet: Fleet) -> tuple[np.ndarray, np.ndarray]:
        """Return edges and grams of exhaust particles by edge and hour."""
        emissions = traversal_emissions(
            itineraries.traversals, network, fleet, country=study.config.country,
            temperature_c=list(weather.mean_by_hour("temperature_c")), defaults=defaults,
        )  # fmt: skip
        by_link = link_emissions(itineraries.traversals, emissions)
        return by_link.edges, by_link.matrix(SOOT)

    edges, today = soot_of(inputs.fleet)
    changed = scenarios(inputs.fleet)
    avoided = {name: today - soot_of(fleet)[1] for name, fleet in changed.items()}

    zones = with_quintiles(inputs.zones)
    receptors = make_receptors(
        zones, crs_metric=network.crs_metric, network=network, defaults=defaults
    )
    air = concentrations(
        network, receptors, weather, edges=edges, grams=np.stack([today, *avoided.values()]),
        defaults=defaults,
    )  # fmt: skip
    zone_of = receptors.frame["zone_id"].to_numpy()
    by_zone = zones.set_index("zone_id")
    quintile = by_zone["quintile"].reindex(zone_of)
    rank = by_zone["income_index"].reindex(zone_of).to_numpy()
    people = receptors.people_by_hour()
    of_age = {group: receptors.people_by_hour(group) for group in AGES}
    incomes, ages, leans = {}, {}, {}
    for name, hourly in zip(["today", *avoided], air, strict=True):
        incomes[name] = exposure_shares(hourly, people, quintile)
        ages[name] = exposure_shares_by_group(hourly, people, of_age)
        leans[name] = concentration_index(
            daily_mean(hourly), people.mean(axis=1), rank, higher_is_better=True
        ).value

    folder.mkdir(parents=True, exist_ok=True)
    by_income, by_age = pd.concat(incomes, names=["air"]), pd.concat(ages, names=["air"])
    by_income.round(6).to_csv(folder / "by_income.csv")
    by_age.round(6).to_csv(folder / "by_age.csv")
    first = next(iter(avoided))
    persons = receptors.frame["people"].to_numpy()
    weighted = pd.DataFrame(
        {"zone": zone_of, "people": persons, "air": daily_mean(air[1]) * persons}
    )
    sums = weighted.groupby("zone")[["people", "air"]].sum()
    relief = 1000.0 * (sums["air"] / sums["people"].where(sums["people"] > 0.0))
    picture = map_picture(
        {
            "what is avoided": classed(zones.geometry, relief.reindex(zones["zone_id"]).to_numpy()),
            "income index (synthetic)": classed(
                zones.geometry, zones["income_index"].to_numpy(),
                colours=("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d"),
            ),
        },
        title=f"Exhaust PM2.5 avoided, ng/m³ ({first}); income index",
        attribution=study.config.attribution,
    )  # fmt: skip
    picture.write(folder / "map.svg")
    used = defaults.describe()
    own = pd.DataFrame({
        "row": ["income.csv", "ages.csv"], "value": "table", "unit": "",
        "year": "2026", "source": "made up for this example", "status": "illustrative",
    })  # fmt: skip
    pd.concat([used, own]).to_csv(folder / "provenance.csv", index=False)

    poorest, richest = "Q1 (lowest)", "Q5 (highest)"
    lines = ["Exhaust PM2.5 of one day of freight (synthetic freight, income and ages):"]
    for name in ("today", *avoided):
        table, old = incomes[name], ages[name]
        mean = 1000.0 * (table["people_share"] * table["mean_ug_m3"]).sum()
        what = "everybody breathes" if name == "today" else f"{name}: everybody is spared"
        lines.append(
            f"- {what} {mean:.1f} ng/m³ in the mean; the poorest fifth "
            f"{table.loc[poorest, 'ratio']:.2f} times that, the richest "
            f"{table.loc[richest, 'ratio']:.2f}; under 5 {old.loc['under_5', 'ratio']:.2f}, over "
            f"65 {old.loc['over_65', 'ratio']:.2f}; concentration index {leans[name]:+.3f}"
        )
    share = incomes[first].loc[poorest, "exposure_share"]
    lines.append(
        f"- of what {first} spare, {share:.0%} goes to the poorest fifth "
        "(an index below 0: more to those with less)"
    )
    counts = pd.concat([used["status"], own["status"]]).value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"Rests on {rests} numbers: see provenance.csv.")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

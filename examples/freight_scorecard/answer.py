"""Which carriers move a tonne-kilometre with the least greenhouse gas, and how well is it known?

Run with a folder for the results: ``python examples/freight_scorecard/answer.py out/scorecard``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

from geofleet import Study
from geofleet.bundled import bundled_study
from geofleet.emissions import consignments, intensity, iso14083_statement
from geofleet.maps import bar_chart

HERE = Path(__file__).parent
FEW_TONNE_KM = 20.0
"""Below this a day says little of a carrier: it is shown and not ranked."""
SHOWN = (
    "vehicle_days", "distance_km", "empty_km_share", "transport_activity_tkm",
    "distance_adjustment_factor", "co2e_wtw_g", "co2e_wtw_g_per_tkm", "co2e_ttw_g_per_tkm",
    "bc_g_per_tkm",
)  # fmt: skip


def answer(folder: Path) -> str:
    """Write scorecard, statement and chart to a folder and return the answer in words."""
    study = Study.open(bundled_study())
    emitted = study.emissions()
    inputs, itineraries, emissions = emitted.inputs, emitted.itineraries, emitted.emissions
    defaults = emitted.defaults
    lots = consignments(itineraries)
    statement = iso14083_statement(
        itineraries, emissions, inputs.fleet, lots=lots, synthetic=True,
        notes=study.config.notes, defaults=defaults,
    )  # fmt: skip

    card = intensity(
        itineraries, emissions, inputs.fleet, ["vehicle_class", "operator_id"], lots=lots
    )[list(SHOWN)].reset_index()
    records = pd.read_csv(HERE / "fuel_records.csv", index_col="operator_id")
    card.insert(2, "name", card["operator_id"].map(inputs.fleet.operators["name"]))
    card["primary_data_share"] = card["operator_id"].map(records["fuel_records_share"])
    card["ranked"] = card["transport_activity_tkm"] >= FEW_TONNE_KM
    grams = card["co2e_wtw_g_per_tkm"].where(card["ranked"])
    card.insert(3, "rank_in_class", grams.groupby(card["vehicle_class"]).rank(method="min"))
    card = card.sort_values(["vehicle_class", "rank_in_class", "co2e_wtw_g_per_tkm"])

    folder.mkdir(parents=True, exist_ok=True)
    card.round(4).to_csv(folder / "scorecard.csv", index=False)
    text = json.dumps(statement, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "statement.json").write_text(text + "\n", encoding="utf-8")
    ranked = card[card["ranked"]]
    names = [f"{row.vehicle_class}: {row.name}" for row in ranked.itertuples(index=False)]
    shown = ranked[["co2e_wtw_g_per_tkm"]].set_axis(names)
    bar_chart(shown, title="g CO2e per tonne-kilometre, well to wheel").write(
        folder / "scorecard.svg"
    )
    used = defaults.describe(emissions.provenance)
    used.to_csv(folder / "provenance.csv", index=False)

    known = card["primary_data_share"].notna()
    measured = (card["primary_data_share"] * card["co2e_wtw_g"])[known].sum()
    total = statement["total"]
    carried = f"{total['transport_activity_tkm']:,.0f} t·km"
    lines = [
        f"{card['operator_id'].nunique()} carriers on one day (synthetic freight, real streets), "
        f"{carried} by great-circle distance:",
        f"- all together: {total['intensity_g_per_tkm']['co2e_wtw_g']:,.0f} g CO2e per t·km, well "
        f"to wheel ({total['intensity_g_per_tkm']['co2e_ttw_g']:,.0f} of it at the vehicle)",
    ]
    for vehicle_class, part in ranked.groupby("vehicle_class", sort=False):
        if len(part) > 1:
            best, worst = part.iloc[0], part.iloc[-1]
            lines.append(
                f"- {vehicle_class}, {len(part)} carriers: least {best['name']}, "
                f"{best['co2e_wtw_g_per_tkm']:,.0f} g; most {worst['name']}, "
                f"{worst['co2e_wtw_g_per_tkm']:,.0f} g (goods ride "
                f"{worst['distance_adjustment_factor']:.1f} times the straight line)"
            )
    lines.append(
        f"- primary data: {measured / card['co2e_wtw_g'].sum():.0%} of the CO2e would rest on fuel "
        f"records (synthetic figures); where nothing is known of records, none are counted"
    )
    counts = used["status"].value_counts()
    rests = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"Rests on {rests} numbers: see provenance.csv.")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(answer(Path(sys.argv[1])))

"""What of a plan is drawn: its layers, its key figures, what surrounds its page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from geofleet.wording import Readers, Text, say

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.layers import Layer
    from geofleet.maps.frame import PageFrame
    from geofleet.planned.model import PlannedStudy

__all__ = ["dated_years", "particles_left", "plan_facts", "plan_frame", "plan_layers"]


def plan_layers(planned: PlannedStudy) -> dict[str, Layer]:
    """Return the layers of a plan, and the bare roads."""
    from geofleet.layers.links import roads_layer
    from geofleet.layers.plan import (
        plan_depots_layer,
        plan_links_layer,
        plan_vehicles_layer,
        plan_years_layer,
    )

    results, currency = planned.results, planned.currency
    network, itineraries = results.inputs.network, results.itineraries
    made = (
        plan_vehicles_layer(network, itineraries, planned.vehicles(), currency=currency),
        plan_depots_layer(itineraries, planned.depots(), currency=currency),
        plan_years_layer(dated_years(planned), currency=currency),
        plan_links_layer(
            network, itineraries, left=particles_left(planned),
            grams=results.emissions.grams["pm25_exhaust_g"].to_numpy(),
        ),
        roads_layer(network),
    )  # fmt: skip
    return {layer.name: layer for layer in made}


def particles_left(planned: PlannedStudy) -> pd.Series:
    """Return by vehicle what share of its work's exhaust PM2.5 is left when the plan is done.

    The work of a vehicle is that of its days today, whoever does it in the end; NaN where what
    that one emits is not known.
    """
    import pandas as pd

    results, made = planned.results, planned.vehicles().set_index("vehicle_id")
    physical = results.outcomes.physical["pm25_exhaust_g"]
    today = physical.xs("keep", level="option")
    done = made[made["duty_id"].notna()]
    pairs = [part.to_numpy(object) for part in (done["duty_id"], done.index, done["option"])]
    if planned.config.reassign:
        after = results.duties.work["pm25_exhaust_g"].reindex(pd.MultiIndex.from_arrays(pairs))
    else:
        after = physical.reindex(pd.MultiIndex.from_arrays(pairs[1:]))
    after = after.groupby(pairs[0]).sum(min_count=1)
    left = after.reindex(today.index) / today
    # what emits nothing today has nothing that a share could be of
    return left.where(today != 0.0, 1.0)


def plan_facts(planned: PlannedStudy, *, readers: Readers | None = None) -> list[tuple[Text, Text]]:
    """Return the key figures of the plan's page, as (value, label)."""
    write = readers or Readers.of(planned.results.config.country)
    tables = planned.tables()
    years = write.counted("common.years", planned.config.years)
    changed = int((tables.vehicles["option"] != "keep").sum())
    spend = float(tables.years["total_spend"].sum())
    of = say("plan.of_count", count=write.whole(changed), every=write.whole(len(tables.vehicles)))
    facts = [
        (of, say("plan.fact_changed")),
        (write.money(spend, planned.currency), say("plan.fact_spend")),
    ]
    base = planned.results.outcomes.physical.xs("keep", level="option")["harm_person_ug_m3_h"]
    today = float(base.sum(skipna=False)) * planned.config.years
    harm = float(tables.vehicles["harm"].sum()) if "harm" in tables.vehicles else math.nan
    if today > 0.0:
        facts.append((write.percent(harm / today), say("plan.fact_harm", years=years)))
    facts.append((write.percent(planned.plan.gap), say("plan.fact_gap")))
    if math.isfinite(planned.gain_over_ranking):
        facts.append((write.percent(planned.gain_over_ranking), say("plan.fact_ranking")))
    return facts


def plan_frame(planned: PlannedStudy, *, language: str = "en") -> PageFrame:
    """Return what surrounds the page of a plan, when it stands alone."""
    from geofleet.maps.frame import PageFrame

    config, first = planned.results.config, planned.first_year
    period = say("plan.period", first=str(first), last=str(first + planned.config.years - 1))
    return PageFrame(
        name="plan", title=say("plan.title"), study=config.name, answer=(period,),
        notes=(config.noted,), attribution=(config.attribution,),
        readers=Readers.of(config.country), language=language,
    )  # fmt: skip


def dated_years(planned: PlannedStudy) -> pd.DataFrame:
    """Return the years of the plan by calendar year."""
    years = planned.tables().years.copy()
    years.index = years.index + planned.first_year
    return years

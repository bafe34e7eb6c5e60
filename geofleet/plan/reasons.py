"""Why an option is not listed: each gets the first reason that holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["REASONS", "why_left_out"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REASONS = {
    "infeasible": "it cannot do the vehicle's work with the probability asked for",
    "feasibility unknown": "nobody knows whether it can do the vehicle's work",
    "no charger": "no charger is known that refills it in the hours parked",
    "outcome unknown": "what the plan measures is not known of it",
    "cost unknown": "what it costs is not known",
    "no grant": "no grant is known that makes its operator able and willing",
    "unaffordable": "its operator is not able to pay for it, or it is not known",
    "unwilling": "it does not pay for its operator, or it is not known",
}
"""Reasons in the order in which they are looked at, and what they mean."""


def why_left_out(
    physical: pd.DataFrame,
    *,
    keep: Bools,
    granted: pd.Series,
    affordable: pd.DataFrame | None,
    probability: float,
    measures: Mapping[str, Floats],
    cost: Floats,
    elsewhere: Bools | None,
    chargers: bool,
) -> npt.NDArray[np.object_]:
    """Return the reason of each row, empty where it is listed.

    Parameters
    ----------
    physical
        Of all options.
    keep
        Rows of going on as today; they are never listed, as having no choice is that.
    granted
        Public money of each; unknown where none would do.
    affordable
        ``able`` and ``willing`` by (vehicle_id, option); None asks for neither.
    probability
        Asked for.
    measures
        Yearly amounts of each row; unknown ones leave it out, of the row or of its vehicle kept.
    cost
        Present cost of each row.
    elsewhere
        Rows that can do the work of another vehicle of the operator; None where each does its own.
    chargers
        Whether a charger must be known.
    """
    found = np.full(len(physical), "", dtype=object)

    def say(reason: str, where: Bools) -> None:
        found[where & (found == "")] = reason

    chance = physical["probability"].to_numpy(np.float64)
    able = np.zeros(len(physical), np.bool_) if elsewhere is None else elsewhere
    say("infeasible", (chance < probability) & ~able)
    say("feasibility unknown", np.isnan(chance) & ~able)
    if chargers:
        say("no charger", _without_charger(physical))
    vehicle = physical.index.get_level_values("vehicle_id")
    unknown = np.zeros(len(physical), np.bool_)
    for values in measures.values():
        of_keep = pd.Series(values[keep], index=vehicle[keep]).reindex(vehicle).to_numpy()
        unknown |= ~np.isfinite(values) | ~np.isfinite(of_keep)
    say("outcome unknown", unknown)
    say("cost unknown", ~np.isfinite(cost))
    say("no grant", ~np.isfinite(granted.to_numpy(np.float64)))
    if affordable is not None:
        for column, reason in (("able", "unaffordable"), ("willing", "unwilling")):
            if column in affordable.columns:
                said = affordable[column].reindex(physical.index)
                say(reason, ~_surely(said))
    found[keep] = KEPT
    return found


KEPT = "keep"


def _surely(said: pd.Series) -> Bools:
    """Yes (or true) only: unknown counts as no."""
    words = [str(value).lower() in ("yes", "true") for value in said]
    found: Bools = np.array(words, np.bool_)
    return found


def _without_charger(physical: pd.DataFrame) -> Bools:
    """Rows that take energy from the grid and have no charger that gives it in time."""
    needs = physical["technology"].astype(str).to_numpy() == "electric"
    if "charger_kind" not in physical.columns or "plug_share" not in physical.columns:
        return np.asarray(needs, np.bool_)
    named = physical["charger_kind"].fillna("").astype(str).to_numpy() != ""
    power = (
        physical["charger_power_w"].to_numpy(np.float64)
        if "charger_power_w" in physical.columns
        else np.full(len(physical), np.nan)
    )
    share = physical["plug_share"].to_numpy(np.float64)
    # no charger at all is needed where its power is 0: the vehicle does not drive
    unserved = ~named & ~(power == 0.0)
    lacking: Bools = needs & (unserved | (named & ~np.isfinite(share)))
    return lacking

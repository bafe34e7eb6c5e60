"""The preventive phase, which is declared on a forecast for the next day."""

from __future__ import annotations

import pandas as pd

from geofleet.defaults import Defaults
from geofleet.errors import InputError, Problem
from geofleet.policy.contingency.index import POLLUTANTS, TABLE, index_points
from geofleet.policy.contingency.phases import limits_on, phase_limits
from geofleet.schema import Column, TableSchema, check_frame

__all__ = ["FORECAST_SCHEMA", "foreseen"]

FORECAST_SCHEMA = TableSchema(
    "forecast",
    "What is foreseen for a day",
    (
        Column("date", "date", "local day that is foreseen"),
        Column("pollutant", "text", "pollutant", choices=POLLUTANTS),
        Column("value", "number", "highest mean (ozone 1 h in ppb; particles 24 h in µg/m3)",
               minimum=0),
        Column("probability", "number", "chance that it is reached; empty: not told",
               required=False, nullable=True, minimum=0, maximum=1),
    ),
    key=("date", "pollutant", "value"),
)  # fmt: skip


def foreseen(forecast: pd.DataFrame, *, defaults: Defaults | None = None) -> pd.DataFrame:
    """Say for which days a forecast calls for the preventive phase.

    A forecast of ozone counts where it is likely enough (70 %); where its probability is not
    told the answer is ``unknown``. Particles count whatever the probability.

    Parameters
    ----------
    forecast
        As ``FORECAST_SCHEMA``: ``date, pollutant, value`` and, for ozone, ``probability``.

    Returns
    -------
    pandas.DataFrame
        The forecast with ``points``, ``status`` (``exceeded, below, unknown, not covered``) and
        ``version`` of the programme.

    Raises
    ------
    InputError
        Cells that are not what the schema asks for.
    """
    import datetime

    scope = (defaults or Defaults()).scope()
    frame = check_frame(forecast, FORECAST_SCHEMA, file="forecast").reset_index(drop=True)
    limits = [limit for limit in phase_limits(defaults=scope) if limit.phase == "preventiva"]
    least = scope.number(TABLE, "forecast.probability")
    if not 0 <= least <= 1:
        expected = "a probability from 0 to 1"
        key = f"{TABLE}:forecast.probability"
        raise InputError([Problem("defaults", key, 0, f"{least:g}", expected)])
    points, statuses, versions = [], [], []
    for row in frame.to_dict("records"):
        found = limits_on(limits, datetime.date.fromisoformat(row["date"]))
        name = str(row["pollutant"])
        points.append(float(index_points(name, row["value"], defaults=scope)))
        versions.append(found[0].version if found else "")
        if not found or name not in found[0].above:
            statuses.append("not covered")
        elif points[-1] <= found[0].above[name]:
            statuses.append("below")
        elif name == "o3" and not row.get("probability", float("nan")) >= 0:
            statuses.append("unknown")
        else:
            likely = name != "o3" or row["probability"] >= least
            statuses.append("exceeded" if likely else "below")
    return frame.assign(points=points, status=statuses, version=versions)

"""Parameters of a vehicle fitted to a pilot, with priors."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import least_squares

from geofleet.defaults import Defaults
from geofleet.defaults.checked import CheckedRows
from geofleet.energy.pilot.comparison import TripComparison, relative_error, summarise
from geofleet.energy.pilot.predicted import Drives
from geofleet.energy.pilot.rules import PilotRules, read_rules
from geofleet.energy.vehicle import VehicleParameters
from geofleet.errors import InputError, Problem

__all__ = ["QUANTITIES", "Recalibration", "recalibrate", "scaled"]

QUANTITIES = {
    "drag_area": "drag_area_m2",
    "rolling_resistance": "rolling_coefficient",
    "auxiliary_power": "auxiliary_power_w",
    "curb_mass": "curb_mass_kg",
    "driveline_loss": "driveline_efficiency",
}
"""What can be fitted, and the field of ``VehicleParameters`` that it changes. The loss of the
driveline is 1/efficiency - 1, so that no factor of it makes an efficiency above 1."""

Floats = npt.NDArray[np.float64]
_DIFFERENCE = 0.01  # of the logarithms, for slopes
_QUANTILE_95 = 1.6448536269514722  # of the standard normal distribution


@dataclass(frozen=True)
class Recalibration:
    """A vehicle as a pilot shows it.

    Parameters
    ----------
    vehicle, original
        After and before.
    parameters
        By name (see ``QUANTITIES``): ``field``, ``before``, ``after``, ``p05`` and ``p95`` (of the
        posterior), ``factor`` (of the quantity), ``prior_sd`` and ``posterior_sd`` (of the
        logarithm of the factor), ``prior_distance`` (prior standard deviations away from the
        prior), ``informed`` (False: the data say next to nothing of it, and what stands there is
        the prior), ``far`` (True: farther from the prior than the prior finds likely).
    correlations
        Of the posterior.
    before, after
        Summaries (see :func:`geofleet.energy.pilot.comparison.summarise`) of the trips in the fit
        and in the holdout, as two rows ``fit`` and ``holdout``. The holdout alone tells whether
        the fit helps.
    trips
        By ``trip_id``: ``part`` (``fit`` or ``holdout``), ``measured_kwh, before_kwh,
        after_kwh``, ``weight`` (of the trip in the fit by the robust loss, 1 for an ordinary one).
    notes
        What to know before use, in sentences; empty when there is nothing.
    """

    vehicle: VehicleParameters
    original: VehicleParameters
    parameters: pd.DataFrame
    correlations: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    trips: pd.DataFrame
    notes: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()


def recalibrate(
    comparison: TripComparison,
    *,
    parameters: Sequence[str] = ("drag_area", "rolling_resistance", "auxiliary_power"),
    holdout: Collection[str] | None = None,
    seed: int = 0,
    defaults: Defaults | None = None,
) -> Recalibration:
    """Fit parameters of a vehicle to a part of the trips and try them on the rest.

    The logarithm of a factor on each quantity has a normal prior about 0 with the standard
    deviation of its row ``pilot:prior_sd.*``. The measured energy of a trip is normal about the
    model's, with the measurement's variance and that of ``unexplained_share`` times what the
    model loses on the trip. A trip far out counts less: the soft L1 loss
    ``2 c² (sqrt(1 + r²/c²) - 1)`` of its residual r in standard deviations, c the row
    ``robust_scale``. The posterior's mode is found by least squares; its spread is that of the
    normal distribution with the same curvature there (Laplace).

    Logarithms have no bounds, so no estimate can stick to one.

    Parameters
    ----------
    comparison
        From :func:`geofleet.energy.pilot.compare_trips`, with the vehicle as before the pilot;
        trips excluded there are not used here.
    parameters
        Names out of ``QUANTITIES``.
    holdout
        Trips to keep out of the fit; none when empty; drawn by ``seed`` with the row
        ``holdout_share`` when not given.
    defaults
        Rows of table ``pilot``.

    Raises
    ------
    InputError
        Unknown parameters or trips, a quantity that is zero and so has no factor, too few trips.
    """
    scope = (defaults or Defaults()).scope()
    rules = read_rules(scope)
    vehicle = comparison.vehicle
    prior_sd = _priors(parameters, vehicle, scope)
    counted = comparison.counted
    part = _parts(counted.index.astype(str).tolist(), holdout, seed, rules)
    place = {trip: i for i, trip in enumerate(comparison.drives.trip_ids)}
    order = np.array([place[str(trip)] for trip in counted.index], dtype=np.int64)
    fit = part == "fit"
    problem = _Fit(
        vehicle=vehicle, names=tuple(parameters), prior_sd=prior_sd,
        drives=comparison.drives.take(order[fit]),
        measured=counted.loc[fit, "measured_kwh"].to_numpy(np.float64),
        sd=np.hypot(
            counted.loc[fit, "measured_sd_kwh"].to_numpy(np.float64),
            rules.unexplained_share * counted.loc[fit, "turnover_kwh"].to_numpy(np.float64),
        ),
        scale=rules.robust_scale,
    )  # fmt: skip
    found = least_squares(
        problem.residuals, np.zeros(len(prior_sd)), jac=problem.slopes, x_scale=prior_sd,
        method="trf", xtol=1e-10, ftol=1e-12, gtol=1e-12,
    )  # fmt: skip
    theta = np.asarray(found.x, dtype=np.float64)
    covariance = problem.covariance(theta)
    table = _parameters(vehicle, parameters, theta, covariance, prior_sd, rules)
    spread = np.sqrt(np.diag(covariance))
    correlations = pd.DataFrame(
        covariance / np.outer(spread, spread), index=list(parameters), columns=list(parameters)
    )
    fitted = scaled(vehicle, dict(zip(parameters, np.exp(theta).tolist(), strict=True)))
    both = comparison.drives.take(order).energies([vehicle, fitted])["predicted_kwh"].to_numpy()
    trips = pd.DataFrame(
        {
            "part": part, "measured_kwh": counted["measured_kwh"],
            "before_kwh": both[: len(order)], "after_kwh": both[len(order) :],
        },
        index=counted.index,
    )  # fmt: skip
    trips["weight"] = np.nan
    trips.loc[fit, "weight"] = problem.weights(theta)
    before, after = (
        _summaries(counted, trips, "before_kwh"),
        _summaries(counted, trips, "after_kwh"),
    )
    return Recalibration(
        vehicle=fitted, original=vehicle, parameters=table, correlations=correlations,
        before=before, after=after, trips=trips,
        notes=_notes(table, correlations, before, after, rules, converged=bool(found.success)),
        provenance=tuple(sorted({*comparison.provenance, *scope.used})),
    )  # fmt: skip


def scaled(vehicle: VehicleParameters, factors: dict[str, float]) -> VehicleParameters:
    """Return a vehicle with factors on quantities of ``QUANTITIES``."""
    changes = {}
    for name, factor in factors.items():
        value = getattr(vehicle, QUANTITIES[name])
        if name == "driveline_loss":
            changes[QUANTITIES[name]] = 1.0 / (1.0 + (1.0 / value - 1.0) * factor)
        else:
            changes[QUANTITIES[name]] = value * factor
    return replace(vehicle, **changes)


def _priors(names: Sequence[str], vehicle: VehicleParameters, defaults: Defaults) -> Floats:
    """Read the prior spread of each parameter, after checking what can be fitted."""
    problems = [] if names else [Problem("parameters", expected="at least one to fit")]
    for name in names:
        if name not in QUANTITIES:
            expected = "one of " + ", ".join(QUANTITIES)
            problems.append(Problem("parameters", name, expected=expected))
            continue
        value = getattr(vehicle, QUANTITIES[name])
        if value <= 0.0 or (name == "driveline_loss" and value >= 1.0):
            expected = "a loss or quantity above zero: nothing times a factor stays nothing"
            problems.append(Problem(vehicle.name, QUANTITIES[name], 0, f"{value:g}", expected))
    if len(set(names)) < len(names):
        problems.append(Problem("parameters", value=", ".join(names), expected="each once"))
    if problems:
        raise InputError(problems)
    rows = CheckedRows(defaults)
    expected = "a spread above 0 and at most 10"
    values = [
        rows.number("pilot", f"prior_sd.{name}", 0.0, 10.0, expected, above=True) for name in names
    ]
    rows.finish()
    return np.array(values)


def _parts(
    trips: list[str], holdout: Collection[str] | None, seed: int, rules: PilotRules
) -> npt.NDArray[np.object_]:
    """Say of each trip whether it is fitted or held out."""
    part = np.full(len(trips), "fit", dtype=object)
    if holdout is None:
        # Drawn over sorted names: the order of the table changes nothing.
        ranked = np.argsort(np.array(trips, dtype=object), kind="stable")
        count = math.ceil(rules.holdout_share * len(trips))
        chosen = np.random.default_rng(seed).permutation(len(trips))[:count]
        part[ranked[chosen]] = "holdout"
    else:
        unknown = sorted(set(holdout) - set(trips))
        if unknown:
            expected = "trips that count in the comparison"
            raise InputError(Problem("holdout", "trip_id", 0, trip, expected) for trip in unknown)
        part[np.isin(np.array(trips, dtype=object), list(holdout))] = "holdout"
    fewest = int(rules.fit_trips_min)
    found = int((part == "fit").sum())
    kept = int((part == "holdout").sum())
    wants_holdout = holdout is None or len(holdout) > 0
    if found < fewest or (wants_holdout and kept < fewest):
        expected = (
            f"at least {fewest} trips that count to fit and {fewest} to hold out "
            "(row pilot:fit_trips_min); with an empty holdout none is held out"
        )
        value = f"{found} and {kept}"
        raise InputError([Problem("trips", "fit and holdout", 0, value, expected)])
    return part


@dataclass(frozen=True)
class _Fit:
    """Residuals of trips and priors over the logarithms of factors."""

    vehicle: VehicleParameters
    names: tuple[str, ...]
    prior_sd: Floats
    drives: Drives
    measured: Floats
    sd: Floats
    scale: float

    def vehicles(self, thetas: Floats) -> list[VehicleParameters]:
        """Return the vehicle at each row of logarithms."""
        return [
            scaled(self.vehicle, dict(zip(self.names, np.exp(row).tolist(), strict=True)))
            for row in thetas
        ]

    def plain(self, theta: Floats) -> Floats:
        """Return residuals of the trips in standard deviations."""
        predicted = self.drives.energies(self.vehicles(theta[None, :]))["predicted_kwh"]
        return np.asarray((predicted.to_numpy(np.float64) - self.measured) / self.sd)

    def plain_slopes(self, theta: Floats) -> Floats:
        """Return slopes of the residuals, by central differences: all of them in one run."""
        step = _DIFFERENCE * np.eye(len(theta))
        vehicles = self.vehicles(np.concatenate([theta + step, theta - step]))
        predicted = self.drives.energies(vehicles)["predicted_kwh"].to_numpy(np.float64)
        up, down = predicted.reshape(2, len(theta), len(self.measured))
        return np.asarray(((up - down) / (2.0 * _DIFFERENCE) / self.sd).T)

    def residuals(self, theta: Floats) -> Floats:
        """Return what least squares makes small: robust residuals of trips, then of the priors."""
        plain = self.plain(theta)
        # The square of this is the soft L1 loss.
        robust = plain * np.sqrt(2.0 / (np.sqrt(1.0 + (plain / self.scale) ** 2) + 1.0))
        return np.concatenate([robust, theta / self.prior_sd])

    def slopes(self, theta: Floats) -> Floats:
        """Return slopes of :meth:`residuals`."""
        plain = self.plain(theta)
        root = np.sqrt(1.0 + (plain / self.scale) ** 2)
        # d sqrt(2 c² (root - 1)) / dr, in a form that holds at 0.
        bend = np.sqrt((root + 1.0) / 2.0) / root
        slopes = bend[:, None] * self.plain_slopes(theta)
        return np.concatenate([slopes, np.diag(1.0 / self.prior_sd)])

    def weights(self, theta: Floats) -> Floats:
        """Return the weight of each trip by the robust loss."""
        return np.asarray(1.0 / np.sqrt(1.0 + (self.plain(theta) / self.scale) ** 2))

    def covariance(self, theta: Floats) -> Floats:
        """Return the inverse curvature of the loss, trips weighted as the robust loss does."""
        slopes = self.plain_slopes(theta)
        curvature = slopes.T @ (self.weights(theta)[:, None] * slopes)
        return np.asarray(np.linalg.inv(curvature + np.diag(self.prior_sd**-2.0)))


def _parameters(
    vehicle: VehicleParameters, names: Sequence[str], theta: Floats, covariance: Floats,
    prior_sd: Floats, rules: PilotRules,
) -> pd.DataFrame:  # fmt: skip
    """Return one row for each fitted parameter."""
    spread = np.sqrt(np.diag(covariance))
    rows = []
    for i, name in enumerate(names):
        field = QUANTITIES[name]

        def at(log: float, name: str = name, field: str = field) -> float:
            return float(getattr(scaled(vehicle, {name: math.exp(log)}), field))

        ends = sorted(at(theta[i] + sign * _QUANTILE_95 * spread[i]) for sign in (-1.0, 1.0))
        rows.append({
            "parameter": name, "field": field, "before": at(0.0), "after": at(theta[i]),
            "p05": ends[0], "p95": ends[1], "factor": math.exp(theta[i]),
            "prior_sd": prior_sd[i], "posterior_sd": spread[i],
            "prior_distance": theta[i] / prior_sd[i],
            "informed": bool(spread[i] <= rules.informed_ratio_max * prior_sd[i]),
            "far": bool(abs(theta[i]) > rules.prior_distance_max * prior_sd[i]),
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("parameter")


def _summaries(counted: pd.DataFrame, trips: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the summary of both parts with predictions out of a column."""
    table = counted.assign(predicted_kwh=trips[column])
    table["relative_error"] = relative_error(table)
    parts = {name: summarise(table[trips["part"] == name]) for name in ("fit", "holdout")}
    return pd.DataFrame.from_dict(parts, orient="index")


def _notes(
    table: pd.DataFrame, correlations: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame,
    rules: PilotRules, *, converged: bool,
) -> tuple[str, ...]:  # fmt: skip
    """Say what to know before use."""
    notes = []
    if not converged:
        notes.append("The search for the best fit ended before it had settled.")
    for name in table.index[~table["informed"]]:
        notes.append(f"{name}: not informed by the data; what stands there is the prior.")
    for name in table.index[table["far"]]:
        away = table.loc[name, "prior_distance"]
        notes.append(f"{name}: {away:+.1f} prior standard deviations away; look for another cause.")
    names = list(correlations.index)
    for i, one in enumerate(names):
        for other in names[:i]:
            value = float(correlations.to_numpy()[i, names.index(other)])
            if abs(value) > rules.correlation_max:
                notes.append(
                    f"{other} and {one}: correlated {value:+.2f}; only together are they known."
                )
    if not after["trips"].to_numpy(np.float64)[1]:
        notes.append("No trip was held out: nothing tells whether the fit helps.")
    else:
        was, now = _holdout_rmse(before), _holdout_rmse(after)
        if now > was:
            notes.append(f"The holdout got worse: {was:.3f} to {now:.3f} kWh/km (RMSE).")
    return tuple(notes)


def _holdout_rmse(summary: pd.DataFrame) -> float:
    return float(summary["rmse_kwh_per_km"].to_numpy(np.float64)[1])

"""Results: what a run of a study made, and the views that officials and operators ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from geofleet.study.costed import Costed
from geofleet.study.exposed import HARM_QUANTITIES
from geofleet.study.manifest import manifest

if TYPE_CHECKING:
    import pandas as pd

    from geofleet.emissions import Explanation, Reconciliation
    from geofleet.energy.mend import Mends
    from geofleet.layers import Layer
    from geofleet.study.city_fleet import CityFleet

__all__ = ["HARM_QUANTITIES", "Results"]

_LOW, _HIGH = 0.05, 0.95
_UNITS = ((1e6, "t"), (1e3, "kg"), (1.0, "g"))


@dataclass(frozen=True)
class Results(Costed):
    """What a run of a study made.

    What people breathe of it is in :class:`geofleet.study.exposed.Exposed`, what rules do to it in
    :class:`geofleet.study.regulated.Regulated`, what technologies would do in
    :class:`geofleet.study.costed.Costed`.

    Parameters
    ----------
    city
        The fleet that no routes are known of, vehicles with routes taken out; None where the study
        says nothing of it.
    exposure_key
        Hash of all that the unit exposure depends on.
    """

    folder: Path
    city: CityFleet | None
    exposure_key: str

    @cached_property
    def mends(self) -> Mends:
        """What would mend the vehicle-days that their best electric model cannot run."""
        from geofleet.energy.mend import mends

        return mends(
            self.itineraries,
            self.inputs.network,
            self.inputs.models,
            fleet=self.inputs.fleet,
            feasibility=self.feasibility,
            pairs=self.feasibility.best,
            temperature_c=self.temperature_c,
            speeds=self.inputs.speeds(self.defaults),
            snap_limit_m=self.config.routes.snap_limit_m,
            defaults=self.defaults,
        )

    @cached_property
    def temperature_c(self) -> list[float]:
        """Mean air temperature by hour of day."""
        return [float(value) for value in self.inputs.weather.mean_by_hour("temperature_c")]

    @cached_property
    def altitude_m(self) -> float | None:
        """Height above the sea, by elevation or air pressure; None where neither is known."""
        from geofleet.exposure.meteorology.air import altitude_m

        heights = self.inputs.network.nodes["elevation_m"].astype(float).dropna()
        if len(heights):
            return float(heights.mean())
        pressure = self.inputs.weather.report.get("pressure_mean_pa")
        return None if pressure is None else max(0.0, altitude_m(float(pressure)))

    @cached_property
    def charge_profiles(self) -> pd.DataFrame:
        """Charge of the best electric model of each vehicle-day at both ends of every link."""
        from geofleet.energy import charge_profiles

        return charge_profiles(
            self.itineraries,
            self.inputs.network,
            self.inputs.models,
            best=self.feasibility.best,
            fleet=self.inputs.fleet,
            temperature_c=self.temperature_c,
            defaults=self.defaults,
        )

    def layers(self) -> dict[str, Layer]:
        """Return the results as documented layers."""
        from geofleet.layers import build_layers

        return build_layers(
            network=self.inputs.network,
            fleet=self.inputs.fleet,
            itineraries=self.itineraries,
            emissions=self.emissions,
            link_emissions=self.link_emissions,
            unit_exposure=self.unit_exposure,
            intake=self.intake,
            receptors=self.receptors,
            concentrations=self.concentrations,
            feasibility=self.feasibility,
            robust=self.robust,
            zones=self.inputs.zones,
            models=self.inputs.models,
            profiles=self.charge_profiles,
            mends=self.mends,
        )

    def inventory(
        self, by: Sequence[str] = (), *, part: Literal["known", "city", "all"] = "known"
    ) -> pd.DataFrame:
        """Return emissions over the service dates by any keys.

        See :func:`geofleet.emissions.inventory`; zones are those of the study's population.

        Parameters
        ----------
        by
            Keys; those of operators and vehicles are known of vehicle-days alone.
        part
            ``known`` vehicle-days, the ``city``'s other vehicles, or ``all``, which has ``part`` as
            its first key.

        Raises
        ------
        ValueError
            Another part, or the city's fleet where the study has none.
        """
        import pandas as pd

        from geofleet.emissions import inventory

        if part not in ("known", "city", "all"):
            raise ValueError(f"part is {part!r}: expected known, city or all")
        if part == "all":
            parts = {"vehicle-days": self.inventory(by)}
            if self.city is not None:
                parts["other freight"] = self.inventory(by, part="city")
            return pd.concat(parts, names=["part"])
        zones = self.inputs.zones if "zone" in by else None
        if part == "city":
            if self.city is None:
                raise ValueError("this study says nothing of the city's other vehicles")
            return self.city.inventory(by, zones=zones)
        return inventory(
            self.itineraries.traversals, self.emissions, self.inputs.network, self.inputs.fleet,
            by=by, zones=zones, zone_column="zone_id",
            year=self.inputs.year, country=self.config.country,
            temperature_c=self.temperature_c, defaults=self.defaults.fresh(),
        )  # fmt: skip

    def reconcile(self, reference: pd.DataFrame, *, days_per_year: float) -> Reconciliation:
        """Hold all emissions against a city inventory; nothing is scaled.

        See :func:`geofleet.emissions.reconcile`. Keys in ``reference`` beyond its own columns must
        be ones that :meth:`inventory` knows of all parts.
        """
        from geofleet.emissions import reconcile
        from geofleet.emissions.inventories.keys import KEYS

        keys = [key for key in KEYS if key in reference.columns]
        return reconcile(
            self.inventory(keys, part="all"), reference, days_per_year=days_per_year,
            model_days=self.service_dates,
        )  # fmt: skip

    def intensity(self, by: str | Sequence[str] = "operator_id", **options: Any) -> pd.DataFrame:
        """Return emissions per tonne-kilometre; see :func:`geofleet.emissions.intensity`."""
        from geofleet.emissions import intensity

        return intensity(self.itineraries, self.emissions, self.inputs.fleet, by, **options)

    def iso14083_statement(self) -> dict[str, Any]:
        """Return the statement by ISO 14083; see :func:`geofleet.emissions.iso14083_statement`."""
        from geofleet.emissions import iso14083_statement

        return iso14083_statement(
            self.itineraries,
            self.emissions,
            self.inputs.fleet,
            synthetic=self.config.synthetic,
            notes=self.config.notes,
            defaults=self.defaults.fresh(),
        )

    def intervals(
        self, by: Sequence[str] = (), *, quantities: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Return emissions of the known vehicle-days with 5–95 % intervals.

        See :func:`geofleet.emissions.intervals`; the seed is the study's.
        """
        from geofleet.emissions import QUANTITIES, intervals

        return intervals(
            self.itineraries.traversals, self.inputs.network, self.inputs.fleet, by=by,
            quantities=QUANTITIES if quantities is None else quantities,
            zones=self.inputs.zones if "zone" in by else None, zone_column="zone_id",
            seed=self.config.seed, country=self.config.country, temperature_c=self.temperature_c,
            altitude_m=self.altitude_m, year=self.inputs.year, defaults=self.defaults.fresh(),
        )  # fmt: skip

    @cached_property
    def totals(self) -> pd.DataFrame:
        """Return the sum of everything with its 5–95 % interval, by quantity.

        Known vehicle-days and the city's fleet err alike: one draw of the factors holds for both.

        Indexed by quantity: ``value`` over the service dates (unit at the end of the quantity's
        name), ``p05``, ``p95``, ``vehicle_days`` and ``other_freight`` (the parts of the value),
        ``unit`` and ``meaning``.
        """
        import numpy as np
        import pandas as pd

        from geofleet.emissions import MEANING, QUANTITIES, flow_spread, spread, unit_of

        drawn = spread(
            self.itineraries.traversals, self.inputs.network, self.inputs.fleet,
            seed=self.config.seed, country=self.config.country, temperature_c=self.temperature_c,
            altitude_m=self.altitude_m, defaults=self.defaults,
        ).samples()[0]  # fmt: skip
        if self.city is not None:
            others = flow_spread(
                self.city.work, self.inputs.network, seed=self.config.seed,
                altitude_m=self.altitude_m, defaults=self.defaults,
            )  # fmt: skip
            drawn = drawn + self.city.days * others.samples()[0]
        low, high = np.quantile(drawn, (_LOW, _HIGH), axis=1)
        columns = {
            "value": self.link_emissions.total().to_numpy(np.float64),
            "p05": low,
            "p95": high,
            "vehicle_days": self.emissions.grams.sum().to_numpy(np.float64),
            "other_freight": np.zeros(len(QUANTITIES))
            if self.city is None
            else self.city.emissions.total().to_numpy(np.float64),
            "unit": [unit_of(name) for name in QUANTITIES],
            "meaning": [MEANING[name] for name in QUANTITIES],
        }
        return pd.DataFrame(columns, index=pd.Index(QUANTITIES, name="quantity"))

    def explain(self, quantity: str, **which: Any) -> Explanation:
        """Return the chain behind a number of the known vehicle-days.

        Parameters
        ----------
        quantity
            One of ``QUANTITIES``.
        **which
            ``traversal``, ``edge``, ``hour``, ``vehicle_day``, ``vehicle_id``: what to explain;
            see :func:`geofleet.emissions.explain`.
        """
        from geofleet.emissions import explain

        found = explain(
            self.itineraries.traversals, self.inputs.network, self.inputs.fleet, self.emissions,
            quantity, country=self.config.country, temperature_c=self.temperature_c,
            defaults=self.defaults.fresh(), **which,
        )  # fmt: skip
        whole = float(self.link_emissions.total()[quantity])
        if self.city is None or not whole:
            return found
        share = found.value / whole
        note = f"Of known vehicle-days alone: {share:.2%} of what this study counts in all."
        return replace(found, warnings=(*found.warnings, note))

    def explain_city(self, quantity: str, *, edge: int, hour: int, **options: Any) -> Explanation:
        """Return the chain behind a link and hour of the city's other vehicles, an average day.

        See :func:`geofleet.emissions.explain_flow`.

        Raises
        ------
        ValueError
            The study says nothing of the city's other vehicles.
        """
        from geofleet.emissions import explain_flow

        if self.city is None:
            raise ValueError("this study says nothing of the city's other vehicles")
        city = self.city
        return explain_flow(
            city.flows, self.inputs.network, city.composition, city.emissions.times(1 / city.days),
            quantity, edge=edge, hour=hour, speed_kmh=city.work.speed_kmh,
            zone_of_edge=city.zone_of_edge, country=self.config.country, year=self.inputs.year,
            temperature_c=self.temperature_c, defaults=self.defaults.fresh(), **options,
        )  # fmt: skip

    def manifest(self) -> dict[str, Any]:
        """Return the manifest of the run."""
        network = self.inputs.network
        elevation = self.config.network.elevation
        reports = {
            "network": {
                **network.report,
                "grade": "0 everywhere: no elevation raster given" if elevation is None else
                "from the elevation raster",
            },
            "routes": {
                "traversals": len(self.itineraries.traversals),
                "problems": [str(problem) for problem in self.itineraries.problems],
            },
            "city_fleet": None if self.city is None else self.city.report(),
            "emissions": {
                **self.emissions.flags,
                "flagged_km": dict(self.emissions.flagged_km),
                "totals": self.totals[["value", "p05", "p95", "unit"]].to_dict(orient="index"),
                "altitude_of_band_m": self.altitude_m,
                "by_process": self.emissions.processes.to_dict(orient="index"),
                "factors": self.emissions.factors.to_dict(orient="records"),
            },
            "weather": dict(self.inputs.weather.report),
            "receptors": dict(self.receptors.report),
            "exposure": dict(self.unit_exposure.report),
            "intake": {
                "breathing_m3_day": dict(self.intake.breathing.m3_day),
                "notes": list(self.intake.notes),
            },
            "health": self.deaths_summary(),
            "feasibility": dict(self.feasibility.report),
            "feasibility_over_a_year": {
                **self.robust.report,
                "promised_probability": self.defaults.number("robust", "promised_probability"),
            },
            "mends": dict(self.mends.report),
            "policy": self.policy_report(),
        }  # fmt: skip
        return manifest(
            self.folder, self.config, defaults=self.defaults, reports=reports,
            named=self.rule_files(),
        )  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the main numbers, with the unit in each name."""
        from geofleet.exposure.harm import breathed

        stops = self.itineraries.stops
        traversals = self.itineraries.traversals
        best = self.feasibility.best
        totals = self.totals
        fuel = self.inputs.fleet.vehicles["fuel"]
        electric = traversals.vehicle_days["vehicle_id"].map(fuel) == "electric"
        return {
            "study": self.config.name,
            "synthetic": self.config.synthetic,
            "links": len(self.inputs.network.edges),
            "links_with_traffic": len(self.link_emissions.edges),
            "service_dates": self.service_dates,
            "vehicle_days": len(traversals.vehicle_days),
            "stops": len(stops),
            "stops_not_reached": int((stops["status"] != "reached").sum()),
            "traversals": len(traversals),
            "distance_km": float(traversals.frame["length_m"].sum() / 1000.0),
            **{str(name): float(value) for name, value in totals["value"].items()},
            "intervals_5_95": {
                str(name): [float(low), float(high)]
                for name, low, high in zip(totals.index, totals["p05"], totals["p95"], strict=True)
            },
            "city_fleet": None if self.city is None else self.city.summary(),
            "people": self.unit_exposure.people,
            "receptors": len(self.receptors.frame),
            **{
                f"harm_{name.removesuffix('_g')}_person_ug_m3_h": self.harm(name)
                for name in HARM_QUANTITIES
            },
            **breathed(
                self.unit_exposure,
                self.intake,
                {name: self.link_emissions.matrix(name) for name in HARM_QUANTITIES},
                service_dates=self.service_dates,
                quantities=HARM_QUANTITIES,
            ),
            "deaths": self.deaths_summary(),
            "electric_feasible_vehicle_days": int(best["feasible"].sum()),
            "electric_nearly_always_vehicle_days": int(
                (
                    self.robust.verdicts["probability"]
                    >= self.defaults.number("robust", "promised_probability")
                ).sum()
            ),
            "already_electric_vehicle_days": int(electric.sum()),
            "policy": self.policy_summary(),
            "problems": [str(problem) for problem in self.itineraries.problems],
        }

    def summary_rows(self) -> list[tuple[str, str, str]]:
        """Return the summary as (label, value, unit), rounded for reading.

        Emissions stand with their 5–95 % interval in brackets.
        """
        s = self.summary()
        vehicle_days = s["vehicle_days"]
        per = "a day" if s["service_dates"] == 1 else f"in {s['service_dates']} days"

        def emitted(label: str, quantity: str) -> tuple[str, str, str]:
            numbers = [s[quantity], *s["intervals_5_95"][quantity]]
            size, unit = next(
                ((size, unit) for size, unit in _UNITS if numbers[0] >= size), _UNITS[-1]
            )
            value, low, high = (_three_digits(number / size) for number in numbers)
            return label, f"{value} ({low}–{high})", f"{unit} {per}"

        rows = [
            ("Road links", f"{s['links']:,}", ""),
            ("Road links with freight", f"{s['links_with_traffic']:,}", ""),
            ("Vehicle-days", f"{vehicle_days:,}", ""),
            ("Stops", f"{s['stops']:,}", ""),
            ("Stops not reached", f"{s['stops_not_reached']:,}", ""),
            ("Distance of vehicle-days", f"{s['distance_km']:,.0f}", "km"),
        ]
        if s["city_fleet"] is not None:
            distance = s["city_fleet"]["distance_km"]
            rows.append(("Distance of other freight", f"{distance:,.0f}", "km"))
        rows += [
            emitted("NOx from exhaust", "nox_exhaust_g"),
            emitted("PM2.5 from exhaust", "pm25_exhaust_g"),
            emitted("of it black carbon", "bc_exhaust_g"),
            emitted("PM2.5 from wear", "pm25_wear_g"),
            emitted("CO2", "co2_g"),
            emitted("CO2e, well to wheel", "co2e_wtw_g"),
            ("People in the study area", f"{s['people']:,.0f}", ""),
            (
                "Exposure to exhaust PM2.5",
                f"{s['harm_pm25_exhaust_person_ug_m3_h']:,.0f}",
                f"persons·µg/m³·h {per}",
            ),
            *([] if self.deaths is None else [self.deaths.row]),
            (
                "Days electric can run",
                f"{s['electric_feasible_vehicle_days']:,} of {vehicle_days:,}",
                f"{s['already_electric_vehicle_days']:,} are electric already",
            ),
            (
                "of them on nearly every day of a year",
                f"{s['electric_nearly_always_vehicle_days']:,} of {vehicle_days:,}",
                "weather, traffic, load, driver, battery age",
            ),
        ]
        if self.policy is not None:
            rows.append(self.policy_row())
        return rows


def _three_digits(number: float) -> str:
    """Return a number rounded to three digits, without exponent."""
    return f"{float(f'{number:.3g}'):,.10g}"

"""Small made-up contents of briefs, some of them hostile."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from geofleet.report import About, Assumption, Assumptions, Figure
from geofleet.report.contents import (
    Budget,
    Check,
    DayUnderRules,
    HarmToday,
    Money,
    Neighbourhood,
    OperatorFacts,
    SizeRow,
    SizeUnderRules,
    Truck,
)
from geofleet.report.credit import LoanBook, StressYear, YearOfLoans
from geofleet.wording import Readers, both

HOSTILE = (
    "<script>window.hacked = 1</script>\"'{{ 7*7 }}${x}</script></svg>]]>\u202eRTL "
    "\N{DELIVERY TRUCK} " + "x" * 10_000
)


def about(name: str = "Made up", *, country: str = "CL") -> About:
    return About(name, Readers.of(country), synthetic=True, notes=name, attribution=name,
                 country=country, inputs=(("network.osm", "roads.osm"),))  # fmt: skip


def today(name: str = "Calle 1", **changes: Any) -> HarmToday:
    made: dict[str, Any] = {
        "dates": (dt.date(2024, 5, 14),), "vehicles": 64, "operators": 17,
        "distance_km": 6904.04, "links_km": 1089.2, "pm25_exhaust_g": 257.45,
        "pm25_exhaust_low_g": 120.3, "pm25_exhaust_high_g": 1522.2, "pm25_wear_g": 265.4,
        "nox_g": 19072.1, "half_vehicles": 8, "half_links_km": 72.1, "people": 451898.9,
        "streets": ((name, 0.184), ("Avenida 2", 0.0761)),
        "hours": (*[0.01] * 6, 0.3, 0.26, 0.2, *[0.012] * 15),
        "neighbourhoods": (Neighbourhood(name, 2062.3, 7.29, 0.033),),
        "deaths": (0.0312, 0.012, 0.061),
    }  # fmt: skip
    return HarmToday(**(made | changes))


def day(name: str = "Delivery hours", **changes: Any) -> DayUnderRules:
    made: dict[str, Any] = {
        "title": name, "declared": False,
        "outcomes": {"allowed": 53, "retimed": 1, "rerouted": 9, "dropped": 1},
        "harm_before": 11833.7, "harm_after": 11864.6, "deliveries": 1135, "late": 3,
        "cancelled": 1, "cost": 596.85, "cost_unknown": 2, "currency": "MXN",
        "sizes": (SizeUnderRules("1-5", 8, 3, 27.1), SizeUnderRules(">100", 4, 2, 559.8)),
        "status": "illustrative",
    }  # fmt: skip
    return DayUnderRules(**(made | changes))


def budget(**changes: Any) -> Budget:
    made: dict[str, Any] = {
        "currency": "MXN", "first_year": 2024, "years": 10, "spend": 9_560_827.0,
        "chargers": 263_465.0,
        "rows": (
            SizeRow("1-5", 16, {"dpf_retrofit": 15}, 1_316_770.3, 6.8e6, 230.9),
            SizeRow(">100", 48, {"dpf_retrofit": 25, "electric": 5}, 7_980_591.7, 7.8e6, 416.6),
        ),
        "harm_today": 3.5e7, "harm": 1.46e7, "pm25_kg": 647.5,
        "kept": (("no money", 17), ("no option", 2)), "gap": 0.00596,
        "treasury": {"grant": 7_983_493.4, "fuel_tax": 583_922.6, "total": 9_013_484.7},
        "operators_first": 2_419_437.2, "operators_month": -64_039.1,
        "operators_gain": math.nan,
    }  # fmt: skip
    return Budget(**(made | changes))


def truck(name: str = "T1", **changes: Any) -> Truck:
    made: dict[str, Any] = {
        "vehicle_id": name, "vehicle_class": "rigid_7_5t", "fuel": "diesel", "standard": "euro_4",
        "model_year": 2014, "annual_km": 25_500.0, "outcome": "rerouted", "rule": name,
        "electric": "feasible", "model": name, "probability": 0.9375,
        "technology": "dpf_retrofit", "year": 2026, "grant": 39_139.04,
    }  # fmt: skip
    return Truck(**(made | changes))


def money() -> Money:
    return Money(
        currency="MXN", price_year=2025, trucks=1, years=10, price=200_000.0, grant=39_139.04,
        loan=128_688.8, trade_in=0.0, first=32_172.2,
        month={"credit": (0.0, 3057.1), "energy": (9815.0, 10011.3), "access": (0.0, -6391.0)},
        per_km=(9.231, 8.244), gain=115_543.1, payback_years=3.0,
    )  # fmt: skip


def operator(name: str = "Firm O", **changes: Any) -> OperatorFacts:
    made: dict[str, Any] = {
        "operator_id": "op-15", "name": name, "size": "1-5", "trucks": (truck(),),
        "dates": (dt.date(2024, 5, 14),), "rules": name, "money": money(),
        "checks": (
            Check("product", "yes", trucks=1, of=1, product="small_carrier_credit",
                  product_name=name),
            Check("first", "no", 20_000.0, 32_172.2, 0, 1),
            Check("month", "yes", 25_000.0, 23_716.0, 1, 1),
            Check("cover", "unknown", math.nan, 1.2, 0, 1),
            Check("gain", "yes", 115_543.1, 0.0, 1, 1),
        ),
        "planned": True, "missing": ("plate", "hologram"),
    }  # fmt: skip
    return OperatorFacts(**(made | changes))


def book(**changes: Any) -> LoanBook:
    made: dict[str, Any] = {
        "currency": "MXN", "price_year": 2025, "trucks": 35, "operators": 13,
        "sizes": {"6-30": 20, "1-5": 15}, "technologies": {"dpf_retrofit": 33, "electric": 2},
        "products": {"own_credit": 35}, "product_names": {"own_credit": "credit of one's own"},
        "price": 9_753_829.0, "grant": 5_728_870.0, "loan": 3_197_567.0, "first": 799_392.0,
        "rate": (0.16, 0.175), "term_years": (5.0, 5.0), "instalment": 75_959.0,
        "cover_min": 1.2, "cover_low": 1.974, "cover_middle": 3.512, "below": 0,
        "km_per_day": 88.7, "break_even": 11.04, "tight": 0, "default_low": 0.07,
        "default_high": 0.1, "loss": 104_920.0, "guarantee_share": 0.5,
        "loan_to_value": (0.17, 0.16, 0.065),
        "years": (YearOfLoans(2024, 35, 3_197_567.0, 0.0, 0.0, 3_197_567.0, 5_728_870.0),
                  YearOfLoans(2025, 0, 0.0, 511_610.7, 3_197_567.0, 0.0, 0.0)),
        "stress": (StressYear("usual", 0.0, 0.0, 1.0, 35, 0, 0, 104_920.0),
                   StressYear("km", -0.2, 0.0, 1.0, 33, 2, 0, 104_920.0),
                   StressYear("all", -0.2, 0.25, 2.0, 31, 3, 1, 209_840.0)),
    }  # fmt: skip
    return LoanBook(**(made | changes))


def assumptions(readers: Readers, name: str = "a source") -> Assumptions:
    one = Assumption(
        "vehicle_prices:dpf_retrofit.price", both(name), readers.number(200_000.5), both("MXN"),
        "2022", name, both("verified"), contested=True, between=both(name),
    )  # fmt: skip
    return Assumptions((one,), 1808, ((both("verified"), readers.whole(1460)),), "values.csv")


def figure() -> Figure:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><text>2 km</text></svg>'
    return Figure(both(svg), both(HOSTILE), both("where"))

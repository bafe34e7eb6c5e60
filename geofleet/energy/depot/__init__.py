"""Charging at the depot: tariffs, bills, the cheapest schedule, connection and chargers."""

from geofleet.energy.depot.at_once import charge_at_once
from geofleet.energy.depot.bill import Bill, BillTerms, Readings, bill, bill_readings, mexican_vat
from geofleet.energy.depot.compare import Comparison, compare_charging
from geofleet.energy.depot.dates import DateRule
from geofleet.energy.depot.equipment import CostRange, charger_cost, substation_cost
from geofleet.energy.depot.horizon import Horizon, month_horizon
from geofleet.energy.depot.model import (
    Chargers,
    DailyStay,
    DatedStay,
    Depot,
    DepotMonth,
    DepotVehicle,
    chargers,
    concave_taper,
)
from geofleet.energy.depot.packaged import mexican_tariff, packaged_tariffs
from geofleet.energy.depot.place import dated_month, repeated_month
from geofleet.energy.depot.plan import Schedule
from geofleet.energy.depot.replay import replay
from geofleet.energy.depot.schedule import least_shortfall, smart_schedule
from geofleet.energy.depot.sizing import Sizing, smallest_charger_count, smallest_connection
from geofleet.energy.depot.study import StudyStays, depot_stays
from geofleet.energy.depot.tariff import DemandCharge, PowerFactorRule, Tariff
from geofleet.energy.depot.tariff_files import cfe_tariff, read_cfe_tariffs, read_tariff

__all__ = [
    "Bill",
    "BillTerms",
    "Chargers",
    "Comparison",
    "CostRange",
    "DailyStay",
    "DateRule",
    "DatedStay",
    "DemandCharge",
    "Depot",
    "DepotMonth",
    "DepotVehicle",
    "Horizon",
    "PowerFactorRule",
    "Readings",
    "Schedule",
    "Sizing",
    "StudyStays",
    "Tariff",
    "bill",
    "bill_readings",
    "cfe_tariff",
    "charge_at_once",
    "charger_cost",
    "chargers",
    "compare_charging",
    "concave_taper",
    "dated_month",
    "depot_stays",
    "least_shortfall",
    "mexican_tariff",
    "mexican_vat",
    "month_horizon",
    "packaged_tariffs",
    "read_cfe_tariffs",
    "read_tariff",
    "repeated_month",
    "replay",
    "smallest_charger_count",
    "smallest_connection",
    "smart_schedule",
    "substation_cost",
]

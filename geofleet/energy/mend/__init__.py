"""What would mend a vehicle-day that an electric model cannot run, ranked by cost."""

from geofleet.energy.mend.model import CHARGER_COLUMNS, KINDS, Mends
from geofleet.energy.mend.solve import mends

__all__ = ["CHARGER_COLUMNS", "KINDS", "Mends", "mends"]

"""What chargers and a substation cost, as the ranges that the default rows know."""

from __future__ import annotations

from dataclasses import dataclass

from geofleet.defaults import Defaults
from geofleet.energy.depot.model import Chargers

__all__ = ["CostRange", "charger_cost", "substation_cost"]

_TABLE = "depot"
_W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True)
class CostRange:
    """Money from ``low`` to ``high``, in ``currency``, and the default rows it comes from."""

    low: float
    high: float
    currency: str
    provenance: tuple[str, ...]


def charger_cost(chargers: Chargers, *, defaults: Defaults | None = None) -> CostRange | None:
    """Return what these chargers cost, installed; None where no row knows their power."""
    names = ("ac",) if chargers.current == "AC" else ("dc_60", "dc_150")
    for name in names:
        found = _range(name, chargers.power_w / _W_PER_KW, chargers.count, defaults)
        if found is not None:
            return found
    return None


def substation_cost(
    connection_w: float, *, power_factor: float, defaults: Defaults | None = None
) -> CostRange | None:
    """Return what a substation for this connection costs; None where no row knows its size."""
    return _range("substation", connection_w / _W_PER_KW / power_factor, 1, defaults)


def _range(name: str, power: float, count: int, defaults: Defaults | None) -> CostRange | None:
    """Return ``count`` times the cost of one row, when the power is among those it is for."""
    scope = (defaults or Defaults()).scope()
    row = f"cost.{name}"
    least, most = (scope.number(_TABLE, f"{row}.power_{end}") for end in ("from", "to"))
    if not least <= power <= most:
        return None
    low, high = (scope.number(_TABLE, f"{row}.{end}") * count for end in ("low", "high"))
    unit = str(scope.table(_TABLE).loc[f"{row}.low", "unit"])
    return CostRange(low, high, unit, scope.used)

"""Amounts are never taken for the country's own money where they are not."""

from __future__ import annotations

import pytest

from geofleet.defaults import Defaults
from geofleet.outputs.currency import currency_note


def test_at_home_nothing_is_said() -> None:
    """Pesos of Mexico in Mexico need no word, nor Chilean ones that a study set in Chile."""
    assert currency_note("MXN", "MX", row="pricing:currency") is None
    assert currency_note("CLP", "CL", row="pricing:currency") is None


def test_a_known_rate_is_told_with_its_rows() -> None:
    """For Colombia: pesos per peso of the two rows, worked by hand, each row by its name."""
    note = currency_note(
        "MXN", "CO", row="economics:currency",
        defaults=Defaults({"exchange_rates:usd_per_mxn.2026": 0.05, "finance:usd_per_cop": 2.5e-4}),
    )  # fmt: skip
    assert note is not None
    assert "1 MXN = 200 COP" in note
    assert "exchange_rates:usd_per_mxn.2026, user" in note
    assert "finance:usd_per_cop, user" in note
    assert "not those of CO" in note


@pytest.mark.parametrize(("country", "said"), [("CL", "No rate of CLP"), (None, "no country")])
def test_what_is_not_known_is_said(country: str | None, said: str) -> None:
    """No rate of Chile is known; a study without country has none to compare with."""
    note = currency_note("MXN", country, row="pricing:currency")
    assert note is not None
    assert "MXN" in note
    assert said in note

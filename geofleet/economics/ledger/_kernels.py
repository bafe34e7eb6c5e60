"""Ledgers of many cases at once: flows of every year, and their totals, over arrays.

``c[column, case]`` holds the cases, with the columns in the order of ``COLUMNS``. Costs count above
zero. Each case writes its own results only, so one thread and many agree bit for bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

COLUMNS = (
    "years", "discount_rate", "inflation", "price", "duty", "purchase_tax", "charger", "grant",
    "trade_in", "loan", "loan_rate", "loan_years", "fee_per_year", "fee_years", "energy_per_year",
    "energy_growth", "fluid_per_year", "filter_per_year", "tyres_per_year",
    "maintenance_per_year", "maintenance_growth", "value", "value_decline", "insurance_share",
    "downtime_per_year", "payload_loss_per_year", "access_per_year", "charges_per_year",
    "vehicle_tax_per_year", "battery_price", "battery_year", "income_tax_rate",
    "depreciation_years", "km_per_year", "tonne_km_per_year",
)  # fmt: skip
(
    YEARS, DISCOUNT_RATE, INFLATION, PRICE, DUTY, PURCHASE_TAX, CHARGER, GRANT,
    TRADE_IN, LOAN, LOAN_RATE, LOAN_YEARS, FEE, FEE_YEARS, ENERGY,
    ENERGY_GROWTH, FLUID, FILTER, TYRES,
    MAINTENANCE, MAINTENANCE_GROWTH, VALUE, VALUE_DECLINE, INSURANCE_SHARE,
    DOWNTIME, PAYLOAD_LOSS, ACCESS, CHARGES,
    VEHICLE_TAX, BATTERY_PRICE, BATTERY_YEAR, INCOME_TAX_RATE,
    DEPRECIATION_YEARS, KM, TONNE_KM,
) = range(len(COLUMNS))  # fmt: skip

TOTALS = (
    "upfront", "month_one", "present_cost", "undiscounted_cost", "present_km",
    "present_tonne_km",
)  # fmt: skip
UPFRONT, MONTH_ONE, PRESENT, UNDISCOUNTED, PRESENT_KM, PRESENT_TONNE_KM = range(len(TOTALS))

# below it, one less a power of the rate loses digits
_SMALL_RATE = 0.001
_TOLERANCE = 1e-12
_SCANNED = 400
_HALVINGS = 200
_GOLDEN = 0.6180339887498949
MOST_ROOTS = 12


@njit(cache=True, nogil=True, error_model="numpy")
def _annuity(loan, rate, payments):  # type: ignore[no-untyped-def]
    """Return the equal payment that pays off a loan; exact for rates near nothing too."""
    if rate == 0.0:
        return loan / payments
    return loan * rate / -math.expm1(-payments * math.log1p(rate))


@njit(cache=True, nogil=True, error_model="numpy")
def _one(c, i, totals, flows):  # type: ignore[no-untyped-def]
    """Write the totals of one case, and the flow of each of its years if there is room for them."""
    years = int(c[YEARS, i])
    discount = 1.0 / (1.0 + c[DISCOUNT_RATE, i])
    prices = 1.0 + c[INFLATION, i]
    energy_growth = prices * (1.0 + c[ENERGY_GROWTH, i])
    maintenance_growth = prices * (1.0 + c[MAINTENANCE_GROWTH, i])
    kept = 1.0 - c[VALUE_DECLINE, i]
    share = c[INSURANCE_SHARE, i]

    loan = c[LOAN, i]
    rate = 0.0
    loan_years = 0.0
    instalment = 0.0
    monthly = 0.0
    if loan != 0.0:
        rate = c[LOAN_RATE, i]
        loan_years = c[LOAN_YEARS, i]
        instalment = _annuity(loan, rate, loan_years)
        monthly = _annuity(loan, math.expm1(math.log1p(rate) / 12.0), 12.0 * loan_years)
    fee_years = c[FEE_YEARS, i]
    fee = 0.0
    if fee_years != 0.0:
        fee = c[FEE, i] + 0.0 * fee_years
    battery_year = c[BATTERY_YEAR, i]
    battery_price = 0.0
    if battery_year != 0.0:
        # a year that is not known leaves the price unknown in whatever year it is paid
        battery_price = c[BATTERY_PRICE, i] + 0.0 * battery_year

    bought = c[PRICE, i] + c[DUTY, i] + c[PURCHASE_TAX, i] + c[CHARGER, i]
    upfront = bought - c[GRANT, i] - c[TRADE_IN, i] - loan
    tax = c[INCOME_TAX_RATE, i]
    written_off = 0.0
    write_off_years = 0.0
    if tax != 0.0:
        write_off_years = c[DEPRECIATION_YEARS, i]
        if write_off_years != 0.0:
            written_off = (bought - c[GRANT, i]) / write_off_years

    energy = c[ENERGY, i]
    maintenance = c[MAINTENANCE, i]
    upkeep = (
        c[FLUID, i] + c[FILTER, i] + c[TYRES, i] + c[DOWNTIME, i] + c[PAYLOAD_LOSS, i]
        + c[CHARGES, i] + c[VEHICLE_TAX, i] - c[ACCESS, i]
    )  # fmt: skip
    value = c[VALUE, i]
    month = monthly + (energy + maintenance + upkeep + share * value) / 12.0
    if not fee_years < 1.0:
        month += fee / 12.0

    room = flows.shape[1]
    if room > 0:
        flows[i, 0] = upfront
    present = upfront
    total = upfront
    factor = 1.0
    factors = 0.0
    owed_share = 0.0
    if loan != 0.0:
        owed_share = math.exp(-loan_years * math.log1p(rate))
    for year in range(1, years + 1):
        factor *= discount
        factors += factor
        running = energy + maintenance + upkeep + share * value
        if not year > fee_years:
            running += fee
        if not (year < battery_year or year > battery_year):
            running += battery_price
        flow = running
        interest = 0.0
        if loan != 0.0 and not year > loan_years:
            flow += instalment
            if tax != 0.0:
                # of each instalment, what is left when it is brought back to the day before the
                # first one not yet paid is principal
                interest = instalment * (1.0 - owed_share)
                if rate < _SMALL_RATE:
                    unpaid = loan_years - year + 1.0
                    interest = -instalment * math.expm1(-unpaid * math.log1p(rate))
            owed_share *= 1.0 + rate
            if year == years:
                left = loan_years - year
                if not left <= 0.0:
                    if rate == 0.0:
                        flow += instalment * left
                    else:
                        flow -= instalment * math.expm1(-left * math.log1p(rate)) / rate
        energy *= energy_growth
        maintenance *= maintenance_growth
        upkeep *= prices
        value *= kept
        if tax != 0.0:
            saved = running + interest
            if not year > write_off_years:
                saved += written_off
            flow -= tax * saved
        if year == years:
            flow -= value
            if tax != 0.0:
                book = bought - c[GRANT, i]
                if write_off_years != 0.0:
                    book = written_off * max(write_off_years - years, 0.0)
                flow += tax * (value - book)
        if year < room:
            flows[i, year] = flow
        present += factor * flow
        total += flow
    totals[UPFRONT, i] = upfront
    totals[MONTH_ONE, i] = month
    totals[PRESENT, i] = present
    totals[UNDISCOUNTED, i] = total
    totals[PRESENT_KM, i] = factors * c[KM, i]
    totals[PRESENT_TONNE_KM, i] = factors * c[TONNE_KM, i]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def ledgers(c, totals, flows):  # type: ignore[no-untyped-def]
    """Fill totals (totals, cases) and, where flows has columns, flows (cases, years + 1)."""
    for i in prange(c.shape[1]):
        _one(c, i, totals, flows)


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def compare(flows, base, years, discount_rate, npv, payback, for_good):  # type: ignore[no-untyped-def]
    """Fill the present gain of each case over its base, and the years in which it is paid back.

    ``payback`` is the first year at which the sum of discounted gains is not below nothing, after
    it was; ``for_good`` the first from which it never is again. NaN where there is none.
    """
    for i in prange(len(base)):
        b = base[i]
        discount = 1.0 / (1.0 + discount_rate[i])
        factor = 1.0
        total = 0.0
        size = 0.0
        first = np.nan
        last = np.nan
        below = False
        for year in range(years[i] + 1):
            total += factor * (flows[b, year] - flows[i, year])
            size += factor * (abs(flows[b, year]) + abs(flows[i, year]))
            factor *= discount
            if total >= -_TOLERANCE * size:
                if math.isnan(last):
                    last = float(year)
                if below and math.isnan(first):
                    first = float(year)
            else:
                below = True
                last = np.nan
        npv[i] = total
        if math.isnan(total):
            last = np.nan
            first = np.nan
        elif not below:
            first = 0.0
        payback[i] = first
        for_good[i] = last


@njit(cache=True, nogil=True, error_model="numpy")
def _present(gains, first, last, t):  # type: ignore[no-untyped-def]
    """Return what has the sign of the present value at rate exp(t) - 1, and does not overflow."""
    z = math.exp(-abs(t))
    total = 0.0
    if t >= 0.0:
        for year in range(last, first - 1, -1):
            total = total * z + gains[year]
    else:
        for year in range(first, last + 1):
            total = total * z + gains[year]
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def _crossing(gains, first, last, low, high, at_low):  # type: ignore[no-untyped-def]
    """Return where the present value changes sign between two places; halving."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if middle <= low or middle >= high:
            break
        value = _present(gains, first, last, middle)
        if value == 0.0:
            return middle
        if (value > 0.0) == (at_low > 0.0):
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@njit(cache=True, nogil=True, error_model="numpy")
def _dip(gains, first, last, low, high, sign):  # type: ignore[no-untyped-def]
    """Return where the present value is nearest to the other side, between two places."""
    one = high - _GOLDEN * (high - low)
    two = low + _GOLDEN * (high - low)
    at_one = sign * _present(gains, first, last, one)
    at_two = sign * _present(gains, first, last, two)
    for _ in range(60):
        if at_one <= 0.0 or at_two <= 0.0:
            break
        if at_one < at_two:
            high, two, at_two = two, one, at_one
            one = high - _GOLDEN * (high - low)
            at_one = sign * _present(gains, first, last, one)
        else:
            low, one, at_one = one, two, at_two
            two = low + _GOLDEN * (high - low)
            at_two = sign * _present(gains, first, last, two)
    return one if at_one < at_two else two


@njit(cache=True, nogil=True, error_model="numpy")
def _roots(gains, last_year, roots):  # type: ignore[no-untyped-def]
    """Write the rates above -1 at which the present value is nothing; return how many there are."""
    first = 0
    while first <= last_year and gains[first] == 0.0:
        first += 1
    last = last_year
    while last > first and gains[last] == 0.0:
        last -= 1
    if first >= last:
        return 0
    changes = 0
    sign = gains[first]
    largest = 0.0
    size = 0.0
    for year in range(first, last + 1):
        if math.isnan(gains[year]):
            return -1
        largest = max(largest, abs(gains[year]))
        size += abs(gains[year])
        if gains[year] * sign < 0.0:
            changes += 1
            sign = gains[year]
    if changes == 0:
        return 0
    # Cauchy's bounds of the roots of a polynomial
    low = -math.log1p(largest / abs(gains[last])) - 1e-9
    high = math.log1p(largest / abs(gains[first])) + 1e-9
    if changes == 1:
        at_low = _present(gains, first, last, low)
        roots[0] = math.expm1(_crossing(gains, first, last, low, high, at_low))
        return 1
    found = 0
    step = (high - low) / _SCANNED
    before = np.nan
    here = _present(gains, first, last, low)
    for k in range(1, _SCANNED + 1):
        t = low + step * k
        after = _present(gains, first, last, t)
        if here == 0.0:
            if found < len(roots):
                roots[found] = math.expm1(t - step)
            found += 1
        elif here * after < 0.0:
            if found < len(roots):
                roots[found] = math.expm1(_crossing(gains, first, last, t - step, t, here))
            found += 1
        elif (
            here * before > 0.0 and here * after > 0.0 and abs(here) < min(abs(before), abs(after))
        ):
            # two roots may hide between three places of the same sign
            side = 1.0 if here > 0.0 else -1.0
            dip = _dip(gains, first, last, t - 2.0 * step, t, side)
            depth = side * _present(gains, first, last, dip)
            if abs(depth) <= _TOLERANCE * size:
                if found < len(roots):
                    roots[found] = math.expm1(dip)
                found += 1
            elif depth < 0.0:
                lower = _crossing(gains, first, last, t - 2.0 * step, dip, side)
                upper = _crossing(gains, first, last, dip, t, -side)
                if found + 1 < len(roots):
                    roots[found] = math.expm1(lower)
                    roots[found + 1] = math.expm1(upper)
                found += 2
        before = here
        here = after
    return min(found, len(roots))


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def rates_of_return(gains, last_year, roots, counts):  # type: ignore[no-untyped-def]
    """Fill the rates of return of each row of gains (rows, years + 1), ascending, and their count.

    The count is -1 where a gain is not known.
    """
    for i in prange(len(last_year)):
        counts[i] = _roots(gains[i], last_year[i], roots[i])

"""Energy as a function of the clock: arrays and scalars in SI units only.

The most energy that can be in the battery at a place at each time. The function does not fall
(standing costs no energy), is linear between its points and may jump (two points at one time);
it is constant after its last point, and before its first the place cannot be left.

Driving shifts the function, a window cuts it, a charger replaces it by the upper envelope of the
charging curves that begin on it: on a rising piece its lead over the curve is convex in time, so
that no curve that begins inside a piece is better than both that begin at its ends.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Compiled without management of memory: the functions neither allocate nor count references to
# arrays, which would cost most of the time. Who calls them owns all memory.
leaf = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
TOLERANCE = 1e-10  # of the battery, and of a day: closer is equal
DAY, HOUR, HOURS = 86400.0, 3600.0, 24


@leaf
def interpolated(x0: float, y0: float, x1: float, y1: float, x: float) -> float:
    """Value at x on the line through two points."""
    return y0 + (y1 - y0) * ((x - x0) / (x1 - x0))


@leaf
def curve_value(x: Floats, y: Floats, count: int, at: float) -> float:
    """Value of a curve of ``count`` ascending points, constant outside."""
    if at <= x[0]:
        return y[0]
    for k in range(1, count):
        if at <= x[k]:
            return interpolated(x[k - 1], y[k - 1], x[k], y[k], at)
    return y[count - 1]


@leaf
def value_at(t: Floats, e: Floats, n: int, at: float, left: bool, first: int = 0) -> float:
    """Value of a function, or its limit from the left; -inf before it begins."""
    if at < t[first] or (left and at == t[first]):
        return -np.inf
    last = first + n - 1
    k = last
    while t[k] > at or (left and t[k] == at):
        k -= 1
    if k == last or t[k] == at:
        return e[k]
    return interpolated(t[k], e[k], t[k + 1], e[k + 1], at)


@leaf
def travel(
    t: Floats, e: Floats, first: int, count: int, low: float, top: float,
    duration: float, draw: float, tolerance: float, out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Drive on with at least ``low`` on departure; energy above ``top`` is worth no more than it.

    Returns the number of points written to ``out``, 0 when the drive is not possible.
    """
    last = first + count - 1
    if e[last] < low - tolerance:
        return 0
    i, n = first, 0
    while i < last and e[i] < low:
        i += 1
    if i > first and t[i] > t[i - 1] and e[i] > low:
        out_t[0] = interpolated(e[i - 1], t[i - 1], e[i], t[i], low) + duration
        out_e[0] = min(low, top) - draw
        n = 1
        if low >= top:
            return n
    while i <= last:
        if e[i] >= top:
            at = t[i]
            if n > 0 and e[i] > top and t[i] > t[i - 1]:
                at = max(interpolated(e[i - 1], t[i - 1], e[i], t[i], top), out_t[n - 1] - duration)
            out_t[n] = at + duration
            out_e[n] = top - draw
            return n + 1
        out_t[n] = t[i] + duration
        out_e[n] = e[i] - draw
        n += 1
        i += 1
    return n


@leaf
def within(t: Floats, e: Floats, n: int, opens: float, late: float, service: float) -> int:
    """Begin service within a window: wait for it to open, not after it closes. In place."""
    if n == 0 or t[0] > late + TOLERANCE * DAY:
        return 0
    kept = 1
    while kept < n and t[kept] <= late:
        kept += 1
    if kept < n and late > t[kept - 1]:
        e[kept] = interpolated(t[kept - 1], e[kept - 1], t[kept], e[kept], late)
        t[kept] = late
        kept += 1
    n = kept
    if t[0] < opens:
        j = 0
        while j + 1 < n and t[j + 1] <= opens:
            j += 1
        if j + 1 < n:
            e[0] = interpolated(t[j], e[j], t[j + 1], e[j + 1], opens)
        else:
            e[0] = e[j]
        t[0] = opens
        for i in range(j + 1, n):
            t[i - j], e[i - j] = t[i], e[i]
        n -= j
    for i in range(n):
        t[i] += service
    return n


@leaf
def row_value(x: Floats, y: Floats, row: int, count: int, at: float) -> float:
    """As :func:`curve_value`, of one row of two tables."""
    if at <= x[row, 0]:
        return y[row, 0]
    for k in range(1, count):
        if at <= x[row, k]:
            return interpolated(x[row, k - 1], y[row, k - 1], x[row, k], y[row, k], at)
    return y[row, count - 1]


@leaf
def charge(
    t: Floats, e: Floats, n: int, clock: Floats, level: Floats, row: int, m: int,
    out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Charge on the curve of m points in a row of two tables, beginning and ending at will.

    Needs room for ``2 n + (n + 1) m`` points.
    """
    out_t[0], out_e[0] = t[0], e[0]
    out, i, full = 1, 1, level[row, m - 1]
    at, have = t[0], e[0]
    while have < full:
        shift = row_value(level, clock, row, m, have) - at
        k = 1
        while level[row, k] <= have:
            k += 1
        while i < n and e[i] <= row_value(clock, level, row, m, t[i] + shift) + TOLERANCE * full:
            i += 1
        # the curve's own points until the function overtakes it on the piece that ends in i
        while k < m and (i == n or clock[row, k] - shift < t[i]):
            bend = clock[row, k] - shift
            overtaken = i < n and bend > t[i - 1]
            if overtaken and interpolated(t[i - 1], e[i - 1], t[i], e[i], bend) > level[row, k]:
                break
            at, have = bend, level[row, k]
            out_t[out], out_e[out] = at, have
            out += 1
            k += 1
        if i == n:
            return out
        rate = 0.0
        if k < m:
            rate = (level[row, k] - level[row, k - 1]) / (clock[row, k] - clock[row, k - 1])
        cross = t[i]
        if t[i] > t[i - 1]:
            slope = (e[i] - e[i - 1]) / (t[i] - t[i - 1])
            if slope > rate:
                cross = (e[i - 1] - slope * t[i - 1] - have + rate * at) / (rate - slope)
                cross = min(max(cross, at, t[i - 1]), t[i])
        if cross > at:
            out_t[out], out_e[out] = cross, min(have + rate * (cross - at), e[i])
            out += 1
        at, have = t[i], e[i]
        out_t[out], out_e[out] = at, have
        out += 1
        i += 1
    while i < n:
        out_t[out], out_e[out] = t[i], e[i]
        out += 1
        i += 1
    return out


@leaf
def covers(
    a_t: Floats, a_e: Floats, a: int, b_t: Floats, b_e: Floats, b: int, tolerance: float,
    a0: int = 0, b0: int = 0,
) -> bool:  # fmt: skip
    """Say whether a function of a points is at least one of b points at every time."""
    begin = b_t[b0]
    if a_t[a0] > begin + TOLERANCE * DAY or a_e[a0 + a - 1] < b_e[b0 + b - 1] - tolerance:
        return False
    for j in range(b0, b0 + b):
        jumps = b0 < j < b0 + b - 1 and b_t[j + 1] == b_t[j]
        at = max(b_t[j], a_t[a0])
        if value_at(a_t, a_e, a, at, jumps, a0) < b_e[j] - tolerance:
            return False
    for i in range(a0, a0 + a):
        if a_t[i] > begin and a_e[i] < value_at(b_t, b_e, b, a_t[i], True, b0) - tolerance:
            return False
    return True


@leaf
def covers_charged(
    a_t: Floats, a_e: Floats, a: int, a0: int, b_t: Floats, b_e: Floats, b: int, low: float,
    clock: Floats, level: Floats, row: int, m: int, tolerance: float,
) -> bool:  # fmt: skip
    """Say whether a function on departure from a charger covers all that arrival b leads to.

    The first is closed under charging on the curve, and holds energies from ``low`` up.
    """
    for j in range(b):
        at, have = b_t[j], b_e[j]
        if have < low:
            at += row_value(level, clock, row, m, low) - row_value(level, clock, row, m, have)
            have = low
        if value_at(a_t, a_e, a, at, False, a0) < have - tolerance:
            return False
    for i in range(a0, a0 + a):
        if a_t[i] > b_t[0] and a_e[i] < value_at(b_t, b_e, b, a_t[i], True) - tolerance:
            return False
    return True


@leaf
def upper(
    a_t: Floats, a_e: Floats, a: int, b_t: Floats, b_e: Floats, b: int,
    out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Larger of two functions at each time; -1 if the room for it may not do."""
    i = j = out = 0
    before = 0.0
    while i < a or j < b:
        if out + 3 > len(out_t):
            return -1
        at = b_t[j] if i == a else a_t[i] if j == b else min(a_t[i], b_t[j])
        if out > 0:
            a0, b0 = value_at(a_t, a_e, a, before, False), value_at(b_t, b_e, b, before, False)
            a1, b1 = value_at(a_t, a_e, a, at, True), value_at(b_t, b_e, b, at, True)
            if min(a0, b0) > -np.inf and (a0 - b0) * (a1 - b1) < 0.0:
                share = (a0 - b0) / ((a0 - b0) - (a1 - b1))
                out_t[out] = before + share * (at - before)
                out_e[out] = max(a0 + share * (a1 - a0), out_e[out - 1])
                out += 1
            out_t[out], out_e[out] = at, max(a1, b1, out_e[out - 1])
            out += 1
        right = max(value_at(a_t, a_e, a, at, False), value_at(b_t, b_e, b, at, False))
        if out == 0 or right > out_e[out - 1]:
            out_t[out], out_e[out] = at, right
            out += 1
        while i < a and a_t[i] == at:
            i += 1
        while j < b and b_t[j] == at:
            j += 1
        before = at
    return out


@leaf
def plugged(arrive: float, wait: Floats) -> float:
    """Earliest time at the plug for one who arrives then and may join the queue later.

    ``wait`` is the wait by hour of joining; a full hour belongs to the hours on both sides.
    """
    first = int(np.floor(arrive / HOUR))
    best = arrive + wait[first % HOURS]
    if arrive - first * HOUR <= TOLERANCE * DAY:
        best = min(best, arrive + wait[(first - 1) % HOURS])
    for hour in range(first + 1, first + HOURS + 1):
        best = min(best, hour * HOUR + wait[hour % HOURS])
    return best


@leaf
def queued(t: Floats, e: Floats, n: int, wait: Floats, slow: Floats) -> int:
    """Fill rows 0 and 1 of ``slow`` with the function at the plug; -1 if there is no room.

    Everyone waits; those who gain by it join the queue later.
    """
    begin, end = int(np.floor(t[0] / HOUR)), int(np.floor(t[n - 1] / HOUR)) + HOURS
    if n + 2 > slow.shape[1]:
        return -1
    steady = True
    for hour in range(1, HOURS):
        steady = steady and wait[hour] == wait[0]
    if steady:
        for i in range(n):
            slow[0, i], slow[1, i] = t[i] + wait[0], e[i]
        return n
    have = 0
    for hour in range(begin, end + 1):
        lag = wait[hour % HOURS]
        first, last = max(t[0], hour * HOUR), (hour + 1) * HOUR
        slow[4, 0], slow[5, 0] = first + lag, value_at(t, e, n, first, False)
        part = 1
        for i in range(n):
            if first < t[i] < last or (t[i] == first and e[i] > slow[5, part - 1]):
                slow[4, part], slow[5, part] = t[i] + lag, e[i]
                part += 1
        ends = value_at(t, e, n, last, True)
        if ends > slow[5, part - 1]:
            slow[4, part], slow[5, part] = last + lag, ends
            part += 1
        if have > 0 and covers(slow[0], slow[1], have, slow[4], slow[5], part, 0.0):
            continue
        row = 4 if have == 0 else 2
        if have == 0:
            have = part
        else:
            have = upper(slow[0], slow[1], have, slow[4], slow[5], part, slow[2], slow[3])
        if have < 0:
            return -1
        for i in range(have):
            slow[0, i], slow[1, i] = slow[row, i], slow[row + 1, i]
    return have


@leaf
def open_time(at: float, opens: Floats, closes: Floats) -> float:
    """Seconds open until a time; the time itself where there are no hours."""
    if len(opens) == 0:
        return at
    total = 0.0
    for k in range(len(opens)):
        total += min(max(at - opens[k], 0.0), closes[k] - opens[k])
    return total


@leaf
def clock_time(amount: float, opens: Floats, closes: Floats, latest: bool) -> float:
    """First (or last) time at which the charger was open for ``amount``; infinite if never."""
    if len(opens) == 0:
        return amount
    if amount <= 0.0 and not latest:
        return opens[0]
    for k in range(len(opens)):
        lasts = closes[k] - opens[k]
        if amount < lasts or (amount == lasts and not latest):
            return opens[k] + amount
        amount -= lasts
    return np.inf if latest or amount > TOLERANCE * DAY else closes[-1]


@leaf
def finish(
    at: float, have: float, want: float, clock: Floats, level: Floats, m: int,
    wait: Floats, opens: Floats, closes: Floats,
) -> tuple[float, float]:  # fmt: skip
    """First times at which one who arrives with ``have`` charges and has ``want``."""
    if want <= have:
        return at, at
    if want > level[m - 1]:
        return np.inf, np.inf
    plug = plugged(at, wait)
    done = open_time(plug, opens, closes)
    begin = max(plug, clock_time(done, opens, closes, True))
    gain = curve_value(level, clock, m, want) - curve_value(level, clock, m, have)
    return begin, clock_time(done + gain, opens, closes, False)


@leaf
def charge_by_clock(
    t: Floats, e: Floats, n: int, clock: Floats, level: Floats, row: int, m: int,
    wait: Floats, opens: Floats, closes: Floats, slow: Floats, out_t: Floats, out_e: Floats,
) -> int:  # fmt: skip
    """Charge where there is a queue, or hours; who does not charge passes without waiting.

    Time while the charger is closed does not count at the charger: its clock is the time open.
    A vehicle that stands there when it closes keeps its place. Returns the number of points, -1
    if there is no room.
    """
    p = queued(t, e, n, wait, slow)
    if p < 0 or p * (1 + 2 * len(opens)) > slow.shape[1]:
        return -1
    p = by_open_time(slow[0], slow[1], p, opens, closes, slow[2], slow[3])
    if (2 * p + (p + 1) * m) * (2 + len(opens)) > slow.shape[1]:
        return -1
    full = charge(slow[2], slow[3], p, clock, level, row, m, slow[4], slow[5])
    kept = by_clock(slow[4], slow[5], full, opens, closes, slow[0], slow[1])
    if kept == 0:
        for i in range(n):
            out_t[i], out_e[i] = t[i], e[i]
        return n
    return upper(t, e, n, slow[0], slow[1], kept, out_t, out_e)


@leaf
def by_open_time(
    t: Floats, e: Floats, n: int, opens: Floats, closes: Floats, out_t: Floats, out_e: Floats
) -> int:
    """Turn a function of the clock into one of the time open; it jumps where it was closed."""
    out = 0
    for i in range(n):
        for j in range(2 * len(opens) if i > 0 else 0):
            at = opens[j // 2] if j % 2 == 0 else closes[j // 2]
            if t[i - 1] < at < t[i]:
                out_t[out] = open_time(at, opens, closes)
                out_e[out] = interpolated(t[i - 1], e[i - 1], t[i], e[i], at)
                out += 1
        out_t[out], out_e[out] = open_time(t[i], opens, closes), e[i]
        out += 1
    return out


@leaf
def by_clock(
    t: Floats, e: Floats, n: int, opens: Floats, closes: Floats, out_t: Floats, out_e: Floats
) -> int:
    """Turn a function of the time open into one of the clock."""
    out = 0
    for i in range(n):
        fresh = i == 0 or t[i] == t[i - 1]  # came at this time; else charged up to it
        passed = 0.0
        for j in range(0 if fresh else len(opens) - 1):
            passed += closes[j] - opens[j]
            if t[i - 1] <= passed < t[i]:
                mid = interpolated(t[i - 1], e[i - 1], t[i], e[i], passed)
                for at in (closes[j], opens[j + 1]):
                    # the charge may have begun when it opened again
                    if at >= out_t[out - 1]:
                        out_t[out], out_e[out] = at, mid
                        out += 1
        at = clock_time(t[i], opens, closes, fresh)
        if at < np.inf:
            out_t[out], out_e[out] = at, e[i]
            out += 1
            continue
        total = open_time(np.inf, opens, closes)
        if not fresh and t[i - 1] < total:
            # the charger closes for good on this piece
            out_t[out] = closes[-1]
            out_e[out] = interpolated(t[i - 1], e[i - 1], t[i], e[i], total)
            out += 1
        break
    return out

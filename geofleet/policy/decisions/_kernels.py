"""Rules over cases, days and stretches of the day: sets of stretches are bits of whole numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Bits = npt.NDArray[np.uint64]
Truths = npt.NDArray[np.int8]
Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int16]

FORBIDS, ASKS_PERMIT, CHARGES, LIFTS, LIMITS = 0, 1, 2, 3, 4
_ALLOWED, _CHARGED, _PERMIT, _UNKNOWN, _FORBIDDEN = 0, 1, 2, 3, 4
_PRIME = np.uint64(1099511628211)
_BASIS = np.uint64(14695981039346656037)


@njit(cache=True, nogil=True, error_model="numpy", inline="never")
def _held(
    kind: int,
    scope_today: int,
    scope_before: int,
    today: Bits,
    before: Bits,
    everything: np.uint64,
    out: Bits,
) -> None:
    """Write the stretches in which a rule holds for certain and perhaps, before lifting.

    ``today`` holds the bits of the windows that open today, certain and possible, ``before``
    those that spill over from the day before.
    """
    if kind == LIMITS:
        out[0] = everything & ~(today[1] | before[3]) if scope_today == 2 else np.uint64(0)
        out[1] = everything & ~(today[0] | before[2]) if scope_today >= 1 else np.uint64(0)
        return
    certain, possible = np.uint64(0), np.uint64(0)
    if scope_today == 2:
        certain |= today[0]
    if scope_today >= 1:
        possible |= today[1]
    if scope_before == 2:
        certain |= before[2]
    if scope_before >= 1:
        possible |= before[3]
    out[0], out[1] = certain, possible


@njit(cache=True, nogil=True, error_model="numpy", inline="never")
def _judge_day(
    word: int,
    today: int,
    before: int,
    scope_today: Truths,
    scope_before: Truths,
    kinds: Truths,
    windows: Bits,
    lifted_by: Ints,
    lifter: Ints,
    lifts: Ints,
    lifted: Ints,
    everything: np.uint64,
    held: Bits,
    active: Ints,
    slots: int,
    status: Truths,
    rule: Numbers,
) -> None:
    """Judge one case on one day for up to 64 stretches of it."""
    count = 0
    for r in range(kinds.size):
        if scope_today[r] == 0 and scope_before[r] == 0:
            held[r, 0] = held[r, 1] = np.uint64(0)
            continue
        _held(
            kinds[r], scope_today[r], scope_before[r], windows[r, today, word],
            windows[r, before, word], everything, held[r],
        )  # fmt: skip
        if held[r, 1] != 0:
            active[count] = r
            count += 1
    forbidden, unknown = np.uint64(0), np.uint64(0)
    permit, charged, spoken = np.uint64(0), np.uint64(0), np.uint64(0)
    first = word * 64
    for n in range(count):
        r = active[n]
        certain, possible = held[r, 0], held[r, 1]
        if kinds[r] == LIFTS:
            effective = everything if lifts[r] == lifts[r + 1] else np.uint64(0)
            for place in range(lifts[r], lifts[r + 1]):
                effective |= held[lifted[place], 1]
            _name(rule, first, slots, certain & effective & ~spoken, r, _ALLOWED)
            spoken |= certain & effective
            continue
        for place in range(lifted_by[r], lifted_by[r + 1]):
            certain &= ~held[lifter[place], 1]
            possible &= ~held[lifter[place], 0]
        doubtful = possible & ~certain
        _name(rule, first, slots, doubtful & ~unknown, r, _UNKNOWN)
        unknown |= doubtful
        if kinds[r] == FORBIDS or kinds[r] == LIMITS:
            _name(rule, first, slots, certain & ~forbidden, r, _FORBIDDEN)
            forbidden |= certain
        elif kinds[r] == ASKS_PERMIT:
            _name(rule, first, slots, certain & ~permit, r, _PERMIT)
            permit |= certain
        else:
            _name(rule, first, slots, certain & ~charged, r, _CHARGED)
            charged |= certain
    for s in range(first, min(first + 64, slots)):
        bit = np.uint64(1) << np.uint64(s - first)
        if forbidden & bit:
            status[s] = _FORBIDDEN
        elif unknown & bit:
            status[s] = _UNKNOWN
        elif permit & bit:
            status[s] = _PERMIT
        elif charged & bit:
            status[s] = _CHARGED
        else:
            status[s] = _ALLOWED


@njit(cache=True, nogil=True, error_model="numpy", inline="never")
def _name(rule: Numbers, first: int, slots: int, bits: np.uint64, number: int, level: int) -> None:
    """Write a rule's number for each stretch of a set of bits, by what it would decide there."""
    if bits == 0:
        return
    for s in range(first, min(first + 64, slots)):
        if bits & (np.uint64(1) << np.uint64(s - first)):
            rule[level, s] = number


@njit(cache=True, nogil=True, error_model="numpy")
def _row_hash(status: Truths, rule: Numbers) -> np.uint64:
    found = _BASIS
    for s in range(status.size):
        found = (found ^ np.uint64(status[s])) * _PRIME
        found = (found ^ np.uint64(rule[s] + 1)) * _PRIME
    return found


@njit(cache=True, nogil=True, parallel=True, error_model="numpy")
def judge(
    scope: Truths,
    windows: Bits,
    kinds: Truths,
    lifted_by: Ints,
    lifter: Ints,
    lifts: Ints,
    lifted: Ints,
    today: Ints,
    before: Ints,
    slots: int,
    status: Truths,
    rule: Numbers,
    key: Bits,
) -> None:
    """Judge cases on dates, in each stretch of the day.

    Parameters
    ----------
    scope : int8 (cases, days, rules)
        Whether each rule is about the case on the day: 0 no, 1 unknown, 2 yes.
    windows : uint64 (rules, days, words, 4)
        Stretches as bits: windows that open on the day, certain and possible; parts of them that
        fall on the day after, certain and possible.
    kinds : int8 (rules,)
        ``FORBIDS``, ``ASKS_PERMIT``, ``CHARGES``, ``LIFTS`` or ``LIMITS`` (allowed only within).
    lifted_by : int64 (rules + 1,)
        Where the lifters of each rule begin in ``lifter``.
    lifter : int64
        Rules that take others out.
    lifts, lifted : int64
        The same seen from the lifters: where the rules that each lifts begin, and which they are.
    today, before : int64 (dates,)
        Positions of each date and of the day before it among the days.
    slots : int
        Number of stretches.
    status : int8 (cases, dates, slots), out
    rule : int16 (cases, dates, slots), out
        Position of the rule that decides, -1 for none.
    key : uint64 (cases, dates), out
        Hash of the answers of the day.
    """
    count, words = kinds.size, windows.shape[2]
    for case in prange(scope.shape[0]):
        held = np.zeros((count, 2), np.uint64)
        active = np.empty(count, np.int64)
        named = np.empty((5, slots), np.int16)
        for d in range(today.size):
            named[:] = -1
            for word in range(words):
                left = min(64, slots - word * 64)
                everything = ~np.uint64(0) >> np.uint64(64 - left)
                _judge_day(
                    word, today[d], before[d], scope[case, today[d]], scope[case, before[d]],
                    kinds, windows, lifted_by, lifter, lifts, lifted, everything, held, active,
                    slots, status[case, d], named,
                )  # fmt: skip
            for s in range(slots):
                rule[case, d, s] = named[status[case, d, s], s]
            key[case, d] = _row_hash(status[case, d], rule[case, d])

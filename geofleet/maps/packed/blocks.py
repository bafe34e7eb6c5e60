"""Bytes of a page: whole numbers of variable length, deflated, in base64."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["deflated", "varints", "zigzag"]

_LEVEL = 9
_BITS = 7


def deflated(*parts: bytes) -> str:
    """Return parts, one after the other, as base64 of one zlib stream."""
    return base64.b64encode(zlib.compress(b"".join(parts), _LEVEL)).decode("ascii")


def zigzag(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return signed numbers as 0, -1, 1, -2, … counted from 0, so that small ones stay small."""
    return (values << 1) ^ (values >> 63)


def varints(values: npt.NDArray[np.int64]) -> bytes:
    """Return numbers from 0 on in base 128, lowest digit first, all but the last marked by 128."""
    if not len(values):
        return b""
    longest = max(1, -(-int(values.max()).bit_length() // _BITS))
    digits = (values[:, None] >> (_BITS * np.arange(longest))) & 127
    place = np.arange(longest)[None, :]
    above = np.cumsum(digits[:, ::-1], axis=1)[:, ::-1]
    used = (above > 0) | (place == 0)
    more = np.zeros_like(digits)
    more[:, :-1] = np.where(above[:, 1:] > 0, 128, 0)
    data: bytes = (digits + more)[used].astype(np.uint8).tobytes()
    return data

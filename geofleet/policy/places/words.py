"""Street names and classes as people write them: without regard to case, accents and spaces."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["each_text", "folded"]


def folded(text: str) -> str:
    """Return a text in small letters, without accents, with single spaces.

    Examples
    --------
    >>> folded(" Anillo  PERIFÉRICO")
    'anillo periferico'
    """
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
    return " ".join(plain.casefold().split())


def each_text(column: pd.Series, answer: Any) -> npt.NDArray[np.object_]:
    """Return what ``answer`` says of each text, asked once for each that differs; None for none."""
    codes, values = pd.factorize(column, use_na_sentinel=True)
    found = np.empty(len(values) + 1, object)
    found[:-1] = [answer(str(value)) for value in values]
    return found[codes]

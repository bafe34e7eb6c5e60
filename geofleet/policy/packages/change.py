"""What every change has: the keys that it sets, what is wrong with it, and how it is made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from geofleet.policy.packages.canonical import text_of

if TYPE_CHECKING:
    from geofleet.policy.packages.scenario import Scenario

__all__ = ["Change", "Fault", "Key"]

Key: TypeAlias = tuple[str, ...]
"""What is set, from the whole to the part: ``("rule", id)`` is all of what
``("rule", id, version, "when")`` is a part of."""

Fault: TypeAlias = tuple[str, str, str]
"""Field, value and what was expected."""


class Change(ABC):
    """One thing that a lever does. It must stand on the baseline alone, without other changes.

    Changes are made in the order of ``rank`` and, within one rank, of their text: never in the
    order in which they are listed.
    """

    rank: ClassVar[int]
    after_rules: ClassVar[bool] = False
    """Whether it is about rules that the same lever may have added."""

    @abstractmethod
    def sets(self, baseline: Scenario) -> Mapping[Key, str]:
        """Return what is set, and to what (as text that tells equal from different).

        Two changes that set one key to different values contradict each other, as do two of which
        one sets a whole and the other a part of it.
        """

    @abstractmethod
    def apply(self, scenario: Scenario, baseline: Scenario) -> Scenario:
        """Return a scenario with the change made; what is chosen is chosen on the baseline."""

    def faults(self, baseline: Scenario) -> Iterator[Fault]:
        """Yield why it cannot be made on a baseline."""
        del baseline
        yield from ()

    @property
    def text(self) -> str:
        """What it is, the same in every run."""
        return text_of(self)

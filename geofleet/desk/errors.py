"""What keeps a desk from answering."""

from __future__ import annotations

from geofleet.wording import Text

__all__ = ["AskedError", "StoppedError"]


class AskedError(ValueError):
    """Something was asked that cannot be answered; the message is for the reader."""

    def __init__(self, message: Text) -> None:
        super().__init__(message["en"])
        self.message = message


class StoppedError(Exception):
    """Somebody has asked for something else meanwhile."""

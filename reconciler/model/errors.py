"""Errors that end a run. Branch by who can fix it; the sentence is made from the data."""

from __future__ import annotations


class ReconcilerError(Exception):
    """This run cannot go on. ``remedy`` says what the reader can do, where there is something to do."""

    remedy: str | None = None

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if remedy is not None:
            self.remedy = remedy

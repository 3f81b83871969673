"""Turns Qt's event loop in tests."""

import time
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

__all__ = ["pump"]


def pump(until: Callable[[], object], seconds: float = 30.0) -> bool:
    """Turn Qt's loop until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if until():
            return True
        time.sleep(0.002)
    return False

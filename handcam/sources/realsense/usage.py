"""Remove what RealSense's SDK writes down of its use."""

import atexit
import shutil
import time
from pathlib import Path

__all__ = ["forget_usage"]

_FOLDER = Path.home() / ".rum"
"""The SDK knows no way not to write here, and does it on a thread of its own."""
_not_ours = _FOLDER.exists()


def forget_usage(wait_s: float = 0.1) -> None:
    """Remove the SDK's figures, waiting for a moment until they are there; another program's of before stay."""
    if _not_ours:
        return
    until = time.monotonic() + wait_s
    while not (_FOLDER / "rum.json").exists() and time.monotonic() < until:
        time.sleep(0.005)
    shutil.rmtree(_FOLDER, ignore_errors=True)


atexit.register(forget_usage, 0.0)

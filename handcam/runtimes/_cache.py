"""Where engines and findings that belong to this machine are kept."""

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """``handcam`` in the user's cache folder; ``HANDCAM_CACHE`` names another. It need not exist yet."""
    if named := os.environ.get("HANDCAM_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "handcam"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "handcam"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "handcam"

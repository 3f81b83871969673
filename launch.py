"""Start handcam from its folder: ``python3 launch.py [options]`` is ``handcam run [options]``."""

import sys
from importlib.util import find_spec

OLDEST, NEWEST = (3, 11), (3, 14)
"""Python versions that all packages exist for."""
SET_UP = 'python3 -m venv .venv && .venv/bin/pip install -e ".[all]"'
NEEDED = (
    "numpy", "cv2", "scipy", "onnxruntime", "openvino", "platformdirs", "PySide6", "pyqtgraph", "open3d",
    "av", "cv2_enumerate_cameras", "rich", "tyro", "jaxtyping", "psutil", "msgspec",
)  # fmt: skip
"""Modules of the packages that a plain install brings."""


def start() -> int:
    """Check that what is needed is there, and hand over. Returns the exit code."""
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST:
        here, oldest, newest = (".".join(map(str, v)) for v in (version, OLDEST, NEWEST))
        age = "old" if version < OLDEST else "new"
        print("handcam: Python %s is too %s; use %s to %s." % (here, age, oldest, newest), file=sys.stderr)  # noqa: UP031
        return 2
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"handcam: missing packages: {', '.join(missing)}; set up with: {SET_UP}", file=sys.stderr)
        return 2
    from handcam.cli import main

    return main()


if __name__ == "__main__":  # the 3D view's process imports this file again
    sys.exit(start())

"""Start handcam from its folder: ``python launch.py [options]`` is ``handcam run [options]``."""

import sys
from importlib.util import find_spec

SET_UP = 'python3 -m venv .venv && .venv/bin/pip install -e ".[all]"'
NEEDED = (
    "torch", "numpy", "mediapipe", "cv2", "scipy", "onnxruntime", "safetensors", "PySide6", "pyqtgraph", "open3d", "av",
    "cv2_enumerate_cameras", "rich", "tyro", "jaxtyping", "psutil",
)  # fmt: skip


def start() -> int:
    """Check that what is needed is there, and hand over. Returns the exit code."""
    if not (3, 11) <= sys.version_info[:2] < (3, 13):
        version = ".".join(map(str, sys.version_info[:2]))
        print(f"handcam: this is Python {version}; use 3.11 or 3.12.", file=sys.stderr)
        return 2
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"handcam: missing packages: {', '.join(missing)}; set up with: {SET_UP}", file=sys.stderr)
        return 2
    from handcam.cli import main

    return main()


if __name__ == "__main__":  # the 3D view's process imports this file again
    sys.exit(start())

"""Nothing is kept about the user outside the app's own folders."""

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import os
import handcam
from handcam.api import open_runtime
from handcam.model.weights import default_weights

open_runtime(default_weights(), "onnxruntime:int8").close()
"""


def test_the_engine_leaves_no_identifier_in_a_fresh_home(tmp_path: Path) -> None:
    """ONNX Runtime's telemetry, on by default, keeps one there and looks up a host."""
    home = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    home.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", CODE], env=home, check=True, timeout=100)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]

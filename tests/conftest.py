"""What all tests share: no display, one thread per library, few examples per property."""

import contextlib
import importlib
import os
import pkgutil
from pathlib import Path

for name, value in {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "OFF"}.items():
    os.environ.setdefault(name, value)  # before anything is imported that reads them

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

pytest_plugins = ["qt"]
settings.register_profile("handcam", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("handcam")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of pictures and clips beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[1] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the pictures in {folder}")
    return folder.resolve()


@pytest.fixture(scope="session")
def loaded() -> None:
    """Import in this thread what the app imports in several: the import hook of the shape checks is not made for that
    (Python before 3.11.9 raises SystemError when two threads build syntax trees at once)."""
    for folder in ("sources", "detectors", "runtimes", "filters", "session", "cli", "live", "model", "tracking"):
        package = importlib.import_module(f"handcam.{folder}")
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            with contextlib.suppress(ImportError):  # optional packages
                importlib.import_module(module.name)
    for name in ("api",):
        importlib.import_module(f"handcam.{name}")

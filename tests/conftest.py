"""What all tests share: no display, one thread per library, few examples per property."""

import os
from pathlib import Path

for name, value in {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "OPENCV_LOG_LEVEL": "OFF"}.items():
    os.environ.setdefault(name, value)  # before anything is imported that reads them

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

settings.register_profile("handcam", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("handcam")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of pictures and clips beside the repository; tests that need it are skipped where it is absent."""
    folder = Path(__file__).parents[1] / ".." / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the pictures in {folder}")
    return folder.resolve()

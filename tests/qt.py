"""Qt in tests: the application, windows on a made-up pipeline, and turning the event loop."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from fake_live import FakeLive
    from PySide6.QtWidgets import QApplication, QWidget

    from handcam.gui.window import Window

__all__ = ["pixels", "pump"]


def pump(until: Callable[[], object], seconds: float = 30.0) -> bool:
    """Turn Qt's loop until something is so."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if until():
            return True
        time.sleep(0.002)
    return False


def pixels(widget: "QWidget") -> np.ndarray:
    """What a widget shows, (h w 3), BGR."""
    from PySide6.QtGui import QImage

    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)[..., :3].astype(int)


@pytest.fixture(scope="session")
def app() -> "QApplication":
    """The application, with its theme."""
    from handcam.gui.event_loop import application

    return application()


@pytest.fixture
def live() -> "FakeLive":
    """A pipeline that shows what it is given and remembers what it is told."""
    from fake_live import FakeLive

    return FakeLive()


@pytest.fixture
def make_window(app: "QApplication", live: "FakeLive") -> Iterator[Callable[..., "Window"]]:
    """Make windows with a camera, closed after the test; options are those of ``CameraOptions``."""
    from fake_live import CARD, FakeLive

    from handcam.gui.window import CameraOptions, Window

    made: list[Window] = []

    def make(pipeline: "FakeLive | None" = None, weights: Path | None = None, **options: Any) -> Window:
        camera = CameraOptions(**{"reduced_3d": True, **options})
        own = live if not made else FakeLive()
        made.append(Window(pipeline or own, CARD, weights, camera))
        return made[-1]

    yield make
    for window in made:
        window.close()
        window.deleteLater()


@pytest.fixture
def user_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which presets, cache and settings of the user lie."""
    for name in ("presets.json", "settings.json", "gestures.json"):
        monkeypatch.setenv(f"HANDCAM_{name.split('.')[0].upper()}", str(tmp_path / name))
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path / "cache"))
    return tmp_path

"""Run a window until it is closed."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from handcam.gui import theme
from handcam.gui.window import CameraOptions, Window
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.signals import end_on_signals

__all__ = ["application", "fit_screen", "run_until_closed", "show", "show_explorer"]

log = logging.getLogger(__name__)
FRAME_PX, TITLE_PX = 4, 32
"""Room for the frame and the title that window managers add; its size is not known before the window is seen."""


def show(
    live: Live, camera: CameraOptions, card: WeightsCard | None = None, weights: Path | None = None, *,
    screenshot: Path | None = None, after_s: float = 5.0, size: tuple[int, int] = (1280, 800),
) -> int:  # fmt: skip
    """Run the app's window until it is closed.

    Args:
        live: the pipeline.
        camera: sources, runtimes and settings.
        card: of the weights; None when they cannot be read.
        weights: the safetensors file, default the one that ships.
        screenshot: save a picture of the window after ``after_s`` seconds and close it.
        after_s: seconds before the screenshot.
        size: of the window, px.

    Returns:
        Exit code of the application.
    """

    def make() -> Window:
        window = Window(live, card, weights, camera)
        QTimer.singleShot(0, window.begin)  # what takes longer starts when the window is on the screen
        return window

    return _run(make, live, screenshot, after_s, size)


def show_explorer(
    live: Live, weights: Path, card: WeightsCard, page: int = 0, screenshot: Path | None = None, after_s: float = 5.0,
    size: tuple[int, int] = (1280, 800),
) -> int:  # fmt: skip
    """Run a window without a camera until it is closed.

    Args:
        live: decodes.
        weights: the safetensors file.
        card: of the weights.
        page: number of the page to begin with.
        screenshot: see :func:`show`.
        after_s: see :func:`show`.
        size: see :func:`show`.

    Returns:
        Exit code of the application.
    """

    def make() -> Window:
        window = Window(live, card, weights)
        window.pages.show_page(page)
        return window

    return _run(make, live, screenshot, after_s, size)


def _run(make: Callable[[], Window], live: Live, screenshot: Path | None, after_s: float, size: tuple[int, int]) -> int:
    app = application()
    window = make()
    fit_screen(window, *size)
    window.show()
    live.start()
    return run_until_closed(app, window, screenshot, after_s)


def fit_screen(window: QWidget, width: int, height: int) -> None:
    """Give a window this size, or what the screen has room for beside its own bars and the window's frame."""
    screen = window.screen()
    if screen is None or QApplication.platformName() == "offscreen":  # a window that nobody sees has room
        window.resize(width, height)
        return
    room = screen.availableGeometry()
    width, height = min(width, room.width() - 2 * FRAME_PX), min(height, room.height() - TITLE_PX - FRAME_PX)
    window.resize(width, height)
    left, top = room.left() + (room.width() - width) // 2, room.top() + (room.height() + TITLE_PX - height) // 2
    window.move(max(left, room.left()), max(top, room.top()))


def application() -> QApplication:
    """Make the application with its theme, or give the one that is there."""
    app = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(app, QApplication)
    app.setApplicationName("handcam")
    theme.apply(app)
    return app


def run_until_closed(app: QApplication, window: QWidget, screenshot: Path | None, after_s: float) -> int:
    """Run the event loop until a window is closed; returns the exit code, as shells count it after a signal."""
    asked: list[int] = []
    failed: list[Path] = []

    def shoot(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not window.grab().save(str(path)):
            failed.append(path)
            log.error("The picture %s cannot be written; its name must end in .png or .jpg.", path)
        window.close()

    def end(number: int) -> None:  # an exception would be lost in Qt's loop
        asked.append(number)
        QTimer.singleShot(0, app.closeAllWindows)  # dialogs too

    if screenshot is not None:
        QTimer.singleShot(round(after_s * 1000), partial(shoot, screenshot))
    restore = end_on_signals(end)
    try:
        code = app.exec()
    finally:
        restore()
    return 128 + asked[0] if asked else code or int(bool(failed))

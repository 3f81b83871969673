"""The Qt application: make it, fit windows to the screen, run it until they are closed."""

import logging
import os
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from handcam.gui.settings.store import WindowSettings
from handcam.gui.style import theme
from handcam.gui.style.language import set_language
from handcam.gui.style.palette import DARK, LIGHT, use_palette
from handcam.signals import end_on_signals

__all__ = ["application", "fit_screen", "run_until_closed"]

log = logging.getLogger(__name__)
FRAME_PX, TITLE_PX = 4, 32
"""Room for the frame and the title that window managers add; its size is not known before the window is seen."""


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


def application(settings: WindowSettings = WindowSettings()) -> QApplication:
    """Make the application with the colours and the size of type of these settings, or give the one that is there."""
    there = QApplication.instance()
    if there is None and settings.type_percent != 100 and "QT_SCALE_FACTOR" not in os.environ:
        os.environ["QT_SCALE_FACTOR"] = str(settings.type_percent / 100)  # Qt reads it once, when it starts
    app = there or QApplication(["handcam"])
    assert isinstance(app, QApplication)
    app.setApplicationName("handcam")
    system_light = settings.theme == "system" and app.styleHints().colorScheme() is Qt.ColorScheme.Light
    use_palette(LIGHT if settings.theme == "light" or system_light else DARK)
    theme.apply(app)
    set_language(app, settings.language)
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

"""Shows the window until it is closed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from handcam.gui import theme
from handcam.gui.window import Window
from handcam.live import Live
from handcam.sources import Device
from handcam.weights import WeightsCard

__all__ = ["show"]


def show(
    live: Live,
    devices: Sequence[Device] | Callable[[], Sequence[Device]] = (),
    change_source: Callable[[str], object] = lambda source: None,
    card: WeightsCard | None = None,
    *,
    screenshot: Path | None = None,
    after_s: float = 5.0,
    size: tuple[int, int] = (1280, 800),
    **options: Any,
) -> int:
    """Run the window until it is closed; the other arguments are those of :class:`Window`.

    Args:
        screenshot: save a picture of the window after ``after_s`` seconds and close it.
        after_s: seconds before the screenshot.
        size: of the window, px.

    Returns:
        Exit code of the application.
    """
    app = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(app, QApplication)
    app.setApplicationName("handcam")
    theme.apply(app)
    window = Window(live, devices, change_source, card, **options)
    window.resize(*size)
    window.show()
    live.start()
    QTimer.singleShot(0, window.actions_.begin)  # what takes longer starts when the window is on the screen
    if screenshot is not None:
        QTimer.singleShot(round(after_s * 1000), lambda: _save(window, screenshot))
    with suppress(KeyboardInterrupt):
        return app.exec()
    window.close()
    return 130


def _save(window: Window, path: Path) -> None:
    window.grab().save(str(path))
    window.close()

"""Shows a window until it is closed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from handcam.gui import theme
from handcam.gui.explorer.window import ExploreWindow
from handcam.gui.window import Window
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.sources import Device

__all__ = ["show", "show_explorer"]


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
    """Run the app's window until it is closed; the other arguments are those of :class:`Window`.

    Args:
        screenshot: save a picture of the window after ``after_s`` seconds and close it.
        after_s: seconds before the screenshot.
        size: of the window, px.

    Returns:
        Exit code of the application.
    """

    def make() -> Window:
        window = Window(live, devices, change_source, card, **options)
        QTimer.singleShot(0, window.actions_.begin)  # what takes longer starts when the window is on the screen
        return window

    return _run(make, live, screenshot, after_s, size)


def show_explorer(
    live: Live, weights: Path, card: WeightsCard, page: int = 0, screenshot: Path | None = None, after_s: float = 5.0,
    size: tuple[int, int] = (1280, 800),
) -> int:  # fmt: skip
    """Run the window without a camera until it is closed.

    Args:
        live: decodes.
        weights: the safetensors file.
        card: of the weights.
        page: number of the page to begin with.
        screenshot: save a picture of the window after ``after_s`` seconds and close it.
        after_s: seconds before the screenshot.
        size: of the window, px.

    Returns:
        Exit code of the application.
    """

    def make() -> ExploreWindow:
        window = ExploreWindow(live, weights, card)
        window.pages.show_page(page)
        return window

    return _run(make, live, screenshot, after_s, size)


def _run(
    make: Callable[[], QWidget], live: Live, screenshot: Path | None, after_s: float, size: tuple[int, int]
) -> int:
    app = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(app, QApplication)
    app.setApplicationName("handcam")
    theme.apply(app)
    window = make()
    window.resize(*size)
    window.show()
    live.start()
    if screenshot is not None:
        QTimer.singleShot(round(after_s * 1000), lambda: (window.grab().save(str(screenshot)), window.close()))
    with suppress(KeyboardInterrupt):
        return app.exec()
    window.close()
    return 130

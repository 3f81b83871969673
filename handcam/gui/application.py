"""Show the app's windows."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer

from handcam.gui.event_loop import application, fit_screen, run_until_closed
from handcam.gui.explorer.window import ExplorerWindow
from handcam.gui.page_window import PageWindow
from handcam.gui.settings.store import WindowSettings, kept_settings
from handcam.gui.window import CameraOptions, Window
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.paths import settings_file

__all__ = ["show", "show_explorer"]

DEFAULT_SIZE = (1280, 800)
"""Size of a window that has none yet."""


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

    def make() -> PageWindow:
        window = Window(live, card, weights, camera)
        QTimer.singleShot(0, window.begin)  # what takes longer starts when the window is on the screen
        return window

    file = camera.settings_file
    settings = kept_settings(file) if file is not None else WindowSettings()
    return _run(make, live, settings, screenshot, after_s, None if size == DEFAULT_SIZE and file is not None else size)


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

    def make() -> PageWindow:
        window = ExplorerWindow(live, card, weights)
        window.pages.show_page(page)
        return window

    return _run(make, live, kept_settings(settings_file()), screenshot, after_s, size)


def _run(
    make: Callable[[], PageWindow], live: Live, settings: WindowSettings, screenshot: Path | None, after_s: float,
    size: tuple[int, int] | None,
) -> int:  # fmt: skip
    """Show a window at this size, None for its own, and run it until it is closed."""
    app = application(settings)
    window = make()
    fit_screen(window, *(size or (window.width(), window.height())))
    window.show()
    live.start()
    return run_until_closed(app, window, screenshot, after_s)

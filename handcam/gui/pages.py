"""Pages of the window. A folder here with a ``page.py`` is a page: ``map/`` is Map.

``page.py`` defines ``open(context) -> Page``; the folder's ``__init__`` may define ``COMMANDS``, its actions.
A page is made when it is first visited, and only the page that is seen costs anything. What it shows of the latent
space it takes from ``context.controls`` and sets there, so that all pages and the live hand are always at the same
place: ``context.controls.go_to(z)``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QTabBar, QWidget

import handcam.gui
from handcam.gui.actions import ActionRegistry, Command
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import as_panel, in_column, in_row, muted, scrolled
from handcam.installation import needs
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.types import HandcamError, Result

__all__ = ["Page", "PageContext", "PageTabs", "open_page", "page_commands", "page_names"]


@dataclass(frozen=True, slots=True)
class PageContext:
    """Everything a page may use."""

    live: Live
    """The pipeline; ``live.decode(modality, z)`` decodes without blocking."""
    controls: ControlsModel
    """Controls, and the posterior of the hand shown."""
    actions: ActionRegistry
    """Actions of the window and of all pages."""
    weights: Path
    """The safetensors file."""
    card: WeightsCard | None
    """Of the weights; None when they cannot be read."""
    worker: BackgroundWorker
    """Runs what takes long, beside the window."""
    directions: KnownDirections
    """Directions of the latent space, once somebody has asked for them."""
    show_message: Callable[[str], object]
    """Show one sentence in the status line for a while."""
    without_camera: bool = False
    """No camera runs and no hand will come."""


class Page(QWidget):
    """A page of the window."""

    def tick(self, result: Result | None) -> None:
        """Work for a moment; called every few milliseconds while the page is seen; must not wait.

        Args:
            result: the newest result, the first time it is there; None when there is no newer one.
        """

    def close_page(self) -> None:
        """Free what the page holds: the window closes."""


def page_names() -> list[str]:
    """List the pages, sorted; none is loaded."""
    folders = (module.name for module in iter_modules(handcam.gui.__path__) if module.ispkg)
    return sorted(name for name in folders if find_spec(f"handcam.gui.{name}.page"))


def page_commands() -> dict[str, tuple[Command, ...]]:
    """Actions of the pages, by the pages' titles."""
    found = {name: getattr(import_module(f"handcam.gui.{name}"), "COMMANDS", ()) for name in page_names()}
    return {_title(name): commands for name, commands in found.items() if commands}


def open_page(name: str, context: PageContext) -> Page:
    """Make a page.

    Raises:
        HandcamError: it has nothing to show.
        ImportError: it needs a package that is not installed.
    """
    return import_module(f"handcam.gui.{name}.page").open(context)


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


class PageTabs(QWidget):
    """Line of page names; :attr:`stack` holds the pages and goes wherever the window wants it."""

    page_changed = Signal()
    """Another page is seen."""

    def __init__(self, context: PageContext, first: tuple[str, Page] | None = None) -> None:
        """
        Args:
            context: what pages get.
            first: title and widget of a page that is there already; None when there are only those of folders.
        """
        super().__init__()
        as_panel(self, "bar")
        self.setFixedHeight(4 * STEP)
        self._context = context
        self.stack, self.tabs = QStackedWidget(), QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tabs.setAccessibleName(tr("Pages"))
        self._unopened: dict[int, str] = {}
        if first is not None:
            self._add(*first)
        for name in page_names():
            self._unopened[self.tabs.count()] = name
            self._add(_title(name), QWidget())
        for k in range(self.tabs.count()):
            self.tabs.setTabToolTip(k, tr("Ctrl Tab turns the pages"))
        self._layout = in_row(self.tabs, None, margins=(STEP, 0, STEP, 0), spacing=STEP)
        self.setLayout(self._layout)
        self.tabs.currentChanged.connect(self._change)
        self._change(0)

    def add_widget(self, widget: QWidget) -> None:
        """Put a widget at the right end of the line."""
        self._layout.addWidget(widget)

    def show_page(self, number: int) -> None:
        """Turn to the page of this number; there may be none."""
        if 0 <= number < self.tabs.count():
            self.tabs.setCurrentIndex(number)

    def next_page(self) -> None:
        """Turn to the next page, and round again."""
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + 1) % self.tabs.count())

    @property
    def page(self) -> QWidget:
        """The page that is seen."""
        return self._page(self.stack.currentIndex())

    def _page(self, number: int) -> QWidget:
        page = self.stack.widget(number)
        assert page is not None  # there is always one
        inner = page.widget() if isinstance(page, QScrollArea) else None
        return inner or page

    def tick(self, result: Result | None) -> None:
        """Let the page that is seen do its work."""
        page = self.page
        if isinstance(page, Page):
            page.tick(result)

    def close_pages(self) -> None:
        """Close every page: the window closes."""
        for k in range(self.stack.count()):
            page = self._page(k)
            if isinstance(page, Page):
                page.close_page()

    def _add(self, title: str, page: QWidget) -> None:
        self.tabs.addTab(tr(title))
        self.stack.addWidget(page)

    def _change(self, number: int) -> None:
        name = self._unopened.pop(number, None)
        if name is not None:
            placeholder = self.stack.widget(number)
            area = scrolled(self._open(name), sideways=True)  # a page never makes the window larger than the screen
            self.stack.insertWidget(number, area)
            if placeholder is not None:
                self.stack.removeWidget(placeholder)
                placeholder.deleteLater()
        self.stack.setCurrentIndex(number)
        self.page_changed.emit()

    def _open(self, name: str) -> QWidget:
        """The page, or one sentence why there is none."""
        try:
            return open_page(name, self._context)
        except HandcamError as error:
            why = str(error)
        except ImportError as error:
            why = tr("This page {0}.", needs(error))
        page, label = QWidget(), muted(why)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page.setLayout(in_column((label, 1)))
        return page

"""The line of page names over the window, and the page under it."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from handcam.gui.pages import Desk, Page
from handcam.gui.theme import STEP
from handcam.installation import needs
from handcam.plugins import load, names
from handcam.types import HandcamError, Result

__all__ = ["PageSwitch"]


class PageSwitch(QWidget):
    """The names; :attr:`stack` holds the pages and goes wherever the window wants it."""

    turned = Signal()
    """Another page is seen."""

    def __init__(self, desk: Desk, first: tuple[str, QWidget] | None = None) -> None:
        """
        Args:
            desk: what pages get.
            first: title and widget of a page that is there already; None when there are only those of
                :mod:`handcam.gui.pages`.
        """
        super().__init__()
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(4 * STEP)
        self._desk = desk
        self.stack, self.tabs = QStackedWidget(), QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._open: list[Callable[[], QWidget] | None] = []
        if first is not None:
            self._add(first[0], first[1], None)
        for name in names("handcam.gui.pages"):
            self._add(name.replace("_", " ").capitalize(), QWidget(), lambda name=name: self._make(name))
        for k in range(self.tabs.count()):
            self.tabs.setTabToolTip(k, "Ctrl Tab turns the pages")
        row = QHBoxLayout(self)
        row.setContentsMargins(STEP, 0, STEP, 0)
        row.addWidget(self.tabs)
        row.addStretch(1)
        self.tabs.currentChanged.connect(self._turn)
        self._turn(0)

    def show_page(self, number: int) -> None:
        """Turn to the page of this number; there may be none."""
        if 0 <= number < self.tabs.count():
            self.tabs.setCurrentIndex(number)

    def next_page(self) -> None:
        """Turn to the next page, and round again."""
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + 1) % self.tabs.count())

    @property
    def page(self) -> QWidget:
        """What is seen."""
        page = self.stack.currentWidget()
        assert page is not None  # there is always one
        return page

    def tick(self, result: Result | None) -> None:
        """Let the page that is seen do its work."""
        page = self.stack.currentWidget()
        if isinstance(page, Page):
            page.tick(result)

    def close_pages(self) -> None:
        """The window closes."""
        for k in range(self.stack.count()):
            page = self.stack.widget(k)
            if isinstance(page, Page):
                page.close_page()

    def _add(self, title: str, page: QWidget, make: Callable[[], QWidget] | None) -> None:
        self.tabs.addTab(title)
        self.stack.addWidget(page)
        self._open.append(make)

    def _turn(self, number: int) -> None:
        make = self._open[number]
        if make is not None:
            self._open[number] = None
            empty = self.stack.widget(number)
            self.stack.insertWidget(number, make())
            if empty is not None:
                self.stack.removeWidget(empty)
                empty.deleteLater()
        self.stack.setCurrentIndex(number)
        self.turned.emit()

    def _make(self, name: str) -> QWidget:
        """The page, or one sentence why there is none."""
        try:
            return load("handcam.gui.pages", name).open(self._desk)
        except HandcamError as error:
            why = str(error)
        except ImportError as error:
            why = f"This page {needs(error)}."
        page = QWidget()
        words = QLabel(why)
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setProperty("muted", True)
        QVBoxLayout(page).addWidget(words)
        return page

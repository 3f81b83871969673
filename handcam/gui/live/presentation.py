"""Presentation: the 3D view alone, for a projector or a program that takes the window into a stream."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.live.live_page import LivePage
from handcam.gui.pages import PageTabs
from handcam.gui.style.widgets import show_if

__all__ = ["Presentation"]


class Presentation:
    """Hides every bar and panel while the action ``present`` is on."""

    def __init__(self, actions: ActionRegistry, page: LivePage, pages: PageTabs, bars: Sequence[QWidget]) -> None:
        """
        Args:
            actions: ``present`` is connected.
            page: the live page.
            pages: is turned to it.
            bars: are hidden.
        """
        self._action, self._panels = actions["present"], actions["panels"]
        self._page, self._pages, self._bars = page, pages, bars
        self._action.toggled.connect(self._switch)

    def end(self) -> None:
        """Show everything again."""
        self._action.setChecked(False)

    def _switch(self, on: bool) -> None:
        self._pages.show_page(0)
        for bar in self._bars:
            show_if(bar, not on)
        self._page.dock.setVisible(not on and self._panels.isChecked())
        self._page.views.show_scene_alone(on)

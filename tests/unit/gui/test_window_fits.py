"""The window fits the screen, at any width from 800 px on, with every bar and with nothing over anything else."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from fake_live import RUNNING, FakeLive, result
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication, QWidget
from qt import pump
from typed import present

from handcam.gui import event_loop
from handcam.gui.sources.source_control import RuntimeChoice
from handcam.gui.window import Window

CLIP = replace(RUNNING, source="video:clip.mp4", source_live=False, seekable=True, position=40, length=3000)
STATES = {"camera": RUNNING, "clip": CLIP, "pictures": replace(CLIP, stills=True, state="paused")}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("size", [(800, 480), (1000, 650), (1280, 800), (1920, 1080)])
def test_nothing_is_cut_off_or_lies_over_another(
    make_window: Callable[..., Window], live: FakeLive, state: str, size: tuple[int, int]
) -> None:
    live.state = STATES[state]
    window = make_window(runtimes=RuntimeChoice(("auto",), "auto", lambda name: None))
    window.resize(*size)
    window.show()
    live.put(result(0.4, depth=True))
    assert pump(lambda: window.result is not None)
    window.show_status(0.0)
    QApplication.processEvents()
    assert (window.width(), window.height()) == size
    bar, page = window.tool_bar, window.live_page
    assert page is not None
    lines = [list(_seen(bar)), [*page.views.findChildren(QWidget, "pane_head")], [window.status_line]]
    for line in lines:
        for widget in line:
            where = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
            assert window.rect().contains(where), (widget, where)
    for before, after in pairwise(sorted(_seen(bar), key=lambda widget: widget.x())):
        assert before.geometry().right() < after.geometry().left(), (before, after)
    assert page.dock.latent.sliders.cell_rect(0).width() > 80
    reachable = {action.text() for action in bar.more.menu().actions()}
    assert {"Mirror", "Smooth", "Drive", "Panels", "Length of the hand…"} <= reachable


def _seen(bar: QWidget) -> list[QWidget]:
    layout = bar.layout()
    assert layout is not None
    widgets = [present(layout.itemAt(k)).widget() for k in range(layout.count())]
    return [widget for widget in widgets if widget is not None and widget.isVisible()]


def test_a_window_is_no_larger_than_the_screen_has_room_for(app: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop.QApplication, "platformName", lambda: "xcb")
    window = QWidget()
    for room, size in (
        (QRect(0, 0, 1280, 770), (1272, 734)), (QRect(0, 30, 960, 500), (952, 464)), (QRect(0, 0, 2560, 1400), None),
    ):  # fmt: skip
        monkeypatch.setattr(window, "screen", lambda room=room: SimpleNamespace(availableGeometry=lambda: room))
        event_loop.fit_screen(window, 1280, 800)
        assert (window.width(), window.height()) == (size or (1280, 800))
        assert room.contains(window.geometry())


def test_the_other_pages_make_the_window_no_larger(make_window: Callable[..., Window]) -> None:
    window = make_window()
    window.resize(1000, 650)
    window.show()
    for number in (1, 2):
        window.pages.show_page(number)
        QApplication.processEvents()
        assert (window.width(), window.height()) == (1000, 650)
        assert window.minimumSizeHint().height() <= 500

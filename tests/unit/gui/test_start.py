"""The first minute: what can be done without a camera, what is dropped, views, snapshots, presentation."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_live import LATENT, RUNNING, FakeLive, result
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from qt import pump
from typed import present

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.settings.streams import StreamsDialog
from handcam.gui.window import Window
from handcam.live import Live
from handcam.sources import Device

FALLBACK = replace(RUNNING, source="demo", source_live=False, fallback=True)


@pytest.fixture
def window(make_window: Callable[..., Window], live: FakeLive, tmp_path: Path) -> Window:
    made = make_window(change_source=lambda source: live.calls.append(("source", source)), recordings=tmp_path)
    made.show()
    return made


def test_without_a_camera_the_start_page_offers_what_there_is(window: Window, live: FakeLive) -> None:
    window.sources.recent = ["video:/home/me/hand.mp4"]
    live.state = FALLBACK
    live.put(result(0.4))
    assert pump(lambda: present(window.start).isVisible())
    captions = {button.text() for button in window.start.findChildren(QPushButton)}
    assert {"Demo hand", "Two hands", "Open file…", "Open folder…", "Open network camera…", "hand.mp4"} <= captions
    assert "19.0 cm" in window.start.state.text()
    next(b for b in window.start.findChildren(QPushButton) if b.text() == "hand.mp4").click()
    assert pump(lambda: ("source", "video:/home/me/hand.mp4") in live.calls)
    assert not window.start.isVisible()
    window.show_status(0.0)
    assert not window.start.isVisible(), "it does not come back"


def test_a_camera_that_is_plugged_in_ends_the_start_page(make_window: Callable[..., Window], live: FakeLive) -> None:
    devices: list[Device] = []
    window = make_window(devices=lambda: list(devices))
    window.show()
    live.state = FALLBACK
    assert pump(lambda: present(window.start).isVisible())
    devices.append(Device("Camera", "webcam:0"))
    window.start.look.emit()
    assert pump(lambda: present(window.start).isHidden())
    assert present(window.tool_bar).source.entries.actions()[0].text() == "Camera"


def test_what_is_dropped_is_opened_and_the_target_is_seen(window: Window, live: FakeLive, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "clip.mp4"))])
    action, button, key = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with warnings.catch_warnings():  # Qt 6.12 wants another kind of point, which 6.11 does not take
        warnings.simplefilter("ignore", DeprecationWarning)
        enters = QDragEnterEvent(QPoint(50, 50), action, data, button, key)
    QApplication.sendEvent(window, enters)
    assert window.drop.isVisible()
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, button, key))
    assert not window.drop.isVisible()
    assert pump(lambda: ("source", f"video:{tmp_path / 'clip.mp4'}") in live.calls)
    assert pump(lambda: window.sources.recent == [f"video:{tmp_path / 'clip.mp4'}"])


def test_everything_is_reached_by_tab_has_a_name_and_is_pressed_by_return(window: Window, live: FakeLive) -> None:
    live.put(result(0.4))
    pump(lambda: window.result is not None)
    window.activateWindow()
    reached, now = [], present(window.centralWidget())
    for _ in range(80):
        now = present(now.nextInFocusChain())
        if now.isVisible() and now.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.append(now)
    names = {widget.accessibleName() or getattr(widget, "text", str)() for widget in reached}
    assert {"Source webcam:0", "Drive auto (fused)", "Record", "Pages", "Panels", "More"} <= names
    assert all(names), "a screen reader has a name for each"
    record = window.tool_bar.record_button
    record.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(record, Qt.Key.Key_Return)
    assert pump(lambda: any(call[0] == "record" for call in live.calls))
    assert ("pause", True) not in live.calls


def test_copy_and_snapshot_hold_the_pose_and_say_where_it_was_set(window: Window, live: FakeLive) -> None:
    live.put(result(0.4))
    pump(lambda: window.result is not None)
    window.actions_["copy_pose"].trigger()
    copied = json.loads(QApplication.clipboard().text())
    assert copied["hands"][0]["edited"] is False
    assert len(copied["hands"][0]["joints_m"]) == 21
    window.actions_["freeze"].trigger()
    live.put(result(0.4, controls=live.controls))
    assert pump(lambda: window.result is not None and window.result.hands[0].edited)
    picture = window.snapshots.take()
    assert picture is not None
    assert picture.stat().st_size > 1000
    assert json.loads(picture.with_suffix(".json").read_text())["hands"][0]["edited"] is True
    assert len(present(live.controls.latent)) == LATENT


def test_fixed_views_and_follow(window: Window, live: FakeLive) -> None:
    scene = window.live_page.views.scene
    for name, (azimuth, elevation) in {"view_front": (0, 0), "view_side": (1.571, 0), "view_top": (0, 1.5)}.items():
        window.actions_[name].trigger()
        assert (scene.orbit.azimuth_rad, scene.orbit.elevation_rad) == pytest.approx((azimuth, elevation), abs=1e-3)
    window.actions_["follow"].trigger()
    before = scene.orbit.target_m
    live.put(result(2.0))
    assert pump(lambda: window.result is not None)
    assert scene.orbit.target_m is before


def test_presentation_shows_the_3d_view_alone_and_escape_ends_it(window: Window, live: FakeLive) -> None:
    live.put(result(0.4))
    pump(lambda: window.result is not None)
    page = window.live_page
    assert page is not None
    window.actions_["present"].trigger()
    QApplication.processEvents()
    hidden = [window.pages, window.tool_bar, window.status_line, page.dock, page.views.camera]
    assert not any(part.isVisible() for part in hidden)
    assert page.views.scene.height() > window.height() - 24
    window.actions_["dismiss"].trigger()
    QApplication.processEvents()
    assert all(part.isVisible() for part in hidden)


def test_what_does_nothing_on_another_page_is_off_there(window: Window) -> None:
    window.pages.show_page(1)
    assert not window.actions_["mirror"].isEnabled()
    assert not window.actions_["panels"].isEnabled()
    assert window.actions_["pause"].isEnabled()
    window.pages.show_page(0)
    assert window.actions_["mirror"].isEnabled()


def test_streams_are_started_watched_and_stopped_in_the_window(app: QApplication, tmp_path: Path) -> None:
    pipeline = Live(lambda: None, lambda: None)  # type: ignore[arg-type,return-value]
    worker = BackgroundWorker()
    dialog = StreamsDialog(None, pipeline, worker)
    dialog.protocol.setCurrentText("udp")
    dialog.address.setText("not an address at all:x")
    dialog.start.click()
    assert pump(lambda: (worker.deliver(), "not an address" in dialog.said.text())[1])
    dialog.address.setText("127.0.0.1:50521")
    dialog.start.click()
    assert pump(lambda: (worker.deliver(), dialog.rows)[1])
    (name,) = dialog.rows
    assert name == "udp:127.0.0.1:50521"
    stream = pipeline.streams[0]
    stream.send(result(0.4))
    assert pump(lambda: stream.sent == 1)
    dialog.refresh()
    assert dialog.rows[name].text() == "1 receiver · 1 sent · 0 dropped"
    pipeline.remove_stream(name)
    dialog.refresh()
    assert dialog.rows == {}
    dialog.close()
    worker.close(1)

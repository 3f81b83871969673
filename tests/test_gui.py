"""The whole window on a made-up pipeline, off screen."""

import gc
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import CARD, LATENT, RUNNING, FakeLive, result
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from qt import pixels, pump

from handcam.gui.application import show
from handcam.gui.camera.picture import Plane
from handcam.gui.live.live_page import LivePage
from handcam.gui.window import CameraOptions, Window
from handcam.live import RecordingStatus
from handcam.sources import Device
from handcam.types import HandcamError, Side


@pytest.fixture
def window(make_window: Callable[..., Window], live: FakeLive, tmp_path: Path) -> Window:
    devices = [Device("Built-in camera", "webcam:0")]
    made = make_window(devices=devices, change_source=lambda source: change(live, source), recordings=tmp_path)
    made.show()
    QApplication.processEvents()
    return made


def change(live: FakeLive, source: str) -> None:
    if source.endswith("gone.mp4"):
        raise HandcamError("There is no such video.")
    live.calls.append(("source", source))


def live_page(window: Window) -> LivePage:
    return window.live_page


def shown(window: Window, live: FakeLive, **what) -> None:
    """Show one result and wait until it is painted."""
    painted: list[float] = []
    camera = live_page(window).views.camera
    camera.painted.connect(painted.append)
    sent = result(0.4, controls=live.controls, **what)
    live.put(sent)
    assert pump(lambda: camera.result is sent and painted)
    camera.painted.disconnect(painted.append)
    window.show_status(time.perf_counter())


def button(window: Window, name: str) -> QPushButton:
    return next(b for b in window.findChildren(QPushButton) if b.text() == name)


def test_a_result_reaches_both_views_the_status_line_and_the_sliders(window: Window, live: FakeLive) -> None:
    shown(window, live)
    assert window.status_line.texts["hand"] == "right hand"
    assert window.status_line.texts["distance"].endswith("cm (assumed hand size)")
    assert window.status_line.right == "handcam · onnxruntime (CPU)"
    assert window.controls.posterior is not None
    view = pixels(live_page(window).views.scene)
    assert (np.abs(view - view[5, 5]).max(-1) > 60).mean() > 0.005  # there is a skeleton


def test_only_the_newest_result_is_drawn(window: Window, live: FakeLive) -> None:
    for k in range(50):
        live.put(result(0.1 * k, index=k))
    assert pump(lambda: window.result is not None)
    assert window.result is not None
    assert window.result.frame.index == 49
    assert live.results.dropped == 49


def test_dragging_a_slider_sets_the_offset_to_what_is_missing_from_the_mean(window: Window, live: FakeLive) -> None:
    shown(window, live)
    sliders, mean = live_page(window).dock.latent.sliders, window.controls.base.copy()
    at = QPoint(round(sliders.track(12).x_of(2.0)), round(sliders.cell_rect(12).center().y()))
    QTest.mouseClick(sliders, Qt.MouseButton.LeftButton, pos=at)
    assert live.controls.offset is not None
    assert mean[12] + live.controls.offset[12] == pytest.approx(2.0, abs=0.1)
    assert np.count_nonzero(live.controls.offset) == 1
    assert live.controls.latent is None  # it goes on following the hand
    QTest.mouseDClick(sliders, Qt.MouseButton.LeftButton, pos=at)
    assert live.controls.offset is None


def test_freeze_holds_the_live_mean_and_reset_lets_go(window: Window, live: FakeLive) -> None:
    shown(window, live)
    seen = live.results.peek()
    assert seen is None
    button(window, "Freeze").click()
    assert window.result is not None
    np.testing.assert_allclose(live.controls.latent, window.result.hands[0].posterior.mean, rtol=1e-6)
    window.controls.set_dimension(3, 1.5)
    button(window, "Reset").click()
    assert live.controls.latent is None
    assert live.controls.offset is None
    assert not button(window, "Freeze").isChecked()


def test_latents_can_be_explored_without_a_hand_and_paused(window: Window, live: FakeLive) -> None:
    live.state = replace(RUNNING, state="paused")
    shown(window, live, sides=())
    assert window.status_line.texts["hand"] == "no hand"
    window.controls.set_dimension(0, 1.25)
    assert live.controls.offset is not None
    assert live.controls.offset[0] == pytest.approx(1.25)  # from the mean of the prior
    button(window, "Sample").click()
    first = live.controls.latent
    assert first is not None
    assert first.shape == (LATENT,)
    button(window, "Sample").click()
    assert live.controls.latent is not None
    assert not np.allclose(first, live.controls.latent)


def test_latents_of_another_size_than_the_card_says_correct_the_sliders(window: Window, live: FakeLive) -> None:
    sent = result(0.4)
    hand = sent.hands[0]
    posterior = type(hand.posterior)(np.zeros(7, np.float32), np.zeros(7, np.float32))
    live.put(replace(sent, hands=(replace(hand, posterior=posterior, z=np.zeros(7)),)))
    assert pump(lambda: window.controls.latent_size == 7)
    pixels(live_page(window).dock)


def test_mirror_flips_the_picture_only(window: Window, live: FakeLive) -> None:
    half = np.zeros((480, 640, 3), np.uint8)
    half[:, :320] = 200
    shown(window, live, color=half)
    view = live_page(window).views.camera
    rect = view.picture_rect.toRect()
    row = rect.bottom() - 10
    before = pixels(view)
    button(window, "Mirror").click()
    after = pixels(view)
    assert before[row, rect.left() + 10].mean() > 150 > after[row, rect.left() + 10].mean()
    assert window.status_line.texts["hand"] == "right hand"
    joint = window.result.hands[0].pose.keypoints_px[0]
    plain = (joint[0] + 0.5) * rect.width() / 640
    assert view.to_widget(joint)[0] == pytest.approx(rect.left() + rect.width() - plain)


def test_failure_shows_one_sentence_and_retry_recovers(window: Window, live: FakeLive) -> None:
    live.state = replace(RUNNING, state="failed", failure="The camera is gone; plug it in again.")
    assert pump(lambda: not window.card.isHidden())
    window.card.buttons[0].click()
    assert pump(lambda: ("restart",) in live.calls and window.card.isHidden())


def test_a_source_that_does_not_open_is_told_and_the_old_one_goes_on(window: Window, live: FakeLive) -> None:
    shown(window, live)
    window.sources.open_path(Path("gone.mp4"))
    assert pump(lambda: not window.card.isHidden())
    assert window.sources.problem == "There is no such video."
    window.card.buttons[0].click()
    assert pump(lambda: window.card.isHidden())
    assert live_page(window).views.camera.result is not None


def test_the_source_menu_opens_cameras_and_the_demo(window: Window, live: FakeLive) -> None:
    names = [action.text() for action in window.tool_bar.source.entries.actions()]
    assert names[0] == "Built-in camera"
    for action in window.tool_bar.source.entries.actions():
        if action.text() in ("Built-in camera", "Demo hand"):
            action.trigger()
    assert pump(lambda: ("source", "webcam:0") in live.calls and ("source", "demo") in live.calls)


def test_record_begins_in_the_folder_shows_time_and_drops_and_ends(
    window: Window, live: FakeLive, tmp_path: Path
) -> None:
    window.tool_bar.record_button.click()
    assert pump(lambda: window.tool_bar.record_button.text() == "00:12")
    assert window.tool_bar.dropped.isHidden(), "nothing is said of what does not happen"
    assert next(call[1].parent for call in live.calls if call[0] == "record") == tmp_path
    window.actions_["mark"].trigger()
    assert ("mark", "mark 1") in live.calls
    window.tool_bar.record_button.click()
    assert pump(lambda: window.tool_bar.record_button.text() == "Record")
    assert ("stop recording",) in live.calls


def test_a_file_has_a_transport_and_a_hint_at_its_end(window: Window, live: FakeLive) -> None:
    live.state = replace(RUNNING, source="recording:s", source_live=False, seekable=True, position=10, length=300)
    bar = window.tool_bar
    assert pump(lambda: not bar.transport.isHidden())
    assert not bar.record_button.isHidden()
    bar.transport.play.click()
    bar.transport.on.click()
    bar.transport.back.click()
    bar.transport.seek.setValue(150)
    bar.transport.loop.click()
    bar.transport.speeds.actions()[2].trigger()
    bar.transport.jump(1.0)
    expected = {("pause", True), ("step", 1), ("step", -1), ("seek", 150), ("loop", True), ("speed", 0.5), ("seek", 40)}
    assert expected <= set(live.calls)
    assert pump(lambda: bar.transport.speed.text() == "0.5×")
    live.state = replace(live.state, state="ended")
    assert pump(lambda: live_page(window).views.camera.hint.startswith("The end"))
    assert window.card.isHidden(), "what one came to see is not covered"
    window.actions_["pause"].trigger()
    assert live.calls[-2:] == [("seek", 0), ("pause", False)]


def test_keys_do_what_the_help_says(window: Window, live: FakeLive) -> None:
    shown(window, live, truth=True)
    window.activateWindow()
    for key, so in (
        (Qt.Key.Key_M, lambda: live_page(window).views.camera.mirror),
        (Qt.Key.Key_C, lambda: live_page(window).views.camera.crop),
        (Qt.Key.Key_G, lambda: live_page(window).views.scene.options.truth),
        (Qt.Key.Key_U, lambda: live_page(window).views.scene.options.surface),
        (Qt.Key.Key_P, lambda: live.controls.samples > 0),
        (Qt.Key.Key_D, lambda: live.controls.drive == "fused"),
        (Qt.Key.Key_O, lambda: live.controls.filters == ()),
        (Qt.Key.Key_F, lambda: live.controls.latent is not None),
        (Qt.Key.Key_Backspace, lambda: live.controls.latent is None),
        (Qt.Key.Key_L, lambda: live_page(window).dock.isHidden()),
        (Qt.Key.Key_Space, lambda: ("pause", True) in live.calls),
        (Qt.Key.Key_F1, lambda: not window.help.isHidden()),
    ):
        QTest.keyClick(window, key)
        assert pump(so, 2.0), key
    shown(window, live, truth=True)
    pixels(window)  # paints the crop, the truth and the help


def test_which_hands_to_follow_is_chosen_above_the_picture(window: Window, live: FakeLive) -> None:
    assert live_page(window).views.hands.value == "both"
    for action in live_page(window).views.hands.entries.actions():
        if action.text() == "left only":
            action.trigger()
    assert (live.controls.max_hands, live.controls.lock_side) == (1, Side.LEFT)
    assert live_page(window).views.hands.value == "left only"


def test_hand_length_is_set_in_centimetres(window: Window, live: FakeLive) -> None:
    window.tool_bar.hand.length.setValue(17.5)
    assert live.controls.hand_length_m == pytest.approx(0.175)


def test_depth_sources_offer_depth_colours_and_measured_points(window: Window, live: FakeLive) -> None:
    shown(window, live)
    assert live_page(window).views.planes[Plane.DEPTH].isHidden()
    shown(window, live, depth=True)
    assert not live_page(window).views.planes[Plane.DEPTH].isHidden()
    assert window.status_line.texts["distance"].endswith("cm")
    assert window.tool_bar.hand.measured.text().endswith("cm measured")
    plain = pixels(live_page(window).views.camera)
    window.actions_["next_plane"].trigger()
    assert np.abs(pixels(live_page(window).views.camera) - plain).mean() > 10
    window.actions_["next_plane"].trigger()
    pixels(live_page(window).views.camera)


def test_every_panel_draws(window: Window, live: FakeLive) -> None:
    for k in range(live_page(window).dock.tabs.count()):
        live_page(window).dock.tabs.setCurrentIndex(k)
        shown(window, live, sides=(Side.RIGHT, Side.LEFT))
        assert pixels(live_page(window).dock).std() > 5
    assert live_page(window).dock.timing is not None
    live_page(window).dock.timing.refresh()


def test_the_mouse_orbits_zooms_and_resets(window: Window) -> None:
    view = live_page(window).views.scene
    home = view.orbit
    for kind, x in ((QEvent.Type.MouseButtonPress, 100), (QEvent.Type.MouseMove, 160)):
        event = QMouseEvent(kind, QPointF(x, 100), QPointF(x, 100), Qt.MouseButton.LeftButton,
                            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)  # fmt: skip
        QApplication.sendEvent(view, event)
    assert view.orbit.azimuth_rad != home.azimuth_rad
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert view.orbit.azimuth_rad == home.azimuth_rad


def test_a_render_process_that_is_killed_or_hangs_leaves_the_painted_view_and_comes_back(
    app: QApplication, live: FakeLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = Window(live, CARD, camera=CameraOptions())
    window.show()
    window.begin()
    view = live_page(window).views.scene

    def drawn() -> bool:
        if live.results.peek() is None:
            live.put(result(0.4))
        return view.rendered or view.failure is not None

    assert pump(drawn, 40.0)
    if view.failure is not None:
        window.close()
        pytest.skip(view.failure)  # no way to draw off screen on this computer
    assert view.process is not None

    def end_process(number: int) -> None:
        assert view.process is not None
        assert view.process.pid is not None
        os.kill(view.process.pid, number)
        live.put(result(1.2))

    end_process(9)
    assert pump(lambda: view.failure is not None)
    assert "ended" in (view.failure or "")
    assert "It is started again." in (view.failure or "")
    before = live_page(window).views.camera.result
    live.put(result(0.8))
    assert pump(lambda: live_page(window).views.camera.result is not before)  # the window goes on
    assert pump(lambda: (drawn(), view.rendered)[1], 40.0)
    assert view.failure is None
    if hasattr(signal, "SIGSTOP"):  # alive, but it answers no more
        monkeypatch.setattr("handcam.gui.scene3d.render_process._ANSWER_S", 0.8)
        monkeypatch.setattr("handcam.gui.scene3d.view._SILENT_S", 0.3)
        monkeypatch.setattr("handcam.gui.scene3d.view._STALE_S", 0.2)
        end_process(signal.SIGSTOP)
        assert pump(lambda: view.failure is not None)
        assert "has drawn nothing for" in (view.failure or "")
        assert pump(lambda: "does not answer" in (view.failure or ""))
        monkeypatch.undo()
        assert pump(lambda: (drawn(), view.rendered)[1], 40.0)
    monkeypatch.setattr("handcam.gui.scene3d.view._RESTARTS", 0)  # one that fails again and again
    end_process(9)
    assert pump(lambda: view.failure is not None)
    button(window, "Try again").click()
    assert pump(lambda: view.process is not None and view.failure is None)
    assert view.process is not None
    start = time.monotonic()
    process = view.process
    window.close()
    assert time.monotonic() - start < 1.0
    assert not process.running


def test_a_recording_that_stops_by_itself_is_told_and_ended(window: Window, live: FakeLive) -> None:
    why = "The recording to a has stopped after 7 frames: the disk is full; what was written is kept."
    live.state = replace(live.state, recording=RecordingStatus(Path("a"), 1.0, 7, 0, 100, why, True))
    assert pump(lambda: window.card.isVisible())
    assert window.sources.problem == why
    assert live.calls.count(("stop recording",)) == 1
    assert live.status().recording is None, "the button says Record again"


def test_closing_takes_less_than_a_second_when_a_driver_hangs(app: QApplication) -> None:
    live = FakeLive(slow_stop_s=30.0)
    window = Window(live, camera=CameraOptions(reduced_3d=True))
    window.show()
    app.processEvents()
    start = time.monotonic()
    window.close()
    assert time.monotonic() - start < 1.0
    assert ("stop",) in live.calls


def test_show_takes_its_own_picture_and_ends(app: QApplication, live: FakeLive, tmp_path: Path) -> None:
    live.put(result(0.4))
    code = show(
        live, CameraOptions(list, reduced_3d=True), CARD, screenshot=tmp_path / "w.png", after_s=0.3, size=(1280, 800)
    )
    assert code == 0
    image = QImage(str(tmp_path / "w.png"))
    assert (image.width(), image.height()) == (1280, 800)  # nothing forces the window wider
    assert live.calls[0] == ("start",)
    assert ("stop",) in live.calls


def test_windows_leave_no_widgets_behind(app: QApplication, live: FakeLive) -> None:
    def one() -> int:
        window = Window(live, camera=CameraOptions(reduced_3d=True))
        window.show()
        app.processEvents()
        window.close()
        window.deleteLater()
        del window
        app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        app.processEvents()
        gc.collect()
        return len(app.allWidgets())

    one()
    first = one()
    assert one() <= first

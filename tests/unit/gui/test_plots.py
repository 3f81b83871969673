"""Measurements over time: what is kept, what is a gap, the table, and tremor."""

import csv
import gc
import io
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import RUNNING, FakeLive, hand, pose, result
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QPushButton, QWidget
from qt import pixels, pump
from sessions import record
from typed import present

from handcam.gui.plots.goniometer import RangeOfMotion, report_html
from handcam.gui.plots.history import GROUPS, RULER, SERIES, History, spectrum
from handcam.gui.window import Window
from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.skeleton import JOINTS
from handcam.types import Controls, Result


def at(second: float, index: int, **what) -> Result:
    made = result(second, index=index, **what)
    clock = round(second * 1e9)
    return replace(made, frame=replace(made.frame, time_ns=clock, device_time_ns=clock, index=index))


def test_values_are_those_of_the_joints_and_what_was_not_measured_is_a_gap() -> None:
    history, shown = History(), []
    history.ruler = (JOINTS.index("thumb_tip"), JOINTS.index("index_tip"))
    for k in range(9):
        what = {"sides": ()} if k == 3 else {"controls": Controls(latent=np.zeros(30, np.float32))} if k == 5 else {}
        shown.append(at(k / 30, k, **what))
        history.add(shown[-1], shown[-1].hands[0] if shown[-1].hands else None, file=False)
    found = history.measure()
    assert np.isnan(found.values[[3, 5]]).all()
    joints = shown[2].hands[0].pose.joints_m
    np.testing.assert_allclose(found.values[2, :20], angles_deg(joints, shown[2].hands[0].pose.side), atol=1e-3)
    np.testing.assert_allclose(found.values[2, 20], found.values[2, RULER], rtol=1e-6)  # the pinch is this distance
    assert found.ruler_sigma_mm[2] > 4
    before = shown[1].hands[0].pose.joints_m
    assert found.values[2, 24] == pytest.approx(3000 * np.linalg.norm(joints[0] - before[0]), rel=1e-3)
    assert np.isnan(found.values[0, 24])
    assert np.isnan(found.values[6, 24]), "no speed over a gap"
    rows = list(csv.DictReader(io.StringIO(history.csv())))
    assert len(rows) == 9
    assert rows[3]["index_PIP_deg"] == "NaN"
    assert float(rows[2]["index_PIP_deg"]) == pytest.approx(
        found.values[2, ANGLES.index("index_pip_flexion")], rel=1e-4
    )


def test_frames_of_a_file_replace_each_other_and_live_ones_follow() -> None:
    history = History()
    for k in (0, 1, 2, 1, 0):
        sent = at(k / 30, k)
        history.add(sent, sent.hands[0], file=True)
    assert history.measure().frame.tolist() == [0, 1, 2]
    for k in range(60):
        sent = at(k / 30, k)
        history.add(sent, sent.hands[0], file=False)
    assert len(history.measure(last_s=1.0).frame) == 31
    assert len(history.measure(most=10).frame) == 10


def test_a_session_is_measured_without_being_played_and_what_was_seen_stays() -> None:
    history = History()
    seen = at(0.0, 1)
    history.add(seen, seen.hands[0], file=True)
    others = [(k, k / 30, at(k / 30, k).hands[0] if k != 2 else None) for k in range(4)]
    assert history.fill(others) == 3
    found = history.measure()
    assert found.frame.tolist() == [0, 1, 2, 3]
    assert found.time_s[1] == 0.0, "the frame that was seen"
    assert np.isnan(found.values[2]).all()
    assert np.isfinite(found.values[[0, 3], :21]).all()


def test_angles_have_a_band_where_there_are_posterior_samples() -> None:
    history = History()
    for k in range(12):
        sent = at(k / 30, k, controls=Controls(samples=16 if k < 9 else 0))
        history.add(sent, sent.hands[0], file=True, gain=2.0)
    found = history.measure()
    expected = 2 * angles_deg(at(0.1, 3, controls=Controls(samples=16)).hands[0].samples_m).std(0)
    np.testing.assert_allclose(found.angle_sigma_deg[3], expected, rtol=1e-4)
    assert np.isfinite(found.angle_sigma_deg[:9]).all(), "those between lie on a line"
    assert np.isnan(found.angle_sigma_deg[9:]).all(), "no samples, no band"


def test_pictures_are_not_kept(make_window: Callable[..., Window], live: FakeLive) -> None:
    """Every page gets every result; what is remembered of it for minutes may be joints, not crops."""
    window, crops = make_window(), []
    for k in range(40):
        live.put(at(k / 30, k))
        window.tick()
        crops.append(weakref.ref(present(present(window.result).hands[0].crop).color))
    gc.collect()
    assert sum(crop() is not None for crop in crops) < 6


def test_every_series_is_in_one_group() -> None:
    assert sorted(k for group in GROUPS.values() for k in group) == list(range(len(SERIES)))
    for group in GROUPS.values():
        assert len({SERIES[k].unit for k in group}) == 1


@pytest.mark.parametrize("hz", [4.0, 5.5, 9.0])
def test_a_tremor_is_found_with_its_frequency_and_amplitude(hz: float) -> None:
    random = np.random.default_rng(0)
    time_s = np.cumsum(1 / 30 + random.uniform(-0.003, 0.003, 260))
    values = 40 + 15 * np.sin(0.8 * time_s) + 2.0 * np.sin(2 * np.pi * hz * time_s)
    frequency, amplitude = spectrum(time_s, values)
    peak = int(amplitude.argmax())
    assert frequency[peak] == pytest.approx(hz, abs=0.15)
    assert amplitude[peak] == pytest.approx(2.0, rel=0.25)
    assert len(spectrum(time_s[:40], values[:40])[0]) == 0, "too short to say"


def test_the_range_of_motion_is_what_was_reached_and_held() -> None:
    history = History()
    for k in range(120):
        joints = hand(k / 30 * 2)
        sent = at(k / 30, k)
        own = replace(sent.hands[0], pose=pose(joints), raw=pose(joints))
        history.add(replace(sent, hands=(own,)), own, file=False)
    found = RangeOfMotion.of(history.measure())
    values = history.measure().values[:, :20]
    assert (found.low_deg >= values.min(0) - 1e-6).all()
    assert (found.high_deg <= values.max(0) + 1e-6).all()
    assert found.frames == 120
    page = report_html(found, "right", "demo")
    assert page.count("<tr>") == 21
    assert "index PIP" in page
    assert "not a medical device" in page


def test_the_plots_panel_draws_follows_the_cursor_and_seeks(make_window: Callable[..., Window], live: FakeLive) -> None:
    live.state = replace(RUNNING, source="video:a.mp4", source_live=False, seekable=True, length=300)
    window = make_window()
    window.resize(1000, 650)
    window.show()
    page = window.live_page
    assert page is not None
    window.show_status(0.0)
    page.dock.tabs.setCurrentIndex([page.dock.tabs.tabText(k) for k in range(page.dock.tabs.count())].index("Plots"))
    for k in range(40):
        live.state = replace(live.state, position=k)
        live.put(at(k / 30, k))
        window.tick()
    window.show_status(0.0)
    assert page.dock.plots is not None
    page.dock.plots.refresh()
    assert page.dock.plots.whole.isHidden(), "a video has no recorded hands"
    assert page.dock.plots.cursor_s == pytest.approx(39 / 30, abs=1e-3)
    assert pixels(page.dock).std() > 5
    page.dock.plots.seek_to(0.5)
    assert ("seek", 15) in live.calls
    page.dock.plots.show_group("grip")
    page.dock.plots.refresh()
    assert "grip" in page.dock.plots.now.text()


def test_two_joints_that_are_clicked_are_measured(make_window: Callable[..., Window], live: FakeLive) -> None:
    window = make_window()
    window.show()
    live.put(result(0.4))
    assert pump(lambda: window.result is not None)
    page = window.live_page
    assert page is not None
    scene = page.views.scene
    joints = present(window.result).hands[0].pose.joints_m
    for j in (4, 8):
        place = scene.project(joints[j])
        assert place is not None
        QTest.mouseClick(scene, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), round(place.y())))
    assert scene.ruler.joints == [4, 8]
    assert page.history.ruler == (4, 8)
    true_mm = 1e3 * np.linalg.norm(joints[4] - joints[8])
    pixels(scene)
    assert scene.ruler.text.startswith(f"{true_mm:.0f} ± ")
    QTest.mouseClick(scene, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert page.history.ruler is None


def test_the_whole_of_a_session_is_plotted_and_written_beside_it(
    make_window: Callable[..., Window], live: FakeLive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path / "take", 12)
    window = make_window()
    window.show()
    window.controls.set(recorded=True)
    window.sources.requested = f"recording:{tmp_path / 'take'}"
    live.state = replace(RUNNING, source="recording:take", source_live=False, seekable=True, length=12)
    window.show_status(0.0)
    page = window.live_page
    page.dock.tabs.setCurrentIndex(2)
    plots = present(page.dock.plots)
    plots.refresh()
    plots.whole.click()
    assert pump(lambda: len(page.history.measure().frame) == 12)
    offered: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (offered.append(a[2]), ("", ""))[1])
    QTest.mouseClick(button_named(plots.head, "CSV…"), Qt.MouseButton.LeftButton)
    assert offered == [str(tmp_path / "take" / "measurements.csv")]
    window.actions_["reestimate"].trigger()
    plots.refresh()
    assert plots.whole.isHidden(), "recorded hands are not mixed with new ones"


def button_named(widget: QWidget, text: str) -> QPushButton:
    return next(each for each in widget.findChildren(QPushButton) if each.text() == text)

"""The Explorer page on a small, known latent space, off screen."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_live import frame, hand, pose, tracked
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qt import pump
from small_space import LATENT, SmallLive, decode, small_weights

from handcam.gui.directions.known import KINDS
from handcam.gui.explorer.page import ExplorerPage
from handcam.gui.explorer.window import ExplorerWindow
from handcam.types import Posterior, Result


@pytest.fixture
def window(app: QApplication, user_files: Path) -> Iterator[ExplorerWindow]:
    weights, card = small_weights(user_files)
    made = ExplorerWindow(SmallLive(), card, weights)
    made.show()
    assert pump(lambda: page_of(made).references is not None and page_of(made).directions.sliders.directions)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(window: ExplorerWindow) -> ExplorerPage:
    return page_of(window)


def page_of(window: ExplorerWindow) -> ExplorerPage:
    made = window.pages.page
    assert isinstance(made, ExplorerPage)
    return made


def settled(page: ExplorerPage) -> bool:
    """Until the views show the latent."""
    wanted = decode("joints3d", page.controls.z[None])[0]
    return pump(lambda: np.allclose(page.views.decoded.get("joints3d", 0.0), wanted, atol=1e-5))


def live_hand(window: ExplorerWindow, mean: np.ndarray) -> None:
    """A hand with this posterior comes into view."""
    picture = frame()
    seen = tracked(pose(hand()), picture)
    posterior = Posterior(mean.astype(np.float32), np.full(LATENT, -4.0, np.float32))
    window.controls.update(
        Result(picture, (type(seen)(0, seen.pose, seen.pose, posterior, {}, mean, seen.samples_m),), {}, 0)
    )


def test_directions_come_by_how_far_they_move_and_empty_ones_are_one_click_away(page: ExplorerPage) -> None:
    sliders, panel = page.directions.sliders, page.directions
    assert [d.name.split()[0] for d in sliders.directions] == ["1", "2", "3", "4"]
    assert panel.state.text() == "4 of 6 move the hand"
    panel.empty.click()
    assert len(sliders.directions) == 6
    panel.tabs.setCurrentIndex(list(KINDS).index("Raw"))
    assert sliders.directions[0].name == "z1"
    assert {d.name for d in sliders.directions[4:]} == {"z5", "z6"}
    panel.tabs.setCurrentIndex(1)
    assert "index curl" in {d.name for d in sliders.directions}
    assert pump(lambda: len(sliders.end_joints) == 2 * len(sliders.directions))
    codes = list(KINDS).index("Codes")
    assert not panel.tabs.isTabVisible(codes), "these weights have none"
    panel.set_directions({kind: list(sliders.directions) for kind in KINDS})
    assert panel.tabs.isTabVisible(codes)


def test_a_slider_moves_along_its_direction_alone_and_the_tiles_follow(page: ExplorerPage) -> None:
    sliders = page.directions.sliders
    first, before = sliders.directions[0], page.controls.z.copy()
    cell = sliders.cell(0)
    at = QPoint(round(cell.track.x_of(2.0)), round(cell.track.y))
    QTest.mouseClick(sliders, Qt.MouseButton.LeftButton, pos=at)
    assert first.at(page.controls.z) == pytest.approx(2.0, abs=0.1)
    moved = page.controls.z - before
    np.testing.assert_allclose(
        moved / np.linalg.norm(moved), first.step(before) / np.linalg.norm(first.step(before)), atol=1e-5
    )
    assert settled(page)
    sliders.setFocus()
    QTest.keyClick(sliders, Qt.Key.Key_Down)
    QTest.keyClick(sliders, Qt.Key.Key_Right)
    second = sliders.directions[1]
    assert second.at(page.controls.z) == pytest.approx(second.at(before) + 0.1, abs=1e-4)
    QTest.keyClick(sliders, Qt.Key.Key_Home)
    assert second.at(page.controls.z) == pytest.approx(0.0, abs=1e-4)


def test_one_drag_is_undone_at_once(window: ExplorerWindow, page: ExplorerPage) -> None:
    start = page.controls.z.copy()
    assert not window.actions_["undo"].isEnabled()  # where it begins is not a move
    for sigmas in (0.5, 1.0, 1.5):
        page.directions.sliders.move_to(0, sigmas)
    dragged = page.controls.z.copy()
    page.controls.go_to(np.ones(LATENT))
    window.activateWindow()
    assert pump(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_allclose(page.controls.z, dragged, atol=1e-5)
    window.actions_["undo"].trigger()
    np.testing.assert_allclose(page.controls.z, start, atol=1e-5)
    page.redo()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_allclose(page.controls.z, 1.0, atol=1e-5)
    assert not window.actions_["redo"].isEnabled()


def test_an_interpolation_is_scrubbed_played_and_left(window: ExplorerWindow, page: ExplorerPage) -> None:
    a, b = np.array([1.0, 0, 0, 0, 0, 0]), np.array([0, 1.0, 0, 0, 0, 0])
    assert not page.interpolation.export.isEnabled()
    page.controls.go_to(a)
    page.interpolation.capture(0)
    page.controls.go_to(b)
    page.interpolation.capture(1)
    assert pump(lambda: page.interpolation.strip.joints is not None)
    np.testing.assert_allclose(page.interpolation.strip.joints[0], decode("joints3d", a[None])[0], atol=1e-5)
    strip = page.interpolation.strip
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(strip.x_of(0.5)), 30))
    np.testing.assert_allclose(page.controls.z[:2], 0.5, atol=0.01)
    assert strip.position == pytest.approx(0.5, abs=0.01)
    page.interpolation.choose_path("spherical")
    strip.scrubbed.emit(0.5)
    np.testing.assert_allclose(page.controls.z[:2], np.sqrt(0.5), atol=1e-5)
    window.actions_["play_interpolation"].trigger()
    assert pump(lambda: np.linalg.norm(page.controls.z - a) < 0.6)
    window.actions_["play_interpolation"].trigger()
    here = page.controls.z.copy()
    page.tick(None)
    np.testing.assert_array_equal(page.controls.z, here)
    page.controls.go_to(np.zeros(LATENT))
    assert pump(lambda: strip.position is None)


def test_an_interpolation_is_written_beside_the_window(page: ExplorerPage, tmp_path: Path) -> None:
    page.controls.go_to(np.zeros(LATENT))
    page.interpolation.capture(0)
    page.controls.go_to(np.ones(LATENT))
    page.interpolation.capture(1)
    page.export_interpolation(tmp_path / "walk.bvh")
    assert pump(lambda: (tmp_path / "walk.bvh").is_file())
    assert pump(lambda: page.window().status_line.message == f"Saved {tmp_path / 'walk.bvh'}")
    (tmp_path / "file").write_text("")
    page.export_interpolation(tmp_path / "file" / "walk.glb")
    assert pump(lambda: page.window().status_line.message.startswith("Cannot write"))


def test_neighbours_and_samples_can_be_gone_to(window: ExplorerWindow, page: ExplorerPage) -> None:
    assert page.references is not None
    z = page.references.z["joints3d"]
    page.controls.go_to(z[17] + 0.01)
    assert pump(lambda: len(page.neighbours.near_z) and np.allclose(page.neighbours.near_z[0], z[17]))
    np.testing.assert_allclose(page.neighbours.near.joints[0], page.references.joints[17])
    where = page.neighbours.near.thumbnail_rect(1).center().toPoint()
    QTest.mouseClick(page.neighbours.near, Qt.MouseButton.LeftButton, pos=where)
    np.testing.assert_allclose(page.controls.z, page.neighbours.near_z[1], atol=1e-3)
    assert page.neighbours.title.text() == "Samples of a usual posterior"
    mean = np.full(LATENT, 0.3)
    window.controls.reset()
    live_hand(window, mean)
    assert pump(lambda: page.neighbours.title.text() == "Samples of the live posterior")
    assert pump(lambda: len(page.neighbours.samples_z) and np.abs(page.neighbours.samples_z - mean).max() < 1.0)
    assert 0.05 < (page.neighbours.samples_z - mean).std() < 0.3  # exp(-4 / 2) = 0.14
    page.neighbours.samples.picked.emit(2)
    np.testing.assert_allclose(page.controls.z, page.neighbours.samples_z[2], atol=1e-5)


def test_a_hand_that_is_followed_is_followed_on_with_the_offset(window: ExplorerWindow, page: ExplorerPage) -> None:
    window.controls.reset()
    live_hand(window, np.zeros(LATENT))
    page.directions.sliders.move_to(0, 1.0)
    offset = page.controls.z.copy()
    assert window.live.controls.latent is None
    live_hand(window, np.full(LATENT, 0.2))
    np.testing.assert_allclose(page.controls.z, offset + 0.2, atol=1e-5)
    assert settled(page)
    first = page.directions.sliders.directions[0]
    cell = page.directions.sliders.cell(0)
    QTest.mouseDClick(page.directions.sliders, Qt.MouseButton.LeftButton, pos=cell.rect.center().toPoint())
    assert first.at(page.controls.z) == pytest.approx(first.at(np.full(LATENT, 0.2)), abs=1e-4)


def test_presets_are_kept_and_those_of_other_weights_refused(page: ExplorerPage, user_files: Path) -> None:
    presets = user_files / "presets.json"
    page.controls.go_to(np.arange(LATENT) / 10)
    page.presets.save("mine")
    page.controls.go_to(np.zeros(LATENT))
    stored = json.loads(presets.read_text())
    stored["presets"].append({"name": "theirs", "weights_sha256": "f" * 64, "z": [0.0] * LATENT})
    presets.write_text(json.dumps(stored))
    page.presets.reload()
    assert pump(lambda: page.presets.row.names == ("mine", "theirs"))
    assert page.presets.row.faint == {1}
    page.presets.row.picked.emit(1)
    assert "other weights" in page.presets.problem.text()
    np.testing.assert_array_equal(page.controls.z, 0.0)
    page.presets.row.picked.emit(0)
    np.testing.assert_allclose(page.controls.z, np.arange(LATENT) / 10, atol=1e-5)
    page.presets.delete(0)
    assert [entry["name"] for entry in json.loads(presets.read_text())["presets"]] == ["theirs"]
    presets.write_text("{ broken")
    page.presets.save("lost?")
    assert "cannot be read" in page.presets.problem.text()
    assert presets.read_text() == "{ broken"

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
from qt_loop import pump
from small_space import LATENT, SmallLive, decode, small_weights

from handcam.gui import theme
from handcam.gui.explorer.window import ExploreWindow
from handcam.gui.pages.explorer import ExplorerPage
from handcam.types import Posterior, Result


@pytest.fixture(scope="module")
def app() -> QApplication:
    made = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(made, QApplication)
    theme.apply(made)
    return made


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDCAM_PRESETS", str(tmp_path / "presets.json"))
    return tmp_path / "presets.json"


@pytest.fixture
def window(app: QApplication, presets: Path, tmp_path: Path) -> Iterator[ExploreWindow]:
    made = ExploreWindow(SmallLive(), *small_weights(tmp_path))
    made.show()
    assert pump(lambda: page_of(made).atlas is not None and page_of(made).directions.sliders.directions)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def page(window: ExploreWindow) -> ExplorerPage:
    return page_of(window)


def page_of(window: ExploreWindow) -> ExplorerPage:
    made = window.pages.page
    assert isinstance(made, ExplorerPage)
    return made


def settled(page: ExplorerPage) -> bool:
    """Until the tiles show where one stands."""
    wanted = decode("joints3d", page.standing.z[None])[0]
    return pump(lambda: np.allclose(page.tiles.decoded.get("joints3d", 0.0), wanted, atol=1e-5))


def live_hand(window: ExploreWindow, mean: np.ndarray) -> None:
    """A hand with this posterior comes into view."""
    picture = frame()
    seen = tracked(pose(hand()), picture)
    posterior = Posterior(mean.astype(np.float32), np.full(LATENT, -4.0, np.float32))
    window.knobs.see(
        Result(picture, (type(seen)(0, seen.pose, seen.pose, posterior, {}, mean, seen.samples_m),), {}, 0)
    )


def test_directions_come_by_how_far_they_move_and_empty_ones_are_one_click_away(page: ExplorerPage) -> None:
    sliders, panel = page.directions.sliders, page.directions
    assert [d.name for d in sliders.directions] == ["1", "2", "3", "4"]
    assert panel.state.text() == "4 of 6 move the hand"
    panel.empty.click()
    assert len(sliders.directions) == 6
    panel.tabs.setCurrentIndex(2)
    assert sliders.directions[0].name == "z1"
    assert {d.name for d in sliders.directions[4:]} == {"z5", "z6"}
    panel.tabs.setCurrentIndex(1)
    assert "index curl" in {d.name for d in sliders.directions}
    assert pump(lambda: len(sliders._joints) == 2 * len(sliders.directions))


def test_a_slider_moves_along_its_direction_alone_and_the_tiles_follow(page: ExplorerPage) -> None:
    sliders = page.directions.sliders
    first, before = sliders.directions[0], page.standing.z.copy()
    cell = sliders.cell(0)
    at = QPoint(round(cell.x_of(2.0)), round(cell.track[2]))
    QTest.mouseClick(sliders, Qt.MouseButton.LeftButton, pos=at)
    assert first.at(page.standing.z) == pytest.approx(2.0, abs=0.1)
    moved = page.standing.z - before
    np.testing.assert_allclose(
        moved / np.linalg.norm(moved), first.step(before) / np.linalg.norm(first.step(before)), atol=1e-5
    )
    assert settled(page)
    sliders.setFocus()
    QTest.keyClick(sliders, Qt.Key.Key_Down)
    QTest.keyClick(sliders, Qt.Key.Key_Right)
    second = sliders.directions[1]
    assert second.at(page.standing.z) == pytest.approx(second.at(before) + 0.1, abs=1e-4)
    QTest.keyClick(sliders, Qt.Key.Key_Home)
    assert second.at(page.standing.z) == pytest.approx(0.0, abs=1e-4)


def test_one_drag_is_undone_at_once(window: ExploreWindow, page: ExplorerPage) -> None:
    start = page.standing.z.copy()
    assert not page.directions.undo.isEnabled()  # where it begins is not a move
    for sigmas in (0.5, 1.0, 1.5):
        page.directions.sliders.put(0, sigmas)
    dragged = page.standing.z.copy()
    page.standing.go(np.ones(LATENT))
    window.activateWindow()
    assert pump(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    np.testing.assert_allclose(page.standing.z, dragged, atol=1e-5)
    page.directions.undo.click()
    np.testing.assert_allclose(page.standing.z, start, atol=1e-5)
    page.redo()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_allclose(page.standing.z, 1.0, atol=1e-5)
    assert not page.directions.redo.isEnabled()


def test_a_walk_is_scrubbed_played_and_left(page: ExplorerPage) -> None:
    a, b = np.array([1.0, 0, 0, 0, 0, 0]), np.array([0, 1.0, 0, 0, 0, 0])
    assert not page.walk.export.isEnabled()
    page.standing.go(a)
    page.capture_a()
    page.standing.go(b)
    page.capture_b()
    assert pump(lambda: page.walk.strip.joints is not None)
    np.testing.assert_allclose(page.walk.strip.joints[0], decode("joints3d", a[None])[0], atol=1e-5)
    strip = page.walk.strip
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(round(strip.x_of(0.5)), 30))
    np.testing.assert_allclose(page.standing.z[:2], 0.5, atol=0.01)
    assert strip.at == pytest.approx(0.5, abs=0.01)
    page.walk.take_way("spherical")
    strip.scrubbed.emit(0.5)
    np.testing.assert_allclose(page.standing.z[:2], np.sqrt(0.5), atol=1e-5)
    page.play_walk()
    assert pump(lambda: np.linalg.norm(page.standing.z - a) < 0.6)
    page.play_walk()
    here = page.standing.z.copy()
    page.tick(None)
    np.testing.assert_array_equal(page.standing.z, here)
    page.standing.go(np.zeros(LATENT))
    assert pump(lambda: strip.at is None)


def test_a_walk_is_written_beside_the_window(page: ExplorerPage, tmp_path: Path) -> None:
    page.standing.go(np.zeros(LATENT))
    page.capture_a()
    page.standing.go(np.ones(LATENT))
    page.capture_b()
    page.export_walk(tmp_path / "walk.bvh")
    assert pump(lambda: (tmp_path / "walk.bvh").is_file())
    assert pump(lambda: page.window().line._message == f"Saved {tmp_path / 'walk.bvh'}")
    (tmp_path / "file").write_text("")
    page.export_walk(tmp_path / "file" / "walk.glb")
    assert pump(lambda: page.window().line._message.startswith("Cannot write"))


def test_neighbours_and_samples_can_be_gone_to(window: ExploreWindow, page: ExplorerPage) -> None:
    assert page.atlas is not None
    z = page.atlas.z["joints3d"]
    page.standing.go(z[17] + 0.01)
    assert pump(lambda: len(page.around.near_z) and np.allclose(page.around.near_z[0], z[17]))
    np.testing.assert_allclose(page.around.near.joints[0], page.atlas.joints[17])
    where = page.around.near.place(1).center().toPoint()
    QTest.mouseClick(page.around.near, Qt.MouseButton.LeftButton, pos=where)
    np.testing.assert_allclose(page.standing.z, page.around.near_z[1], atol=1e-3)
    assert page.around.title.text() == "Samples of a usual posterior"
    mean = np.full(LATENT, 0.3)
    window.knobs.reset()
    live_hand(window, mean)
    assert pump(lambda: page.around.title.text() == "Samples of the live posterior")
    assert pump(lambda: len(page.around.samples_z) and np.abs(page.around.samples_z - mean).max() < 1.0)
    assert 0.05 < (page.around.samples_z - mean).std() < 0.3  # exp(-4 / 2) = 0.14
    page.around.samples.picked.emit(2)
    np.testing.assert_allclose(page.standing.z, page.around.samples_z[2], atol=1e-5)


def test_a_hand_that_is_followed_is_followed_on_with_the_offset(window: ExploreWindow, page: ExplorerPage) -> None:
    window.knobs.reset()
    live_hand(window, np.zeros(LATENT))
    page.directions.sliders.put(0, 1.0)
    offset = page.standing.z.copy()
    assert window.live.controls.latent is None
    live_hand(window, np.full(LATENT, 0.2))
    np.testing.assert_allclose(page.standing.z, offset + 0.2, atol=1e-5)
    assert settled(page)
    first = page.directions.sliders.directions[0]
    cell = page.directions.sliders.cell(0)
    QTest.mouseDClick(page.directions.sliders, Qt.MouseButton.LeftButton, pos=cell.where.center().toPoint())
    assert first.at(page.standing.z) == pytest.approx(first.at(np.full(LATENT, 0.2)), abs=1e-4)


def test_presets_are_kept_and_those_of_other_weights_refused(page: ExplorerPage, presets: Path) -> None:
    page.standing.go(np.arange(LATENT) / 10)
    page.presets.save("mine")
    page.standing.go(np.zeros(LATENT))
    stored = json.loads(presets.read_text())
    stored["presets"].append({"name": "theirs", "weights_sha256": "f" * 64, "z": [0.0] * LATENT})
    presets.write_text(json.dumps(stored))
    page.presets._read()
    assert pump(lambda: page.presets.shelf.words == ("mine", "theirs"))
    assert page.presets.shelf.faint == {1}
    page.presets.shelf.picked.emit(1)
    assert "other weights" in page.presets.said.text()
    np.testing.assert_array_equal(page.standing.z, 0.0)
    page.presets.shelf.picked.emit(0)
    np.testing.assert_allclose(page.standing.z, np.arange(LATENT) / 10, atol=1e-5)
    page.presets.delete(0)
    assert [entry["name"] for entry in json.loads(presets.read_text())["presets"]] == ["theirs"]
    presets.write_text("{ broken")
    page.presets.save("lost?")
    assert "cannot be read" in page.presets.said.text()
    assert presets.read_text() == "{ broken"

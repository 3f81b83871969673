"""The map of the latent space: its geometry, what is computed in the background, and the page."""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import CARD, LATENT, FakeLive, result
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qt import pump

from handcam.gui.actions import COMMANDS, ActionRegistry
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.map import projection as choice
from handcam.gui.map import tsne
from handcam.gui.map.embeddings import Embeddings, write_selection
from handcam.gui.map.page import MapPage
from handcam.gui.map.projection import NeighbourProjection, PcaProjection
from handcam.gui.pages import PageContext
from handcam.model.embedding import ReferenceSet
from handcam.types import HandcamError, Result

HANDS = 80


pytestmark = pytest.mark.usefixtures("user_files")


@pytest.fixture(scope="module")
def references() -> ReferenceSet:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(HANDS, LATENT)).astype(np.float32) * np.linspace(2, 0.2, LATENT, dtype=np.float32)
    seen = {name: z + 0.1 * rng.normal(size=z.shape).astype(np.float32) for name in ("rgb", "depth", "joints3d")}
    joints = rng.normal(size=(HANDS, 21, 3)).astype(np.float32) * 0.3
    parameters = np.stack([z[:, 0], rng.normal(size=HANDS)], 1).astype(np.float32)
    return ReferenceSet(
        seen, dict.fromkeys(seen, np.ones(LATENT, np.float32)), joints, parameters, ("open [°]", "palm")
    )


@pytest.fixture
def page(app: QApplication, references: ReferenceSet) -> Iterator[MapPage]:
    live = FakeLive()
    controls = ControlsModel(live, LATENT)
    context = PageContext(live, controls, ActionRegistry(COMMANDS), Path("w.safetensors"), CARD, BackgroundWorker(),
                          KnownDirections(live, Path("w.safetensors"), 30),
                          lambda message: None)  # fmt: skip
    made = MapPage(context, references)
    made.resize(1280, 676)
    made.show()
    app.processEvents()
    yield made
    made.close_page()
    context.worker.close(1.0)
    made.close()
    made.deleteLater()


def show(page: MapPage, **what) -> None:
    sent = result(0.4, controls=page.context.live.controls, **what)
    page.context.controls.update(sent)
    draw(page, sent)


def draw(page: MapPage, sent: Result | None = None) -> None:
    """Let the page draw, though it has just drawn."""
    time.sleep(0.051)
    page.tick(sent)


def at_pixel(page: MapPage, number: int) -> QPoint:
    return QPoint(*np.round(page.scatter.to_pixels(page.scatter.points[number])).astype(int).tolist())


# ------------------------------------------------------------------------------------------------------ the geometry


def test_every_hand_is_there_once_through_each_modality(references: ReferenceSet) -> None:
    e = Embeddings.of(references)
    assert len({(p, m) for p, m in zip(e.pose, e.modality, strict=True)}) == len(e.z) == 3 * HANDS
    for row in range(0, 3 * HANDS, 17):
        np.testing.assert_array_equal(e.z[row], references.z[e.names[e.modality[row]]][e.pose[row]])
    assert sorted(e.modality[e.of_pose(7)]) == [0, 1, 2]
    assert 0.2 < (np.diff(e.modality) == 0).mean() < 0.5  # mixed, so that none is drawn over the others
    assert Embeddings.of(references).digest == e.digest
    moved = replace(references, z={name: z + 0.01 for name, z in references.z.items()})
    assert Embeddings.of(moved).digest != e.digest


def test_pca_keeps_the_most_variance_and_goes_back_exactly(references: ReferenceSet) -> None:
    z = Embeddings.of(references).z
    pca = PcaProjection.fit(z)
    np.testing.assert_allclose(pca.axes @ pca.axes.T, np.eye(2), atol=1e-6)
    largest = np.linalg.eigvalsh(np.cov(z, rowvar=False))[::-1][:2]
    np.testing.assert_allclose(pca.points.var(0, ddof=1), largest, rtol=1e-5)
    np.testing.assert_allclose(pca.transform(z[:5]), pca.points[:5], atol=1e-6)
    base, at = np.random.default_rng(1).normal(size=LATENT), np.array([1.3, -0.4])
    lifted = pca.inverse_transform(at, base)
    np.testing.assert_allclose(pca.transform(lifted[None])[0], at, atol=1e-9)
    off_plane = (lifted - base) - (lifted - base) @ pca.axes.T @ pca.axes
    np.testing.assert_allclose(off_plane, 0, atol=1e-9)  # nothing moves that is not shown


def test_new_latents_are_placed_where_their_neighbours_are() -> None:
    rng = np.random.default_rng(2)
    z = np.concatenate([rng.normal(size=(60, 8)) * 0.1 + centre for centre in (-3, 3)]).astype(np.float32)
    points = rng.normal(size=(120, 2)) + np.repeat([[-20, 5], [20, -5]], 60, axis=0)
    map_ = NeighbourProjection(points, "", z)
    placed = map_.transform(np.stack([np.full(8, -3.0), np.full(8, 3.0), np.full(8, -0.2)]))
    np.testing.assert_allclose(placed[0], [-20, 5], atol=1.5)
    np.testing.assert_allclose(placed[1], [20, -5], atol=1.5)
    assert min(np.linalg.norm(placed[2] - c) for c in ([-20, 5], [20, -5])) < 5  # never in the gap
    np.testing.assert_allclose(map_.inverse_transform(np.array([20.0, -5.0]), np.zeros(8)), np.full(8, 3.0), atol=0.3)


# -------------------------------------------------------------------------------------------------------- background


def test_tsne_is_computed_beside_the_window_told_of_and_kept(page: MapPage, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openTSNE")
    started: list[tsne.TsneFit] = []
    monkeypatch.setattr(choice, "TsneFit", lambda z: started.append(tsne.TsneFit(z, 20, 30)) or started[0])
    words: list[tuple[str, float | None]] = []
    page.selector.described.connect(lambda said, share: words.append((said, share)))
    page.sidebar.kinds["t-SNE"].click()
    assert page.sidebar.stop.isVisible()
    assert pump(lambda: page.tick(None) or page.selector.fit is None)
    shares = [share for _, share in words if share is not None]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    assert not page.sidebar.stop.isVisible()
    points = page.scatter.points
    assert np.isfinite(points).all()
    e = page.embeddings
    near = [np.linalg.norm(points[e.of_pose(p)] - points[e.of_pose(p)[0]], axis=1).max() for p in range(HANDS)]
    assert np.median(near) < 0.3 * np.ptp(points, axis=0).max()  # one hand through all modalities lies together
    page.sidebar.kinds["PCA"].click()
    assert not np.allclose(page.scatter.points, points)
    page.sidebar.kinds["t-SNE"].click()  # from the cache, at once
    assert len(started) == 1
    np.testing.assert_allclose(page.scatter.points, points, atol=1e-5)


def test_cancel_ends_the_process_and_goes_back(page: MapPage) -> None:
    page.sidebar.kinds["t-SNE"].click()
    fit = page.selector.fit
    assert fit is not None
    page.sidebar.stop.click()
    assert page.selector.fit is None
    assert not fit.running
    assert page.selector.kind == "PCA"
    assert page.sidebar.kinds["PCA"].isChecked()


def test_a_process_that_dies_is_told_in_one_sentence(page: MapPage) -> None:
    page.sidebar.kinds["t-SNE"].click()
    assert page.selector.fit is not None
    os.kill(page.selector.fit.pid, 9)
    assert pump(lambda: page.tick(None) or page.selector.fit is None)
    assert "has ended" in page.sidebar.description.text()
    assert page.sidebar.kinds["PCA"].isChecked()


@pytest.mark.parametrize("bytes_", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_damaged_cache_is_made_anew(bytes_: bytes) -> None:
    tsne.save_cached("abc", np.ones((5, 2), np.float32))
    assert tsne.load_cached("abc", 5) is not None
    assert tsne.load_cached("abc", 6) is None
    assert tsne.load_cached("other", 5) is None
    tsne.cache_file("abc").write_bytes(bytes_)
    assert tsne.load_cached("abc", 5) is None


# ---------------------------------------------------------------------------------------------------------- the page


def test_the_live_hand_leaves_a_trail_that_fades_when_it_goes(page: MapPage) -> None:
    for _ in range(4):
        show(page)
    posterior = page.context.controls.posterior
    assert posterior is not None
    np.testing.assert_allclose(
        page.dot.trail[-1], page.selector.projection.transform(posterior.mean[None])[0], rtol=1e-6
    )
    assert len(page.dot.trail) == 4
    assert len(page.dot.modality_dots.data) == 1  # of its modalities only rgb is in this reference set
    page.sidebar.modalities["rgb"].click()
    show(page)
    assert len(page.dot.modality_dots.data) == 0
    show(page, sides=())
    assert len(page.dot.dot.data) == 0
    for _ in range(4):
        assert page.dot.fading
        draw(page)
    assert not page.dot.fading


def test_a_click_on_a_point_goes_to_its_latent(page: MapPage) -> None:
    number = int(np.argmax(page.scatter.points[:, 0]))  # at the edge, alone
    QTest.mouseClick(page.scatter.viewport(), Qt.MouseButton.LeftButton, pos=at_pixel(page, number))
    np.testing.assert_array_equal(page.context.controls.state.latent, page.embeddings.z[number])
    draw(page)
    assert len(page.dot.set_by_user.data) == 1


def test_a_click_between_the_points_lands_there(page: MapPage) -> None:
    for k in page.sidebar.modalities:
        page.sidebar.modalities[k].click()  # nothing to hit
    QTest.mouseClick(page.scatter.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    latent = page.context.controls.state.latent
    assert latent is not None
    pixels = page.scatter.to_pixels(page.selector.projection.transform(latent[None].astype(float))[0])
    np.testing.assert_allclose(pixels, [400, 300], atol=1.5)


def test_hovering_shows_the_pose_and_where_other_modalities_see_it(page: MapPage) -> None:
    number = 5
    page.scatter.hover(QPointF(at_pixel(page, number)))
    assert page.tooltip.isVisible()
    over = page.scatter.hovered_point
    assert page.tooltip.lines[0].startswith(f"hand {page.embeddings.pose[over] + 1}, ")
    assert page.tooltip.lines[1].startswith("open ")
    assert len(page.scatter.rings.data) == 3
    assert page.scatter.rect().contains(page.tooltip.geometry())
    page.scatter.hover(QPointF(-50, -50))
    assert not page.tooltip.isVisible()
    assert len(page.scatter.rings.data) == 0


def test_hidden_modalities_are_neither_hit_nor_selected(page: MapPage) -> None:
    page.sidebar.modalities["depth"].click()
    depth = page.embeddings.names.index("depth")
    everything = np.array([[0, 0], [page.scatter.width(), 0], [page.scatter.width(), 900], [0, 900]], float)
    inside = page.scatter.inside(everything)
    assert len(inside) > HANDS
    assert depth not in page.embeddings.modality[inside]
    number = int(np.flatnonzero(page.embeddings.modality == depth)[0])
    assert page.scatter.nearest(QPointF(at_pixel(page, number))) != number


def test_a_lasso_selects_what_lies_inside_and_the_rest_fades(page: MapPage) -> None:
    page.sidebar.draw.click()
    view = page.scatter.viewport()
    corners = [QPoint(300, 200), QPoint(700, 200), QPoint(700, 500), QPoint(300, 500)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(view, corner)
        QTest.qWait(15)  # pyqtgraph takes 100 moves a second
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[3])
    pixels = page.scatter.to_pixels(page.scatter.points)
    wanted = ((pixels > [301, 201]) & (pixels < [699, 499])).all(1)
    assert 10 < wanted.sum() < len(pixels)
    assert set(np.flatnonzero(wanted)) <= set(page.selected.tolist())
    assert len(page.selected) <= wanted.sum() + 5
    assert not page.scatter.lasso  # once per click
    brushes = page.brushes()
    assert brushes[page.selected[0]].color().alpha() > 3 * brushes[np.flatnonzero(~wanted)[0]].color().alpha()
    page.sidebar.deselect.click()
    assert len(page.selected) == 0


def test_points_can_be_coloured_by_a_parameter(page: MapPage, references: ReferenceSet) -> None:
    page.colour_by("open [°]")
    lightness = np.array([b.color().getRgb()[:3] for b in page.brushes()]) @ [0.3, 0.6, 0.1]
    values = references.parameters[page.embeddings.pose, 0]
    assert np.corrcoef(lightness, values)[0, 1] > 0.9
    page.colour_by("modality")
    assert len({b.color().name() for b in page.brushes()}) == 3


def test_the_selection_is_exported_with_all_that_belongs_to_it(
    page: MapPage, references: ReferenceSet, tmp_path: Path
) -> None:
    numbers = np.array([3, 50, 200])
    page.select(numbers)
    page.export(tmp_path / "mine.npz")
    assert pump(lambda: page.context.worker.deliver() or (tmp_path / "mine.json").exists())
    with np.load(tmp_path / "mine.npz", allow_pickle=False) as file:
        arrays = dict(file)
    e = page.embeddings
    np.testing.assert_array_equal(arrays["z"], e.z[numbers])
    np.testing.assert_array_equal(arrays["joints"], references.joints[e.pose[numbers]])
    assert arrays["modality"].tolist() == [e.names[m] for m in e.modality[numbers]]
    np.testing.assert_allclose(arrays["map"], page.scatter.points[numbers], rtol=1e-6)
    told = json.loads((tmp_path / "mine.json").read_text())
    assert told["count"] == sum(told["by_modality"].values()) == 3
    assert told["map_kind"] == "PCA"
    assert set(told["arrays"]) == set(arrays)


def test_an_export_to_nowhere_is_one_sentence(page: MapPage, references: ReferenceSet, tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match="cannot be written"):
        write_selection(tmp_path / "no" / "x", references, page.embeddings, np.array([1]), page.scatter.points, {})


def test_weights_of_another_latent_do_not_move_the_dot(page: MapPage) -> None:
    page.context.controls.latent_size = 7
    draw(page, result(0.4))
    assert len(page.dot.trail) == 0


def test_it_fits_into_the_window_without_a_hand(page: MapPage) -> None:
    show(page, sides=())
    assert page.minimumSizeHint().height() <= 676
    assert page.sidebar.pose.lines

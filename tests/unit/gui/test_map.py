"""The map of the latent space: its geometry, what is computed in the background, and the page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import CARD, LATENT, FakeLive, result
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qt_loop import pump

from handcam.gui.background_worker import Errands
from handcam.gui.controls_model import Knobs
from handcam.gui.map import projection_selector as choice
from handcam.gui.map import tsne
from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.export import write_selection
from handcam.gui.map.page import MapPage
from handcam.gui.map.projection import Neighbours, Pca
from handcam.gui.pages import Desk
from handcam.model.embedding import Atlas
from handcam.types import HandcamError

HANDS = 80


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(HANDS, LATENT)).astype(np.float32) * np.linspace(2, 0.2, LATENT, dtype=np.float32)
    seen = {name: z + 0.1 * rng.normal(size=z.shape).astype(np.float32) for name in ("rgb", "depth", "joints3d")}
    joints = rng.normal(size=(HANDS, 21, 3)).astype(np.float32) * 0.3
    parameters = np.stack([z[:, 0], rng.normal(size=HANDS)], 1).astype(np.float32)
    return Atlas(seen, dict.fromkeys(seen, np.ones(LATENT, np.float32)), joints, parameters, ("open [°]", "palm"))


@pytest.fixture
def page(app: QApplication, atlas: Atlas) -> Iterator[MapPage]:
    live = FakeLive()
    desk = Desk(live, Knobs(live, LATENT), Path("w.safetensors"), CARD, Errands(), lambda words: None)
    made = MapPage(desk, atlas)
    made.resize(1280, 676)
    made.show()
    app.processEvents()
    yield made
    made.close_page()
    desk.errands.close(1.0)
    made.close()
    made.deleteLater()


@pytest.fixture(scope="module")
def app() -> QApplication:
    made = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(made, QApplication)
    return made


def show(page: MapPage, **what) -> None:
    sent = result(0.4, controls=page._desk.live.controls, **what)
    page._knobs.see(sent)
    page._drawn_s = 0.0
    page.tick(sent)


def at_pixel(page: MapPage, number: int) -> QPoint:
    return QPoint(*np.round(page.cloud.to_pixels(page.cloud.points[number])).astype(int).tolist())


# ------------------------------------------------------------------------------------------------------ the geometry


def test_every_hand_is_there_once_through_each_modality(atlas: Atlas) -> None:
    e = Embeddings.of(atlas)
    assert len({(p, m) for p, m in zip(e.pose, e.modality, strict=True)}) == len(e.z) == 3 * HANDS
    for row in range(0, 3 * HANDS, 17):
        np.testing.assert_array_equal(e.z[row], atlas.z[e.names[e.modality[row]]][e.pose[row]])
    assert sorted(e.modality[e.of_pose(7)]) == [0, 1, 2]
    assert 0.2 < (np.diff(e.modality) == 0).mean() < 0.5  # mixed, so that none is drawn over the others
    assert Embeddings.of(atlas).digest == e.digest
    moved = replace(atlas, z={name: z + 0.01 for name, z in atlas.z.items()})
    assert Embeddings.of(moved).digest != e.digest


def test_pca_keeps_the_most_variance_and_goes_back_exactly(atlas: Atlas) -> None:
    z = Embeddings.of(atlas).z
    pca = Pca.of(z)
    np.testing.assert_allclose(pca.axes @ pca.axes.T, np.eye(2), atol=1e-6)
    largest = np.linalg.eigvalsh(np.cov(z, rowvar=False))[::-1][:2]
    np.testing.assert_allclose(pca.points.var(0, ddof=1), largest, rtol=1e-5)
    np.testing.assert_allclose(pca.place(z[:5]), pca.points[:5], atol=1e-6)
    base, at = np.random.default_rng(1).normal(size=LATENT), np.array([1.3, -0.4])
    lifted = pca.lift(at, base)
    np.testing.assert_allclose(pca.place(lifted[None])[0], at, atol=1e-9)
    off_plane = (lifted - base) - (lifted - base) @ pca.axes.T @ pca.axes
    np.testing.assert_allclose(off_plane, 0, atol=1e-9)  # nothing moves that is not shown


def test_new_latents_are_placed_where_their_neighbours_are() -> None:
    rng = np.random.default_rng(2)
    z = np.concatenate([rng.normal(size=(60, 8)) * 0.1 + centre for centre in (-3, 3)]).astype(np.float32)
    points = rng.normal(size=(120, 2)) + np.repeat([[-20, 5], [20, -5]], 60, axis=0)
    map_ = Neighbours(points, "", z)
    placed = map_.place(np.stack([np.full(8, -3.0), np.full(8, 3.0), np.full(8, -0.2)]))
    np.testing.assert_allclose(placed[0], [-20, 5], atol=1.5)
    np.testing.assert_allclose(placed[1], [20, -5], atol=1.5)
    assert min(np.linalg.norm(placed[2] - c) for c in ([-20, 5], [20, -5])) < 5  # never in the gap
    np.testing.assert_allclose(map_.lift(np.array([20.0, -5.0]), np.zeros(8)), np.full(8, 3.0), atol=0.3)


# -------------------------------------------------------------------------------------------------------- background


def test_tsne_is_computed_beside_the_window_told_of_and_kept(page: MapPage, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openTSNE")
    started: list[tsne.Fit] = []
    monkeypatch.setattr(choice, "Fit", lambda z: started.append(tsne.Fit(z, 20, 30)) or started[0])
    words: list[tuple[str, float | None]] = []
    page.maps.said.connect(lambda said, share: words.append((said, share)))
    page.side.kinds["t-SNE"].click()
    assert page.side.stop.isVisible()
    assert pump(lambda: page.tick(None) or page.maps.fit is None)
    shares = [share for _, share in words if share is not None]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    assert not page.side.stop.isVisible()
    points = page.cloud.points
    assert np.isfinite(points).all()
    e = page.embeddings
    near = [np.linalg.norm(points[e.of_pose(p)] - points[e.of_pose(p)[0]], axis=1).max() for p in range(HANDS)]
    assert np.median(near) < 0.3 * np.ptp(points, axis=0).max()  # one hand through all modalities lies together
    page.side.kinds["PCA"].click()
    assert not np.allclose(page.cloud.points, points)
    page.side.kinds["t-SNE"].click()  # from the cache, at once
    assert len(started) == 1
    np.testing.assert_allclose(page.cloud.points, points, atol=1e-5)


def test_cancel_ends_the_process_and_goes_back(page: MapPage) -> None:
    page.side.kinds["t-SNE"].click()
    fit = page.maps.fit
    assert fit is not None
    page.side.stop.click()
    assert page.maps.fit is None
    assert not fit._process.is_alive()
    assert page.maps.kind == "PCA"
    assert page.side.kinds["PCA"].isChecked()


def test_a_process_that_dies_is_told_in_one_sentence(page: MapPage) -> None:
    page.side.kinds["t-SNE"].click()
    assert page.maps.fit is not None
    page.maps.fit._process.kill()
    assert pump(lambda: page.tick(None) or page.maps.fit is None)
    assert "has ended" in page.side.words.text()
    assert page.side.kinds["PCA"].isChecked()


@pytest.mark.parametrize("bytes_", [b"", b"no archive", b"PK\x03\x04cut"])
def test_a_damaged_cache_is_made_anew(bytes_: bytes) -> None:
    tsne.keep("abc", np.ones((5, 2), np.float32))
    assert tsne.recall("abc", 5) is not None
    assert tsne.recall("abc", 6) is None
    assert tsne.recall("other", 5) is None
    tsne._file("abc").write_bytes(bytes_)
    assert tsne.recall("abc", 5) is None


# ---------------------------------------------------------------------------------------------------------- the page


def test_the_live_hand_leaves_a_trail_that_fades_when_it_goes(page: MapPage) -> None:
    for _ in range(4):
        show(page)
    posterior = page._knobs.posterior
    assert posterior is not None
    np.testing.assert_allclose(page.dot.trail[-1], page.maps.projection.place(posterior.mean[None])[0], rtol=1e-6)
    assert len(page.dot.trail) == 4
    assert len(page.dot._parts.data) == 1  # of its modalities only rgb is in this atlas
    page.side.modalities["rgb"].click()
    show(page)
    assert len(page.dot._parts.data) == 0
    show(page, sides=())
    assert len(page.dot._dot.data) == 0
    for _ in range(4):
        assert page.dot.fading
        page._drawn_s = 0.0
        page.tick(None)
    assert not page.dot.fading


def test_a_click_on_a_point_goes_to_its_latent(page: MapPage) -> None:
    number = int(np.argmax(page.cloud.points[:, 0]))  # at the edge, alone
    QTest.mouseClick(page.cloud.viewport(), Qt.MouseButton.LeftButton, pos=at_pixel(page, number))
    np.testing.assert_array_equal(page._knobs.controls.latent, page.embeddings.z[number])
    page._drawn_s = 0.0
    page.tick(None)
    assert len(page.dot._set.data) == 1


def test_a_click_between_the_points_lands_there(page: MapPage) -> None:
    for k in page.side.modalities:
        page.side.modalities[k].click()  # nothing to hit
    QTest.mouseClick(page.cloud.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    latent = page._knobs.controls.latent
    assert latent is not None
    pixels = page.cloud.to_pixels(page.maps.projection.place(latent[None].astype(float))[0])
    np.testing.assert_allclose(pixels, [400, 300], atol=1.5)


def test_hovering_shows_the_pose_and_where_other_modalities_see_it(page: MapPage) -> None:
    number = 5
    page.cloud._hover(QPointF(at_pixel(page, number)))
    assert page.card.isVisible()
    over = page.cloud._over
    assert page.card.words[0].startswith(f"hand {page.embeddings.pose[over] + 1}, ")
    assert page.card.words[1].startswith("open ")
    assert len(page.cloud._rings.data) == 3
    assert page.cloud.rect().contains(page.card.geometry())
    page.cloud._hover(QPointF(-50, -50))
    assert not page.card.isVisible()
    assert len(page.cloud._rings.data) == 0


def test_hidden_modalities_are_neither_hit_nor_selected(page: MapPage) -> None:
    page.side.modalities["depth"].click()
    depth = page.embeddings.names.index("depth")
    everything = np.array([[0, 0], [page.cloud.width(), 0], [page.cloud.width(), 900], [0, 900]], float)
    inside = page.cloud.inside(everything)
    assert len(inside) > HANDS
    assert depth not in page.embeddings.modality[inside]
    number = int(np.flatnonzero(page.embeddings.modality == depth)[0])
    assert page.cloud.nearest(QPointF(at_pixel(page, number))) != number


def test_a_lasso_selects_what_lies_inside_and_the_rest_fades(page: MapPage) -> None:
    page.side.draw.click()
    view = page.cloud.viewport()
    corners = [QPoint(300, 200), QPoint(700, 200), QPoint(700, 500), QPoint(300, 500)]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corners[0])
    for corner in corners[1:]:
        QTest.mouseMove(view, corner)
        QTest.qWait(15)  # pyqtgraph takes 100 moves a second
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corners[3])
    pixels = page.cloud.to_pixels(page.cloud.points)
    wanted = ((pixels > [301, 201]) & (pixels < [699, 499])).all(1)
    assert 10 < wanted.sum() < len(pixels)
    assert set(np.flatnonzero(wanted)) <= set(page.selected.tolist())
    assert len(page.selected) <= wanted.sum() + 5
    assert not page.cloud.lasso  # once per click
    brushes = page._brushes()
    assert brushes[page.selected[0]].color().alpha() > 3 * brushes[np.flatnonzero(~wanted)[0]].color().alpha()
    page.side.drop.click()
    assert len(page.selected) == 0


def test_points_can_be_coloured_by_a_parameter(page: MapPage, atlas: Atlas) -> None:
    page.colour_by("open [°]")
    lightness = np.array([b.color().getRgb()[:3] for b in page._brushes()]) @ [0.3, 0.6, 0.1]
    values = atlas.parameters[page.embeddings.pose, 0]
    assert np.corrcoef(lightness, values)[0, 1] > 0.9
    page.colour_by("modality")
    assert len({b.color().name() for b in page._brushes()}) == 3


def test_the_selection_is_exported_with_all_that_belongs_to_it(page: MapPage, atlas: Atlas, tmp_path: Path) -> None:
    numbers = np.array([3, 50, 200])
    page.select(numbers)
    page.export(tmp_path / "mine.npz")
    assert pump(lambda: page._desk.errands.deliver() or (tmp_path / "mine.json").exists())
    with np.load(tmp_path / "mine.npz", allow_pickle=False) as file:
        arrays = dict(file)
    e = page.embeddings
    np.testing.assert_array_equal(arrays["z"], e.z[numbers])
    np.testing.assert_array_equal(arrays["joints"], atlas.joints[e.pose[numbers]])
    assert arrays["modality"].tolist() == [e.names[m] for m in e.modality[numbers]]
    np.testing.assert_allclose(arrays["map"], page.cloud.points[numbers], rtol=1e-6)
    told = json.loads((tmp_path / "mine.json").read_text())
    assert told["count"] == sum(told["by_modality"].values()) == 3
    assert told["map_kind"] == "PCA"
    assert set(told["arrays"]) == set(arrays)


def test_an_export_to_nowhere_is_one_sentence(page: MapPage, atlas: Atlas, tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match="cannot be written"):
        write_selection(tmp_path / "no" / "x", atlas, page.embeddings, np.array([1]), page.cloud.points, {})


def test_weights_of_another_latent_do_not_move_the_dot(page: MapPage) -> None:
    page._knobs.latent = 7
    page._drawn_s = 0.0
    page.tick(result(0.4))
    assert len(page.dot.trail) == 0


def test_it_fits_into_the_window_without_a_hand(page: MapPage) -> None:
    show(page, sides=())
    assert page.minimumSizeHint().height() <= 676
    assert page.side.pose.words

"""Parts of the Explorer: decoding without waiting, tiles, animations, and what happens when something is missing."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from bvh_reader import read_bvh
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from qt import pixels, pump
from small_space import LATENT, SmallLive, decode, small_weights

import handcam.gui
from handcam.gui.directions.decode_requests import DecodeRequests, blocking_decoder
from handcam.gui.directions.known import KINDS
from handcam.gui.explorer.animation import FORMATS, FRAME_RATES, write_animation
from handcam.gui.explorer.modality_views import ModalityViews
from handcam.gui.explorer.page import ExplorerPage
from handcam.gui.explorer.window import ExplorerWindow
from handcam.gui.pages import Page, page_names
from handcam.gui.scene3d.orbit import Orbit
from handcam.gui.style.draw_hand import draw_surface
from handcam.gui.window import Window
from handcam.model.embedding import reference_set_path
from handcam.types import HandcamError

FRONT = Orbit(0.0, 0.0, 0.38, np.zeros(3))

pytestmark = pytest.mark.usefixtures("app")


def test_the_newest_latent_wins_and_nothing_waits() -> None:
    live = SmallLive()
    live.held = []
    decoding = DecodeRequests(live, ["joints3d", "keypoints2d"])
    for k in range(5):
        decoding.request(np.full(LATENT, float(k)))
    assert live.asked == ["joints3d", "keypoints2d"]  # one at a time
    assert not decoding.poll()
    live.release()
    assert decoding.poll()
    np.testing.assert_allclose(decoding.decoded["joints3d"], decode("joints3d", np.zeros((1, LATENT)))[0])
    assert decoding.poll()
    np.testing.assert_allclose(
        decoding.decoded["joints3d"], decode("joints3d", np.full((1, LATENT), 4.0))[0], rtol=1e-5
    )
    assert len(live.asked) == 4


def test_what_a_closed_model_leaves_behind_is_asked_of_the_next_one() -> None:
    live, came = SmallLive(), []
    live.held = []
    decoding = DecodeRequests(live, ["joints3d"])
    decoding.request(np.zeros(LATENT))
    assert decoding.request_joints("near", np.zeros((2, LATENT)), came.append)
    assert not decoding.request_joints("near", np.zeros((2, LATENT)), came.append)
    for future, _ in live.held:
        future.cancel()
    live.held = None  # another model is there
    assert not decoding.poll()
    assert decoding.poll()
    assert "joints3d" in decoding.decoded
    assert [joints.shape for joints in came] == [(2, 21, 3)]


def test_a_decoder_that_fails_leaves_the_others_shown() -> None:
    live = SmallLive()
    decoding = DecodeRequests(live, ["joints3d", "depth"])
    live.held = []
    decoding.request(np.zeros(LATENT))
    (good, joints), (bad, _) = live.held
    good.set_result(joints)
    bad.set_exception(RuntimeError("no such decoder"))
    assert decoding.poll()
    assert set(decoding.decoded) == {"joints3d"}


def test_errands_decode_in_pieces_and_say_when_the_model_is_gone() -> None:
    live = SmallLive()
    z = np.random.default_rng(0).normal(size=(600, LATENT)).astype(np.float32)
    np.testing.assert_allclose(blocking_decoder(live)(z), decode("joints3d", z))
    assert len(live.asked) == 3
    broken = SmallLive()
    broken.decode = lambda modality, z: (_ for _ in ()).throw(RuntimeError)  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        blocking_decoder(broken)(z)
    cancelled = SmallLive()
    answer = cancelled.decode
    cancelled.held = []
    cancelled.decode = lambda modality, z: (future := answer(modality, z), future.cancel())[0]  # type: ignore
    with pytest.raises(HandcamError, match="does not decode"):
        blocking_decoder(cancelled)(z)


def test_the_surface_lies_over_the_joints() -> None:
    joints = decode("joints3d", np.zeros((1, LATENT), np.float32))[0]
    picture = draw_surface(joints, np.eye(3), 120, 1.4).astype(int)
    skin = np.abs(picture[..., :3] - picture[0, 0, :3]).max(-1) > 20
    assert 0.05 < skin.mean() < 0.6
    middle = (joints.min(0) + joints.max(0))[:2] / 2
    at = np.round((joints[:, :2] - middle) * 120 / 1.4 + 60).astype(int)
    assert skin[at[:, 1], at[:, 0]].mean() > 0.9
    blank = draw_surface(np.full((21, 3), np.nan), np.eye(3), 40, 1.4)
    assert np.ptp(blank[..., :3].reshape(-1, 3), axis=0).max() == 0


def test_every_modality_has_its_tile(tmp_path: Path) -> None:
    tiles = ModalityViews()
    tiles.resize(1000, 228)
    z = np.zeros((1, LATENT), np.float32)
    tiles.show_decoded({name: decode(name, z)[0] for name in ("joints3d", "keypoints2d", "rgb", "depth")})
    for name, tile in tiles.views.items():
        ground = pixels(tile)[40:]
        different = np.abs(ground - ground[0, 0]).max(-1) > 40
        assert different.mean() > 0.005 or name == "colour", name
    red = pixels(tiles.views["colour"])[120, 100]
    np.testing.assert_allclose(red, [10, 40, 250], atol=2)  # BGR
    home = tiles.orbit
    view = tiles.views["skeleton"]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(50, 100))
    QTest.mouseMove(view, QPoint(90, 100))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(90, 100))
    assert tiles.orbit.azimuth_rad != home.azimuth_rad
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(50, 100))
    assert tiles.orbit.azimuth_rad == home.azimuth_rad
    tiles.deleteLater()


def explorer(window: ExplorerWindow) -> ExplorerPage:
    page = window.pages.page
    assert isinstance(page, ExplorerPage)
    return page


def test_what_cannot_be_decoded_is_said(user_files: Path) -> None:
    tmp_path = user_files
    few = tmp_path / "few"
    few.mkdir()
    weights, card = small_weights(few, ("joints3d", "rgb"))
    window = ExplorerWindow(SmallLive(), card, weights)
    missing = {name: tile.missing for name, tile in explorer(window).views.views.items() if tile.missing}
    assert set(missing) == {"keypoints", "depth"}
    assert missing["depth"] == "These weights have no depth decoder."
    window.close()
    weights, card = small_weights(tmp_path)
    reference_set_path(weights).unlink()
    window = ExplorerWindow(SmallLive(), card, weights)
    page = explorer(window)
    window.show()
    assert pump(lambda: "is missing" in page.directions.sliders.hint)
    assert pump(lambda: "joints3d" in page.views.decoded)  # the rest goes on
    page.directions.tabs.setCurrentIndex(list(KINDS).index("Raw"))
    assert page.directions.sliders.directions[0].name == "z1"
    assert len(page.directions.sliders.directions) == 4
    page.controls.go_to(np.ones(LATENT))
    page.presets.save("works")
    window.close()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_walk_becomes_an_animation(kind: str, tmp_path: Path) -> None:
    n = 12
    z = np.linspace(0, 1, n)[:, None].repeat(LATENT, 1).astype(np.float32)
    decoded = {name: decode(name, z) for name in ("joints3d", "keypoints2d")}
    out = tmp_path / f"walk.{kind}"
    out.write_bytes(b"old")
    assert write_animation(out, z, decoded, FRONT, 0.2) == out
    assert not list(tmp_path.glob(".*"))
    if kind == "bvh":
        joints, rows, frame_time = read_bvh(out)
        assert len(rows) == n
        assert frame_time == pytest.approx(1 / FRAME_RATES[kind], rel=1e-3)
        bone = np.linalg.norm(joints["index_pip"] - joints["index_mcp"], axis=1)
        np.testing.assert_allclose(bone, bone[0], rtol=1e-4)  # bones are fixed, rotations move
        assert np.ptp(np.linalg.norm(joints["index_dip_end"] - joints["wrist"], axis=1)) > 0.1
    elif kind == "glb":
        assert out.read_bytes()[:4] == b"glTF"
    else:
        with av.open(str(out)) as film:
            frames = [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]
            assert film.streams.video[0].average_rate == FRAME_RATES[kind]
        assert len(frames) == n
        edge = {"mp4": 320, "gif": 192}[kind]
        assert frames[0].shape == (edge, 3 * edge, 3)
        assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 1.0  # it moves


def test_an_animation_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    z = np.zeros((2, LATENT), np.float32)
    decoded = {"joints3d": decode("joints3d", z)}
    with pytest.raises(HandcamError, match="An animation ends in"):
        write_animation(tmp_path / "walk.avi", z, decoded, FRONT, 0.2)
    (tmp_path / "file").write_text("no folder")
    for kind in FORMATS:
        with pytest.raises(HandcamError, match="Cannot write"):
            write_animation(tmp_path / "file" / f"walk.{kind}", z, decoded, FRONT, 0.2)


def test_pages_turn_and_only_the_one_that_is_seen_works(make_window: Callable[..., Window], user_files: Path) -> None:
    window = make_window(weights=user_files / "none.safetensors")
    window.show()
    titles = [window.pages.tabs.tabText(k) for k in range(window.pages.tabs.count())]
    assert titles[:2] == ["Live", "Explorer"]
    assert window.live_page_seen
    window.actions_["next_page"].trigger()
    assert not window.live_page_seen
    assert not window.live_page.views.isVisible()
    page = window.pages.page
    assert isinstance(page, ExplorerPage)
    assert pump(lambda: "is missing" in page.directions.sliders.hint)  # weights and all
    assert window.minimumSizeHint().width() <= 1280
    assert window.height() <= 800
    for _ in titles[1:]:
        window.actions_["next_page"].trigger()
    assert window.live_page_seen
    start = time.monotonic()
    window.close()
    assert time.monotonic() - start < 1.0


def test_a_new_page_is_one_folder(
    make_window: Callable[..., Window], user_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = user_files / "extra" / "history"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(
        "from handcam.gui.actions import Command\nCOMMANDS = (Command('forget_all', 'forget it', 'Ctrl+H'),)\n"
    )
    (folder / "page.py").write_text("from handcam.gui.pages import Page\ndef open(context): return Page()\n")
    monkeypatch.setattr(handcam.gui, "__path__", [*handcam.gui.__path__, str(user_files / "extra")])
    assert page_names() == ["explorer", "history", "map"]
    window = make_window()
    assert window.pages.tabs.tabText(2) == "History"
    window.pages.show_page(2)
    assert type(window.pages.page) is Page
    assert "forget_all" in window.actions_
    for name in ("handcam.gui.history", "handcam.gui.history.page"):
        monkeypatch.delitem(sys.modules, name)

"""Every page opens on any weights with joints, follows what is seen, and closes; or says in one sentence why not."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import frame, hand, pose, tracked
from PySide6.QtWidgets import QApplication
from qt_loop import pump
from small_space import LATENT, SmallLive, small_weights

from handcam.gui import theme
from handcam.gui.background_worker import Errands
from handcam.gui.controls_model import Knobs
from handcam.gui.pages import Desk, Page
from handcam.plugins import load, names
from handcam.types import HandcamError, Posterior, Result

PAGES = names("handcam.gui.pages")


@pytest.fixture(scope="module", autouse=True)
def app() -> QApplication:
    made = QApplication.instance() or QApplication(["handcam"])
    assert isinstance(made, QApplication)
    theme.apply(made)
    return made


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("HANDCAM_PRESETS", str(tmp_path / "presets.json"))
    monkeypatch.setenv("HANDCAM_CACHE", str(tmp_path / "cache"))
    live = SmallLive()
    weights, card = small_weights(tmp_path)
    made = Desk(live, Knobs(live, LATENT), weights, card, Errands(), lambda words: None)
    yield made
    made.errands.close(1.0)


@pytest.mark.parametrize("name", PAGES)
def test_opens_follows_and_closes(name: str, desk: Desk) -> None:
    page = load("handcam.gui.pages", name).open(desk)
    assert isinstance(page, Page)
    page.resize(1280, 692)
    page.show()
    picture = frame()
    posterior = Posterior(np.zeros(LATENT, np.float32), np.full(LATENT, -3.0, np.float32))
    found = replace(
        tracked(pose(hand()), picture), posterior=posterior, posteriors={"rgb": posterior}, z=np.zeros(LATENT)
    )
    seen = Result(picture, (found,), {}, 0)
    turns = iter([seen, None, Result(picture, (), {}, 0), seen])

    def turn() -> bool:
        """What the window does, with a hand that comes and goes."""
        result = next(turns, None)
        if result is not None:
            desk.knobs.see(result)
        page.tick(result)
        desk.errands.deliver()
        return result is None and time.monotonic() > end

    end = time.monotonic() + 0.5
    assert pump(turn)
    desk.knobs.set(latent=np.ones(LATENT, np.float32))
    page.tick(None)
    assert page.minimumSizeHint().width() <= 1280
    assert page.minimumSizeHint().height() <= 692
    start = time.monotonic()
    page.close_page()
    page.close()
    assert time.monotonic() - start < 1.0
    page.deleteLater()


@pytest.mark.parametrize("name", PAGES)
def test_weights_that_cannot_be_read_are_told(name: str, desk: Desk) -> None:
    desk.weights.unlink()
    broken = Desk(desk.live, desk.knobs, desk.weights, None, desk.errands, desk.say)
    with pytest.raises(HandcamError):
        load("handcam.gui.pages", name).open(broken)

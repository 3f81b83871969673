"""Every page opens on any weights with joints, follows what is seen, and closes; or says in one sentence why not."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import frame, hand, pose, tracked
from qt import pump
from small_space import LATENT, SmallLive, small_weights

from handcam.gui.actions import COMMANDS, ActionRegistry
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.known import KnownDirections
from handcam.gui.pages import Page, PageContext, open_page, page_commands, page_names
from handcam.types import HandcamError, Posterior, Result

PAGES = page_names()

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def context(user_files: Path) -> Iterator[PageContext]:
    live = SmallLive()
    weights, card = small_weights(user_files)
    actions = ActionRegistry(COMMANDS | page_commands())
    controls = ControlsModel(live, LATENT)
    directions = KnownDirections(live, weights, card.latent)
    made = PageContext(live, controls, actions, weights, card, BackgroundWorker(), directions, lambda message: None)
    yield made
    made.worker.close(1.0)


@pytest.mark.parametrize("name", PAGES)
def test_opens_follows_and_closes(name: str, context: PageContext) -> None:
    page = open_page(name, context)
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
            context.controls.update(result)
        page.tick(result)
        context.worker.deliver()
        return result is None and time.monotonic() > end

    end = time.monotonic() + 0.5
    assert pump(turn)
    context.controls.set(latent=np.ones(LATENT, np.float32))
    page.tick(None)
    assert page.minimumSizeHint().width() <= 1280
    assert page.minimumSizeHint().height() <= 692
    start = time.monotonic()
    page.close_page()
    page.close()
    assert time.monotonic() - start < 1.0
    page.deleteLater()


@pytest.mark.parametrize("name", PAGES)
def test_weights_that_cannot_be_read_are_told(name: str, context: PageContext) -> None:
    context.weights.unlink()
    broken = replace(context, card=None)
    with pytest.raises(HandcamError):
        open_page(name, broken)

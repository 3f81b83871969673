"""The latent space as an instrument: one latent in every modality, ways to go from it, and what lies around it."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from handcam.gui.background_worker import Errands
from handcam.gui.explorer.animation import FORMATS, FRAME_RATES, write_animation
from handcam.gui.explorer.decode_queue import Decoding, decoder_of
from handcam.gui.explorer.directions_panel import DirectionsPanel
from handcam.gui.explorer.interpolation import WALK_S, Walk
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.explorer.modality_views import TILES, Tiles
from handcam.gui.explorer.neighbours import Surroundings
from handcam.gui.explorer.presets import PresetsShelf
from handcam.gui.help import PAGE_KEYS
from handcam.gui.pages import Desk, Page
from handcam.gui.theme import STEP
from handcam.model.embedding import Atlas, read_atlas
from handcam.model.latent.directions import Direction, named_directions, principal_directions, raw_directions
from handcam.paths import presets_file
from handcam.types import HandcamError, Result

__all__ = ["ExplorerPage", "open"]

_LIVE_S = 1 / 15
"""How often the tiles follow a live hand."""
_SHELF, _THUMB = 6, 60
_LEAST_TILES = 160
"""Height of the tiles, px."""
_NAMES = {"keypoints2d": "keypoint", "rgb": "colour", "depth": "depth", "joints3d": "joint"}


def open(desk: Desk) -> "ExplorerPage":
    """The page.

    Raises:
        HandcamError: the weights cannot be read.
    """
    if desk.card is None:
        raise HandcamError("There are no weights to explore; the live page says what is wrong.")
    return ExplorerPage(desk)


class ExplorerPage(Page):
    """See ``docs/latent.md``."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        assert desk.card is not None
        self._desk, self._card = desk, desk.card
        self.atlas: Atlas | None = None
        self.standing = Standing(desk.knobs)
        self.decoding = Decoding(
            desk.live, [m for m in ("joints3d", "keypoints2d", "rgb", "depth") if m in desk.card.decoders]
        )
        self.tiles = Tiles()
        for name, (modality, _) in TILES.items():
            if modality not in desk.card.decoders:
                self.tiles.tiles[name].missing = f"These weights have no {_NAMES[modality]} decoder."
        self.directions = DirectionsPanel(self.standing, self.decoding, follows=not desk.alone)
        self.walk = Walk(self.standing, self.decoding)
        gain = self._card.calibration.get("fused", {}).get("gain", 1.0)
        self.around = Surroundings(self.standing, self.decoding, gain, _SHELF, _THUMB)
        self.around.sampled.connect(lambda joints: self.tiles.show_decoded(self.tiles.decoded, joints))
        self.presets = PresetsShelf(self.standing, self.decoding, presets_file(), self._card.sha256, _SHELF, _THUMB)
        self._errands = Errands()  # its own: they wait for the model, and films take seconds
        self._wanted_s = 0.0
        self._last: np.ndarray | None = None
        self._lay_out()
        self._menu()
        self._shortcuts()
        self._errands.run(self._prepare, self._take, self._fail)

    def _lay_out(self) -> None:
        right = QWidget()
        right.setObjectName("panel")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.setFixedWidth(_SHELF * (_THUMB + 12) + 2 * STEP)
        column = QVBoxLayout(right)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addWidget(self.walk)
        column.addWidget(self.around)
        column.addWidget(self.presets)
        column.addStretch(1)
        self._right = right
        below = QHBoxLayout()
        below.setSpacing(STEP)
        below.addWidget(self.directions, 1)
        below.addWidget(right)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(STEP, STEP, STEP, STEP)
        layout.setSpacing(STEP)
        layout.addWidget(self.tiles)
        layout.addLayout(below, 1)

    def resizeEvent(self, event) -> None:  # noqa: N802
        """The tiles are square where there is room; what stands below them has its own least height."""
        super().resizeEvent(event)
        room = self.height() - 3 * STEP - self._right.minimumSizeHint().height()
        self.tiles.setFixedHeight(max(_LEAST_TILES, min(self.tiles.best_height(self.width() - 2 * STEP), room)))

    def _menu(self) -> None:
        menu = QMenu(self)
        for ending, name in FORMATS.items():
            menu.addAction(f"{name}…", lambda ending=ending: self._ask_export(ending))
        self.walk.export.setMenu(menu)

    def _shortcuts(self) -> None:
        for key in PAGE_KEYS["Explorer"]:
            for sequence in key.keys.split():
                shortcut = QShortcut(QKeySequence(sequence), self)  # works while the page is seen
                shortcut.activated.connect(getattr(self, key.action))

    # ------------------------------------------------------------------------------------------------- loading
    def _prepare(self) -> tuple[Atlas | None, list[list[Direction]], str]:
        """On the errands' thread: the atlas, and the directions measured through the decoder.

        Without an atlas there are the raw dimensions, and a sentence why there is no more.
        """
        decode, atlas, why = decoder_of(self._desk.live), None, ""
        try:
            atlas = read_atlas(self._desk.weights)
        except HandcamError as error:
            why = str(error)
            prior = np.random.default_rng(0).standard_normal((24, self._card.latent))
            return None, [[], [], raw_directions(prior, decode)], why
        raw = raw_directions(atlas.z["joints3d"], decode)
        return atlas, [principal_directions(atlas, decode), named_directions(atlas, decode), raw], why

    def _take(self, found: tuple[Atlas | None, list[list[Direction]], str]) -> None:
        self.atlas, directions, why = found
        self.directions.take(*directions, why)
        self.around.take(self.atlas, "These weights have no atlas.")
        self._begin()

    def _fail(self, why: str) -> None:
        self.directions.take([], [], [], why)
        self.around.take(None, "There is nothing to show.")

    def _begin(self) -> None:
        """Without a camera: begin at an open hand. The middle of the space is no hand, but the mean of all views."""
        controls, atlas = self._desk.knobs.controls, self.atlas
        if not self._desk.alone or controls.latent is not None or controls.offset is not None or atlas is None:
            return
        told = dict(zip((name.partition(" [")[0] for name in atlas.names), atlas.parameters.T, strict=True))
        if {"open", "palm ahead"} <= set(told):
            self.standing.begin(atlas.z["joints3d"][np.argmax(told["palm ahead"] + told["open"] / 90)])

    # ------------------------------------------------------------------------------------------------- showing
    def tick(self, result: Result | None) -> None:
        self._errands.deliver()
        self.walk.tick()
        self.presets.tick()
        now, z = time.monotonic(), self.standing.z
        elsewhere = self._last is None or not np.array_equal(z, self._last)
        if elsewhere and now - self._wanted_s > (_LIVE_S if self.standing.live else 0.0):
            self._wanted_s, self._last = now, z.copy()
            self.decoding.want(z)
        if self.decoding.poll():
            self.tiles.show_decoded(self.decoding.shown)
            self.directions.show_pose(self.decoding.shown.get("joints3d"))
        self.around.tick()
        self.directions.look()

    def close_page(self) -> None:
        self._errands.close(0.05)

    # --------------------------------------------------------------------------------------------------- keys
    def undo(self) -> None:
        """Back to where the last stroke began."""
        self.walk.stop()
        self.standing.undo()

    def redo(self) -> None:
        """What was undone, again."""
        self.walk.stop()
        self.standing.redo()

    def capture_a(self) -> None:
        """Take the pose shown as A."""
        self.walk.capture(0)

    def capture_b(self) -> None:
        """Take the pose shown as B."""
        self.walk.capture(1)

    def play_walk(self) -> None:
        """Walk to and fro, or stop."""
        self.walk.play_button.click()

    def save_preset(self) -> None:
        """Keep the pose shown."""
        self.presets.ask_name()

    # ------------------------------------------------------------------------------------------------- export
    def _ask_export(self, ending: str) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Write the walk", f"walk.{ending}", f"{FORMATS[ending]} (*.{ending})"
        )
        if path:
            self.export_walk(Path(path).with_suffix(f".{ending}"))

    def export_walk(self, out: Path) -> None:
        """Write the walk from A to B in the format of the file's ending, beside the window."""
        share = np.linspace(0, 1, round(WALK_S * FRAME_RATES[out.suffix[1:]]))
        z = self.walk.latents(share).astype(np.float32)
        orbit, length_m = self.tiles.orbit, self._desk.knobs.controls.hand_length_m

        def write() -> Path:
            decoded = {m: decoder_of(self._desk.live, m)(z) for m in self.decoding.modalities}
            return write_animation(out, z, decoded, orbit, length_m)

        self._desk.say(f"Writing {out.name}…")
        self._errands.run(write, lambda path: self._desk.say(f"Saved {path}"), self._desk.say)

"""The latent space as an instrument: one latent in every modality, ways to go from it, and what lies around it."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from handcam.atlas import Atlas, read_atlas
from handcam.gui.explorer.animation import FORMATS, FRAME_RATES, write_animation
from handcam.gui.explorer.decoding import Decoding, decoder_of
from handcam.gui.explorer.directions_panel import DirectionsPanel
from handcam.gui.explorer.presets_shelf import PresetsShelf
from handcam.gui.explorer.shelf import Shelf
from handcam.gui.explorer.standing import Standing
from handcam.gui.explorer.tiles import TILES, Tiles
from handcam.gui.explorer.walk import WALK_S, Walk
from handcam.gui.help import PAGE_KEYS
from handcam.gui.pages import Desk, Page
from handcam.gui.theme import STEP
from handcam.latent.directions import named_directions, principal_directions, raw_directions
from handcam.latent.presets import presets_file
from handcam.latent.walks import around, nearest
from handcam.types import HandcamError, Result

__all__ = ["ExplorerPage", "open"]

_LOOK_S = 1 / 8
"""How often pictures, neighbours and samples follow."""
_LIVE_S = 1 / 20
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
        self.near = Shelf(_SHELF, _THUMB, "Loading the atlas…", words=False)
        self.near.setToolTip("Hands of the atlas whose latents lie nearest; click to go there")
        self.near.picked.connect(lambda k: self._go(self._near, k))
        self.samples = Shelf(_SHELF, _THUMB, "…", words=False)
        self.samples.setToolTip("Poses drawn from the Gaussian around the pose shown; click to go there")
        self.samples.picked.connect(lambda k: self._go(self._samples, k))
        self.presets = PresetsShelf(self.standing, self.decoding, presets_file(), self._card.sha256, _SHELF, _THUMB)
        self._near = self._samples = np.zeros((0, desk.knobs.latent))
        self._looked_s = self._wanted_s = 0.0
        self._last: np.ndarray | None = None
        self._seed = 0
        self.samples_title = QLabel()
        self._lay_out()
        self._menu()
        self._shortcuts()
        desk.errands.run(self._prepare, self._take, self._fail)

    def _lay_out(self) -> None:
        right = QWidget()
        right.setObjectName("panel")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        right.setFixedWidth(_SHELF * (_THUMB + 12) + 2 * STEP)
        column = QVBoxLayout(right)
        column.setContentsMargins(2 * STEP, STEP, 2 * STEP, STEP)
        column.setSpacing(STEP)
        column.addWidget(self.walk)
        near = QLabel("Nearest poses of the atlas")
        for title, shelf in ((near, self.near), (self.samples_title, self.samples)):
            part = QVBoxLayout()
            part.setSpacing(4)
            part.addWidget(title)
            part.addWidget(shelf)
            column.addLayout(part)
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
                shortcut = QShortcut(QKeySequence(sequence), self)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(getattr(self, key.action))

    # ------------------------------------------------------------------------------------------------- loading
    def _prepare(self):
        """On the errands' thread: the atlas, and the directions measured through the decoder."""
        atlas, decode = read_atlas(self._desk.weights), decoder_of(self._desk.live)
        return atlas, [f(atlas, decode) for f in (principal_directions, named_directions, raw_directions)]

    def _take(self, found) -> None:
        self.atlas, directions = found
        self.directions.take(*directions)
        self._looked_s = 0.0
        self._last = None
        self._begin()

    def _begin(self) -> None:
        """Without a camera: begin at an open hand. The middle of the space is no hand, but the mean of all views."""
        controls, atlas = self._desk.knobs.controls, self.atlas
        if not self._desk.alone or controls.latent is not None or controls.offset is not None or atlas is None:
            return
        told = dict(zip((name.partition(" [")[0] for name in atlas.names), atlas.parameters.T, strict=True))
        if {"open", "palm ahead"} <= set(told):
            self.standing.begin(atlas.z["joints3d"][np.argmax(told["palm ahead"] + told["open"] / 90)])

    def _fail(self, why: str) -> None:
        self.directions.fail(why)
        self.near.show_nothing(why)

    # ------------------------------------------------------------------------------------------------- showing
    def tick(self, result: Result | None) -> None:
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
        if now - self._looked_s > _LOOK_S:
            self._looked_s = now
            self._look(z)

    def _look(self, z: np.ndarray) -> None:
        """What lies around ``z``."""
        self.directions.look()
        usual = None
        if self.atlas is not None:
            usual = self.atlas.variance.get("rgb", self.atlas.variance["joints3d"])
            among = self.atlas.z["joints3d"]
            if among.shape[1] == len(z):
                found = nearest(z, among, _SHELF)
                self._near = among[found]
                self.near.show_hands(self.atlas.joints[found])
        gauss = self.standing.posterior(usual)
        live = self._desk.knobs.posterior is not None
        self.samples_title.setText(
            "Samples of the live posterior" if live else "Samples as wide as a usual hand's posterior"
        )
        if gauss is not None:
            drawn = around(gauss.mean, gauss.log_var, _SHELF, self._seed)
            if self.decoding.batch("samples", drawn, self._show_samples):
                self._samples = drawn

    def _show_samples(self, joints: np.ndarray) -> None:
        self.samples.show_hands(joints)
        self.tiles.show_decoded(self.tiles.decoded, joints)

    def _go(self, among: np.ndarray, k: int) -> None:
        if k < len(among):
            self.standing.go(among[k])

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
            return write_animation(out, z, decoded, orbit, length_m, self._card)

        self._desk.say(f"Writing {out.name}…")
        self._desk.errands.run(write, lambda path: self._desk.say(f"Saved {path}"), self._desk.say)

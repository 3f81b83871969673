"""The map as a page of the window."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from handcam.gui.map.embeddings import Embeddings
from handcam.gui.map.export import write_selection
from handcam.gui.map.live_dot import LiveDot
from handcam.gui.map.point_colours import Paints
from handcam.gui.map.projection import Projection
from handcam.gui.map.projection_selector import Choice
from handcam.gui.map.scatter_view import Cloud
from handcam.gui.map.sidebar import BY_MODALITY, Side
from handcam.gui.map.tooltip import PoseCard, number, told
from handcam.gui.pages import Desk, Page
from handcam.gui.theme import STEP
from handcam.hand.skeleton import ROOT, hand_length
from handcam.model.embedding import Atlas
from handcam.types import Result

__all__ = ["MapPage"]

_EVERY_S = 1 / 20
"""How often the live dot is drawn, when there is something new."""
_TOLD = 3
"""How many parameters of a pose are told under the mouse."""


class MapPage(Page):
    """The cloud, its legend, and the live hand in it. Works with no hand, too."""

    def __init__(self, desk: Desk, atlas: Atlas) -> None:
        super().__init__()
        self._desk, self._knobs, self._atlas = desk, desk.knobs, atlas
        self.embeddings = Embeddings.of(atlas)
        self.maps = Choice(self.embeddings)
        self.selected = np.zeros(0, int)
        """Numbers of the selected points."""
        self.paints = Paints(atlas, self.embeddings)
        self._drawn_s, self._fresh = 0.0, True
        self._result: Result | None = None
        counts = np.bincount(self.embeddings.modality, minlength=len(self.embeddings.names))
        legend = list(zip(self.embeddings.names, self.paints.modalities, counts.tolist(), strict=True))
        self.cloud, self.side = Cloud(), Side(legend, atlas.names)
        self.dot = LiveDot(self.cloud)
        self.card = PoseCard(self.cloud, 160, 128, framed=True)
        self.card.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(STEP, STEP, STEP, STEP)
        layout.setSpacing(STEP)
        layout.addWidget(self.cloud, 1)
        layout.addWidget(self.side)
        self._knobs.changed.connect(self._stir)
        self.cloud.hovered.connect(self._hover)
        self.cloud.clicked.connect(self._go)
        self.cloud.lassoed.connect(self.select)
        self.maps.placed.connect(self._place)
        self.maps.said.connect(self._say_map)
        self.side.kind.connect(self.maps.choose)
        self.side.cancel.connect(self.maps.cancel)
        self.side.shown.connect(self._show_modalities)
        self.side.colour_by.connect(self.colour_by)
        self.side.lasso.connect(self._lasso)
        self.side.export.connect(self._export)
        self.side.clear.connect(lambda: self.select(np.zeros(0, int)))
        self.side.colour.show_value(BY_MODALITY)
        self.maps.choose("PCA")
        self.select(self.selected)

    # ------------------------------------------------------------------------------------------------ what is shown

    def _place(self, projection: Projection) -> None:
        self.cloud.show_points(projection.points, self._brushes())
        self.cloud.fit()
        self.card.hide()
        self.dot.forget()
        self._fresh = True

    def _say_map(self, words: str, share: float | None) -> None:
        self.side.show_map(self.maps.kind, words, share)

    def _show_modalities(self) -> None:
        on = np.array([self.side.modalities[name].isChecked() for name in self.embeddings.names])
        self.cloud.show_only(on[self.embeddings.modality])
        self.select(self.selected[self.cloud.visible_[self.selected]])

    def colour_by(self, name: str) -> None:
        """Colour the points by their modality or by a parameter of the pose."""
        self.side.colour.show_value(name)
        if name == BY_MODALITY:
            self.paints.by_modality()
        else:
            self.paints.by_parameter(name)
        self.side.ramp.show_range(self.paints.ramp, *map(number, self.paints.ends))
        self.cloud.paint_points(self._brushes())

    def _brushes(self) -> np.ndarray:
        if not len(self.selected):
            return self.paints.of()
        chosen = np.zeros(len(self.embeddings.z), bool)
        chosen[self.selected] = True
        return self.paints.of(chosen)

    def _lasso(self, on: bool) -> None:
        self.cloud.lasso = on
        self.side.show_selected(self._counts(), on)

    def _counts(self) -> dict[str, int]:
        names, modality = self.embeddings.names, self.embeddings.modality[self.selected]
        return dict(zip(names, np.bincount(modality, minlength=len(names)).tolist(), strict=True))

    def select(self, numbers: np.ndarray) -> None:
        """Select these points."""
        self.selected = numbers
        self.cloud.paint_points(self._brushes())
        self.side.draw.setChecked(False)
        self._lasso(False)

    def _export(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export the selection", "selection.npz", "NumPy archive (*.npz)")
        if path:
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write the selection, beside the window."""
        card, points, numbers = self._desk.card, self.cloud.points, self.selected
        about = {
            "weights": card.name if card is not None else None, "weights_sha256": card.sha256 if card else None,
            "map_kind": self.maps.kind,
        }  # fmt: skip
        self._desk.errands.run(
            lambda: write_selection(path, self._atlas, self.embeddings, numbers, points, about),
            lambda done: self._desk.say(f"Wrote {len(numbers):,} embeddings to {done}"), self._desk.say,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------- hover, go, live hand

    def _hover(self, found: int) -> None:
        if found < 0:
            self.card.hide()
            self.cloud.ring(np.zeros(0, int))
            return
        pose, modality = int(self.embeddings.pose[found]), int(self.embeddings.modality[found])
        kin = self.embeddings.of_pose(pose)
        kin = kin[self.cloud.visible_[kin] & (kin != found)]
        self.cloud.ring(np.array([found, *kin]))
        known = list(zip(self._atlas.names, self._atlas.parameters[pose].tolist(), strict=True))[:_TOLD]
        words = f"hand {pose + 1}, {self.embeddings.names[modality]}"
        self.card.show_pose(self._atlas.joints[pose], [words, *(told(name, value) for name, value in known)])
        at = self.cloud.to_pixels(self.cloud.points[found])
        self.card.place(QPoint(*np.round(at).astype(int).tolist()))

    def _go(self, number: int, at: np.ndarray) -> None:
        """Hold the latent of a point, or of a place between the points."""
        if number >= 0:
            z = self.embeddings.z[number]
        else:
            z = self.maps.projection.lift(at, self._knobs.base + self._knobs.offset)
        self._knobs.set(latent=np.asarray(z, np.float32), offset=None)

    def _stir(self) -> None:
        self._fresh = True

    def tick(self, result: Result | None) -> None:
        if result is not None:
            self._result, self._fresh = result, True
        self.maps.poll()
        now = time.monotonic()
        if (self._fresh or self.dot.fading) and now - self._drawn_s >= _EVERY_S:
            self._drawn_s, self._fresh = now, False
            self._draw_live()

    def _draw_live(self) -> None:
        knobs, result = self._knobs, self._result
        if knobs.latent != self.embeddings.z.shape[1]:
            return  # weights other than the atlas's run at the moment
        seen = result is not None and result.hands and knobs.posterior is not None
        hand = result.hands[0] if result is not None and seen else None
        colours = dict(zip(self.embeddings.names, self.paints.modalities, strict=True))
        shown = {name: colours[name] for name, button in self.side.modalities.items() if button.isChecked()}
        self.dot.show(hand, knobs, shown, self.maps.projection)
        posed = hand or (result.explored if result is not None else None)
        if posed is None:
            self.side.pose.show_pose(None, ("No hand: click a point",))
            return
        joints = posed.pose.joints_m - posed.pose.joints_m[ROOT]
        moved = knobs.frozen or bool(knobs.offset.any())
        words = "set by you" if moved else f"the live {posed.pose.side.value} hand"
        self.side.pose.show_pose(joints, (words,), float(hand_length(joints)))

    def leaveEvent(self, event) -> None:  # noqa: N802
        super().leaveEvent(event)
        if not self.rect().contains(self.mapFromGlobal(QCursor.pos())):
            self._hover(-1)

    def close_page(self) -> None:
        self.maps.close()

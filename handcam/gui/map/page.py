"""Map page: the scatter of the embeddings, its legend, and the live hand in it."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog

from handcam.gui.map.embeddings import Embeddings, PointColours, write_selection
from handcam.gui.map.live_dot import LiveDot
from handcam.gui.map.projection import Projection, ProjectionSelector
from handcam.gui.map.scatter_view import ScatterView
from handcam.gui.map.sidebar import BY_MODALITY, Sidebar
from handcam.gui.map.tooltip import PoseTooltip, format_number, in_millimetres, parameter_line
from handcam.gui.pages import Page, PageContext
from handcam.gui.status.messages import NO_HAND
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import in_row
from handcam.hand.skeleton import ROOT, hand_length
from handcam.model.embedding import ReferenceSet, read_reference_set
from handcam.types import Result

__all__ = ["MapPage", "open"]

_EVERY_S = 1 / 20
"""Interval at which the live dot is drawn, when there is something new."""
_PARAMETERS = 3
"""Parameters of a pose in its tooltip."""


def open(context: PageContext) -> "MapPage":
    """Make the page.

    Raises:
        WeightsError: these weights have no references.
    """
    return MapPage(context, read_reference_set(context.weights))


class MapPage(Page):
    """Scatter view and sidebar; works without a hand, too."""

    def __init__(self, context: PageContext, references: ReferenceSet) -> None:
        super().__init__()
        self.context, self._controls, self._references = context, context.controls, references
        self.embeddings = Embeddings.of(references)
        self.selector = ProjectionSelector(self.embeddings)
        self.selected = np.zeros(0, int)
        """Numbers of the selected points."""
        self.colours = PointColours(references, self.embeddings)
        self._drawn_s, self._stale = 0.0, True
        self._result: Result | None = None
        counts = np.bincount(self.embeddings.modality, minlength=len(self.embeddings.names))
        legend = list(zip(self.embeddings.names, self.colours.modalities, counts.tolist(), strict=True))
        self.scatter, self.sidebar = ScatterView(), Sidebar(legend, references.names)
        self.dot = LiveDot(self.scatter)
        self.tooltip = PoseTooltip(self.scatter, 160, 128, framed=True)
        self.tooltip.hide()
        self.setLayout(in_row((self.scatter, 1), self.sidebar, spacing=STEP, margins=(STEP, STEP, STEP, STEP)))
        self._controls.changed.connect(self._mark_stale)
        self.scatter.hovered.connect(self._hover)
        self.scatter.clicked.connect(self._go_to)
        self.scatter.lassoed.connect(self.select)
        self.selector.projection_changed.connect(self._show_projection)
        self.selector.described.connect(self._describe_map)
        self.sidebar.kind.connect(self.selector.choose)
        self.sidebar.cancel.connect(self.selector.cancel)
        self.sidebar.modalities_changed.connect(self._show_modalities)
        self.sidebar.colour_by.connect(self.colour_by)
        self.sidebar.lasso.connect(self._lasso)
        self.sidebar.export.connect(self._export)
        self.sidebar.clear.connect(lambda: self.select(np.zeros(0, int)))
        self.sidebar.colour.show_value(BY_MODALITY)
        self.selector.choose("PCA")
        self.select(self.selected)

    # ------------------------------------------------------------------------------------------------ what is shown

    def _show_projection(self, projection: Projection) -> None:
        self.scatter.show_points(projection.points, self.brushes())
        self.scatter.show_all()
        self.tooltip.hide()
        self.dot.clear()
        self._stale = True

    def _describe_map(self, description: str, share: float | None) -> None:
        self.sidebar.show_map(self.selector.kind, description, share)

    def _show_modalities(self) -> None:
        on = np.array([self.sidebar.modalities[name].isChecked() for name in self.embeddings.names])
        self.scatter.show_only(on[self.embeddings.modality])
        self.select(self.selected[self.scatter.shown_[self.selected]])

    def colour_by(self, name: str) -> None:
        """Colour the points by their modality or by a parameter of the pose."""
        length_m = self._controls.state.hand_length_m
        self.sidebar.colour.show_value(in_millimetres(name, 0.0, length_m)[0])
        if name == BY_MODALITY:
            self.colours.colour_by_modality()
        else:
            self.colours.colour_by_parameter(name)
        ends = (format_number(in_millimetres(name, end, length_m)[1]) for end in self.colours.ends)
        self.sidebar.ramp.show_range(self.colours.ramp, *ends)
        self.scatter.set_brushes(self.brushes())

    def brushes(self) -> np.ndarray:
        """Brush of every point."""
        if not len(self.selected):
            return self.colours.brushes()
        chosen = np.zeros(len(self.embeddings.z), bool)
        chosen[self.selected] = True
        return self.colours.brushes(chosen)

    def _lasso(self, on: bool) -> None:
        self.scatter.lasso = on
        self.sidebar.show_selected(self._counts(), on)

    def _counts(self) -> dict[str, int]:
        names, modality = self.embeddings.names, self.embeddings.modality[self.selected]
        return dict(zip(names, np.bincount(modality, minlength=len(names)).tolist(), strict=True))

    def select(self, numbers: np.ndarray) -> None:
        """Select these points."""
        self.selected = numbers
        self.scatter.set_brushes(self.brushes())
        self.sidebar.draw.setChecked(False)
        self._lasso(False)

    def _export(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, tr("Export the selection"), "selection.npz", "NumPy archive (*.npz)"
        )
        if path:
            self.export(Path(path))

    def export(self, path: Path) -> None:
        """Write the selection, beside the window."""
        card, points, numbers = self.context.card, self.scatter.points, self.selected
        about = {
            "weights": card.name if card is not None else None, "weights_sha256": card.sha256 if card else None,
            "map_kind": self.selector.kind,
        }  # fmt: skip
        self.context.worker.run(
            lambda: write_selection(path, self._references, self.embeddings, numbers, points, about),
            lambda done: self.context.show_message(tr("Wrote {0:,} embeddings to {1}", len(numbers), done)),
            self.context.show_message,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------- hover, go, live hand

    def _hover(self, found: int) -> None:
        if found < 0:
            self.tooltip.hide()
            self.scatter.mark_points(np.zeros(0, int))
            return
        pose, modality = int(self.embeddings.pose[found]), int(self.embeddings.modality[found])
        same_pose = self.embeddings.of_pose(pose)
        same_pose = same_pose[self.scatter.shown_[same_pose] & (same_pose != found)]
        self.scatter.mark_points(np.array([found, *same_pose]))
        known = list(zip(self._references.names, self._references.parameters[pose].tolist(), strict=True))[:_PARAMETERS]
        title = tr("hand {0}, {1}", pose + 1, self.embeddings.names[modality])
        lines = [title, *(parameter_line(name, value, self._controls.state.hand_length_m) for name, value in known)]
        self.tooltip.show_pose(self._references.joints[pose], lines)
        at = self.scatter.to_pixels(self.scatter.points[found])
        self.tooltip.move_beside(QPoint(*np.round(at).astype(int).tolist()))

    def _go_to(self, number: int, at: np.ndarray) -> None:
        """Go to the latent of a point, or of a position between the points."""
        if number >= 0:
            z = self.embeddings.z[number]
        else:
            z = self.selector.projection.inverse_transform(at, self._controls.z)
        self._controls.go_to(z)

    def _mark_stale(self) -> None:
        self._stale = True

    def tick(self, result: Result | None) -> None:
        if result is not None:
            self._result, self._stale = result, True
        self.selector.poll()
        now = time.monotonic()
        if (self._stale or self.dot.fading) and now - self._drawn_s >= _EVERY_S:
            self._drawn_s, self._stale = now, False
            self._draw_live()

    def _draw_live(self) -> None:
        controls, result = self._controls, self._result
        if controls.latent_size != self.embeddings.z.shape[1]:
            return  # weights other than the reference set's run at the moment
        hand_shown = result is not None and result.hands and controls.posterior is not None
        hand = result.hands[0] if result is not None and hand_shown else None
        colours = dict(zip(self.embeddings.names, self.colours.modalities, strict=True))
        shown = {name: colours[name] for name, button in self.sidebar.modalities.items() if button.isChecked()}
        self.dot.show(hand, controls, shown, self.selector.projection)
        posed = hand or (result.explored if result is not None else None)
        if posed is None:
            self.sidebar.pose.show_pose(None, (tr("{0}: click a point", tr(NO_HAND)),))
            return
        joints = posed.pose.joints_m - posed.pose.joints_m[ROOT]
        title = tr("set by you") if controls.edited else tr("the live {0} hand", tr(posed.pose.side.value))
        self.sidebar.pose.show_pose(joints, (title,), float(hand_length(joints)))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        if not self.rect().contains(self.mapFromGlobal(QCursor.pos())):
            self._hover(-1)

    def close_page(self) -> None:
        self.selector.close()

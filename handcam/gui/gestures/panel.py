"""Teach gestures by showing them: name one, press *Teach*, hold the pose or make the motion."""

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QComboBox, QLineEdit, QListWidget, QListWidgetItem, QWidget

from handcam.gestures.taught import Kind, TaughtGestures
from handcam.gestures.teacher import HOLD_S, Teacher
from handcam.gui.gestures.triggers import POSSIBLE, GestureTriggers
from handcam.gui.style.language import noop, tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import as_panel, button, in_column, in_row, muted
from handcam.live import Live
from handcam.types import HandcamError

__all__ = ["GesturesPanel", "open_panel"]

_POLL_MS = 100
_SAY = {
    "pose": noop("Hold the pose still for {0:.1f} s."),
    "motion": noop("Hold still, make the motion, and hold still again."),
}


def open_panel(
    owner: QWidget, live: Live, path: Path, weights_sha256: str, triggers: GestureTriggers
) -> "GesturesPanel":
    """Show the window over its owner; from now on gestures are recognised.

    Raises:
        HandcamError: the file of gestures cannot be read.
    """
    if live.recogniser is None:
        taught = TaughtGestures.read(path) if path.exists() else TaughtGestures()
        live.recogniser = Teacher(taught, weights_sha256)
    panel = GesturesPanel(owner, live.recogniser, path, triggers)
    panel.show()
    return panel


class GesturesPanel(QWidget):
    """The gestures that are known, with what is seen now, and the way to teach another.

    Args:
        owner: the window it belongs to.
        teacher: is taught; the live thread gives it results.
        path: where the gestures are kept.
        triggers: actions of the window that gestures may trigger.
    """

    def __init__(self, owner: QWidget, teacher: Teacher, path: Path, triggers: GestureTriggers) -> None:
        super().__init__(owner, Qt.WindowType.Tool)
        as_panel(self)
        self.setWindowTitle(tr("Gestures"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._teacher, self._path, self._saved, self._triggers = teacher, path, teacher.taught, triggers
        self.name = QLineEdit()
        self.name.setPlaceholderText(tr("name, e.g. fist"))
        self.name.setMaxLength(80)
        self.teach, self.forget = (
            button("Teach", "Show it two or three times, pressing Teach each time"),
            button("Forget"),
        )
        self.kinds = {kind: button(kind.capitalize(), checkable=True) for kind in _SAY}
        chosen = QButtonGroup(self)
        for each in self.kinds.values():
            chosen.addButton(each)
        self.kinds["pose"].setChecked(True)
        self.list, self.said = QListWidget(), muted()
        self.does = QComboBox()
        self.does.addItem(tr("does nothing else"), "")
        for name in POSSIBLE:
            self.does.addItem(triggers.actions[name].text(), name)
        self.does.setToolTip(tr("What the chosen gesture does in this window; a pose when it is held for a moment"))
        self.does.setAccessibleName(tr("What the chosen gesture does"))
        self.does.setEnabled(False)
        self.does.activated.connect(lambda k: self._choose(self.does.itemData(k)))
        self.said.setWordWrap(True)
        self.said.setMinimumHeight(4 * STEP)
        self.setLayout(in_column(
            in_row(self.name, *self.kinds.values(), self.teach, spacing=STEP), self.said, (self.list, 1),
            in_row(muted(str(path.name)), None, self.does, self.forget, spacing=STEP),
            spacing=STEP, margins=(2 * STEP, 2 * STEP, 2 * STEP, 2 * STEP),
        ))  # fmt: skip
        self.resize(420, 320)
        self.teach.clicked.connect(self._teach)
        self.name.returnPressed.connect(self._teach)
        self.forget.clicked.connect(self._forget)
        self.list.currentTextChanged.connect(lambda _: self._name_selected())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_POLL_MS)
        self._fill()

    def refresh(self) -> None:
        """Follow the teacher: say what it waits for, keep what was taken, mark what is seen."""
        teacher = self._teacher
        if teacher.taught is not self._saved:
            self._keep()
        if teacher.state == "taken":
            teacher.stop()
            count = sum(e.name == self.name.text().strip() for e in teacher.taught.examples)
            self.said.setText(
                tr("Taken: {0} of {1!r}. Two or three are enough; vary them a little.", count, self.name.text())
            )
        seen = {event.name: event for event in teacher.now if event.phase != "end"}
        for row in range(self.list.count()):
            item = self.list.item(row)
            name = item.data(Qt.ItemDataRole.UserRole)
            count = sum(e.name == name for e in teacher.taught.examples)
            now = f"   ● {tr(seen[name].side.value)} {seen[name].probability:.0%}" if name in seen else ""
            item.setText(f"{name} · {count}{now}")

    def _teach(self) -> None:
        name = self.name.text().strip()
        kind: Kind = "pose" if self.kinds["pose"].isChecked() else "motion"
        known = {e.kind for e in self._teacher.taught.examples if e.name == name}
        if not name:
            self.said.setText(tr("Name the gesture first."))
        elif known and kind not in known:
            self.said.setText(tr("{0!r} is a {1}; take another name.", name, tr(known.pop())))
        else:
            self._teacher.teach(name, kind)
            self.said.setText(tr(_SAY[kind], HOLD_S))

    def _forget(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._teacher.forget(item.data(Qt.ItemDataRole.UserRole))
            self._keep()

    def _keep(self) -> None:
        """Write what is known, and list it."""
        self._saved = self._teacher.taught
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._saved.write(self._path)
        except (HandcamError, OSError) as error:
            self.said.setText(str(error))
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        for name in self._teacher.taught.names:
            item = QListWidgetItem(name)
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.list.addItem(item)
        self.refresh()

    def _choose(self, action: str) -> None:
        item = self.list.currentItem()
        if item is not None:
            name = item.data(Qt.ItemDataRole.UserRole)
            others = {k: v for k, v in self._triggers.chosen.items() if k != name}
            self._triggers.chosen = {**others, name: action} if action else others

    def _name_selected(self) -> None:
        item = self.list.currentItem()
        self.does.setEnabled(item is not None)
        action = self._triggers.chosen.get(item.data(Qt.ItemDataRole.UserRole), "") if item is not None else ""
        self.does.setCurrentIndex(max(self.does.findData(action), 0))
        if item is not None and self._teacher.state != "waiting":
            self.name.setText(item.data(Qt.ItemDataRole.UserRole))

"""Dialog of the settings that no button of the window has: colours, size of type, folder of recordings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QFormLayout, QLabel, QWidget

from handcam.gui.settings.store import WindowSettings
from handcam.gui.style.language import LANGUAGES, tr
from handcam.gui.style.widgets import ElidedLabel, button, in_column, in_row, muted

__all__ = ["SettingsDialog"]

_THEMES = {"dark": "Dark", "light": "Light", "system": "As the system"}
_PERCENTS = (100, 115, 130, 150)


class SettingsDialog(QDialog):
    """Hands over every setting at once when it is changed."""

    def __init__(
        self, parent: QWidget | None, settings: WindowSettings, change: Callable[[str, Any], object], folder: Path
    ) -> None:
        """
        Args:
            parent: the window.
            settings: as they are.
            change: takes name and value of a setting that the user has changed.
            folder: for sessions.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self._change = change
        self.theme = self._choice("theme", _THEMES, settings.theme, tr("Colours"))
        self.type_percent = self._choice(
            "type_percent", {p: f"{p} %" for p in _PERCENTS}, settings.type_percent, tr("Size of type and controls")
        )
        languages = {"system": "As the system", **LANGUAGES}
        self.language = self._choice("language", languages, settings.language, tr("Language"))
        self.folder = ElidedLabel(str(folder))
        self.folder.setToolTip(str(folder))
        choose = button("Choose…", "Folder for recordings and snapshots")
        choose.clicked.connect(self._choose_folder)
        self.note = muted("Colours, size and language are taken at the next start.")
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(24)
        form.addRow(QLabel(tr("Colours")), self.theme)
        form.addRow(QLabel(tr("Size of type and controls")), self.type_percent)
        form.addRow(QLabel(tr("Language")), self.language)
        form.addRow(QLabel(tr("Recordings")), in_row((self.folder, 1), choose, spacing=8))
        close = button("Close")
        close.clicked.connect(self.accept)
        self.setLayout(in_column(form, self.note, None, in_row(None, close), spacing=16, margins=(16, 16, 16, 16)))
        self.resize(480, 256)

    def _choice(self, name: str, texts: dict[Any, str], now: Any, accessible: str) -> QComboBox:
        box = QComboBox()
        for value, text in texts.items():
            box.addItem(tr(text), value)
        box.setCurrentIndex(max(box.findData(now), 0))
        box.setAccessibleName(accessible)
        box.activated.connect(lambda k: self._change(name, box.itemData(k)))
        return box

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("Folder for recordings and snapshots"), self.folder.text())
        if path:
            self.folder_chosen(path)

    def folder_chosen(self, path: str) -> None:
        """Record into this folder from now on."""
        self.folder.setText(path)
        self.folder.setToolTip(path)
        self._change("recordings", path)

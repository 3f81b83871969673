"""Every text of the window is translatable, German is complete, and nothing is cut off in it."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_live import CARD, FakeLive, result
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtGui import QAction, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QTabBar,
    QWidget,
)
from qt import pump
from sessions import record

from handcam.gui.sessions.export_dialog import ExportDialog, format_summary
from handcam.gui.sessions.marks import MarksDialog
from handcam.gui.style.language import CONTEXT, set_language, tr
from handcam.gui.style.widgets import ElidedLabel, MenuButton
from handcam.gui.window import Window
from handcam.paths import shipped
from handcam.plugins import names

sys.path.insert(0, str(Path(__file__).parents[3] / "examples"))
import translations

DIALOGS = ("settings", "streams", "calibrate", "teach", "marks", "export")
SAME = re.compile(
    r"handcam.*|webcam.*|onnx.*|auto.*|demo.*|csv|parquet|json|z\d+|CSV…|PDF.*|3D|R²|[σ·±%°.,:0-9A-Zµ\s−+/…→←×?]*|"
    r"\W*|https?://.*|/.*|.*\.(csv|mp4|json)|Built-in camera|English|Deutsch|take.*|"
    r"p\d+ \d+ \w+ · p\d+ \d+ \w+"
)
"""Names, numbers, units and paths, which are the same in every language."""


class Marking(QTranslator):
    """Translates every text that it is asked for to itself in brackets."""

    def translate(self, context, sourceText, disambiguation=None, n=-1):  # noqa: N803
        return f"⟦{sourceText}⟧" if context == CONTEXT else ""

    def isEmpty(self) -> bool:  # noqa: N802
        return False


@pytest.fixture
def german(app: QApplication) -> Iterator[None]:
    set_language(app, "de")
    yield
    set_language(app, "en")


@pytest.fixture
def marked(app: QApplication) -> Iterator[None]:
    translator = Marking(app)
    app.installTranslator(translator)
    yield
    app.removeTranslator(translator)


def open_everything(make_window: Callable[..., Window], live: FakeLive, folder: Path) -> list[QWidget]:
    """The window with a hand in view on each panel, its start page, and its dialogs."""
    record(folder / "take", 6)
    window = make_window(recordings=folder)
    window.resize(1000, 650)
    window.show()
    live.put(result(0.4))
    assert pump(lambda: window.result is not None)
    for panel in range(4):
        window.live_page.dock.tabs.setCurrentIndex(panel)
        QApplication.processEvents()
    window.start.show_recent(["video:hand.mp4"])
    window.start.open_page()
    window.sources.requested = f"recording:{folder / 'take'}"
    for name in DIALOGS:
        window.actions_[name].trigger()
    QApplication.processEvents()
    shown: list[QWidget] = [window, *window.findChildren(QDialog)]
    assert {type(each) for each in shown} >= {MarksDialog, ExportDialog}
    return shown


def texts_of(widget: QWidget) -> Iterator[str]:
    """All that a widget and those in it show, with tooltips and names for screen readers."""
    yield widget.windowTitle()
    for each in (widget, *widget.findChildren(QWidget)):
        yield from (each.toolTip(), each.accessibleName())
        if isinstance(each, QAbstractButton | QLabel):
            yield re.sub(r"<[^>]*>", "", each.text())
        if isinstance(each, MenuButton):
            yield tr(each.value)
        if isinstance(each, QTabBar):
            yield from (each.tabText(k) for k in range(each.count()))
        if isinstance(each, QComboBox):
            yield from (each.itemText(k) for k in range(each.count()))
        if isinstance(each, QLineEdit):
            yield each.placeholderText()
    for action in widget.findChildren(QAction):
        yield from (action.text(), action.toolTip())


def test_every_text_that_is_shown_can_be_translated(
    marked: None, make_window: Callable[..., Window], live: FakeLive, tmp_path: Path
) -> None:
    found = {text.strip() for widget in open_everything(make_window, live, tmp_path) for text in texts_of(widget)}
    assert len(found) > 200
    untranslated = {text for text in found if "⟦" not in text and not SAME.fullmatch(text)}
    formats = names("handcam.session.export")
    keys = {*formats, *names("handcam.streams"), *CARD.encoders, "fused"}
    assert untranslated - keys - {format_summary(name) for name in formats} == set()


def test_german_is_complete_and_compiled() -> None:
    sources = translations.texts()
    known = translations.translations(translations.FOLDER / "de.ts")
    assert sources - known.keys() == set(), "run examples/translations.py and fill them in"
    assert known.keys() - sources == set(), "run examples/translations.py: these texts are gone"
    for source, german in known.items():
        fields = sorted(re.findall(r"\{\d+[^}]*\}", source))
        assert sorted(re.findall(r"\{\d+[^}]*\}", german)) == fields, source
    compiled = QTranslator()
    assert compiled.load(str(shipped("assets/translations/de.qm")))
    for source, german in known.items():
        assert compiled.translate(CONTEXT, source) == german, "run examples/translations.py"


def test_nothing_is_cut_off_in_german(
    german: None, make_window: Callable[..., Window], live: FakeLive, tmp_path: Path
) -> None:
    assert QCoreApplication.translate(CONTEXT, "Record") == "Aufnahme"
    cut: list[str] = []
    for window in open_everything(make_window, live, tmp_path):
        for each in window.findChildren(QWidget):
            if not each.isVisible() or isinstance(each, MenuButton | ElidedLabel):
                continue
            if each.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Ignored:
                continue
            if isinstance(each, QPushButton | QCheckBox) or (isinstance(each, QLabel) and not each.wordWrap()):
                plain = re.sub(r"<[^>]*>", "", each.text()).replace("&", "")
                wide = max(QFontMetrics(each.font()).horizontalAdvance(line) for line in plain.split("\n"))
                if wide > each.width() + 1:
                    cut.append(f"{type(each).__name__} {plain!r}: {wide} in {each.width()} px")
            if isinstance(each, QTabBar) and each.sizeHint().width() > each.width() + 1:
                cut.append(f"tabs {[each.tabText(k) for k in range(each.count())]}")
    assert not cut

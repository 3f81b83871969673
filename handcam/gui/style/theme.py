"""Theme: one accent, five finger colours that colour-blind people can tell apart, one font, an 8-pixel grid."""

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from handcam.gui.style.colours import ACCENT, ALERT, BACKGROUND, LINE, MUTED, PANEL, RAISED, TEXT

__all__ = ["STEP", "apply", "font"]

STEP = 8
"""The grid, px."""

_FAMILIES = ["Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans"]


def font(px: int = 12, bold: bool = False) -> QFont:
    """The one font, at 11 to 13 px."""
    made = QFont()
    made.setFamilies(_FAMILIES)
    made.setPixelSize(px)
    made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return made


def apply(app: QApplication) -> None:
    """Apply the theme to the whole application."""
    app.setStyle("Fusion")
    app.setFont(font())
    palette = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, BACKGROUND), (QPalette.ColorRole.Base, PANEL), (QPalette.ColorRole.Text, TEXT),
        (QPalette.ColorRole.WindowText, TEXT), (QPalette.ColorRole.Button, RAISED),
        (QPalette.ColorRole.ButtonText, TEXT),
        (QPalette.ColorRole.Highlight, ACCENT), (QPalette.ColorRole.HighlightedText, BACKGROUND),
        (QPalette.ColorRole.ToolTipBase, RAISED), (QPalette.ColorRole.ToolTipText, TEXT),
        (QPalette.ColorRole.PlaceholderText, MUTED),
    ):  # fmt: skip
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
    app.setStyleSheet(_SHEET)


_SHEET = f"""
* {{ outline: none; }}
QMainWindow, QWidget#page {{ background: {BACKGROUND}; }}
QWidget#bar, QWidget#panel {{ background: {PANEL}; }}
QWidget#bar {{ border: none; }}
QLabel {{ background: transparent; color: {TEXT}; }}
QLabel[muted="true"] {{ color: {MUTED}; }}
QPushButton, QToolButton {{
    background: transparent; color: {TEXT}; border: 1px solid transparent; border-radius: 4px; padding: 0 8px;
    min-height: 26px; max-height: 26px;
}}
QPushButton:hover, QToolButton:hover {{ background: {RAISED}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {LINE}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {ACCENT}; }}
QPushButton:checked, QToolButton:checked {{ color: {ACCENT}; background: {RAISED}; }}
QPushButton:disabled, QToolButton:disabled {{ color: #5b6270; }}
QPushButton[solid="true"] {{ background: {RAISED}; border-color: {LINE}; }}
QPushButton[solid="true"]:hover {{ background: {LINE}; }}
QPushButton[solid="true"]:checked {{ border-color: {ACCENT}; }}
QPushButton[primary="true"] {{
    background: {ACCENT}; color: {BACKGROUND}; border-color: {ACCENT}; padding: 0 16px;
}}
QPushButton[primary="true"]:hover {{ background: #97a4ff; }}
QPushButton[recording="true"] {{ color: {ALERT}; background: {RAISED}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}
QMenu {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 24px; border-radius: 4px; }}
QMenu::item:selected {{ background: {LINE}; }}
QMenu::item:disabled {{ color: {MUTED}; }}
QMenu::separator {{ height: 1px; background: {LINE}; margin: 4px 8px; }}
QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; padding: 4px; }}
QTabBar {{ background: transparent; border: none; }}
QTabBar::tab {{
    background: transparent; color: {MUTED}; padding: 0 12px; min-height: 30px; border: none;
    border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {TEXT}; border-bottom-color: {ACCENT}; }}
QTabBar::tab:hover {{ color: {TEXT}; }}
QTabBar:focus {{ border: 1px solid {ACCENT}; border-radius: 4px; }}
QSplitter::handle {{ background: {BACKGROUND}; }}
QDoubleSpinBox, QSpinBox, QLineEdit {{
    background: {RAISED}; color: {TEXT}; border: 1px solid {LINE}; border-radius: 4px; padding: 0 6px;
    min-height: 24px; max-height: 24px; selection-background-color: {ACCENT}; selection-color: {BACKGROUND};
}}
QDoubleSpinBox:focus, QSpinBox:focus, QLineEdit:focus {{ border-color: {ACCENT}; }}
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button, QSpinBox::up-button, QSpinBox::down-button {{
    width: 0; border: none;
}}
QSlider::groove:horizontal {{ height: 4px; background: {LINE}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {ACCENT}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: {TEXT}; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {LINE}; border-radius: 4px; min-width: 24px; }}
QScrollBar::add-line:horizontal, QScrollBar::sub-line:horizontal {{ width: 0; }}
QScrollBar::handle:vertical {{ background: {LINE}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
QDialog, QInputDialog, QMessageBox {{ background: {PANEL}; }}
"""

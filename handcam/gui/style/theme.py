"""Theme, dark or light: one accent, five finger colours for colour-blind people too, one font, an 8-pixel grid."""

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from handcam.gui.style.palette import palette

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
    roles, role, p = QPalette(), QPalette.ColorRole, palette
    for each, colour in (
        (role.Window, p.background), (role.Base, p.panel), (role.Text, p.text), (role.WindowText, p.text),
        (role.Button, p.raised), (role.ButtonText, p.text), (role.Highlight, p.accent),
        (role.HighlightedText, p.background), (role.ToolTipBase, p.raised), (role.ToolTipText, p.text),
        (role.PlaceholderText, p.muted),
    ):  # fmt: skip
        roles.setColor(each, QColor(colour))
    app.setPalette(roles)
    app.setStyleSheet(_sheet())


def _sheet() -> str:
    p = palette
    return f"""
* {{ outline: none; }}
QMainWindow, QWidget#page {{ background: {p.background}; }}
QWidget#bar, QWidget#panel {{ background: {p.panel}; }}
QWidget#bar {{ border: none; }}
QLabel {{ background: transparent; color: {p.text}; }}
QLabel[muted="true"] {{ color: {p.muted}; }}
QPushButton, QToolButton {{
    background: transparent; color: {p.text}; border: 1px solid transparent; border-radius: 4px; padding: 0 8px;
    min-height: 26px; max-height: 26px;
}}
QPushButton:hover, QToolButton:hover {{ background: {p.raised}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {p.line}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {p.accent}; }}
QPushButton:checked, QToolButton:checked {{ color: {p.accent}; background: {p.raised}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {p.disabled}; }}
QPushButton[solid="true"] {{ background: {p.raised}; border-color: {p.line}; }}
QPushButton[solid="true"]:hover {{ background: {p.line}; }}
QPushButton[solid="true"]:checked {{ border-color: {p.accent}; }}
QPushButton[primary="true"] {{
    background: {p.accent}; color: {p.background}; border-color: {p.accent}; padding: 0 16px;
}}
QPushButton[primary="true"]:hover {{ background: {p.accent_hover}; }}
QPushButton[recording="true"] {{ color: {p.alert}; background: {p.raised}; }}
QToolButton::menu-indicator, QPushButton::menu-indicator {{ image: none; width: 0; }}
QMenu {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 24px; border-radius: 4px; }}
QMenu::item:selected {{ background: {p.line}; }}
QMenu::item:disabled {{ color: {p.muted}; }}
QMenu::separator {{ height: 1px; background: {p.line}; margin: 4px 8px; }}
QToolTip {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.line}; padding: 4px; }}
QTabBar {{ background: transparent; border: none; }}
QTabBar::tab {{
    background: transparent; color: {p.muted}; padding: 0 12px; min-height: 30px; border: none;
    border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {p.text}; border-bottom-color: {p.accent}; }}
QTabBar::tab:hover {{ color: {p.text}; }}
QTabBar:focus {{ border: 1px solid {p.accent}; border-radius: 4px; }}
QSplitter::handle {{ background: {p.background}; }}
QDoubleSpinBox, QSpinBox, QLineEdit {{
    background: {p.raised}; color: {p.text}; border: 1px solid {p.line}; border-radius: 4px; padding: 0 6px;
    min-height: 24px; max-height: 24px; selection-background-color: {p.accent}; selection-color: {p.background};
}}
QDoubleSpinBox:focus, QSpinBox:focus, QLineEdit:focus {{ border-color: {p.accent}; }}
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button, QSpinBox::up-button, QSpinBox::down-button {{
    width: 0; border: none;
}}
QSlider::groove:horizontal {{ height: 4px; background: {p.line}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {p.accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -4px 0; border-radius: 6px; background: {p.text}; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid {p.muted}; border-radius: 3px; background: {p.raised};
}}
QCheckBox::indicator:checked {{ background: {p.accent}; border-color: {p.accent}; }}
QCheckBox::indicator:disabled {{ border-color: {p.line}; }}
QCheckBox:focus {{ color: {p.accent}; }}
QTableWidget, QListWidget {{ background: {p.raised}; color: {p.text}; border: 1px solid {p.line}; }}
QHeaderView::section {{ background: {p.panel}; color: {p.muted}; border: none; padding: 4px 8px; }}
QScrollArea {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
QScrollBar::handle:horizontal {{ background: {p.line}; border-radius: 4px; min-width: 24px; }}
QScrollBar::add-line:horizontal, QScrollBar::sub-line:horizontal {{ width: 0; }}
QScrollBar::handle:vertical {{ background: {p.line}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical {{ height: 0; }}
QDialog, QInputDialog, QMessageBox {{ background: {p.panel}; }}
QFrame#start, QFrame#card {{ background: {p.panel}; border: 1px solid {p.line}; border-radius: 8px; }}
QFrame#viewbar {{ background: {p.raised}; border: 1px solid {p.accent}; border-radius: 6px; }}
QFrame#separator {{ background: {p.line}; }}
QProgressBar#thin {{ background: {p.line}; border: none; border-radius: 2px; }}
QProgressBar#thin::chunk {{ background: {p.accent}; border-radius: 2px; }}
"""

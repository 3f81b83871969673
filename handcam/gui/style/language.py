"""Language of the window: English in the source, others from ``assets/translations``, by Qt's translators.

Every visible text goes through :func:`tr` when it is shown, also those that widgets of :mod:`handcam.gui.style.widgets`
and the action registry are given; :func:`noop` marks texts that stand where no translator is there yet.
``python examples/translations.py`` finds them all, keeps the ``.ts`` files and compiles them.
"""

import logging
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale, QTranslator

from handcam.paths import shipped

__all__ = ["CONTEXT", "LANGUAGES", "noop", "set_language", "tr"]

log = logging.getLogger(__name__)
CONTEXT = "handcam"
"""Context of all texts in the ``.ts`` files."""
LANGUAGES = {"en": "English", "de": "Deutsch"}


def noop(text: str) -> str:
    """Mark a text for translation; it is translated by :func:`tr` when it is shown."""
    return text


def tr(text: str, *values: Any) -> str:
    """Translate a text, and put values into its ``{0}``, ``{1:.1f}`` ..."""
    found = QCoreApplication.translate(CONTEXT, text) if text else ""
    return found.format(*values) if values else found


def set_language(app: QCoreApplication, language: str) -> None:
    """Show everything that is made from now on in this language: ``en``, ``de``, or ``system``."""
    old = app.findChild(QTranslator)
    if old is not None:
        app.removeTranslator(old)
        old.setParent(None)  # type: ignore[call-overload]
    if language == "system":
        language = QLocale.system().name()[:2]
    if language in LANGUAGES and language != "en":
        translator = QTranslator(app)
        if translator.load(str(shipped(f"assets/translations/{language}.qm"))):
            app.installTranslator(translator)
        else:
            log.warning("The translation %s is not there; the window is in English.", language)

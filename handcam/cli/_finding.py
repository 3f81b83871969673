"""Findings of the doctor: what was checked, its state, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from handcam.installation import install_command, missing_library, pip_command

__all__ = ["BROKEN", "COLOURS", "MISSING", "OK", "SLOW", "Finding", "checked", "first_line"]

OK, MISSING, SLOW, BROKEN = "OK", "missing", "slow", "broken"
COLOURS = {OK: "green", MISSING: "yellow", SLOW: "yellow", BROKEN: "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table."""

    name: str
    """Name of the part."""
    state: str
    """``OK``, ``missing``, ``slow`` or ``broken``."""
    what: str
    """State in words, with versions."""
    cure: str = ""
    """Remedy; empty where all is well."""
    needed: bool = False
    """True when the app cannot run without it."""


def checked(name: str, check: "Callable[[], Finding | list[Finding]]", needed: bool = False) -> list[Finding]:
    """Run one check; an exception is a finding too."""
    try:
        found = check()
    except Exception as error:  # a broken library may raise anything, and that is what is asked for here
        library = missing_library(error)
        cure = pip_command() if library is None else install_command([library])
        found = Finding(name, BROKEN, first_line(error), cure, needed)
    return found if isinstance(found, list) else [found]


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__

"""Recoverable errors, raised for invalid input and missing parts; imported from :mod:`handcam.types`."""

__all__ = ["DAMAGE", "HandcamError", "InputError", "RecordingError", "SourceError", "WeightsError", "shorten"]

DAMAGE = (ValueError, TypeError, KeyError, OverflowError, RecursionError)
"""Errors that parsing what nobody vouches for can raise; those of msgspec, JSON and text are ValueErrors."""


class HandcamError(Exception):
    """A recoverable error. The message is one sentence that says what happened and what to do."""


class SourceError(HandcamError):
    """A camera or file gives no frames."""


class RecordingError(HandcamError):
    """A session cannot be written or read."""


class WeightsError(HandcamError):
    """Weights are missing, damaged, or not of a version this program reads."""


class InputError(HandcamError, ValueError):
    """A picture, a setting or another value from outside is of another type or range than it must be."""


def shorten(text: str, longest: int = 80) -> str:
    """Cut a quotation off in a message that must stay one sentence."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."

"""Narrow values that may be None or of several types, and fail where they are not what a test needs."""

from typing import Protocol, TypeVar, cast

from handcam.sources import Seekable, Source

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value, which must be there."""
    assert value is not None
    return value


class SeekableSource(Source, Seekable, Protocol):
    """A file that is played."""

    speed: float


def seekable(source: Source) -> SeekableSource:
    """The source, which must have a position."""
    assert isinstance(source, Seekable)
    return cast(SeekableSource, source)

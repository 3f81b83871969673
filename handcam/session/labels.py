"""Verdicts on hands of a session, accepted or rejected for training: ``labels.jsonl`` beside its frames.

One JSON object a line, added at the end when a verdict is given, so that a crash loses nothing; of two lines about the
same hand the later one holds. ``frame`` is the position of the frame in the session, from 0.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from jaxtyping import Float

from handcam.paths import disk_error, open_file, private_opener
from handcam.session.format import DAMAGE, LONGEST_LINE, Count, Integer, decode, encode
from handcam.session.reader import Session
from handcam.session.replay import matched
from handcam.types import Array, HandcamError, RecordingError, Side

__all__ = ["LABELS_FILE", "Label", "Labels", "accept_all", "carry_over", "copy_labels"]

LABELS_FILE = "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Label:
    """Verdict of a person on one hand in one frame."""

    frame: int
    """Position of the frame in the session, from 0."""
    track: int
    """``TrackedHand.track``."""
    accepted: bool
    """The hand may be learned from."""
    side: Side
    """True side of the hand."""


class _LabelLine(msgspec.Struct):
    frame: Count
    track: Integer
    verdict: Literal["accepted", "rejected"]
    side: Side


class Labels:
    """The labels of one session; every change is written at once."""

    def __init__(self, session: Path) -> None:
        """Read what there is; lines that cannot be read are passed over.

        Raises:
            RecordingError: the file is there but cannot be opened.
        """
        self.path = session / LABELS_FILE
        self._labels: dict[tuple[int, int], Label] = {}
        self._whole = True
        try:
            with open_file(self.path) as file:
                while line := file.readline(LONGEST_LINE):
                    self._whole = line.endswith(b"\n")
                    self._note(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise RecordingError(f"{self.path} cannot be read: {disk_error(error)}.") from None

    def _note(self, line: bytes) -> None:
        try:
            x = decode(line, _LabelLine)
        except DAMAGE:
            return
        self._labels[x.frame, x.track] = Label(x.frame, x.track, x.verdict == "accepted", x.side)

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[Label]:
        return iter(self._labels.values())

    def get(self, frame: int, track: int) -> Label | None:
        """Verdict on this hand, if there is one."""
        return self._labels.get((frame, track))

    def accepted(self) -> list[Label]:
        """List accepted hands in the order of the frames."""
        return sorted((x for x in self._labels.values() if x.accepted), key=lambda x: (x.frame, x.track))

    def put(self, *labels: Label) -> None:
        """Write verdicts.

        Raises:
            RecordingError: the disk refuses.
        """
        lines = [_LabelLine(x.frame, x.track, "accepted" if x.accepted else "rejected", x.side) for x in labels]
        try:
            with open(self.path, "ab", opener=private_opener) as file:  # after a line that was cut off
                file.write((b"" if self._whole else b"\n") + b"".join(encode(line) + b"\n" for line in lines))
        except OSError as error:
            raise RecordingError(f"{self.path} cannot be written: {disk_error(error)}.") from None
        self._whole = True
        self._labels |= {(x.frame, x.track): x for x in labels}


def accept_all(session: Session, labels: Labels, least_score: float) -> int:
    """Accept every hand that scores at least ``least_score`` and has no verdict yet; returns how many.

    Raises:
        HandcamError: the session holds no hands.
    """
    found = [(entry.n, hand) for entry, result in session.results() if result is not None for hand in result.hands]
    if not found:
        raise HandcamError(f"No hand was seen in the session {session.path}, so there is nothing to label.")
    new = [
        Label(n, hand.track, True, hand.pose.side)
        for n, hand in found
        if hand.pose.score >= least_score and labels.get(n, hand.track) is None
    ]
    labels.put(*new)
    return len(new)


def copy_labels(session: Path, to: Path) -> None:
    """Copy the labels to a copy of a session, with the same frames and hands.

    Raises:
        OSError: the disk refuses.
    """
    if (session / LABELS_FILE).is_file():
        with (session / LABELS_FILE).open("rb") as old, open(to / LABELS_FILE, "wb", opener=private_opener) as new:
            shutil.copyfileobj(old, new)


def carry_over(old: Session, new: Session) -> tuple[int, int]:
    """Give a session whose hands were estimated anew the labels of the old one, hand by hand: what was said of a hand
    is said of the one now found in its place.

    Returns:
        How many labels were carried over, and how many belong to hands that are not found any more.

    Raises:
        RecordingError: the labels cannot be read or written.
    """
    labels = Labels(old.path)
    numbers = {(entry.index, entry.time_ns): entry.n for entry in new.frames}
    carried: list[Label] = []
    for entry, before in old.results() if len(labels) else ():
        n = numbers.get((entry.index, entry.time_ns))
        now = new.result(n) if n is not None else None
        if n is None or before is None or now is None:
            continue
        for one, two in matched(before.hands, now.hands):
            label = labels.get(entry.n, one.track)
            if label is not None and _same_place(one.raw.keypoints_px, two.raw.keypoints_px):
                carried.append(replace(label, frame=n, track=two.track))
    if carried:
        Labels(new.path).put(*carried)
    return len(carried), len(labels) - len(carried)


def _same_place(one_px: Float[Array, "21 2"], two_px: Float[Array, "21 2"]) -> bool:
    """Do the two overlap, so that a verdict on one holds for the other?"""
    return bool(np.linalg.norm(one_px.mean(0) - two_px.mean(0)) < 0.5 * np.ptp(one_px, axis=0).max())

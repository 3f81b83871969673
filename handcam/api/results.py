"""Results as the library hands them out: the values of :mod:`handcam.types` with what programs ask of them."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from jaxtyping import Float, UInt8

from handcam import types
from handcam.hand import conventions
from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.conventions import ConventionName
from handcam.hand.drawing import draw_skeleton
from handcam.hand.message import frame_message, hand_message
from handcam.hand.rotations import bone_frames, local_rotations, matrices, quaternions
from handcam.hand.surface import surface_faces, surface_for_joints
from handcam.installation import needs
from handcam.pictures import to_rgb
from handcam.types import Array, HandcamError, InputError

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import polars

__all__ = ["Hand", "Result"]


@dataclass(frozen=True, slots=True, repr=False)
class Hand(types.TrackedHand):
    """One hand of a :class:`Result`; ``pose`` has its joints (metres, camera frame), side, score and sigma."""

    def rotations(self, frame: Literal["camera", "parent"] = "camera") -> Float[Array, "21 4"]:
        """Compute how each joint's bone is turned, as unit quaternions (x, y, z, w).

        The convention is OpenXR's (``docs/rotations.md``): -z along the bone, y out of the back of the hand. NaN where
        a joint is not known.

        Args:
            frame: turn the bone's axes into the camera's (x right, y down, z forward), or into its parent's.
        """
        frames = bone_frames(self.pose.joints_m, self.pose.side, self.pose.rotations)
        return quaternions(frames if frame == "camera" else local_rotations(frames))

    def angles(self) -> dict[str, float]:
        """Compute flexion and abduction of every joint by name, degrees (``docs/guide.md``)."""
        found = angles_deg(self.pose.joints_m[None], self.pose.side)[0]
        return dict(zip(ANGLES, found.tolist(), strict=True))

    def mesh(self, by: Literal["skin", "graph", "halo"] = "skin") -> tuple[Float[Array, "n 3"], Array]:
        """Draw the hand rig's surface over the joints: vertices (metres, camera frame) and triangles, counter-clockwise
        seen from outside.

        Args:
            by: ``skin``, linear blend skinning, by the rotations of ``ik`` where there are any; or ``graph``, a
                graph-convolutional net, nearer to the truth; or ``halo``, the implicit surface of the joints, closed,
                with other vertices and triangles for every pose (``docs/experiments.md``).

        Raises:
            WeightsError: the net is missing or damaged.
            InputError: ``halo``: the joints are not those of a hand.
        """
        side = self.pose.side
        if by == "graph":
            from handcam.tracking.mesh import graph_surface  # with the runtimes, which a result need not wait for

            return graph_surface(self.pose.joints_m, side), surface_faces(side)
        if by == "halo":
            from handcam.hand.halo import implicit_hand  # alike

            return implicit_hand(self.pose.joints_m, side).surface()
        frames = None if self.pose.rotations is None else matrices(self.pose.rotations)
        return surface_for_joints(self.pose.joints_m, side, frames), surface_faces(side)

    def joints(self, convention: ConventionName = "common21") -> Float[Array, "n 3"]:
        """Place the joints as another convention does (``docs/conventions.md``), metres, camera frame.

        Args:
            convention: order, names and placement; ``handcam.hand.conventions.convention`` has the names.
        """
        return conventions.convention(convention).of_common(self.pose.joints_m)

    def to_dict(self, order: ConventionName = "common21") -> dict[str, Any]:
        """Describe the hand in plain values: the hand of a message of ``docs/streaming.md``."""
        return hand_message(self, order)


@dataclass(frozen=True, slots=True, repr=False)
class Result(types.Result):
    """Hands found in one picture: ``hands``, and the ``frame`` they were found in."""

    hands: tuple[Hand, ...]
    """None, one or two hands."""

    @staticmethod
    def of(result: types.Result) -> "Result":
        """The same result, with these methods."""
        values: dict[str, Any] = {field.name: getattr(result, field.name) for field in fields(types.Result)}
        hands = tuple(Hand(*(getattr(hand, f.name) for f in fields(types.TrackedHand))) for hand in result.hands)
        values["hands"] = hands
        return Result(**values)

    def to_dict(self, order: ConventionName = "common21") -> dict[str, Any]:
        """Describe the result in plain values: the message of ``docs/streaming.md``.

        Args:
            order: joint convention.
        """
        hands = [hand.to_dict(order) for hand in self.hands]
        return frame_message(self.frame, hands, order, self.gestures)

    def to_records(self, joints: ConventionName = "common21") -> list[dict[str, Any]]:
        """List one flat record for each hand, with the columns of the ``csv`` export; None is what is not known.

        Args:
            joints: joint convention.
        """
        columns = {name: _plain(column) for name, column in self._columns(joints).items()}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def to_dataframe(
        self, library: Literal["pandas", "polars"] = "pandas", joints: ConventionName = "common21"
    ) -> "pandas.DataFrame | polars.DataFrame":
        """Make a table of one row for each hand, with the columns of the ``csv`` export.

        Args:
            library: pandas or polars.
            joints: joint convention.

        Raises:
            HandcamError: the library is not installed.
        """
        import importlib

        try:
            module = importlib.import_module(library)
        except ImportError as error:
            raise HandcamError(f"A data frame of {library} {needs(error)}.") from None
        return module.DataFrame({name: _plain(column) for name, column in self._columns(joints).items()})

    def draw(self, picture: Any = None, color: Literal["rgb", "bgr"] = "rgb") -> UInt8[Array, "h w 3"]:
        """Draw the hands into a copy of a picture.

        Args:
            picture: as :meth:`handcam.HandTracker.track` takes it; None for the one that the hands were found in.
            color: order of the channels, of the picture and of what is returned.
        """
        if picture is None and self.frame.color is None:
            raise InputError("The frame holds no colour picture; say which one to draw into.")
        drawn = self.frame.color if picture is None else to_rgb(picture, color)
        drawn = np.ascontiguousarray(cast(Array, drawn)).copy()
        for hand in self.hands:
            draw_skeleton(drawn, hand.pose.keypoints_px)
        return np.ascontiguousarray(drawn[..., ::-1]) if color == "bgr" else drawn

    def _columns(self, joints: ConventionName) -> dict[str, Array]:
        from handcam.session.export import ExportSettings, RecordedResults
        from handcam.session.export.csv import table_chunks

        chunks = list(table_chunks(RecordedResults([self]), ExportSettings(joints=joints)))
        return {name: column if self.hands else column[:0] for name, column in chunks[0].items()}


def _plain(column: Array) -> list[Any]:
    """The column's values, None where they are masked or NaN."""
    return [None if isinstance(v, float) and np.isnan(v) else v for v in column.tolist()]

"""The only place where parts are chosen and joined: the tracker, and the library's front door."""

import logging
import time
import weakref
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import UInt8

from handcam.installation import needs
from handcam.model.weights import default_weights, read_card
from handcam.plugins import load, names
from handcam.types import (
    Array,
    Controls,
    FieldOfView,
    Frame,
    HandcamError,
    InputError,
    Intrinsics,
    Name,
    Result,
    WeightsError,
)
from handcam.validation import check, check_frame, check_picture

if TYPE_CHECKING:
    from handcam.detectors import Detector
    from handcam.runtimes import Runtime
    from handcam.tracking.tracker import Tracker

__all__ = ["HandTracker", "open_runtime", "open_tracker", "runtimes_here"]

log = logging.getLogger(__name__)


def open_runtime(weights: Path, runtime: str = "auto") -> "Runtime":
    """Open the weights in a runtime; ``auto`` takes the fastest that opens and logs why others did not.

    Raises:
        WeightsError: the weights are missing or damaged, or the named runtime does not run here.
    """
    from handcam.runtimes import fastest, open_named

    read_card(weights)  # whatever is wrong with the weights themselves is said here, once
    if runtime == "auto":
        opened = fastest(weights)
    else:
        try:
            opened = open_named(runtime, weights)
        except LookupError:
            there = ", ".join(names("handcam.runtimes"))
            raise WeightsError(f"There is no runtime {runtime!r}; use auto, or one of {there}.") from None
        except ImportError as error:
            raise WeightsError(f"The runtime {runtime!r} {needs(error)}.") from None
        except HandcamError:
            raise
        except Exception as error:  # a driver's or compiler's own exception
            log.debug("%s", runtime, exc_info=True)
            why = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise WeightsError(f"The runtime {runtime!r} does not run here: {why}.") from None
    log.info("Running on %s.", opened.name)
    return opened


def runtimes_here() -> tuple[str, ...]:
    """The names that :func:`open_runtime` may take on this machine: their packages, and a card where they need one, are
    there. Nothing is loaded for it, so one of them may still turn out not to run."""
    from handcam.runtimes import candidates

    return ("auto", *candidates(), *(["eager"] if find_spec("torch") is not None else []))


def open_tracker(
    weights: Path | None = None,
    runtime: "str | Runtime" = "auto",
    detector: "str | Detector | None" = "palm",
    live: bool = False,
) -> "Tracker":
    """Join runtime, detectors and filters. All calls to the tracker must come from the thread that opens it.

    Args:
        weights: a safetensors file with its side file; None for those that ship with the program.
        runtime: a file of :mod:`handcam.runtimes`, ``auto`` for the fastest that opens, or one that is open (its
            weights are then those that track).
        detector: a file of :mod:`handcam.detectors`, beside which ``depth`` is asked with weights that read depth; or
            one that is open and asked alone; or None to decode only.
        live: search for further hands in the background, so that the hand that is followed does not wait.

    Raises:
        WeightsError: the weights cannot be used.
        HandcamError: the detector cannot be opened.
    """
    from handcam.tracking.tracker import Tracker

    opened = open_runtime(weights or default_weights(), runtime) if isinstance(runtime, str) else runtime
    if not isinstance(detector, str):
        return Tracker(opened, [] if detector is None else [detector], live=live)
    wanted = [detector]
    if "depth" in opened.card.encoders and "depth" in names("handcam.detectors") and detector != "depth":
        wanted.append("depth")
    try:
        return Tracker(opened, [load("handcam.detectors", name).open() for name in wanted], live=live)
    except LookupError as error:
        raise HandcamError(str(error).strip("'\"")) from None
    except ImportError as error:
        raise HandcamError(f"The detector {detector!r} {needs(error)}.") from error


class HandTracker:
    """Hands in pictures, one call per picture::

        from handcam import HandTracker

        with HandTracker() as tracker:
            for picture in pictures:                      # uint8 RGB (h w 3)
                for hand in tracker.track(picture).hands:
                    print(hand.pose.side.value, hand.pose.joints_m[8])  # index fingertip, metres, camera frame

    Hands are followed from call to call, so give it the pictures of one camera in their order, from one thread; call
    :meth:`reset` between unrelated pictures.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        runtime: str = "auto",
        detector: str = "palm",
        intrinsics: Intrinsics | None = None,
        fov_deg: float = 60.0,
    ) -> None:
        """
        Args:
            weights: a safetensors file; None for those that ship with the program.
            runtime: how the model is run, ``auto`` for the fastest way there is.
            detector: how hands are found.
            intrinsics: the camera of plain pictures; scaled to their size.
            fov_deg: horizontal field of view to assume where no intrinsics are given.

        Raises:
            HandcamError: something cannot be loaded, or is no such thing; the message says what to do.
        """
        for name, value, kind in (
            ("weights", weights, str | Path | None), ("runtime", runtime, Name), ("detector", detector, Name),
            ("intrinsics", intrinsics, Intrinsics | None), ("fov_deg", fov_deg, FieldOfView),
        ):  # fmt: skip
            check(value, kind, name)
        self._tracker = open_tracker(None if weights is None else Path(weights), runtime, detector)
        self._finalise = weakref.finalize(self, self._tracker.close)  # whoever drops a tracker need not close it
        self._finalise.atexit = False
        self._controls: Controls | None = None
        self._intrinsics, self._fov_rad = intrinsics, float(np.radians(fov_deg))
        self._index = 0

    def track(self, picture: Frame | UInt8[Array, "h w 3"], controls: Controls = Controls()) -> Result:
        """Find or follow the hands of the next picture.

        Args:
            picture: an RGB array (first axis downwards), or a :class:`~handcam.types.Frame` where there is depth, a
                calibration or a time.
            controls: the user's hand length and everything else that can be set.

        Raises:
            InputError: the picture or a setting is not what it must be; the next good call goes on as if nothing had
                been.
            HandcamError: the tracker is closed.
        """
        self._demand_open()
        if controls is not self._controls:
            self._check_controls(controls)
            self._controls = controls
        if isinstance(picture, Frame):
            check_frame(picture)
        return self._tracker.track(picture if isinstance(picture, Frame) else self._frame(picture), controls)

    def reset(self) -> None:
        """Forget the hands: the next picture has nothing to do with the last.

        Raises:
            HandcamError: the tracker is closed.
        """
        self._demand_open()
        self._tracker.reset()

    def close(self) -> None:
        """Free the model; a second call changes nothing."""
        self._finalise()

    def _demand_open(self) -> None:
        if not self._finalise.alive:
            raise HandcamError("This HandTracker is closed; open another one.")

    def _check_controls(self, controls: Controls) -> None:
        check(controls, Controls, "controls")
        size, there = self._tracker.latent, names("handcam.filters")
        for name, value in (("latent", controls.latent), ("offset", controls.offset)):
            if value is not None and len(value) != size:
                raise InputError(f"controls.{name} has {len(value)} numbers; these weights have a latent of {size}.")
        for name in controls.filters:
            if name not in there:
                raise InputError(f"There is no filter {name!r}; use one of {', '.join(there)}.")

    def _frame(self, color: Array) -> Frame:
        check_picture(color)
        height, width = color.shape[:2]
        if self._intrinsics is not None:
            camera = self._intrinsics.scaled(width, height)
        else:
            camera = Intrinsics.from_fov(width, height, self._fov_rad)
        self._index += 1
        return Frame(self._index - 1, time.perf_counter_ns(), camera, np.ascontiguousarray(color))

    def __enter__(self) -> "HandTracker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

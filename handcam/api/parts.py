"""Choose and join the parts: runtime, detectors, tracker."""

import logging
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

from handcam.installation import needs
from handcam.model.weights import default_weights, read_card
from handcam.plugins import load, names
from handcam.types import HandcamError, WeightsError

if TYPE_CHECKING:
    from handcam.detectors import Detector
    from handcam.runtimes import Runtime
    from handcam.tracking.tracker import Tracker

__all__ = ["open_runtime", "open_tracker", "runtimes_here"]

log = logging.getLogger(__name__)


def open_runtime(weights: Path, runtime: str = "auto", at_once: bool = False) -> "Runtime":
    """Open the weights in a runtime; ``auto`` takes the fastest that opens and logs why others did not.

    Args:
        weights: a safetensors file with its side file.
        runtime: a file of :mod:`handcam.runtimes`, also with its precision, or ``auto``.
        at_once: ``auto`` measures nothing; see :func:`handcam.runtimes.fastest`.

    Raises:
        WeightsError: the weights are missing or damaged, or the named runtime does not run here.
    """
    from handcam.runtimes import fastest, open_named

    read_card(weights)  # whatever is wrong with the weights themselves is said here, once
    if runtime == "auto":
        opened = fastest(weights, at_once)
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
    at_once: bool = False,
) -> "Tracker":
    """Join runtime, detectors and filters. All calls to the tracker must come from the thread that opens it.

    Args:
        weights: a safetensors file with its side file; None for those that ship with the program.
        runtime: a file of :mod:`handcam.runtimes`, ``auto`` for the fastest that opens, or one that is open (its
            weights are then those that track).
        detector: a file of :mod:`handcam.detectors`, beside which ``depth`` is asked with weights that read depth; or
            one that is open and asked alone; or None to decode only.
        live: search for further hands in the background, so that the hand that is followed does not wait.
        at_once: measure no runtime now; the first start then takes a second or two, not half a minute.

    Raises:
        WeightsError: the weights cannot be used.
        HandcamError: the detector cannot be opened.
    """
    from handcam.tracking.tracker import Tracker

    opened = open_runtime(weights or default_weights(), runtime, at_once) if isinstance(runtime, str) else runtime
    if not isinstance(detector, str):
        return Tracker(opened, [] if detector is None else [detector], live=live)
    wanted = [detector]
    if "depth" in opened.card.encoders and "depth" in names("handcam.detectors") and detector != "depth":
        wanted.append("depth")
    try:
        return Tracker(opened, [_open_detector(name, at_once) for name in wanted], live=live)
    except LookupError as error:
        raise HandcamError(str(error).strip("'\"")) from None
    except ImportError as error:
        raise HandcamError(f"The detector {detector!r} {needs(error)}.") from error


def _open_detector(name: str, at_once: bool) -> "Detector":
    opener = load("handcam.detectors", name).open
    return opener(at_once=True) if at_once and "at_once" in signature(opener).parameters else opener()

"""The only place where parts are chosen and joined: the tracker, the library's front door, and the command line."""

import ast
import faulthandler
import inspect
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from functools import partial, wraps
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from handcam import __version__
from handcam.plugins import load, names
from handcam.types import Controls, Frame, HandcamError, Intrinsics, Result, WeightsError
from handcam.weights import default_weights, read_card

if TYPE_CHECKING:
    from handcam.runtimes import Runtime
    from handcam.tracking import Tracker

__all__ = ["HandTracker", "main", "open_runtime", "open_tracker"]

log = logging.getLogger(__name__)
FASTEST_FIRST = ("tensorrt", "cuda", "openvino", "onnxruntime", "eager")
"""The order in which ``auto`` tries the runtimes."""


def open_runtime(weights: Path, runtime: str = "auto") -> "Runtime":
    """Open the weights in a runtime; ``auto`` takes the fastest that opens and logs why others did not.

    Raises:
        WeightsError: the weights are missing or damaged, or the named runtime does not run here.
    """
    read_card(weights)  # whatever is wrong with the weights themselves is said here, once
    there = names("handcam.runtimes")
    if runtime != "auto" and runtime not in there:
        raise WeightsError(f"There is no runtime {runtime!r}; use auto, or one of {', '.join(there)}.")
    passed: list[str] = []
    for name in (runtime,) if runtime != "auto" else [n for n in FASTEST_FIRST if n in there]:
        try:
            opened = load("handcam.runtimes", name).open(weights)
        except ImportError as error:
            why = f"the package {error.name or error} is not installed"
        except Exception as error:  # a driver's or compiler's own exception: the next runtime may still do
            if isinstance(error, HandcamError) and runtime != "auto":
                raise
            log.debug("%s", name, exc_info=True)
            why = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
        else:
            log.info("Running on %s.%s", opened.name, f" Passed over: {'; '.join(passed)}." if passed else "")
            return opened
        passed.append(f"{name} ({why})")
    raise WeightsError(f"No runtime opens these weights: {'; '.join(passed)}.")


def open_tracker(weights: Path | None = None, runtime: str = "auto", detector: str = "mediapipe") -> "Tracker":
    """Join runtime, detectors and refiners. All calls to the tracker must come from the thread that opens it.

    Args:
        weights: a safetensors file with its side file; None for those that ship with the program.
        runtime: a file of :mod:`handcam.runtimes`, or ``auto`` for the fastest that opens.
        detector: a file of :mod:`handcam.detectors`. With weights that read depth, ``depth`` is asked as well.

    Raises:
        WeightsError: the weights cannot be used.
        HandcamError: the detector cannot be opened.
    """
    from handcam.tracking import Tracker

    opened = open_runtime(default_weights() if weights is None else weights, runtime)
    there = names("handcam.detectors")
    wanted = [detector]
    if "depth" in opened.card.encoders and "depth" in there and detector != "depth":
        wanted.append("depth")
    try:
        return Tracker(opened, [load("handcam.detectors", name).open() for name in wanted])
    except LookupError as error:
        raise HandcamError(str(error).strip("'\"")) from None
    except ImportError as error:
        raise HandcamError(f"The detector {detector!r} needs the package {error.name!r}, which is missing.") from error


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
        detector: str = "mediapipe",
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
            HandcamError: something cannot be loaded; the message says what to do.
        """
        self._tracker = open_tracker(None if weights is None else Path(weights), runtime, detector)
        self._intrinsics, self._fov_rad = intrinsics, float(np.radians(fov_deg))
        self._index = 0

    def track(self, picture: Frame | UInt8[np.ndarray, "h w 3"], controls: Controls = Controls()) -> Result:
        """Find or follow the hands of the next picture.

        Args:
            picture: an RGB array (first axis downwards), or a :class:`~handcam.types.Frame` where there is depth, a
                calibration or a time.
            controls: the user's hand length and everything else that can be set.
        """
        return self._tracker.track(picture if isinstance(picture, Frame) else self._frame(picture), controls)

    def reset(self) -> None:
        """Forget the hands: the next picture has nothing to do with the last."""
        self._tracker.reset()

    def close(self) -> None:
        """Free the model."""
        self._tracker.close()

    def _frame(self, color: np.ndarray) -> Frame:
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


# ------------------------------------------------------------------------------------------------- command line
def main(argv: Sequence[str] | None = None) -> int:
    """``handcam NAME [options]`` runs ``commands/NAME.py``; without a name, ``run``. Returns the exit code.

    0: done; 1: it failed while running; 2: it could not start, and one sentence on stderr says why.
    """
    if argv is not None:
        return _run(list(argv))
    if "--verbose" not in sys.argv:
        _hush()
    code = _run(sys.argv[1:])
    if any(thread.name in ("live", "capture") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(code)  # a thread that hangs in a driver or still loads a library would hold up or upset the end
    return code


def _run(arguments: list[str]) -> int:
    verbose = "--verbose" in arguments
    arguments = [a for a in arguments if a != "--verbose"]
    _prepare(verbose)
    if arguments[:1] in (["-h"], ["--help"]):
        print(_overview())
        return 0
    if arguments == ["--version"]:
        print(f"handcam {__version__}")
        return 0
    name = arguments.pop(0) if arguments and not arguments[0].startswith("-") else "run"
    try:
        if name not in names("handcam.commands"):
            there = ", ".join(names("handcam.commands"))
            raise HandcamError(f"There is no command {name!r}; use one of {there}, or open a camera with --source.")
        return int(_parse(name, load("handcam.commands", name).main, arguments)() or 0)
    except HandcamError as error:
        print(f"handcam: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        if find_spec((error.name or "handcam").partition(".")[0]) is not None and not verbose:
            reason = f"cannot load {error.name}: {error}"  # there, but a system library is missing
        else:
            reason = f"needs the package {error.name!r}, which is not installed"
        print(f'handcam: {name} {reason}; set up again with pip install -e ".[all]".', file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has gone, as in handcam --help | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parse(name: str, command: Callable[..., Any], arguments: Sequence[str]) -> Callable[[], Any]:
    """The command with its options; what is wrong with them is said in one sentence.

    Raises:
        HandcamError: an option is unknown or has a bad value.
    """
    import tyro

    @wraps(command)
    def later(*args: Any, **options: Any) -> Callable[[], Any]:
        return partial(command, *args, **options)

    # a description that goes on in the next line is one paragraph
    later.__signature__ = inspect.signature(command)  # type: ignore[attr-defined]
    del later.__wrapped__  # type: ignore[attr-defined]
    later.__doc__ = re.sub(r"\n {8,}(?=\S)", " ", inspect.cleandoc(command.__doc__ or ""))
    said = StringIO()
    try:
        with redirect_stderr(said):
            return tyro.cli(later, prog=f"handcam {name}", args=list(arguments))
    except SystemExit as end:
        if not end.code:
            raise
        lines = [line.strip("│╭╮╰╯ ") for line in said.getvalue().splitlines()]
        body = [line for line in lines[1:] if line]
        rule = next((i for i, line in enumerate(body) if set(line) == {"─"}), len(body))
        message = " ".join(body[:rule]).replace(" .", "").rstrip(". ")
        raise HandcamError(f"{message}; see handcam {name} --help.") from None


def _overview() -> str:
    """The commands with the first line of what each file says of itself."""
    lines = ["usage: handcam [COMMAND] [OPTIONS]", "", "commands:"]
    folder = Path(__file__).parent / "commands"
    for name in names("handcam.commands"):
        text = ast.get_docstring(ast.parse((folder / f"{name}.py").read_text("utf-8"))) or ""
        lines.append(f"  {name:<12}{text.splitlines()[0] if text else ''}")
    lines += ["", "Without a command: run. handcam COMMAND --help lists a command's options."]
    return "\n".join([*lines, "--verbose with any command: say more, with tracebacks. --version: print the version."])


def _prepare(verbose: bool) -> None:
    """Messages on stderr in the user's language; libraries quiet."""
    for key, value in {"GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "3", "OPENCV_LOG_LEVEL": "OFF"}.items():
        os.environ.setdefault(key, value)
    handler = logging.StreamHandler()
    handler.setFormatter(_Plain(verbose))
    logger = logging.getLogger("handcam")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)


def _hush() -> None:
    """Keep the chatter of native libraries (and of child processes) off the terminal; Python's own stderr stays."""
    try:
        sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
    except OSError:  # started without a stderr at all
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    faulthandler.enable(sys.stderr)  # a crash in a library still says where


class _Plain(logging.Formatter):
    """``handcam: message``; a traceback only when it was asked for."""

    def __init__(self, verbose: bool) -> None:
        super().__init__("handcam: %(message)s")
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) if self._verbose else f"handcam: {record.getMessage()}"

"""Command line: ``handcam NAME [options]`` runs ``cli/NAME.py``; what a user does wrong ends in one sentence."""

# ruff: noqa: E402  (the program's own process, unlike a library, may set these, before anything reads them)
import os

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # helper threads spin between the small products of a frame
    os.environ.setdefault(_name, "1")

import ast
import inspect
import logging
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import is_dataclass
from functools import partial, wraps
from io import StringIO
from pathlib import Path
from typing import Any

from handcam.crash_report import watch
from handcam.installation import needs
from handcam.paths import cache_folder
from handcam.plugins import load, names
from handcam.signals import end_on_signals
from handcam.types import HandcamError, shorten
from handcam.version import __version__

__all__ = ["OLD_OPTIONS", "command", "main"]

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``handcam NAME [options]``; without a name, ``run``. Returns the exit code.

    0: done; 1: it failed while running; 2: it could not start, and one sentence on stderr says why.
    """
    restore = end_on_signals()
    if argv is not None:
        try:
            return _run(list(argv))
        finally:
            restore()
    if "--verbose" not in sys.argv:
        _hush()
    _prepare("--verbose" in sys.argv)
    end_watch = watch(next((word for word in sys.argv[1:2] if word in names("handcam.cli")), "run"))
    try:
        code = _run(sys.argv[1:])
    finally:
        end_watch()
    if any(thread.name in ("live", "capture") for thread in threading.enumerate()):
        sys.stdout.flush()
        os._exit(code)  # a thread that hangs in a driver or still loads a library would hold up or upset the end
    return code


def _run(arguments: list[str]) -> int:
    verbose = "--verbose" in arguments
    arguments = [a for a in arguments if a != "--verbose"]
    _prepare(verbose)
    named = bool(arguments) and not arguments[0].startswith("-")
    name = arguments.pop(0) if named else "run"
    try:
        if not named and arguments in (["-h"], ["--help"], ["--version"]):
            print(f"handcam {__version__}" if arguments == ["--version"] else _overview(), flush=True)
            return 0
        return int(command(name, arguments)() or 0)
    except HandcamError as error:
        print(f"handcam: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        log.debug("%s", name, exc_info=True)
        print(f"handcam: handcam {name} {needs(error)}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as end:  # Ctrl-C, or another signal that asked for the end
        return 128 + (end.args[0] if end.args else signal.SIGINT)
    except BrokenPipeError:  # whoever read our output has gone, as in handcam --help | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


OLD_OPTIONS = {
    "export": {"--pack": "--release"},
    "run": {"--painted": "--software-3d", "--fov": "--fov-deg", "--drive": "--modality", "--fresh": "--reset-settings"},
    "record": {"--fov": "--fov-deg"},
    "synthesize": {"--anywhere": "--uniform-views"},
    "train": {"atlas": "embedding"},
}
"""Renamed options and words by command, old to new; the old ones go with the next version."""


def command(name: str, arguments: Sequence[str], check: bool = True) -> partial[Any]:
    """Make the call that a command line asks for; with ``check``, of values that fit and files that are there.

    A command's file defines ``main``, or ``KINDS``, a table of functions by the word that chooses them, or both.

    Raises:
        HandcamError: there is no such command, an option is unknown, or has a bad value.
    """
    if name not in names("handcam.cli"):
        there = ", ".join(names("handcam.cli"))
        raise HandcamError(f"There is no command {name!r}; use one of {there}, or open a camera with --source.")
    file = load("handcam.cli", name)
    arguments = _renamed(name, arguments)
    kinds: dict[str, Callable[..., Any]] = getattr(file, "KINDS", {})
    kind = next((argument for argument in arguments if argument in kinds), None)
    if kind is not None:
        arguments.remove(kind)
        return _parse(f"{name} {kind}", kinds[kind], arguments, check)
    if hasattr(file, "main"):
        return _parse(name, file.main, arguments, check)
    lines = [f"  {word:<12}{(function.__doc__ or '').splitlines()[0]}" for word, function in kinds.items()]
    text = "\n".join([f"usage: handcam {name} KIND [OPTIONS]", "", file.__doc__ or "", "", *lines])
    if "--help" in arguments or "-h" in arguments:
        print(text)
        raise SystemExit(0)
    raise HandcamError(f"Say what: handcam {name} {'|'.join(kinds)}.")


def _renamed(name: str, arguments: Sequence[str]) -> list[str]:
    """Replace old options by their new names, with a warning for each."""
    table = OLD_OPTIONS.get(name, {})
    new = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if option in table:
            log.warning("%s is called %s now; the old name goes with the next version.", option, table[option])
        new.append(table.get(option, option) + equals + value)
    return new


def _parse(name: str, function: Callable[..., Any], arguments: Sequence[str], check: bool) -> partial[Any]:
    """Bind a function to its options; an error in them is one sentence."""
    import tyro

    from handcam.cli._options import check_options, registry

    @wraps(function)
    def later(*args: Any, **options: Any) -> partial[Any]:
        return partial(function, *args, **options)

    signature = inspect.signature(function)
    later.__signature__ = signature  # type: ignore[attr-defined]
    del later.__wrapped__  # type: ignore[attr-defined]
    # a description that goes on in the next line is one paragraph
    later.__doc__ = re.sub(r"\n {8,}(?=\S)", " ", inspect.cleandoc(function.__doc__ or ""))
    flat = (tyro.conf.OmitArgPrefixes, tyro.conf.HelptextFromCommentsOff)
    output = StringIO()
    try:
        with redirect_stderr(output):
            call = tyro.cli(
                later, prog=f"handcam {name}", args=list(arguments), config=flat,
                registry=registry([name for name, p in signature.parameters.items() if not is_dataclass(p.annotation)]),
            )  # fmt: skip
    except SystemExit as end:
        if not end.code:
            raise
        lines = [line.strip("│╭╮╰╯|+ ") for line in output.getvalue().splitlines()]
        parts = "\n".join("" if set(line) <= {"─", "-"} else line for line in lines[1:]).strip().split("\n\n")
        message = " ".join(parts[0].split()).replace(" .", "").rstrip(". ")
        raise HandcamError(f"{shorten(message, 300)}; see handcam {name} --help.") from None
    if check:
        check_options(function, signature.bind(*call.args, **call.keywords).arguments)
    return call


def _overview() -> str:
    """List the commands with the first line of each file's docstring."""
    lines = ["usage: handcam [COMMAND] [OPTIONS]", "", "commands:"]
    folder = Path(__file__).parent
    for name in names("handcam.cli"):
        text = ast.get_docstring(ast.parse((folder / f"{name}.py").read_text("utf-8"))) or ""
        lines.append(f"  {name:<12}{text.splitlines()[0] if text else ''}")
    lines += ["", "Without a command: run. handcam COMMAND --help lists a command's options."]
    return "\n".join([*lines, "--verbose with any command: say more, with tracebacks. --version: print the version."])


def _prepare(verbose: bool) -> None:
    """Messages on stderr in the user's language; libraries quiet."""
    quiet = {"GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "3", "OPENCV_LOG_LEVEL": "OFF"}
    own = {"MPLCONFIGDIR": "matplotlib", "MESA_SHADER_CACHE_DIR": "mesa"}  # nothing is kept outside our own folders
    for key, value in (quiet | {key: str(cache_folder() / folder) for key, folder in own.items()}).items():
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


class _Plain(logging.Formatter):
    """``handcam: message``; a traceback only when it was asked for."""

    def __init__(self, verbose: bool) -> None:
        super().__init__("handcam: %(message)s")
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) if self._verbose else f"handcam: {record.getMessage()}"

"""Choose a runtime: ``auto`` is the fastest on this machine that passes its parity check.

The check crops beside the weights are run through every candidate; one that is too far from the reference's answers is
passed over, the others are timed on the same crops, colour and depth. The finding is kept in the user's cache until the
weights, the packages or the processor change, so only the first start measures; one made while other programs kept the
processor busy is measured once more when they no longer do.

Who cannot wait for that takes the first that passes (``at_once``), and has the others measured beside
(:func:`measure_beside`); the next start then believes that finding.
"""

import ctypes
import hashlib
import importlib.metadata as metadata
import json
import logging
import multiprocessing
import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, thread_time

import msgspec
import psutil

from handcam.hand.kinematics import NetInput
from handcam.installation import needs
from handcam.model.weights import WeightsCard, read_card
from handcam.paths import cache_folder, write_atomic
from handcam.plugins import constants, load, names
from handcam.runtimes._graphs import CHECK, find_graph
from handcam.runtimes._parity import CheckCrops, deviation_from_check
from handcam.runtimes._protocol import Runtime
from handcam.types import HandcamError, WeightsError

__all__ = ["candidates", "fastest", "measure_beside", "open_named"]

FOLDER = "handcam.runtimes"
SPEED = ("int8", "bfloat16", "float16", "float32")
"""Precisions, the likely fastest first."""
PACKAGES = ("onnxruntime", "openvino", "torch", "onnxruntime-ep-nv-tensorrt-rtx")
CLEARLY = 0.9
"""A later candidate must take less than this share of the best one's time: order decides between equals."""
BUSY = 0.7
"""Load of each core from which a finding is measured again once the load has fallen to half."""
PARITY = ("joints_mm", "depth_mm", "depth_joints_mm", "detection_px", "mesh_mm", "motion_mm")
"""Mean deviations that must stay within a runtime's tolerance, in mm or, of a hand detector, px."""
log = logging.getLogger(__name__)


def open_named(name: str, weights: Path) -> Runtime:
    """Open ``NAME`` or ``NAME:PRECISION``, e.g. ``onnxruntime:float32``.

    Raises:
        LookupError: there is no such runtime.
        ImportError: its package is not installed.
        HandcamError: it does not run here, or not in that precision.
    """
    name, _, precision = name.partition(":")
    plugin = load(FOLDER, name)
    if not precision:
        return plugin.open(weights)
    if not constants(FOLDER, name).get("PRECISIONS"):
        raise HandcamError(f"The runtime {name} has one precision only.")
    return plugin.open(weights, precision)


def _has_nvidia_driver() -> bool:
    """Look for the driver by loading it; ``find_library`` would ask compilers, and leave files of theirs."""
    for name in ("libcuda.so.1", "nvcuda.dll"):
        with suppress(OSError):
            ctypes.CDLL(name)
            return True
    return False


def candidates(on_card: bool = True) -> list[str]:
    """Runtimes that ``auto`` tries here, as :func:`open_named` takes them, likely fastest first; imports nothing.

    Args:
        on_card: take those that need an NVIDIA card, where there is one.
    """
    card = on_card and _has_nvidia_driver()
    found: list[tuple[bool, int, str]] = []
    for name in names(FOLDER):
        said = constants(FOLDER, name)
        needs_card = bool(said.get("NEEDS_CARD"))
        if find_spec(said.get("PACKAGE", "handcam")) is None or (needs_card and not card):
            continue
        found += [(not needs_card, SPEED.index(p), f"{name}:{p}") for p in said.get("AUTO", ())]
    return [name for _, _, name in sorted(found)]


def fastest(weights: Path, at_once: bool = False) -> Runtime:
    """Open the fastest runtime that passes; a finding of an earlier start is believed, unless it was a busy one.

    Args:
        weights: a safetensors file with its side file.
        at_once: where there is no finding, open the first that passes, and measure nothing.

    Raises:
        WeightsError: the weights are missing or damaged.
        HandcamError: nothing can run them here.
    """
    card = read_card(weights)
    memory, key = _memory(), _key(card)
    known, stale = _known(key)
    if known and (at_once or not stale):
        try:
            return open_named(known, weights)
        except (HandcamError, ImportError, LookupError) as error:
            log.info("%s ran here before and does not now (%s).", known, error)
    try:
        check = find_graph(weights, card, CHECK)
    except HandcamError as error:
        log.info("%s PyTorch would run without.", error)
        return _reference(weights)
    best: Runtime | None = None
    best_name, best_s = "eager", float("inf")
    beside = bool(card.detector or card.kinematics)  # they run beside the net that is on the card
    for name in candidates(on_card=not beside):
        found = _try(name, weights, check, timed=not at_once)
        if found is None:
            continue
        runtime, seconds = found
        if at_once:
            log.info("At once: %s; the others are measured later.", runtime.name)
            return runtime
        if best is None or seconds < CLEARLY * best_s:
            best, runtime, best_name, best_s = runtime, best, name, seconds
        if runtime is not None:
            runtime.close()
    if best is None:
        return _reference(weights)
    _remember(memory, key, best_name, _load())
    log.info("Fastest here: %s, %.1f ms a hand.", best.name, best_s * 1e3)
    return best


def _reference(weights: Path) -> Runtime:
    """PyTorch, which runs what no other runtime does.

    Raises:
        WeightsError: it is not installed.
    """
    try:
        return open_named("eager", weights)
    except ImportError as error:
        raise WeightsError(
            f"No engine here runs exported graphs of {weights.name}, and PyTorch, which runs the weights themselves, "
            f"{needs(error)}."
        ) from None


def measure_beside(weights: Sequence[Path]) -> bool:
    """Measure the runtimes of weights without a finding in a process of its own, which gives way to all others.

    Returns:
        True where there was something to measure; the next start takes what is found.
    """
    todo = [path for path in weights if not all(_finding(path))]
    if todo:
        # a process of spawn, daemonic: it ends with this one, and threads and handles stay here
        multiprocessing.get_context("spawn").Process(target=_measure, args=(todo,), name="measure", daemon=True).start()
    return bool(todo)


def _measure(weights: Sequence[Path]) -> None:
    with suppress(OSError, AttributeError, psutil.Error):
        psutil.Process().nice(10 if os.name == "posix" else psutil.IDLE_PRIORITY_CLASS)
    for path in weights:
        with suppress(HandcamError):
            fastest(path).close()


def _finding(weights: Path) -> tuple[bool, bool]:
    """Is there a finding, and may it be believed?"""
    known, stale = _known(_key(read_card(weights)))
    return bool(known), not stale


def _known(key: str) -> tuple[str, bool]:
    """The finding of an earlier start, empty without one; and whether it was made while others kept the processor busy
    that no longer do."""
    known, load_then = _recall(_memory()).get(key, ("", 0.0))
    return known, load_then > BUSY and _load() < 0.5 * load_then


def _memory() -> Path:
    return cache_folder() / "runtime.json"


def _load() -> float:
    """Load of each core."""
    return psutil.getloadavg()[0] / (psutil.cpu_count() or 1)


def _try(name: str, weights: Path, check: Path, timed: bool = True) -> tuple[Runtime, float] | None:
    """Open and check one candidate; None if it cannot run or is too far off."""
    try:
        runtime = open_named(name, weights)
        crops, away = deviation_from_check(check, runtime)
    except WeightsError:
        raise
    except Exception as error:  # a driver's or package's own exception: the next candidate may still do
        log.debug("No %s: %s", name, error)
        return None
    for quantity in PARITY:
        if quantity in away and away[quantity].mean() > runtime.tolerance_mm:
            log.info("%s is passed over: %s is %.2f from the reference.", runtime.name, quantity, away[quantity].mean())
            runtime.close()
            return None
    if not timed:
        return runtime, 0.0
    waits = constants(FOLDER, name.partition(":")[0]).get("NEEDS_CARD")
    return runtime, _seconds(runtime, crops, perf_counter if waits else thread_time)


def _seconds(runtime: Runtime, crops: CheckCrops, clock: Callable[[], float]) -> float:
    """Time of one hand, colour and depth, the fastest of each, or of one picture of a hand detector; an engine that
    works in this thread is timed by what the processor does for it."""

    def least(call: Callable[[int], object], n: int) -> float:
        times: list[float] = []
        for i in range(n):
            start = clock()
            call(i)
            times.append(clock() - start)
        return min(times, default=0.0)

    if runtime.card.detector:
        return least(lambda i: runtime.detect(crops.rgb[i : i + 1]), len(crops.rgb))
    if crops.joints_m is not None:
        given = NetInput(*(part[:1] for part in crops.joint_inputs()))
        inputs = [(name, given.named(name)) for name in runtime.card.kinematics]
        return sum(least(lambda _, call=call: runtime.run(*call), 20) for call in inputs)
    seconds = least(lambda i: runtime.encode(crops.color_batch(i)), len(crops.rgb))
    if crops.depth is not None and "depth" in runtime.card.encoders:
        seconds += least(lambda i: runtime.encode(crops.depth_batch(i)), len(crops.depth))
    if crops.cube is not None:
        seconds += least(lambda i: runtime.depth_joints(*crops.cubes(i)), len(crops.cube))
    return seconds


def _key(card: WeightsCard) -> str:
    """Everything that a finding depends on."""
    parts = [card.sha256, json.dumps(card.exports, sort_keys=True), sys.platform, platform.machine(), _processor()]
    for package in PACKAGES:
        try:
            parts.append(metadata.version(package))
        except metadata.PackageNotFoundError:
            parts.append("")
    return hashlib.sha256("\n".join([*parts, *candidates()]).encode()).hexdigest()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return "".join(line for line in lines[:40] if line.startswith(("model", "flags", "Features", "CPU part")))


def _recall(memory: Path) -> dict[str, tuple[str, float]]:
    """Findings by key: the runtime, and the load of each core when it was measured."""
    try:
        return msgspec.json.decode(memory.read_bytes(), type=dict[str, tuple[str, float]])
    except (OSError, msgspec.DecodeError):
        return {}  # nothing yet, damaged, or of an earlier version: it is made anew


def _remember(memory: Path, key: str, name: str, load: float) -> None:
    try:
        write_atomic(memory, json.dumps(_recall(memory) | {key: (name, load)}))
    except OSError as error:
        log.debug("The finding cannot be kept: %s", error)

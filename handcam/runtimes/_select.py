"""What ``--runtime auto`` means: the fastest runtime on this machine that passes its parity check.

The check crops beside the weights are run through every candidate; one that is too far from the reference's answers is
passed over, the others are timed on the same crops. The finding is kept in the user's cache until the weights, the
packages or the processor change, so only the first start measures.
"""

import hashlib
import importlib.metadata as metadata
import json
import logging
import platform
import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path
from time import perf_counter, thread_time

from handcam.installation import needs
from handcam.model.weights import WeightsCard, read_card
from handcam.paths import cache_folder, write_atomic
from handcam.plugins import load
from handcam.runtimes import Runtime
from handcam.runtimes._depth import with_depth
from handcam.runtimes._graphs import CHECK, find_graph
from handcam.runtimes._parity import Crops, deviation_from_check
from handcam.types import HandcamError, WeightsError

__all__ = ["candidates", "choose", "open_named"]

CANDIDATES = (
    ("tensorrt", "float32"), ("cuda", "float32"),
    ("openvino", "int8"), ("onnxruntime", "int8"), ("openvino", "bfloat16"),
    ("openvino", "float32"), ("onnxruntime", "float32"),
)  # fmt: skip
"""What is tried, the likely fastest first; ``eager`` is what is left when nothing else runs."""
ON_CARD = ("tensorrt", "cuda")
PACKAGES = ("onnxruntime", "openvino", "torch", "onnxruntime-ep-nv-tensorrt-rtx")
CLEARLY = 0.9
"""A later candidate must take less than this share of the best one's time: order decides between equals."""
log = logging.getLogger(__name__)


def open_named(name: str, weights: Path) -> Runtime:
    """Open ``NAME`` or ``NAME:PRECISION``, e.g. ``onnxruntime:float32``.

    Raises:
        LookupError: there is no such runtime.
        ImportError: its package is not installed.
        HandcamError: it does not run here, or not in that precision.
    """
    name, _, precision = name.partition(":")
    plugin = load("handcam.runtimes", name)
    if not precision:
        return with_depth(plugin.open(weights), weights)
    if not hasattr(plugin, "PRECISIONS"):
        raise HandcamError(f"The runtime {name} has one precision only.")
    return with_depth(plugin.open(weights, precision), weights)


def choose(weights: Path) -> Runtime:
    """The fastest runtime that passes; a finding of an earlier start is believed.

    Raises:
        WeightsError: the weights are missing or damaged.
    """
    card = read_card(weights)
    memory = cache_folder() / "runtime.json"
    key = _key(card)
    known = _recall(memory).get(key)
    if known:
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
    for name in candidates():
        found = _try(name, weights, check)
        if found is None:
            continue
        runtime, seconds = found
        if best is None or seconds < CLEARLY * best_s:
            best, runtime, best_name, best_s = runtime, best, name, seconds
        if runtime is not None:
            runtime.close()
    if best is None:
        return _reference(weights)
    _remember(memory, key, best_name)
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


def candidates() -> list[str]:
    """What may run here, as :func:`open_named` takes it; nothing is imported."""
    there = [f"{name}:{precision}" for name, precision in CANDIDATES]
    return there if find_library("cuda") or find_library("nvcuda") else [n for n in there if not n.startswith(ON_CARD)]


def _try(name: str, weights: Path, check: Path) -> tuple[Runtime, float] | None:
    """Open and prove one candidate; None if it cannot run or is too far off."""
    try:
        runtime = open_named(name, weights)
    except WeightsError:
        raise
    except Exception as error:  # a driver's or package's own exception: the next candidate may still do
        log.debug("No %s: %s", name, error)
        return None
    crops, away = deviation_from_check(check, runtime)
    tolerance_mm = float(getattr(runtime, "tolerance_mm", 0.0))
    if away["joints_mm"].mean() > tolerance_mm:
        log.info("%s is passed over: %.2f mm from the reference.", runtime.name, away["joints_mm"].mean())
        runtime.close()
        return None
    return runtime, _time(runtime, crops, perf_counter if name.startswith(ON_CARD) else thread_time)


def _time(runtime: Runtime, crops: Crops, clock: Callable[[], float]) -> float:
    """The fastest of its calls; an engine that works in this thread is timed by what the processor does for it."""
    times = []
    for i in range(len(crops.rgb)):
        start = clock()
        runtime.encode(crops.planes(i))
        times.append(clock() - start)
    return min(times)


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


def _recall(memory: Path) -> dict[str, str]:
    try:
        known = json.loads(memory.read_text("utf-8"))
    except (OSError, ValueError):
        known = None  # nothing yet, or damaged: it is made anew
    return {k: v for k, v in known.items() if isinstance(v, str)} if isinstance(known, dict) else {}


def _remember(memory: Path, key: str, name: str) -> None:
    try:
        write_atomic(memory, json.dumps(_recall(memory) | {key: name}))
    except OSError as error:
        log.debug("The finding cannot be kept: %s", error)

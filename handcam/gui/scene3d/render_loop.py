"""The render process: takes scenes from shared memory, puts pictures back. No Qt is imported here."""

import contextlib
import os
import time
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory

import numpy as np

from handcam.gui.scene3d.scenes import SCENE
from handcam.installation import needs
from handcam.plugins import load

__all__ = ["MAX_PIXELS", "MEMORY", "SLOTS", "picture_slot", "scene_slot", "serve"]

SLOTS = 3
"""Scenes and pictures in shared memory: one in use at either end, one on its way."""
MAX_PIXELS = 1920 * 1200
"""Pixels of the largest picture."""
_SCENES = (SLOTS * SCENE.itemsize + 63) // 64 * 64
MEMORY = _SCENES + SLOTS * MAX_PIXELS * 4
"""Size of the shared memory, bytes; pages that are never touched cost nothing."""


def scene_slot(memory: SharedMemory, slot: int) -> np.ndarray:
    """One scene record, shape ()."""
    return np.ndarray((), SCENE, memory.buf, slot * SCENE.itemsize)


def picture_slot(memory: SharedMemory, slot: int, width: int, height: int) -> np.ndarray:
    """One BGRX picture."""
    return np.ndarray((height, width, 4), np.uint8, memory.buf, _SCENES + slot * MAX_PIXELS * 4)


def serve(pipe: Connection, memory_name: str, renderer: str) -> None:
    """Answer ``(number, slot, width, height, oversample)`` with ``(number, slot, width, height, milliseconds)``.

    The first message back is ``("ready",)`` or ``("failed", why)``. Only the newest request is drawn. Ends when the
    other side hangs up.
    """
    memory = SharedMemory(memory_name)
    try:
        try:
            plugin = load("handcam.gui.scene3d.scenes", renderer)
        except ImportError as error:
            pipe.send(("failed", f"it {needs(error)}"))
            return
        except Exception as error:  # whatever it is, the window says it and paints the hand itself
            pipe.send(("failed", f"{type(error).__name__}: {error}"))
            return
        with contextlib.suppress(OSError, AttributeError):
            os.nice(3)  # from now on never in the way of the tracker
        pipe.send(("ready",))
        _loop(pipe, memory, plugin)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return  # the window is gone
    finally:
        memory.close()


def _loop(pipe: Connection, memory: SharedMemory, plugin) -> None:
    drawer, made_for = None, None
    while True:
        request = pipe.recv()
        while pipe.poll():
            request = pipe.recv()
        number, slot, width, height, oversample = request
        start = time.perf_counter()
        try:
            if drawer is None or made_for != (width, height, oversample):
                if drawer is not None:
                    drawer.close()
                drawer = None  # the old one must be gone first: its end takes the GL context of all others with it
                drawer, made_for = plugin.open(width, height, oversample), (width, height, oversample)
            picture_slot(memory, slot, width, height)[:] = drawer.draw(scene_slot(memory, slot))
        except Exception as error:
            pipe.send(("failed", f"{type(error).__name__}: {error}"))
            return
        pipe.send((number, slot, width, height, (time.perf_counter() - start) * 1e3))

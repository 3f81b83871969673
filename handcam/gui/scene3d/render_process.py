"""Render process: draws scenes from shared memory into shared memory. No Qt is imported here."""

import contextlib
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from types import ModuleType

import numpy as np
from threadpoolctl import threadpool_limits

from handcam.gui.scene3d.scenes import SCENE, Renderer
from handcam.installation import needs
from handcam.plugins import load

__all__ = ["MAX_PIXELS", "MEMORY", "SLOTS", "RenderProcess", "picture_slot", "scene_slot", "serve"]

SLOTS = 3
"""Scenes and pictures in shared memory: one in use at either end, one on its way."""
MAX_PIXELS = 1920 * 1200
"""Pixels of the largest picture."""
_SCENES = (SLOTS * SCENE.itemsize + 63) // 64 * 64
MEMORY = _SCENES + SLOTS * MAX_PIXELS * 4
"""Size of the shared memory, bytes; pages that are never touched cost nothing."""


_IN_FLIGHT = 2
_START_S, _ANSWER_S = 60.0, 6.0
"""Time to wait for the first message and for a picture before the process counts as hung; the painted view stands
in meanwhile, so there is no hurry on a busy computer."""
_BUDGET_MS = 18.0
"""A picture that takes longer is drawn coarser next time."""
_OVERSAMPLE = (1.0, 1.25, 1.5, 2.0)


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
        threadpool_limits(1)  # the products of an implicit surface are small, and the tracker needs the other cores
        _loop(pipe, memory, plugin)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return  # the window is gone
    finally:
        memory.close()


def _loop(pipe: Connection, memory: SharedMemory, plugin: ModuleType) -> None:
    drawer: Renderer | None = None
    made_for = None
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
            assert drawer is not None
            picture_slot(memory, slot, width, height)[:] = drawer.draw(scene_slot(memory, slot))
        except Exception as error:
            pipe.send(("failed", f"{type(error).__name__}: {error}"))
            return
        pipe.send((number, slot, width, height, (time.perf_counter() - start) * 1e3))


class RenderProcess:
    """Never blocks: :meth:`submit` drops what the process cannot take yet, :meth:`poll` asks for what is there."""

    def __init__(self, renderer: str = "open3d") -> None:
        self.failure: str | None = None
        """Why there are no pictures, one sentence; None while there are."""
        self.ready = False
        """Has the process said that it can draw?"""
        self.draw_ms = 0.0
        """Time that the last pictures took, smoothed."""
        context = multiprocessing.get_context("spawn")  # a fork would take Qt, GL and threads along
        self._memory = SharedMemory(create=True, size=MEMORY)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, self._memory.name, renderer), name="handcam-3d", daemon=True
        )
        self._process.start()
        theirs.close()
        self._sent = self._answered = 0
        self._closed = False
        self._since = time.monotonic()
        self._level = 1
        self._slow = self._fast = 0

    @property
    def pid(self) -> int | None:
        """Number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._process.is_alive()

    @property
    def has_room(self) -> bool:
        """Can a scene be submitted now?"""
        return self.ready and self.failure is None and self._sent - self._answered < _IN_FLIGHT

    @property
    def drew(self) -> bool:
        """Has a picture come from it?"""
        return self._answered > 0

    @property
    def waiting_s(self) -> float:
        """Time for which it has owed an answer; 0 when it owes none."""
        return time.monotonic() - self._since if not self.ready or self._sent > self._answered else 0.0

    def next_scene(self) -> np.ndarray:
        """The record to fill before :meth:`submit`; only valid while there is :attr:`has_room`."""
        return scene_slot(self._memory, (self._sent + 1) % SLOTS)

    def submit(self, width: int, height: int) -> None:
        """Have :meth:`next_scene` drawn at this size, or at the same shape and the largest size there is room for."""
        shrink = min(1.0, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        width, height = max(int(width * shrink), 16), max(int(height * shrink), 16)
        self._sent += 1
        if self._sent - self._answered == 1:
            self._since = time.monotonic()
        try:
            self._pipe.send((self._sent, self._sent % SLOTS, width, height, _OVERSAMPLE[self._level]))
        except OSError:
            self._fail("The 3D process has ended")

    def poll(self) -> np.ndarray | None:
        """The newest picture (BGRX, valid until the next :meth:`submit`), or None; watches over the process."""
        if self.failure is not None:
            return None
        picture = None
        try:
            while self._pipe.poll():
                message = self._pipe.recv()
                self._since = time.monotonic()
                if message[0] == "ready":
                    self.ready = True
                elif message[0] == "failed":
                    self._fail(f"Open3D cannot draw here ({message[1]})")
                    return None
                else:
                    self._answered, slot, width, height, milliseconds = message
                    self._adapt(milliseconds)
                    picture = picture_slot(self._memory, slot, width, height)
        except (EOFError, OSError):
            self._fail("The 3D process has ended")
            return None
        waited = self.waiting_s
        if not self.ready and waited > _START_S:
            self._fail("Open3D takes too long to start")
        elif self.ready and waited > (_ANSWER_S if self._answered else _START_S):
            self._fail("Open3D does not answer")
        return picture

    def _adapt(self, milliseconds: float) -> None:
        """Finer or coarser pictures, slowly, so that the resolution does not flicker."""
        self.draw_ms += 0.2 * (milliseconds - self.draw_ms)
        self._slow = self._slow + 1 if milliseconds > _BUDGET_MS else 0
        self._fast = self._fast + 1 if milliseconds < _BUDGET_MS * 0.4 else 0
        if self._slow > 8 and self._level > 0:
            self._level, self._slow = self._level - 1, 0
        elif self._fast > 60 and self._level < len(_OVERSAMPLE) - 1:
            self._level, self._fast = self._level + 1, 0

    def _fail(self, why: str) -> None:
        code = self._process.exitcode
        self.failure = f"{why}{f' (exit code {code})' if code not in (None, 0) else ''}; this is the software view."
        self._process.kill()

    def close(self) -> None:
        """End the process and free the memory, within a few milliseconds. May be called again."""
        if self._closed:
            return
        self._closed = True
        self.failure = self.failure or "The 3D process was closed."
        self._process.kill()  # it holds nothing worth saving
        self._process.join(0.5)
        self._pipe.close()
        with contextlib.suppress(
            BufferError
        ):  # a picture of it is still held; the system frees the pages with the last holder
            self._memory.close()
        self._memory.unlink()

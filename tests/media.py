"""Small files and servers for the tests of sources."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter_ns, sleep

import av
import cv2
import numpy as np

from handcam.session import Recorder
from handcam.types import Frame, Intrinsics

FRAMES, WIDTH, HEIGHT = 12, 64, 48


def picture(n: int) -> np.ndarray:
    """RGB whose red tells ``n``, with a blue patch at the upper left."""
    color = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    color[..., 0] = 30 + n * 10 % 200
    color[:16, :16] = 0, 0, 250
    return color


def depth(n: int) -> np.ndarray:
    """Every value of 16 bits is possible."""
    return np.random.default_rng(n).integers(0, 1 << 16, (HEIGHT, WIDTH), np.uint16)


def make_video(path: Path, frames: int = FRAMES, codec: str = "libx264", format: str | None = None) -> Path:
    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for n in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(n), "rgb24")))
        container.mux(stream.encode(None))
    return path


def make_images(folder: Path, with_depth: bool = True) -> Path:
    folder.mkdir()
    for n in range(FRAMES):
        cv2.imwrite(str(folder / f"{n}.png"), picture(n)[..., ::-1])
        if with_depth:
            cv2.imwrite(str(folder / f"{n}.depth.png"), depth(n))
    camera = {
        "fx": 60.0,
        "fy": 61.0,
        "cx": 31.0,
        "cy": 23.0,
        "width": WIDTH,
        "height": HEIGHT,
        "depth_unit_m": 0.000125,
    }
    (folder / "intrinsics.json").write_text(json.dumps(camera))
    return folder


def make_session(folder: Path) -> Path:
    camera = Intrinsics(60.0, 61.0, 31.0, 23.0, WIDTH, HEIGHT)
    recorder = Recorder(folder, "video:clip.mp4")
    start = perf_counter_ns()
    for n in range(FRAMES):
        assert recorder.put_frame(Frame(n, start + n * 10_000_000, camera, picture(n), depth(n), 0.000125))
    recorder.close(timeout_s=60)
    assert recorder.status()[4] is None
    return folder


@contextmanager
def network_camera(fps: float = 100.0) -> Iterator[tuple[str, threading.Event]]:
    """A camera that sends JPEGs over HTTP on this machine: its address, and an event that ends its pictures."""
    ended = threading.Event()

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            n = 0
            try:
                while not ended.is_set():
                    jpeg = cv2.imencode(".jpg", picture(n % FRAMES)[..., ::-1])[1].tobytes()
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    n += 1
                    sleep(1 / fps)
            except OSError:
                return  # the reader has gone

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/camera.mjpg", ended
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()

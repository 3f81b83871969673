"""Soak test: the app with everything on, for hours, measured from outside.

    python examples/soak.py FOLDER [--hours 8] [--piece-min 30] [--headless]

Window, 3D process, recording, report and four streams run on two rendered hands. Every 5 s memory, handles, threads,
processes and the age of the results are appended to FOLDER/soak.csv; after each piece the app is ended as a logout
would, its counts go to FOLDER/pieces.jsonl, and FOLDER/soak.png is drawn. Started again it goes on where it stopped.
"""

import argparse
import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parents[1]
EVERY_S, SETTLED_S, FLAT = 5.0, 120.0, 0.02
COLUMNS = (
    "piece",
    "hours",
    "seconds",
    "rss_mb",
    "handles",
    "threads",
    "processes",
    "age_ms_p50",
    "age_ms_p95",
    "rate_hz",
)
SHOWN = {"rss_mb": "memory, MB", "handles": "handles", "threads": "threads", "age_ms_p50": "age of results, ms"}
HEAD = re.compile(rb'"time_ns":(\d+),.*?"sequence":(\d+)')


def measure(app: psutil.Process, receiver: socket.socket, seconds: float) -> dict[str, float]:
    """Read messages for a while, then look at the app and its children."""
    ages_ms: list[float] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        receiver.settimeout(left)
        try:
            found = HEAD.search(receiver.recv(65536)[:400])
        except TimeoutError:
            break
        if found is not None:
            ages_ms.append((time.perf_counter_ns() - int(found[1])) / 1e6)
    family = [app, *app.children(recursive=True)]
    p50, p95 = np.percentile(ages_ms, [50, 95]) if ages_ms else (np.nan, np.nan)
    return {
        "rss_mb": sum(p.memory_info().rss for p in family) / 2**20,
        "handles": sum(p.num_handles() if sys.platform == "win32" else p.num_fds() for p in family),
        "threads": sum(p.num_threads() for p in family), "processes": len(family),
        "age_ms_p50": float(p50), "age_ms_p95": float(p95), "rate_hz": len(ages_ms) / seconds,
    }  # fmt: skip


def run_piece(folder: Path, number: int, before_s: float, length_s: float, headless: bool) -> dict[str, Any]:
    """Run the app for a while; returns what it says of itself at its end."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    session, report = folder / f"session-{number}", folder / "report.json"
    streams = [f"udp:127.0.0.1:{receiver.getsockname()[1]}", "osc", "websocket:0", "zmq:0"]
    options = ["--record", str(session), "--report", str(report), *(["--headless"] if headless else [])]
    options += [part for stream in streams for part in ("--stream", stream)]
    app = subprocess.Popen(
        [sys.executable, str(ROOT / "launch.py"), "--source", "demo:two", *options],
        env={"QT_QPA_PLATFORM": "offscreen", **os.environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        while not (session / "frames.jsonl").is_file():  # loading is not counted
            if app.poll() is not None:
                raise SystemExit(f"The app did not start: {app.communicate()[0]}")
            time.sleep(0.2)
        start = time.monotonic()
        with (folder / "soak.csv").open("a", newline="") as file:
            rows: csv.DictWriter[str] = csv.DictWriter(file, COLUMNS)
            if not file.tell():
                rows.writeheader()
            while app.poll() is None and time.monotonic() - start < length_s:
                try:
                    found = measure(psutil.Process(app.pid), receiver, EVERY_S)
                except psutil.NoSuchProcess:
                    continue  # a child ended meanwhile
                seconds = time.monotonic() - start
                rows.writerow({"piece": number, "hours": (before_s + seconds) / 3600, "seconds": seconds, **found})
                file.flush()
        app.send_signal(signal.SIGTERM if os.name == "posix" else signal.CTRL_BREAK_EVENT)
        asked = time.monotonic()
        output, _ = app.communicate(timeout=60)
    finally:
        app.kill()
        receiver.close()
        shutil.rmtree(session, ignore_errors=True)
    figures = json.loads(report.read_text("utf-8"))
    end = {"code": app.returncode, "end_s": time.monotonic() - asked, "left_in_shared_memory": shared_memory()}
    kept = ("frames", "seconds", "streams", "recording", "failure", "stalled", "age_ms")
    return {"piece": number, **end, **{key: figures.get(key) for key in kept}, "said": output.splitlines()[-3:]}


def shared_memory() -> int:
    """Number of shared memory blocks of Python's on this machine (Linux)."""
    return len(list(Path("/dev/shm").glob("psm_*"))) if Path("/dev/shm").is_dir() else 0


def drift(rows: list[dict[str, float]], name: str) -> float:
    """Change from the first third to the last third of a piece, once it has settled, as a share."""
    values = [row[name] for row in rows if row["seconds"] > SETTLED_S]
    third = max(1, len(values) // 3)
    return float(np.median(values[-third:]) / np.median(values[:third]) - 1) if len(values) > 5 else float("nan")


def draw(folder: Path, rows: list[dict[str, float]]) -> None:
    """Draw every figure over the hours."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = figure.subplots(len(SHOWN), 1, sharex=True)
    for axes, (name, label) in zip(panels, SHOWN.items(), strict=True):
        for piece in sorted({row["piece"] for row in rows}):
            own = [row for row in rows if row["piece"] == piece]
            axes.plot([row["hours"] for row in own], [row[name] for row in own], linewidth=0.8)
        axes.set_ylabel(label)
        axes.set_ylim(0, 1.15 * max(row[name] for row in rows))
    panels[-1].set_xlabel("hours; a line a piece")
    figure.savefig(folder / "soak.png", dpi=110)


def read_rows(folder: Path) -> list[dict[str, float]]:
    """Read everything measured so far."""
    if not (folder / "soak.csv").is_file():
        return []
    with (folder / "soak.csv").open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--piece-min", type=float, default=30.0)
    parser.add_argument("--headless", action="store_true")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        rows = read_rows(folder)
        done_s = rows[-1]["hours"] * 3600 if rows else 0.0
        length_s = min(options.piece_min * 60, options.hours * 3600 - done_s)
        if length_s < 2 * EVERY_S:
            return
        number = int(rows[-1]["piece"]) + 1 if rows else 0
        said = run_piece(folder, number, done_s, length_s, options.headless)
        rows = read_rows(folder)
        own = [row for row in rows if row["piece"] == number]
        said["drift"] = {name: drift(own, name) for name in SHOWN}
        with (folder / "pieces.jsonl").open("a") as file:
            file.write(json.dumps(said) + "\n")
        draw(folder, rows)
        flat = ", ".join(f"{name} {100 * change:+.1f} %" for name, change in said["drift"].items())
        print(f"{rows[-1]['hours']:.2f} h: {flat}; frames {said['frames']}; ended in {said['end_s']:.1f} s", flush=True)


if __name__ == "__main__":
    main()

"""The app without a window: a status line while it runs, and a report at its end."""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.live import Live as LiveLine
from rich.text import Text

from handcam.cli._report import Report, write
from handcam.live import Live, LiveStatus

__all__ = ["run_headless"]

log = logging.getLogger(__name__)
POLL_S = 0.05
PLAIN_LINE_S = 5.0
"""Interval between printed lines where there is no terminal."""


def run_headless(live: Live, report: Report, duration_s: float | None, out: Path | None) -> int:
    """Run until the source ends, fails, the time is over, or Ctrl-C. Returns the exit code."""
    console = Console(stderr=True)
    live.start()
    status = live.status()
    printed = begun = time.monotonic()
    try:
        with _interruptible(), _line(console) as line:
            while status.state not in ("ended", "failed", "stopped"):
                time.sleep(POLL_S)
                status, now = live.status(), time.monotonic()
                if status.state == "starting":
                    begun = printed = now  # the time that was asked for is that of frames
                elif duration_s is not None and now - begun >= duration_s:
                    break
                if line is not None:
                    line.update(_text(status, report))
                elif now - printed >= PLAIN_LINE_S:
                    printed = now
                    print(_text(status, report).plain, file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        log.info("Stopped.")
    live.stop()
    status = live.status()
    summary = report.summary(status, live.recorded)
    if status.captured:
        print(_closing(summary))
    failures = [status.failure] if status.failure else []
    if live.recorded is not None:
        session = live.recorded
        print(f"Recorded {session.frames} frames in {session.path}, {session.dropped} dropped.")
        failures += [session.failure] if session.failure else []
    if out is not None:
        write(out, summary)
        print(f"Report: {out}")
    for failure in failures:
        print(f"handcam: {failure}", file=sys.stderr)
    if not failures:
        return 0
    return 1 if status.captured else 2  # 2: it could not even start


def _text(status: LiveStatus, report: Report) -> Text:
    """The status line."""
    parts = [(status.state, "bold"), (f"{status.source or 'no source'}", "cyan")]
    if status.runtime:
        parts.append((status.runtime, ""))
    if report.results:
        parts.append((f"{status.processed} frames, {status.dropped} dropped", ""))
        parts.append((f"{report.rate_hz:.0f} per s", ""))
        parts.append((f"hand in {status.with_hand / max(status.processed, 1):.0%}", ""))
        parts.append((f"age {report.age_ms:.0f} ms", ""))
    if report.error_mm is not None:
        parts.append((f"error {report.error_mm:.1f} mm", "green"))
    if status.recording is not None:
        r = status.recording
        parts.append((f"recording {r.elapsed_s:.0f} s, {r.bytes / 2**20:.0f} MB, {r.dropped} dropped", "red"))
    return Text(" · ").join(Text(*part) for part in parts)


def _closing(summary: dict[str, Any]) -> str:
    """Summarise the run in one sentence."""
    frames, age = summary["frames"], summary["age_ms"]
    text = (
        f"{summary['source']}: {frames['captured']} frames captured, {frames['processed']} tracked, "
        f"{frames['dropped']} dropped in {summary['seconds']:.1f} s"
    )
    if age:
        text += f"; a hand in {summary['hands_found']:.0%} of them"
        text += f"; results {age['p50']:.0f} ms old (95 %: {age['p95']:.0f})"
    if summary.get("error_mm", {}).get("root_relative"):
        text += f"; median error {summary['error_mm']['root_relative']['p50']:.1f} mm against the truth"
    return text + "."


@contextmanager
def _line(console: Console) -> Iterator[LiveLine | None]:
    """Show one line that is written over, where there is a terminal."""
    if not console.is_terminal:
        yield None
        return
    with LiveLine(Text("starting"), console=console, refresh_per_second=5, transient=True) as line:
        yield line


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the end that a service manager asks for be as clean as Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

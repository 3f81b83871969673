"""The app without a window: a status line while it runs, and a report at its end."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live as LiveLine
from rich.text import Text

from handcam.cli._report import Report, outcome, write
from handcam.live import Live, LiveStatus

__all__ = ["run_headless"]

log = logging.getLogger(__name__)
POLL_S = 0.05
PLAIN_LINE_S = 5.0
"""Interval between printed lines where there is no terminal."""
GIVE_UP_S = 12.0
"""Longest wait for a first picture after the warning that none comes."""


def run_headless(live: Live, report: Report, duration_s: float | None, out: Path | None) -> int:
    """Run until the source ends, fails or never comes, the time is over, a signal asks for the end, or the recording
    fails and neither report nor stream is wanted. Returns the exit code."""
    console = Console(stderr=True)
    status = live.status()
    warned: set[str] = set()
    printed = begun = silent = time.monotonic()
    try:
        live.start()  # a signal may come before it is back
        with _line(console) as line:
            while status.state not in ("ended", "failed", "stopped"):
                time.sleep(POLL_S)
                status, now = live.status(), time.monotonic()
                stopped = status.recording is not None and status.recording.stopped
                if stopped and out is None and not status.streams:
                    break  # there is nothing to go on for
                _warn_once(status, warned)
                if not status.stalled:
                    silent = now
                if not status.captured:
                    begun = now  # the time that was asked for is that of frames
                    if status.runtime and now - silent > (GIVE_UP_S if status.source else 0):
                        break
                elif duration_s is not None and now - begun >= duration_s:
                    break
                if line is not None:
                    line.update(_text(status, report))
                elif now - printed >= PLAIN_LINE_S:
                    printed = now
                    print(_text(status, report).plain, file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        log.info("Stopped.")
    stalled = status.stalled
    live.stop()
    status = live.status()
    summary = report.summary(replace(status, stalled=stalled), live.recorded)
    if status.captured:
        print(_closing(summary))
    failures = outcome(status, live.recorded)
    if out is not None:
        write(out, summary)
        print(f"Report: {out}")
    if not (failures or stalled or status.captured):
        failures.append(f"No frame came from {status.source or 'the source'}.")
    for failure in failures:
        print(f"handcam: {failure}", file=sys.stderr)
    if not failures and not stalled:  # a stall was warned of when it began
        return 0
    return 1 if status.captured else 2  # 2: it could not even start


def _warn_once(status: LiveStatus, warned: set[str]) -> None:
    """Warn of what goes wrong while the run goes on, once until it is well again."""
    troubles = {"": status.stalled} | {stream.name: stream.failure for stream in status.streams}
    if status.recording is not None and status.recording.stopped:
        troubles["recording"] = status.recording.failure
    for name, trouble in troubles.items():
        if trouble is not None and name not in warned:
            log.warning("%s", trouble)
    warned.clear()
    warned.update(name for name, trouble in troubles.items() if trouble is not None)


def _text(status: LiveStatus, report: Report) -> Text:
    """The status line."""
    parts = [(status.state, "bold"), (f"{status.source or 'no source'}", "cyan")]
    if status.runtime:
        parts.append((status.runtime, ""))
    if report.results:
        parts.append((f"{status.processed} frames, {status.dropped} dropped", ""))
        parts.append((f"{report.rate_hz if status.state == 'running' else 0:.0f} per s", ""))
        parts.append((f"hand in {status.with_hand / max(status.processed, 1):.0%}", ""))
        parts.append((f"age {report.age_ms:.0f} ms", ""))
    if report.error_mm is not None:
        parts.append((f"error {report.error_mm:.1f} mm", "green"))
    for stream in status.streams:
        counts = stream.failure or f"{stream.name} {stream.sent} sent, {stream.dropped} dropped"
        parts.append((counts, "red" if stream.failure else ""))
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

"""Measure speed: every runtime beside MediaPipe Hands on the same clip, and the age of the pixels."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from handcam.installation import describe_machine
from handcam.model.weights import default_weights
from handcam.sources import SourceSettings, open_source
from handcam.types import Frame, HandcamError
from handcam.validation import InputFile, OutputFile

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main"]

MOST_BYTES = 320_000_000
"""Frames are kept in memory while they are measured; there are never more than this."""


def main(
    *,
    source: str = "demo",
    seconds: Annotated[float, Meta(gt=0, le=3600)] = 8.0,
    runtimes: str = "",
    rounds: Annotated[int, Meta(ge=1, le=1000)] = 5,
    app: bool = True,
    start: bool = False,
    batch: bool = False,
    streams: bool = False,
    scaling: bool = False,
    weights: InputFile | None = None,
    json: OutputFile | None = None,
    plot: OutputFile | None = None,
) -> int:
    """Measure speed: every runtime beside MediaPipe Hands on the same clip, the age of the pixels, the machine's limit.

    Args:
        source: a clip with one hand, video:FILE or demo.
        seconds: how much of it.
        runtimes: runtimes to measure, with commas: NAME or NAME:PRECISION; by default all that run here.
        rounds: into how many stretches it is cut, over which the contestants take turns.
        app: measure the age of the pixels in the running app too.
        start: start the window three times too: time to the window and to the first skeleton, memory, and what each
            frame costs the window's thread.
        batch: measure this instead: files tracked whole, as handcam track does, beside MediaPipe's video mode.
        streams: measure this instead: the age of the pixels when a receiver has their message, for every protocol.
        scaling: measure instead how the cost of a frame grows with hands (none to four) and the picture (to 4K).
        weights: a safetensors file; by default the one that ships with the program.
        json: write the figures to this file.
        plot: write a picture of the figures to this PNG.
    """
    from handcam.lab.evaluate import bench, roofline
    from handcam.lab.evaluate.results import save_figure, write_json
    from handcam.runtimes import candidates, graph_file

    if batch or streams:
        return _files_and_streams(source, seconds, rounds, batch, streams, json)
    weights = default_weights() if weights is None else weights
    console = Console()
    if scaling:
        return _scaling(console, weights, runtimes or "auto", json)
    machine = describe_machine()
    frames, read_ms = _read(source, seconds)
    names = [name.strip() for name in runtimes.split(",") if name.strip()] or [*candidates(), "eager"]
    with Progress(TextColumn("bench"), BarColumn(), MofNCompleteColumn(), console=console, transient=True) as bar:
        task = bar.add_task("")
        figures, failed = bench.compare(
            frames, names, weights, rounds, lambda done, of: bar.update(task, completed=done, total=of)
        )
    yardstick = figures.get(bench.MEDIAPIPE)
    reports = {name: f.report(None if f is yardstick else yardstick) for name, f in figures.items()}
    ours = {name: r for name, r in reports.items() if name != bench.MEDIAPIPE and r["cpu_ms"] is not None}
    if not ours or (yardstick is not None and not any("ratio_to_mediapipe" in r for r in ours.values())):
        raise HandcamError(f"No hand was tracked in {source}; take a clip with a hand in every frame.")
    best = min(ours, key=lambda name: ours[name].get("ratio_to_mediapipe", ours[name]["cpu_ms"]["p50"]))
    out = {
        "source": source, "frames": len(frames), "fastest": best, "machine": machine,
        "ratio_to_mediapipe": ours[best].get("ratio_to_mediapipe"), "ratio_iqr": ours[best].get("ratio_iqr"),
        "predict_ms_p50": ours[best]["sections_ms"]["predict"]["p50"],
        "cpu_ms_per_frame": ours[best]["cpu_ms"]["p50"],
        "mediapipe_cpu_ms_per_frame": reports.get(bench.MEDIAPIPE, {}).get("cpu_ms"),
        "app_age_ms_p50": None, "read_ms": bench.percentiles(read_ms), "runtimes": reports, "not_run": failed,
    }  # fmt: skip
    graph = graph_file(weights, "encode")
    if graph.is_file():
        peaks, work = roofline.measure_machine(), roofline.work_of(graph)
        limit_ms = work.limit_ms(peaks)
        out["roofline"] = {
            "gflop": work.gflop, "mbytes": work.mbytes, "peak_gflops_float32": peaks.gflops,
            "peak_gbytes_s": peaks.gbytes_s, "limit_ms_float32": limit_ms,
            "share_of_limit": {n: limit_ms / r["encode_cpu_ms"] for n, r in ours.items() if r["encode_cpu_ms"]},
        }  # fmt: skip
    if app:
        out["app"] = _app(frames, best, weights, min(seconds, 10.0))
        out["app_age_ms_p50"] = out["app"]["own_ms"]["p50"] if out["app"]["own_ms"] else None
        out["memory_mb"] = out["app"]["rss_mb"]
    if start:
        from handcam.cli._bench_window import measure_start

        out["start"] = measure_start()
    _print(console, out)
    if json is not None:
        write_json(out, json)
    if plot is not None:
        save_figure(bench.plotted(out), plot, f"{source}, {machine['cpu']}")
    return 0


def _files_and_streams(source: str, seconds: float, rounds: int, batch: bool, streams: bool, json: Path | None) -> int:
    from handcam.lab.evaluate import throughput
    from handcam.lab.evaluate.results import write_json
    from handcam.lab.evaluate.stream_latency import stream_latency

    out: dict = {"machine": describe_machine()}
    if batch:
        out["batch"] = throughput.batch(source, rounds)
    if streams:
        frames, _ = _read(source, min(seconds, 5.0))
        out["streams"] = stream_latency(frames)
    Console().print_json(data=out)
    if json is not None:
        write_json(out, json)
    return 0


def _scaling(console: Console, weights: Path, runtime: str, json: Path | None) -> int:
    from handcam.api import open_tracker
    from handcam.lab.evaluate import scaling
    from handcam.lab.evaluate.results import Results, show, write_json

    rows = scaling.measure(lambda: open_tracker(weights, runtime, live=True))
    figures = {"machine": describe_machine(), "rows": rows}
    show(Results(figures, (scaling.table(rows),)), console)
    if json is not None:
        write_json(figures, json)
    return 0


def _read(source: str, seconds: float) -> tuple[list[Frame], list[float]]:
    """Frames of the source with times as recorded, and what reading each took, ms."""
    stream = open_source(source, SourceSettings(realtime=False))
    frames: list[Frame] = []
    times: list[float] = []
    size = 0
    try:
        while len(frames) < seconds * stream.fps and size < MOST_BYTES:
            start = time.perf_counter()
            frame = stream.read()
            if frame is None:
                break
            times.append((time.perf_counter() - start) * 1e3)
            if frame.color is None:
                raise HandcamError(f"{source} has no colour, which MediaPipe Hands needs for the comparison.")
            frame = replace(frame, time_ns=round(len(frames) / stream.fps * 1e9), depth=None, truth=())
            size += frame.color.nbytes  # type: ignore[union-attr]
            frames.append(frame)
    finally:
        stream.close()
    return frames, times


def _app(frames: Sequence[Frame], runtime: str, weights: Path, seconds: float) -> dict:
    from handcam.api import open_tracker
    from handcam.cli._bench_window import measure_app
    from handcam.lab.evaluate.bench import percentiles
    from handcam.plugins import load

    def tracker() -> "Tracker":
        return open_tracker(weights, runtime, load("handcam.detectors", "palm").open())

    measured = measure_app(frames, tracker, seconds)
    parts = {f"{name}_ms": percentiles(measured[name]) for name in ("age", "own", "net", "wait", "draw")}  # type: ignore[arg-type]
    painted = len(measured["age"])  # type: ignore[arg-type]
    return {**parts, "painted": painted, **{k: measured[k] for k in ("cpu_share", "lost_per_s", "rss_mb")}}


def _print(console: Console, out: dict) -> None:
    """The table."""
    table = Table(
        "", "CPU ms a frame", "to MediaPipe", "IQR", "crop", "predict p50", "p95", "p99", "decode", "refine", "tracked",
        title=f"{out['source']}, {out['frames']} frames, {out['machine']['cpu']}", title_justify="left",
    )  # fmt: skip
    for name, r in out["runtimes"].items():
        if r["cpu_ms"] is None:
            table.add_row(r["name"], "no hand")
            continue
        cells = [f"{r['cpu_ms']['p50']:.2f}", "1", "", "", "", "", "", "", ""]
        if name in out["runtimes"] and "sections_ms" in r:
            s = r["sections_ms"]
            beside = ["", ""]
            if "ratio_to_mediapipe" in r:
                beside = [f"{r['ratio_to_mediapipe']:.2f}", "{:.2f} to {:.2f}".format(*r["ratio_iqr"])]
            predict = [f"{s['predict'][p]:.2f}" for p in ("p50", "p95", "p99")]
            cells = [cells[0], *beside, f"{s['crop']['p50']:.2f}"]
            cells += [*predict, f"{s['decode']['p50']:.2f}", f"{s['refine']['p50']:.2f}"]
        table.add_row(r["name"], *cells, f"{r['tracked']}/{r['frames']}")
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    for name, why in out["not_run"].items():
        console.print(f"not run: {name} ({why})", style="dim", markup=False)
    if "roofline" in out:
        roof = out["roofline"]
        shares = ", ".join(f"{name} {share:.0%}" for name, share in roof["share_of_limit"].items())
        console.print(
            f"The net takes {roof['gflop']:.2f} GFLOP and {roof['mbytes']:.1f} MB a crop: at least "
            f"{roof['limit_ms_float32']:.2f} ms in float32 on one core, which reaches "
            f"{roof['peak_gflops_float32']:.0f} GFLOP/s and {roof['peak_gbytes_s']:.0f} GB/s. Reached: {shares}.",
            markup=False,
        )
    if out.get("app") and out["app"]["age_ms"]:
        a = out["app"]
        console.print(
            f"In the app at 60 Hz: pixels {a['age_ms']['p50']:.1f} ms old when painted (p95 {a['age_ms']['p95']:.1f}), "
            f"of which {a['own_ms']['p50']:.1f} ms are the app's own; drawing {a['draw_ms']['p50']:.1f} ms; "
            f"{a['cpu_share']:.0%} of a core; {a['rss_mb']:.0f} MB with the bench itself."
        )
    if "start" in out:
        s = out["start"]
        console.print(
            f"Start: window after {s['visible_s']:.2f} s, first skeleton after {s['skeleton_s']:.2f} s; "
            f"{s['rss_mb']:.0f} MB with the 3D view; {s['gui_ms']:.1f} ms of the window's thread a frame."
        )

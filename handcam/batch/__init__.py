"""Track many files: the same unit of work (:mod:`handcam.batch.job`) in this process, in several, or on a Ray cluster.

Every file's outputs appear when they are complete, and then its mark, ``NAME.hands.done.json``. What is marked is not
done again, so whoever is killed goes on at the file it was in, and a worker that dies loses nothing.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from handcam.batch.job import Done, Job, JobSettings, is_remote, run
from handcam.installation import needs
from handcam.session.format import HEADER_FILE
from handcam.types import HandcamError

__all__ = ["VIDEOS", "Done", "Job", "JobSettings", "jobs_of", "run_all"]

log = logging.getLogger(__name__)
VIDEOS = {".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".bag", ".db3"}
"""Endings of the files that are taken out of a folder."""
TRIES = 3
"""A file whose worker dies is given to so many."""


def jobs_of(inputs: Sequence[str], out: str | None, settings: JobSettings) -> list[Job]:
    """List the work: one job for each video, picture folder or session; a folder of videos gives several.

    Args:
        inputs: files, folders, or URLs that fsspec reads.
        out: folder or URL of what is written; None for beside each file.
        settings: what to do with each.

    Raises:
        HandcamError: a file is not there, or two would write the same names.
    """
    found = [path for text in inputs for path in _expanded(text)]
    jobs = [
        Job(path, out or path.rstrip("/").rpartition("/")[0] or ".", f"{_stem(path)}.hands", settings) for path in found
    ]
    for job in jobs:
        same = [other.input for other in jobs if (other.out, other.name) == (job.out, job.name)]
        if len(same) > 1:
            raise HandcamError(f"{same[0]} and {same[1]} would write the same files; track them with separate --out.")
    return jobs


def _expanded(text: str) -> list[str]:
    if is_remote(text):
        return [text]
    path = Path(text).expanduser()
    if not path.exists():
        raise HandcamError(f"There is no file or folder {path}.")
    if path.is_dir() and not (path / HEADER_FILE).is_file():
        videos = sorted(
            str(file) for file in path.iterdir() if file.suffix.lower() in VIDEOS and ".hands." not in file.name
        )
        return videos or [str(path)]
    return [str(path)]


def _stem(path: str) -> str:
    name = path.rstrip("/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def run_all(
    jobs: Sequence[Job], processes: int = 1, ray: str | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Iterator[Done]:  # fmt: skip
    """Do the jobs; yields what became of each as it ends. A job that fails ends no other.

    Args:
        jobs: of :func:`jobs_of`.
        processes: local processes.
        ray: address of a Ray cluster, ``auto``, or ``local`` to start one here; None for no cluster.
        progress: in one process, called with the share of the present job that is done.

    Raises:
        HandcamError: Ray is not installed, or there is no cluster at the address.
    """
    if ray is not None:
        yield from _on_ray(jobs, ray)
    elif processes > 1:
        yield from _in_processes(jobs, processes)
    else:
        for job in jobs:
            yield run(job, progress)


def _in_processes(jobs: Sequence[Job], processes: int) -> Iterator[Done]:
    left = dict.fromkeys(range(len(jobs)), TRIES)
    while left:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(processes, len(left)), mp_context=context) as pool:
            futures = {pool.submit(run, jobs[n]): n for n in left}
            for future in as_completed(futures):
                n = futures[future]
                try:
                    done = future.result()
                except BrokenProcessPool:  # a worker died; all that were under way are tried again
                    left[n] -= 1
                    if left[n]:
                        continue
                    done = Done(jobs[n].input, "failed", reason="its process died, as often as it was tried")
                del left[n]
                yield done
        if left:
            log.warning("A process died; %d files are tried again.", len(left))


def _on_ray(jobs: Sequence[Job], address: str) -> Iterator[Done]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as error:
        raise HandcamError(f"A Ray cluster {needs(error, 'ray')}.") from None
    try:
        ray.init(address=address, log_to_driver=False, include_dashboard=False if address == "local" else None)
    except (ConnectionError, ValueError) as error:
        raise HandcamError(f"There is no Ray cluster at {address!r} ({error}).") from None
    try:
        task = ray.remote(run).options(max_retries=TRIES, num_cpus=1)
        pending = {task.remote(job): job for job in jobs}
        while pending:
            (ended,), _ = ray.wait(list(pending), num_returns=1)
            job = pending.pop(ended)
            try:
                yield ray.get(ended)
            except RayError as error:
                yield Done(job.input, "failed", reason=f"its worker died ({type(error).__name__})")
    finally:
        ray.shutdown()

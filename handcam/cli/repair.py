"""Check a session, and make a clean one of it when it was cut off or damaged."""

from rich.console import Console
from tyro.conf import Positional

from handcam.session import repair
from handcam.validation import InputFolder, OutputFolder

__all__ = ["main"]


def main(session: Positional[InputFolder], out: Positional[OutputFolder | None] = None, /) -> int:
    """Check every picture of a session; if anything is lost, say what, and write the rest to a clean session.

    Args:
        session: the session's folder; it is left as it is.
        out: folder of the clean session; by default beside the old one, with "-repaired" at its end.
    """
    console = Console(soft_wrap=True, highlight=False, markup=False)
    with console.status("Checking every picture"):
        report = repair(session, out)
    dropped = (
        f" {report.dropped} were recorded without pictures, because the disk was too slow." if report.dropped else ""
    )
    console.print(f"{report.whole} of {report.frames} frames are whole.{dropped}")
    for sentence in report.lost:
        console.print(f"Lost: {sentence}")
    console.print(f"Written to {report.out}" if report.out is not None else "Nothing is lost; nothing was written.")
    return 0

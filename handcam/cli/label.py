"""Label the hands of a session as accepted or rejected, to train on."""

import sys
from typing import Annotated

from tyro.conf import Positional, arg

from handcam.cli._display import window_problem
from handcam.session import open_session
from handcam.session.labels import Labels, accept_all
from handcam.types import HandcamError
from handcam.validation import InputFolder, OutputFile, Share

__all__ = ["main"]


def main(
    session: Positional[InputFolder],
    /,
    *,
    accept_everything: Annotated[bool, arg(name="accept-all")] = False,
    min_score: Annotated[Share, arg(metavar="X")] = 0.8,
    screenshot: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
) -> int:
    """Go through the hands of a session: A accept, R reject, S other side, arrows, Space play, N next unlabelled.

    Every verdict is written at once to labels.jsonl in the session's folder, for handcam finetune.

    Args:
        session: the session's folder.
        accept_everything: no window: accept every hand without a verdict that scores at least --min-score.
        min_score: least score for --accept-all, 0 to 1.
        screenshot: save a picture of the view and quit.
    """
    with open_session(session) as opened:
        for problem in opened.problems:
            print(f"handcam: {problem}", file=sys.stderr)
        labels = Labels(session)
        code = 0
        if accept_everything:
            count = accept_all(opened, labels, min_score)
            print(f"Accepted {count} more hands.", end=" ")
        else:
            problem = window_problem()
            if problem is not None:
                raise HandcamError(f"{problem}; label without a window: --accept-all --min-score X.")
            from handcam.gui.sessions.labelling import show

            code = show(opened, labels, screenshot)
        print(f"{len(labels.accepted())} of {len(labels)} labelled hands are accepted: {labels.path}")
    return code

"""The tests on every supported Python: ``nox``, or ``nox -s tests-3.14 -- -k mailbox`` for a part of them."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Everything, with the newest packages that the ranges in pyproject.toml allow."""
    session.install("-e", ".[all,test]")
    session.run("pytest", "-q", *session.posargs, env={"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"})


@nox.session(python=["3.11", "3.14"])
def plain(session: nox.Session) -> None:
    """The wheel alone, as a user installs it: no PyTorch, no MediaPipe."""
    session.install(".")
    session.run("handcam", "doctor")
    session.run("handcam", "--headless", "--source", "demo", "--duration", "3")

"""Which source plays a file or a folder."""

from pathlib import Path

__all__ = ["FILES", "source_of"]

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}
FILES = (
    "Videos, pictures, sessions (*.mp4 *.mkv *.avi *.mov *.webm *.png *.jpg *.jpeg *.bag *.db3 session.json)"
    ";;All files (*)"
)
"""For Qt's file dialog."""


def source_of(path: Path) -> str:
    """The source that plays a file or folder: a session, pictures, a RealSense recording, or else a video."""
    if path.is_dir():
        return f"recording:{path}" if (path / "session.json").exists() else f"images:{path}"
    if path.name == "session.json":
        return f"recording:{path.parent}"
    suffix = path.suffix.lower()
    scheme = "images" if suffix in _PICTURES else "realsense" if suffix in (".bag", ".db3") else "video"
    return f"{scheme}:{path}"

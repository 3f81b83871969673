"""User folders are found, and files appear whole or not at all."""

import hashlib
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from handcam import paths
from handcam.paths import atomic_file, digest, write_atomic


@pytest.mark.skipif(sys.platform != "linux", reason="names of Linux folders")
def test_folders_on_linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("HANDCAM_CACHE", "HANDCAM_SETTINGS", "HANDCAM_PRESETS",
                     "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert paths.cache_folder() == tmp_path / ".cache" / "handcam"
    assert paths.settings_file() == tmp_path / ".config" / "handcam" / "settings.json"
    assert paths.presets_file() == tmp_path / ".local" / "share" / "handcam" / "presets.json"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert paths.cache_folder() == tmp_path / "elsewhere" / "handcam"


@pytest.mark.parametrize(
    ("variable", "find"),
    [
        ("HANDCAM_CACHE", paths.cache_folder),
        ("HANDCAM_SETTINGS", paths.settings_file),
        ("HANDCAM_PRESETS", paths.presets_file),
    ],
)
def test_a_variable_names_another_place(variable: str, find, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "mine"))
    assert find() == tmp_path / "mine"
    monkeypatch.delenv(variable)
    assert find() != tmp_path / "mine"


def test_text_and_arrays_are_written_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.json"
    write_atomic(target, "ä\n")
    write_atomic(target, "ö\n")
    assert target.read_bytes() == "ö\n".encode()
    with atomic_file(tmp_path / "a.npz") as file:
        np.savez(file, x=np.arange(3))
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["x"].tolist() == [0, 1, 2]
    assert {p.name for p in tmp_path.rglob("*.*")} == {"a.json", "a.npz"}


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def fail_half_way() -> None:
        with atomic_file(target) as file:
            file.write(b"half")
            assert target.read_bytes() == b"old"
            raise io.UnsupportedOperation

    with pytest.raises(io.UnsupportedOperation):
        fail_half_way()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_an_oserror(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        write_atomic(tmp_path / "file" / "a.json", "{}")


def test_what_ships_is_found_beside_the_package_or_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.shipped("weights/handcam.json").is_file()
    assert paths.shipped("assets/hand-rig/right.glb").is_file()
    package = tmp_path / "handcam"
    monkeypatch.setattr(paths, "files", lambda _: package)
    assert paths.shipped("weights") == tmp_path / "weights"
    (package / "_data").mkdir(parents=True)
    assert paths.shipped("weights") == package / "_data" / "weights"


def test_a_digest_is_read_once_and_follows_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    assert digest(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two")  # at once, and as long
    assert digest(path) == hashlib.sha256(b"two").hexdigest()
    os.utime(path, (1, 1))
    assert digest(path) == hashlib.sha256(b"two").hexdigest()
    monkeypatch.setattr(paths, "_read_digest", lambda _: "read again")
    assert digest(path) == hashlib.sha256(b"two").hexdigest()
    os.utime(path, (2, 2))
    assert digest(path) == "read again"

"""A missing package or system library is named with the command that installs it."""

import shutil
from pathlib import Path

import pytest

from handcam import installation
from handcam.installation import install_command, missing_library, needs, pip_command

LIBUSB = "libusb-1.0.so.0: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install -y libusb-1.0-0"),
        ("dnf", "sudo dnf install -y libusb1"),
        ("pacman", "sudo pacman -S --needed libusb"),
        ("brew", "brew install libusb"),
        (None, "sudo apt-get install -y libusb-1.0-0"),
    ],
)
def test_a_missing_library_is_named_with_its_package(
    manager: str | None, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name == manager else None)
    assert needs(ImportError(LIBUSB)).endswith(f"the system library libusb-1.0.so.0; install it with {command}")
    everything = install_command()
    assert command.split()[-1] in everything.split()
    assert "(" not in everything
    assert missing_library(ImportError("Library not loaded: @rpath/libusb-1.0.0.dylib")) == "libusb-1.0.0.dylib"
    assert missing_library(ImportError("something else")) is None


def test_a_missing_package_is_named_with_its_extra() -> None:
    missing = ModuleNotFoundError("No module named 'sonar_sdk'", name="sonar_sdk.core")
    assert needs(missing, "train") == f"needs the package 'sonar_sdk.core'; install it with {pip_command('train')}"
    broken = ImportError("cannot import name 'x' from 'numpy'", name="numpy")
    assert needs(broken).startswith("cannot load numpy (cannot import name 'x' from 'numpy'); set up again with pip")


@pytest.mark.parametrize(
    ("receipt", "command"),
    [
        ("uv-receipt.toml", 'uv tool install "handcam[export]"'),
        ("pipx_metadata.json", 'pipx install --force "handcam[export]"'),
        ("pyvenv.cfg", 'pip install "handcam[export]"'),
    ],
)
def test_an_installed_program_is_extended_with_what_installed_it(
    receipt: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / receipt).touch()
    monkeypatch.setattr(installation, "__file__", f"{tmp_path}/lib/handcam/installation.py")
    monkeypatch.setattr(installation.sys, "prefix", str(tmp_path))
    assert pip_command("export") == command
    missing = ModuleNotFoundError("No module named 'no_mediapipe'", name="no_mediapipe")
    assert needs(missing, "mediapipe").endswith(command.replace("export", "mediapipe"))

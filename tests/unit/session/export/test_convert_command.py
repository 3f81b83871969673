"""``handcam convert`` as a user calls it."""

import pytest

from handcam.cli import main


def test_convert_names_its_files(recorded, tmp_path, capsys):
    assert main(["convert", str(recorded.path), "--to", "bvh", "--out", str(tmp_path / "take.bvh")]) == 0
    said = capsys.readouterr().out.split()
    assert said == [str(tmp_path / f"take_{side}.bvh{end}") for side in ("left", "right") for end in ("", ".json")]


def test_by_default_the_file_stands_beside_the_session(recorded, capsys):
    out = recorded.path.with_name(recorded.path.name + ".csv")
    assert main(["convert", str(recorded.path), "--to", "csv"]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert main(["convert", str(recorded.path), "--to", "csv"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["convert", str(recorded.path), "--to", "csv", "--overwrite"]) == 0
    out.unlink()


@pytest.mark.parametrize("arguments", [["nowhere", "--to", "csv"], ["nowhere", "--to", "docx"], ["nowhere"]])
def test_what_cannot_be_done_is_one_sentence(arguments, capsys):
    assert main(["convert", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("handcam: ")
    assert said.count("\n") == 1

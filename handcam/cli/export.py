"""Write the model as ONNX graphs for other programs, and prove them against the reference."""

from typing import Annotated

from rich.console import Console
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.model.weights import default_weights, read_card
from handcam.types import HandcamError
from handcam.validation import InputFile, InputFolder, OutputFolder

__all__ = ["main"]


def main(
    out: Positional[Annotated[OutputFolder | None, arg(metavar="FOLDER")]] = None,
    /,
    *,
    weights: InputFile | None = None,
    release: bool = False,
    pictures: InputFolder | None = None,
) -> int:
    """Write the model as ONNX graphs for other programs, and prove them against the reference.

    NAME.encode.onnx takes rgb, uint8 (b 224 224 3), and half_tan, the tangent of half the crop's field of view (b); it
    gives keypoints_px, presence, right, and mean.MODALITY and log_var.MODALITY of each posterior.
    NAME.decode.MODALITY.onnx takes z and gives the modality.

    Args:
        out: folder for the graphs.
        weights: the safetensors file; by default the one that ships with the program.
        release: write them beside the weights instead, where the app finds them, with their hashes in the side file,
            and an 8-bit encode graph with them.
        pictures: with --release: a folder of pictures of hands, on which the 8-bit graph reads its ranges.
    """
    if (out is None) == (not release):
        raise HandcamError("Say where the graphs go: handcam export FOLDER, or handcam export --release.")
    from handcam.lab.release import export as graphs  # torch and onnx are slow to load
    from handcam.lab.release.check_crops import detected_crops

    weights = default_weights() if weights is None else weights
    console = Console()
    if release:
        crops = None if pictures is None else detected_crops(pictures, 64, read_card(weights).crop_px)
        for name, sha256 in graphs.release_graphs(weights, crops).items():
            console.print(f"{weights.with_name(name)}  SHA-256 {sha256}", soft_wrap=True)
        return 0
    assert out is not None
    away = graphs.export(weights, out)
    table = Table("quantity", "mean", "largest", title="deviation from PyTorch on rendered crops", title_justify="left")
    for name, values in away.items():
        table.add_row(name, f"{values.mean():.5f}", f"{values.max():.5f}")
    console.print(table)
    if away["joints_mm"].max() > graphs.EXACT_MM:
        console.print(f"The graphs in {out} are more than {graphs.EXACT_MM} mm from the reference.")
        return 1
    console.print(f"The graphs are in {out}.")
    return 0

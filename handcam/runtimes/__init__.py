"""Runtimes: how the nets of one set of weights are run. A file here is a runtime.

It defines ``open(weights: Path, precision: str) -> Runtime`` and says about itself, in literal constants that are read
without importing it: ``PRECISIONS`` (the fastest first), ``PACKAGE`` (what must be installed), and where it may be
chosen by ``auto``, ``AUTO`` (its precisions to try) and ``NEEDS_CARD`` (does it need an NVIDIA card?).

Every runtime runs the same graphs (:mod:`handcam.model.graphs`): ``encode`` for colour crops, ``depth`` for depth
crops, ``depth_joints`` for the cube around a hand, and one ``decode.MODALITY`` for each decoder; the weights of a hand
detector have ``detect`` alone. Fusing posteriors, moving through the latent space and sampling are outside
(:mod:`handcam.tracking`), so that each runtime can be checked against ``eager`` call by call (:func:`deviation`).
"""

import os

# Before ONNX Runtime is loaded, here or in a child process: its telemetry is on by default and cannot be stopped later
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from handcam.runtimes._graphs import CHECK, check_file, decode_graph, find_graph, graph_file, graphs_of
from handcam.runtimes._parity import CheckCrops, deviation, deviation_from_check, save_check
from handcam.runtimes._protocol import CropBatch, DepthJoints, Detections, Encoding, Runtime, join
from handcam.runtimes._select import candidates, fastest, measure_beside, open_named

__all__ = [
    "CHECK", "CheckCrops", "CropBatch", "DepthJoints", "Detections", "Encoding", "Runtime", "candidates", "check_file",
    "decode_graph", "deviation", "deviation_from_check", "fastest", "find_graph", "graph_file", "graphs_of", "join",
    "measure_beside", "open_named", "save_check",
]  # fmt: skip

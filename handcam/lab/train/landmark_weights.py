"""Read the hand-landmark network out of the mediapipe package (Apache-2.0)."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tflite
import torch

from handcam.model.nets.hand_landmark import HandLandmark
from handcam.types import HandcamError

__all__ = ["MODEL", "read"]

MODEL = "modules/hand_landmark/hand_landmark_full.tflite"
"""Path of the model in the package."""
_HEADS = {"Identity": "keypoints", "Identity_1": "presence", "Identity_2": "right", "Identity_3": "landmarks3d"}
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def read() -> HandLandmark:
    """The network with its published weights (stored in float16 there).

    Raises:
        HandcamError: the mediapipe package is missing.
    """
    spec = find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise HandcamError("The mediapipe package is missing; install handcam's requirements.")
    graph = _Graph((Path(spec.origin).parent / MODEL).read_bytes())
    net = HandLandmark()
    convolutions = [m for m in net.trunk.modules() if isinstance(m, torch.nn.Conv2d)]
    given = [op for op in graph.operators if op[0] in ("CONV_2D", "DEPTHWISE_CONV_2D")]
    for module, (kind, inputs, _) in zip(convolutions, given, strict=True):
        # (out h w in) or, depthwise, (1 h w channel) -> (out in h w)
        order = (0, 3, 1, 2) if kind == "CONV_2D" else (3, 0, 1, 2)
        _fill(module, graph.constants[inputs[1]].transpose(order), graph.constants[inputs[2]])
    made_by = {outputs[0]: (kind, inputs) for kind, inputs, outputs in graph.operators}
    for output, name in graph.outputs.items():
        kind, inputs = made_by[output]
        if kind == "LOGISTIC":
            kind, inputs = made_by[inputs[0]]
        _fill(getattr(net, _HEADS[name]), graph.constants[inputs[1]], graph.constants[inputs[2]])
    return net.eval()


def _fill(module: torch.nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
    module.load_state_dict({"weight": torch.tensor(weight.copy()), "bias": torch.tensor(bias.copy())})


class _Graph:
    """The operators of a TensorFlow Lite file with its float16 constants widened."""

    def __init__(self, data: bytes) -> None:
        model = tflite.Model.GetRootAs(data, 0)
        graph: Any = model.Subgraphs(0)
        self.constants: dict[int, np.ndarray] = {}
        self.operators: list[tuple[str, list[int], list[int]]] = []
        self.outputs = {int(t): graph.Tensors(t).Name().decode() for t in graph.OutputsAsNumpy()}
        for i in range(graph.OperatorsLength()):
            operator = graph.Operators(i)
            code: Any = model.OperatorCodes(operator.OpcodeIndex())
            kind = _OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            inputs, outputs = operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist()
            if kind == "DEQUANTIZE":
                tensor = graph.Tensors(inputs[0])
                buffer: Any = model.Buffers(tensor.Buffer())
                raw = buffer.DataAsNumpy().tobytes()
                self.constants[outputs[0]] = (
                    np.frombuffer(raw, np.float16).reshape(tensor.ShapeAsNumpy()).astype(np.float32)
                )
            else:
                self.operators.append((kind, inputs, outputs))

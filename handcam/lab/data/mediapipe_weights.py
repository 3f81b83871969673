"""Read the hand-landmark network and the palm detector out of MediaPipe's bundle of models (Apache-2.0)."""

from collections.abc import Iterator, Sequence
from typing import Any
from zipfile import ZipFile

import numpy as np
import tflite
import torch
from torch import nn

from handcam.model.nets.hand_landmark import HandLandmark
from handcam.model.nets.palm import Palm
from handcam.validation import shipped_file

__all__ = ["LANDMARKS", "PALMS", "read_landmark_network", "read_palm_detector"]

BUNDLE = "weights/mediapipe.task"
"""``palm_detection_full`` and ``hand_landmark_full`` of mediapipe 0.10.21, the last release that carries its models."""
LANDMARKS, PALMS = "hand_landmarks_detector.tflite", "hand_detector.tflite"
"""Names of the landmark network and the palm detector in the bundle."""
_HEADS = {"Identity": "keypoints", "Identity_1": "presence", "Identity_2": "right", "Identity_3": "landmarks3d"}
_OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def read_landmark_network() -> HandLandmark:
    """The landmark network with its published weights (stored in float16 there)."""
    graph = _Graph(LANDMARKS)
    net = HandLandmark()
    _fill_in_order(net.trunk, graph)
    made_by = {outputs[0]: (kind, inputs) for kind, inputs, outputs in graph.operators}
    for output, name in graph.outputs.items():
        kind, inputs = made_by[output]
        if kind == "LOGISTIC":
            kind, inputs = made_by[inputs[0]]
        _fill(getattr(net, _HEADS[name]), graph.constants[inputs[1]], graph.constants[inputs[2]])
    return net.eval()


def read_palm_detector() -> Palm:
    """The palm detector with its published weights (stored in float16 there)."""
    net = Palm()
    _fill_in_order(net, _Graph(PALMS))
    return net.eval()


def _fill_in_order(net: nn.Module, graph: "_Graph") -> None:
    """Fill convolutions and slopes of PReLU, which stand in the file in the order of the module's."""
    for module, (kind, inputs) in zip(_modules(net, nn.Conv2d), graph.of(_CONVOLUTIONS), strict=True):
        # (out h w in) or, depthwise, (1 h w channel) -> (out in h w)
        order = (0, 3, 1, 2) if kind == "CONV_2D" else (3, 0, 1, 2)
        _fill(module, graph.constants[inputs[1]].transpose(order), graph.constants[inputs[2]])
    for module, (_, inputs) in zip(_modules(net, nn.PReLU), graph.of(("PRELU",)), strict=True):
        module.load_state_dict({"weight": torch.tensor(graph.constants[inputs[1]].reshape(-1))})


def _modules(net: nn.Module, kind: type[nn.Module]) -> list[nn.Module]:
    return [module for module in net.modules() if isinstance(module, kind)]


def _fill(module: nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
    module.load_state_dict({"weight": torch.tensor(weight.copy()), "bias": torch.tensor(bias.copy())})


class _Graph:
    """The operators of a TensorFlow Lite file in the bundle, with its float16 constants widened."""

    def __init__(self, name: str) -> None:
        with ZipFile(shipped_file(BUNDLE)) as bundle:
            model = tflite.Model.GetRootAs(bundle.read(name), 0)
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

    def of(self, kinds: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
        """Operators of some kinds in their order, with their inputs."""
        return ((kind, inputs) for kind, inputs, _ in self.operators if kind in kinds)

"""Train, evaluate and export the model."""

import handcam.runtimes  # noqa: F401  (their telemetry is off before anything here loads ONNX Runtime by itself)

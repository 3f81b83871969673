"""How a hand stands in a plain picture: what the decoders of pictures paint, and what they are taught with.

The mean of the joints lies in the middle, at one distance; the picture's axes are those of the crop in which the joints
are given.
"""

__all__ = ["DISTANCE", "REACH"]

DISTANCE = 3.0
"""From the camera to the mean of the joints, hand lengths."""
REACH = 0.62
"""From the picture's middle to its edge at that distance, hand lengths: an open hand just fits."""

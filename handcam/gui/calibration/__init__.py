"""Guided calibration of the camera and of the hand, over the live picture."""

"""Measure accuracy, tracking and speed, and write the results."""

"""Measurements over time: what is kept of each frame, curves with a cursor, range of motion with a report."""

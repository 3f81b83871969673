"""Whole clips."""


def track_file(): ...

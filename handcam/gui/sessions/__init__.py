"""Recorded sessions in the window: record, export, label, repair."""

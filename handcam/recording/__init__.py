"""The session format: writer and reader side by side."""

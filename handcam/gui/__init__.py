"""The window: it reads results and sets controls, and never carries frames."""

"""The window in which gestures are taught."""

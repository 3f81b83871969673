"""The camera picture: frame, skeleton overlay, and diagnostics drawn over it."""

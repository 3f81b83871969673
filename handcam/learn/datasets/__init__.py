"""Data sets. A file here defines ``open(rest, **settings)``."""

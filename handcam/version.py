"""Version of the program: written into sessions, exports and reports, and read by the package build."""

__all__ = ["__version__"]

__version__ = "0.1.0"

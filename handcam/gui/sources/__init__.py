"""Start page, and opening of cameras, files and network cameras."""

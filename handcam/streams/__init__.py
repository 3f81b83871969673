"""Send hands to other programs. A file here is a protocol; it defines ``open(rest) -> Stream``."""

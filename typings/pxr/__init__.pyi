# USD's Python modules, whose classes are made at run time.
from typing import Any

Gf: Any
Sdf: Any
Usd: Any
UsdGeom: Any
UsdSkel: Any
Vt: Any

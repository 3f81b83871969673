"""The table of csv with types and without loss, for pandas, polars, DuckDB, R and the like; what is not known is null.

With ``pictures`` the first row of a frame has them too: ``color_jpeg``, and ``depth_png`` (16 bit, counts of
``depth_unit_m``).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]

from handcam.session.export import ExportSettings, Recording, provenance, unix_start_ns
from handcam.session.export.csv import table_chunks
from handcam.types import Array

__all__ = ["SUFFIX", "arrow_column", "export"]

pa: Any = pyarrow  # some releases have types, incomplete ones
pq: Any = pyarrow.parquet
SUFFIX = ".parquet"
ANY_JOINTS = True


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the table of :mod:`handcam.session.export.csv`; units are in the names, the origin in the metadata."""
    about = {
        "handcam": "hands 2", "frame_of_reference": "camera, x right y down", **provenance(recording),
        "joints": settings.joints, "unix_start_ns": unix_start_ns(recording),
    }  # fmt: skip
    metadata = {key: value if isinstance(value, str) else json.dumps(value) for key, value in about.items()}
    writer: Any = None  # a pq.ParquetWriter
    try:
        for columns in table_chunks(recording, settings, settings.pictures):
            table = pa.table({name: arrow_column(column) for name, column in columns.items()})
            table = table.replace_schema_metadata(metadata)
            writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def arrow_column(column: Array) -> Any:
    """An Arrow array with null where the column is NaN or masked."""
    if column.dtype == object:  # pictures
        return pa.array(column.tolist(), pa.binary())
    masked: Any = np.ma  # its types are incomplete
    unknown, values = masked.getmaskarray(column), masked.getdata(column)
    return pa.array(values, mask=unknown | np.isnan(values) if values.dtype.kind == "f" else unknown)

"""The table of csv with types and without loss, for pandas, polars, DuckDB, R and the like."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from handcam.session.export import ExportSettings, Recording
from handcam.session.export.csv import table_chunks

__all__ = ["SUFFIX", "export"]

SUFFIX = ".parquet"


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the table of :mod:`handcam.session.export.csv`; units are in the names, NaN is what is not known."""
    writer: Any = None  # a pq.ParquetWriter; the package's own types are incomplete
    try:
        for columns in table_chunks(recording, settings):
            table = pa.table({name: pa.array(column) for name, column in columns.items()})
            table = table.replace_schema_metadata(
                {"handcam": "hands 1", "frame_of_reference": "camera, x right y down"}
            )
            writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()

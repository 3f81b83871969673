"""A table that every program reads: UTF-8, commas, one header line, ``NaN`` where a number is not known."""

import csv
from pathlib import Path

import numpy as np

from handcam.session import Session
from handcam.session.export import ExportSettings
from handcam.session.export._table import chunks

__all__ = ["SUFFIX", "export"]

SUFFIX = ".csv"


def export(session: Session, out: Path, settings: ExportSettings) -> None:
    """Write the table of :mod:`handcam.session.export._table`; numbers have 9 digits, flags are 0 and 1."""
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for i, columns in enumerate(chunks(session, settings)):
            if i == 0:
                writer.writerow(columns)
            writer.writerows(zip(*(_text(column) for column in columns.values()), strict=True))


def _text(column: np.ndarray) -> list[str]:
    if column.dtype.kind == "f":
        return ["NaN" if np.isnan(v) else f"{v:.9g}" for v in column.tolist()]
    return [str(int(v)) if column.dtype.kind in "ib" else v for v in column.tolist()]

"""A model's tables → the one table that is dumped.

    input    the rows that are looked up when a token is read
    output   the rows that a context is compared with
    sum      of the two, each row scaled to length 1 first: what a token says of its neighbours
             counts as much as what they say of it
    concat   the two, scaled alike, side by side: twice the columns

Afterwards the rows may be centered, or also freed of their leading principal components, which
hold mostly how frequent a token is (Mu & Viswanath 2018, "All-but-the-Top: Simple and Effective
Postprocessing for Word Representations"). Then they may be reduced to fewer columns, and scaled to
length 1.
"""

from __future__ import annotations

import numpy as np

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.similarity import unit_rows

BLOCK_ROWS = 1 << 14  # that are widened to float64 at a time


def combine(input_VD: np.ndarray, output_VE: np.ndarray | None, how: str) -> np.ndarray:
    """The table that `how` names, float32; `output_VE` is None where a model has just one table.

    Raises UsageError for a table that the model does not have.
    """
    if how == "input":
        return input_VD
    if output_VE is None:
        raise UsageError(
            f"--table {how} needs an output table, and this model has none of its own",
            hint="--table input",
        )
    if how == "output":
        return output_VE
    if how == "concat":
        return np.concatenate([unit_rows(input_VD), unit_rows(output_VE)], axis=1)
    if input_VD.shape != output_VE.shape:
        raise UsageError(
            f"--table sum needs tables of one width, and these have {input_VD.shape[1]} and "
            f"{output_VE.shape[1]} columns",
            hint="--table concat, or train with --hidden equal to --dim",
        )
    both: np.ndarray = unit_rows(input_VD) + unit_rows(output_VE)
    return both


def postprocess(table_VD: np.ndarray, config: DumpConfig) -> np.ndarray:
    """The table as --postprocess, --pca, --normalize and --dtype leave it, float32, in that order.

    Raises DataError where there are not as many components to take out or to keep, or where a
    number is more than --dtype holds.
    """
    table_VD = _without_leading(table_VD, config)
    if config.pca:
        table_VD = reduced(table_VD, config.pca)
    if config.normalize:
        table_VD = unit_rows(table_VD)
    if config.dtype == "float16":
        with np.errstate(over="ignore"):
            table_VD = table_VD.astype(np.float16).astype(np.float32)
        if not np.isfinite(table_VD).all():
            raise DataError(
                "the table has numbers of more than 65504, and float16 holds no such",
                hint="--normalize, or --dtype float32",
            )
    return table_VD


def require_finite(table_VD: np.ndarray) -> None:
    """Raise PipelineError for a number that is none: a table that has it serves nobody."""
    for begin in range(0, len(table_VD), BLOCK_ROWS):
        finite = np.isfinite(table_VD[begin : begin + BLOCK_ROWS]).all(axis=1)
        if not finite.all():
            row = begin + int(finite.argmin())
            raise PipelineError(f"row {row} of the table has a number that is not finite")


def reduced(table_VD: np.ndarray, columns: int) -> np.ndarray:
    """The rows' coordinates along their leading principal components, (V, columns) float32.

    The covariance is taken of all rows, about their mean, and its eigenvectors found exactly. A
    component's sign means nothing; here its weight that is largest in size is positive.

    >>> reduced(np.array([[0, 0], [4, 3], [8, 6]], np.float32), 1).round(3).tolist()
    [[-5.0], [0.0], [5.0]]
    """
    if columns > table_VD.shape[1]:
        raise DataError(f"--pca {columns} is more than the table's {table_VD.shape[1]} columns")
    mean = table_VD.mean(0, dtype=np.float64)
    covariance = np.zeros((len(mean), len(mean)))
    for begin in range(0, len(table_VD), BLOCK_ROWS):
        block = table_VD[begin : begin + BLOCK_ROWS] - mean
        covariance += block.T @ block
    _, directions = np.linalg.eigh(covariance)  # by rising eigenvalue
    kept = directions[:, ::-1][:, :columns]
    kept = kept * np.where(kept[np.abs(kept).argmax(0), np.arange(columns)] < 0, -1, 1)
    result = np.empty((len(table_VD), columns), np.float32)
    for begin in range(0, len(table_VD), BLOCK_ROWS):
        result[begin : begin + BLOCK_ROWS] = (table_VD[begin : begin + BLOCK_ROWS] - mean) @ kept
    return result


def _without_leading(table_VD: np.ndarray, config: DumpConfig) -> np.ndarray:
    if config.postprocess == "none":
        return table_VD
    centered = table_VD.astype(np.float64)
    centered -= centered.mean(0)
    leading = config.leading_components
    if leading >= table_VD.shape[1]:
        raise DataError(
            f"--postprocess {config.postprocess} would leave nothing of {table_VD.shape[1]} columns"
        )
    if leading:
        # By rising eigenvalue; the directions' signs do not matter to what is taken out.
        _, directions = np.linalg.eigh(centered.T @ centered)
        top = directions[:, -leading:]
        centered -= (centered @ top) @ top.T
    return centered.astype(np.float32)

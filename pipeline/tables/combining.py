"""A model's two tables → the one that is dumped.

    input    the rows that are looked up when a token is read
    output   the rows that a context is compared with
    sum      the sum of both, each row scaled to length 1 first: how a token predicts its
             neighbours counts as much as how they predict it
    concat   both concatenated, each row scaled to length 1: twice the columns
    auto     sum for a model of context, where it scores best, unless --freeze kept the table; else
             input

A language model whose output layer is tied has one table: output is input there.

Then, in this order and each by its option: the rows are centered, and freed of their leading
principal components, which mostly hold how frequent a token is (Mu & Viswanath 2018,
"All-but-the-Top: Simple and Effective Postprocessing for Word Representations"); reduced to fewer
columns; scaled to length 1; rounded to float16.

V rows   D, E columns. No file is opened here, and no model: tables come in as arrays.
"""

from __future__ import annotations

import numpy as np

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.similarity import unit_rows

BLOCK_ROWS = 1 << 14  # that are widened to float64 at a time


def combine(
    input_VD: np.ndarray, output_VE: np.ndarray | None, how: str, config: DumpConfig
) -> np.ndarray:
    """Return the table that is dumped, float32: joined as `how` names it, then postprocessed.

    `how` is what `resolved` returned; `output_VE` may be None for input. Raise UsageError for a
    table that the model does not have, DataError where an option does not fit the table, and
    PipelineError for a number that is not finite.
    """
    joined_VD = joined(input_VD, output_VE, how)
    require_finite(joined_VD)
    table_VD = postprocess(joined_VD, config)
    if table_VD is not joined_VD:
        require_finite(table_VD)
    return table_VD


def resolved(how: str, objective: str, has_output: bool, is_frozen: bool = False) -> str:
    """Return what --table means for a model: input, output, sum or concat.

    `has_output`: whether the model has an output table of its own. `is_frozen`: whether its input
    table is what training began with; then that is the one.

    >>> resolved("auto", "context", True), resolved("auto", "lm", False)
    ('sum', 'input')
    >>> resolved("auto", "context", True, is_frozen=True)
    'input'
    >>> resolved("output", "lm", False)  # tied
    'input'
    """
    if how == "auto":
        return "sum" if objective == "context" and not is_frozen else "input"
    if how == "output" and objective == "lm" and not has_output:
        return "input"
    return how


def joined(input_VD: np.ndarray, output_VE: np.ndarray | None, how: str) -> np.ndarray:
    """Return input, output, or both, as sum or concat, float32.

    Raise UsageError for a table that the model does not have.
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
    """Apply --postprocess, --pca, --normalize and --dtype, in this order; the result is float32.

    Raise DataError for more components than the table has, or a number that float16 cannot hold.
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
                "the table has numbers above 65504, the largest that float16 holds",
                hint="--normalize, or --dtype float32",
            )
    return table_VD


def require_finite(table_VD: np.ndarray) -> None:
    """Raise PipelineError, with the row, for NaN or infinity: such a table is never published."""
    for begin in range(0, len(table_VD), BLOCK_ROWS):
        finite = np.isfinite(table_VD[begin : begin + BLOCK_ROWS]).all(axis=1)
        if not finite.all():
            row = begin + int(finite.argmin())
            raise PipelineError(f"row {row} of the table has a number that is not finite")


def reduced(table_VD: np.ndarray, columns: int) -> np.ndarray:
    """Return the rows' coordinates along their leading principal components, (V, columns) float32.

    Exact: the eigenvectors of the covariance of all rows. A component's sign means nothing; here
    its largest weight, in size, is positive.

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
    """Return the table as --postprocess asks."""
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
        # By rising eigenvalue; the directions' signs do not change what is taken out.
        _, directions = np.linalg.eigh(centered.T @ centered)
        top = directions[:, -leading:]
        centered -= (centered @ top) @ top.T
    return centered.astype(np.float32)

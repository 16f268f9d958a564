"""A model's tables → the one table that is dumped.

    input    the rows that are looked up when a token is read
    output   the rows that a context is compared with
    sum      of the two, each row scaled to length 1 first: what a token says of its neighbours
             counts as much as what they say of it
    concat   the two, scaled alike, side by side: twice the columns

Afterwards the rows may be centered, or also freed of their leading principal components, which
hold mostly how frequent a token is (Mu & Viswanath 2018, "All-but-the-Top: Simple and Effective
Postprocessing for Word Representations").
"""

from __future__ import annotations

import numpy as np

from pipeline.config import DumpConfig
from pipeline.errors import DataError, UsageError


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
        return np.concatenate([_unit(input_VD), _unit(output_VE)], axis=1)
    if input_VD.shape != output_VE.shape:
        raise UsageError(
            f"--table sum needs tables of one width, and these have {input_VD.shape[1]} and "
            f"{output_VE.shape[1]} columns",
            hint="--table concat, or train with --hidden equal to --dim",
        )
    both: np.ndarray = _unit(input_VD) + _unit(output_VE)
    return both


def postprocess(table_VD: np.ndarray, config: DumpConfig) -> np.ndarray:
    """The table as --postprocess leaves it, float32.

    Raises DataError where there are not as many components to take out.
    """
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


def _unit(table_VD: np.ndarray) -> np.ndarray:
    """Each row scaled to length 1; a row of zeros stays one."""
    lengths = np.sqrt(np.square(table_VD, dtype=np.float64).sum(1, keepdims=True))
    unit: np.ndarray = (table_VD / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit

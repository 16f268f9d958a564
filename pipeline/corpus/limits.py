"""How much of a corpus is in memory at a time, whatever the size of a file or of a line in it."""

BLOCK_BYTES = 1 << 22
"""Read from a file at a time."""
DOCUMENT_BYTES = 1 << 22
"""The longest document; a longer one is cut into several."""
BLOCK_DOCUMENTS = 1 << 16
"""Documents in a batch of records, which may all be short."""
PARQUET_ROWS = 1024
"""Rows of a Parquet file read at a time; fewer where they are long."""
PARQUET_BUFFER = 1 << 20
"""Read from a column of a Parquet file at a time."""
PARQUET_BYTES = 1 << 24
"""Bytes of the rows of a Parquet file read at a time, as far as its metadata shows."""
BATCH_BYTES = 1 << 21
"""A batch is handed on as soon as it has as many; a block of lines is a batch by itself."""
RECORD_CHARACTERS = 1 << 22
"""A line or a row of more characters is read piece by piece."""
ID_CHARACTERS = 1000
"""The longest id of a document."""
SIGHT_CHARACTERS = 1 << 16
"""How far ahead a long record is seen. A number or a label in it must be shorter."""

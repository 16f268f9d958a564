"""Corpus files → documents, in batches, worked on here or in several processes.

    finding        what a person names → sources in order
    sources        files of a corpus, opened as decompressed bytes
    streams        streams that are looked at first, or can be read only once
    signatures     what is no text, by its name or its first bytes
    remote         files in object stores
    readers        which reader a kind of file has
    plain_text     lines, paragraphs or whole files
    records        JSON Lines
    delimited      CSV and TSV
    columns        their columns: what separates them, which are wanted
    fields         fields of records: how they are named, found and joined
    long_json      one JSON object of any size, piece by piece
    json_strings   one JSON string of any size
    long_rows      one CSV row of any size, piece by piece
    window         the part of a long text that is held
    cutting        where a corpus is cut into parts; pure
    parts          one part of a corpus, cut where documents end
    spans          a part of a file, read as if it were the whole
    spool          a long text in a temporary file, until its label is known
    parquet_files  Parquet of any origin
    parquet_columns  its columns, found by name
    parquet_strings  rows of them
    parquet_pages  pages that are too long for memory, piece by piece
    parquet_layout  where these are
    thrift         the encoding of a Parquet file's metadata
    snappy         the compression of most Parquet files
    decoding       bytes → valid text and lines; shared by the readers
    documents      texts → batches, long ones cut; shared by the readers
    limits         how much is in memory at a time
    texts          a batch of documents
    corpus         the documents of all files
    workers        work on batches here or in processes, in order

Nothing here knows what a token is.
"""

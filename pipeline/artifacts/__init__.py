"""What is kept on disk: manifests, digests and the hit test, ledgers, Parquet, weights."""

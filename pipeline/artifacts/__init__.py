"""Artifacts on disk: how each was made, whether it can stay, and what is in it.

manifest    recipe, fingerprint, manifest, lineage, reasons for a miss: values and their JSON
stored      the settings in a manifest → the config that they came from
digests     the SHA-256 and the stamp of a file or folder
inputs      everything that is read, with its digest, checked against its manifest
pairs       an artifact and its manifest, put in place and found together
store       the hit test, and making what is missing
beside      the names of the files beside an artifact
ledger      in = kept + unk + dropped, or the stage fails
parts       a folder of parts is an artifact too
sealing     all parts are there and belong together
parquet     tokens.parquet and ids.parquet: their schema and reader
parquet_writer  their writer
weights     models and checkpoints as safetensors
"""

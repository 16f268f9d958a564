#!/bin/bash
# One model for each dimension, as the tasks of a Slurm array:
#
#     corpus2vec run corpus.txt -o build/            # the tokens, the vocabulary and the ids, once
#     sbatch examples/slurm.sh build/ 50 100 200
#
# A task that is cut off by its time limit is sent SIGTERM a minute before, writes a checkpoint and
# is queued again; --resume then ends in the same bytes as if nothing had happened.
#SBATCH --array=0-2
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
set -euo pipefail

build=$1
shift
dimensions=("$@")
dim=${dimensions[${SLURM_ARRAY_TASK_ID:?set by Slurm}]}
model=$build/dim$dim.safetensors

trap 'kill -TERM $!; wait $! || true; scontrol requeue "$SLURM_JOB_ID"; exit 0' TERM
corpus2vec train "$build/ids.parquet" "$build/vocab.tsv" -o "$model" --dim "$dim" \
  --threads "${SLURM_CPUS_PER_TASK:-1}" --resume &
wait $!
corpus2vec dump "$model" "$build/vocab.tsv" -o "$build/dim$dim.w2v"

#!/bin/bash
# One stage in parts: each task of a Slurm array makes the part that is its own.
#
#     tokens=$(sbatch --parsable --array=1-64 examples/parts.sh tokenize corpus/ -o build/tokens)
#     sbatch --dependency=afterok:$tokens --wrap "corpus2vec vocab build/tokens -o build/vocab.tsv"
#     sbatch --array=1-64 examples/parts.sh encode build/tokens build/vocab.tsv -o build/ids
#
# If a task fails, submit the same line again: parts that are there are not made again.
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --time=01:00:00
#SBATCH --requeue
exec corpus2vec "$@" --part auto --threads "${SLURM_CPUS_PER_TASK:-1}"

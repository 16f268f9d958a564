"""Ids → a trained network: batches, network, objectives, optimizers, the loop, checkpoints."""

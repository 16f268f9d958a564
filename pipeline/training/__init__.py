"""ids.parquet + vocab.tsv → a trained network. See `loop` for how, and `run` for what is on disk.

    inputs       what a run trains on, read and checked
    blocks       the encoded documents of a corpus, on disk in blocks; which are held out
    flat_file    numbers in a file that has no name
    documents    encoded documents in memory; which of their tokens are thinned out
    batches      documents → batches, one kind for each objective
    pretrained   --init FILE → the weights to start from
    network      Embedding + LSTM: the layers that read
    softmax      the output layer: full, sampled, and exact for held-out scores
    objectives   what is predicted, and from what: context, lm, classify
    stepping     one step's gradients, by several threads at once
    optimizers   tables by row, the rest as a whole; the schedule of the learning rates
    loop         the training loop: steps, epochs, early stopping, resume
    reports      what a run reports while it trains
    position     the position in a run, and all else that a checkpoint holds
    snapshots    weights, optimizers and the LSTM's state ↔ the tensors of a checkpoint
    checkpoints  the last few checkpoints on disk, and which files are ours
    metrics      loss and speed as JSON Lines
    events       the same as TensorBoard's event files
    run          a run on disk: loop, checkpoints, metrics, model
    inference    a trained network, asked: probabilities of labels, states of documents, contexts
    device       CPU or CUDA, threads, and the type of the products
    memory       keep the memory that training frees; name the sizes where it runs short

`memory` alone is light; the other modules import torch. This face imports nothing.
"""

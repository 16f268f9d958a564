"""Documents → training batches, of three kinds: one for each objective.

    streams    Streams            → StreamBatch     lm: text in reading order
    windows    Windows            → WindowBatch     context: windows of text with both sides
    labelled   LabelledDocuments  → LabelledBatch   classify: whole documents
    grouped    the batches of an epoch: those of one group of documents after the other
    batch      what the three have in common

Each is a sequence whose items are a pure function of the seed and the step, so a run can resume at
any step and stores no more than the step's number. No batch is padded: where sequences differ in
length, batches get narrower instead.

    n tokens   B streams, windows or documents in a batch   T positions in a window
    S = T and the positions around them   N predicted positions
"""

"""From a text corpus to a table of word embeddings, learned by an Embedding + LSTM network."""

"""What the network is trained for, and what it reads for that.

    context         predict a token from those on both sides of it
    language_model  predict the next token from those before it
    classifier      predict a document's label from its text
    objective       the protocol that the loop knows them by, and `build_objective`

To add one: write a module with a class that has the protocol's methods, add its name to
`TrainConfig.objective`, and build it in `build_objective`. Shapes are spelled as in `network` and
`softmax`.
"""

"""`python -m cli` is `corpus2vec`."""

from cli.app import main

if __name__ == "__main__":
    main()

"""`python -m corpus2vec` is `corpus2vec`."""

from corpus2vec.cli.app import main

if __name__ == "__main__":
    main()

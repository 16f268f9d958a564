"""The command: `corpus2vec`, and `python -m corpus2vec`."""

import signal


def main() -> None:
    """Import the command line and run it."""
    # The import takes some tenths of a second, in which there is nothing to bring to an order, and
    # Ctrl-C would end it with a traceback.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from corpus2vec.cli.app import main as run

    run()


if __name__ == "__main__":
    main()

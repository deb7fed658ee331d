"""What every process of a pool begins with."""

import signal


def end_quietly() -> None:
    """Let a worker die of Ctrl-C at once: the parent process says what there is to say.

    One that was started in the background ignores it, as its parent does.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

"""Ctrl-C in the middle of whatever is done then, as Python takes it."""

import signal


class Interrupted:
    """KeyboardInterrupt after a while, unless the `with` block is over by then."""

    def __init__(self, seconds: float) -> None:
        """Choose the moment."""
        self.seconds = seconds

    def __enter__(self) -> None:
        """Set the clock."""
        self.before = signal.signal(signal.SIGALRM, self.interrupt)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.before)

    @staticmethod
    def interrupt(*_: object) -> None:
        """Do as Python does at Ctrl-C."""
        raise KeyboardInterrupt

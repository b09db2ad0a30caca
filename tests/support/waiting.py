"""Waiting for something to become true, with a deadline and a sentence for when it does not."""

import time


def until(predicate, what, seconds=10.0, pause=0.02):
    """The first true value of `predicate`; AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)

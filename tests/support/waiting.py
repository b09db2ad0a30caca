"""Waiting for something to become true, with a deadline and a sentence for when it does not."""

import time


def until(predicate, what, seconds=30.0, pause=0.02):
    """The first true value of `predicate`; AssertionError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(pause)


def settled(count, is_enough, what, quiet=0.5, patience=3.0):
    """Waits until `count()` has stayed as it is for `quiet` seconds, or for `patience` where it is not enough: what is
    still to come must come, and what must not come has its chance."""
    last = [count(), time.monotonic()]

    def still():
        now = count()
        if now != last[0]:
            last[:] = [now, time.monotonic()]
        return time.monotonic() - last[1] > (quiet if is_enough() else patience)

    until(still, what, 50)

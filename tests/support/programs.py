"""Programs of the tests' own, built beside the gabion under test."""

import os

import pytest

# ./dev test says so: it has built everything.
ALL_BUILT = "GABION_ALL_BUILT"


def beside(binary, name):
    """The program's path. Where all was built one that is missing fails; beside a gabion given by hand the test skips."""
    found = binary.with_name(name)
    if not found.is_file():
        if os.environ.get(ALL_BUILT):
            pytest.fail(f"no {name} beside {binary}, where everything was to be built: configure again (rm -r {binary.parent})")
        pytest.skip(f"no {name} beside {binary}: it is built with everything else by ./dev build")
    return found

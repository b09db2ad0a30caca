"""Where the programs of a build are: the release build's, unless the environment names others."""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def place(name, variable):
    """$variable, else of the release build; it need not be there."""
    return pathlib.Path(os.environ.get(variable) or ROOT / "build" / "release" / name).resolve()


def shown(path):
    """Which build a program is of, as a report tells it."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def built(name, variable):
    """place(), and it is there; ends the program where it is not."""
    path = place(name, variable)
    if not path.is_file():
        sys.exit(f"{name} is not built: no {path}")
    return path

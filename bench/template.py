"""Fills @NAME@ in a configuration template; a name without a value is an error, so that no hole reaches a peer."""

import re

PLACE = re.compile(r"@([A-Z_]+)@")


def filled(path, values):
    """The text of `path` with every @NAME@ replaced by values["NAME"]."""
    def value_of(match):
        if match.group(1) not in values:
            raise KeyError(f"{path}: nothing given for @{match.group(1)}@")
        return str(values[match.group(1)])

    return PLACE.sub(value_of, path.read_text(encoding="utf-8"))

"""Reads a YAML mapping strictly: every key is asked for, has its type, or is an error that names file and key."""

import re

import yaml

SIZE = re.compile(r"(\d+)(KiB|MiB|GiB)?")
FACTORS = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class ScenarioError(Exception):
    """`file:key: what is wrong`"""


def read_yaml(path):
    """The document of a file; YAML that cannot be read is a ScenarioError."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path.name}: {error}") from error


class Fields:
    """The members of one mapping. done() refuses what nobody asked for."""

    def __init__(self, file, value, path=""):
        self._file, self._path = file, path
        if not isinstance(value, dict):
            self._refuse("", f"must be a mapping, is {value!r}")
        self._left = dict(value)

    def _refuse(self, key, what):
        place = ".".join(part for part in (self._path, str(key)) if part)
        raise ScenarioError(f"{self._file}:{place or 'document'}: {what}")

    def _take(self, key, default, wanted, accepts):
        if key not in self._left:
            if default is None:
                self._refuse(key, "is required")
            return default
        value = self._left.pop(key)
        if not accepts(value):
            self._refuse(key, f"must be {wanted}, is {value!r}")
        return value

    def text(self, key, default=None):
        return self._take(key, default, "text", lambda value: isinstance(value, str) and value)

    def one_of(self, key, words, default=None):
        return self._take(key, default, f"one of {' '.join(words)}", lambda value: value in words)

    def flag(self, key):
        """False where absent."""
        return self._take(key, False, "true or false", lambda value: isinstance(value, bool))

    def count(self, key, default=None, least=0):
        return self._take(key, default, f"a whole number from {least}",
                          lambda value: is_count(value) and value >= least)

    def size(self, key, default=None):
        """Bytes, of a number or of text like 64KiB."""
        return bytes_of(self._take(key, default, "a size like 64KiB", is_size))

    def words(self, key, known, default=None):
        """A list of different words out of `known`."""
        return self._take(key, default, f"a list of {' '.join(known)}",
                          lambda value: isinstance(value, list) and all(each in known for each in value)
                          and len(set(value)) == len(value))

    def listed(self, key, default=None):
        return self._take(key, default, "a list with members", lambda value: isinstance(value, list) and value)

    def mapping(self, key):
        """Text by text; empty where absent."""
        return self._take(key, {}, "a mapping of text",
                          lambda value: isinstance(value, dict) and all(
                              isinstance(part, str) for pair in value.items() for part in pair))

    def inner(self, key, default=None):
        """The members of a mapping below `key`."""
        value = self._take(key, default, "a mapping", lambda value: isinstance(value, dict))
        return Fields(self._file, value, ".".join(part for part in (self._path, key) if part))

    def entries(self, key):
        """The members of each mapping in a list."""
        place = ".".join(part for part in (self._path, key) if part)
        return [Fields(self._file, value, f"{place}[{number}]") for number, value in enumerate(self.listed(key))]

    def has(self, key):
        return key in self._left

    def done(self):
        for key in self._left:
            self._refuse(key, "is not known here")


def is_count(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_size(value):
    return (is_count(value) and value >= 0) or (isinstance(value, str) and SIZE.fullmatch(value) is not None)


def bytes_of(value):
    """Bytes of 1024 or "64KiB"."""
    if isinstance(value, int):
        return value
    number, unit = SIZE.fullmatch(value).groups()
    return int(number) * FACTORS[unit]


def text_of_bytes(count):
    """64KiB of 65536: the largest unit that needs no fraction."""
    for unit in ("GiB", "MiB", "KiB"):
        if count and count % FACTORS[unit] == 0:
            return f"{count // FACTORS[unit]} {unit}"
    return f"{count} B"

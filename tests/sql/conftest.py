"""What the tests of SQL need: the program that tells our facts, and a server of their own."""

import json
import os
import pathlib
import subprocess

import pytest

import server

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("GABION_BINARY", ROOT / "build" / "debug" / "gabion")).resolve()


@pytest.fixture(scope="session")
def facts_of():
    """A function: statements in, for each what sql_facts says."""
    program = BINARY.parent / "sql_facts"
    assert program.exists(), f"{program} is not built"

    def ask(statements):
        text = b"".join(statement.encode() + b"\0" for statement in statements)
        answer = subprocess.run([program], input=text, stdout=subprocess.PIPE, check=True, timeout=300)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    return ask


@pytest.fixture(scope="session")
def postgres():
    with server.Server() as running:
        yield running


@pytest.fixture(scope="session")
def binary():
    return BINARY


@pytest.fixture(scope="session")
def gabion():
    """A function: `gabion` with arguments and a text on standard input."""

    def run(*arguments, text=b""):
        return subprocess.run([BINARY, *arguments], input=text, capture_output=True, timeout=60)

    return run

"""Runs `gabion dlp` and finds the cases that lie beside the project."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "cases"
BINARY = os.environ.get("GABION_BINARY", str(ROOT / "build" / "release" / "gabion"))


def gabion(*arguments, text=""):
    """The finished process; `text` is standard input, text or bytes."""
    given = text if isinstance(text, bytes) else text.encode()
    return subprocess.run([BINARY, "dlp", *arguments], input=given, capture_output=True, timeout=120, check=False)


def scan(texts, *arguments):
    """The findings of each text, in order."""
    lines = "".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate(texts))
    done = gabion("scan", "-", "--format", "jsonl", *arguments, text=lines)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [answer["id"] for answer in answers] == list(range(len(texts)))
    return [answer["findings"] for answer in answers]


def cases(name):
    """Path of a cases file; skips where it is not."""
    path = CASES / name
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path

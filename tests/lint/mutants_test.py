"""Every mutant still breaks a line that is there: a mutant whose text is gone shows nothing."""

import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def mutants():
    spec = importlib.util.spec_from_file_location("policy_mutants", ROOT / "tests" / "mutation" / "policy_mutants.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.MUTANTS


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: f"{mutant[0]}: {mutant[1]}")
def test_its_text_is_there_once(mutant):
    _, _, file, text, instead, _ = mutant
    assert (ROOT / file).read_text().count(text) == 1
    assert text != instead

"""What ./dev and the scripts beside it promise without building anything."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import sum_results  # noqa: E402

CTEST = '<testsuite>{}</testsuite>'
PASSED, SKIPPED = '<testcase name="a" status="run"/>', '<testcase name="b" status="notrun"><skipped/></testcase>'
FAILED = '<testcase name="c" status="fail"><failure/></testcase>'


def run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_help_names_every_command():
    page = run("./dev", "--help").stdout
    script = (ROOT / "dev").read_text()
    commands = re.search(r"^    ((?:\w+ \| )+\w+)\) \"\$\{command\}_command\"", script, re.MULTILINE)
    names = commands.group(1).split(" | ") + ["clean"]
    assert len(names) > 7
    assert [name for name in names if not re.search(rf"^  {name}\b.*\./dev {name}", page, re.MULTILINE)] == []


def test_an_unknown_command_fails():
    answer = run("./dev", "nonsense")
    assert answer.returncode != 0
    assert "no command nonsense" in answer.stderr


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_scripts_are_executable_and_parse(script):
    assert (ROOT / script).stat().st_mode & 0o111
    assert run("bash", "-n", script).returncode == 0


def test_every_package_group_has_packages_once():
    lines = (ROOT / "deploy" / "debian-packages.txt").read_text().splitlines()
    groups = [line.strip("[]") for line in lines if line.startswith("[")]
    packages = [line for line in lines if line and not line.startswith(("#", "["))]
    assert groups == ["build", "test", "bench", "lint", "fuzz"]
    assert len(set(packages)) == len(packages)
    assert all(re.fullmatch(r"[a-z0-9.+-]+( \[(amd64|arm64)\])?", package) for package in packages)


@pytest.mark.parametrize("files,line,status", [
    ([PASSED + SKIPPED, PASSED], "2 passed, 0 failed, 1 skipped", 0),
    ([PASSED, FAILED], "1 passed, 1 failed, 0 skipped", 1),
    ([PASSED, SKIPPED], "1 passed, 1 failed, 1 skipped", 1),
    ([PASSED, ""], "1 passed, 1 failed, 0 skipped", 1),
    ([PASSED, None], "1 passed, 1 failed, 0 skipped", 1),
    ([], "0 passed, 0 failed, 0 skipped", 1),
])
def test_results_add_up_and_nothing_run_is_a_failure(tmp_path, capsys, files, line, status):
    paths = [tmp_path / f"{index}.xml" for index in range(len(files))]
    for path, cases in zip(paths, files):
        if cases is not None:
            path.write_text(CTEST.format(cases))
    assert sum_results.main(paths) == status
    assert capsys.readouterr().out.splitlines()[-1] == line

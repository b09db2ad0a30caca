"""Runs an engine that replays requests: ours, or the yardstick over libmodsecurity."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULES = pathlib.Path(__file__).resolve().parent / "rules"
CASES = pathlib.Path(os.environ.get("GABION_CASES") or ROOT.parent / "shared" / "cases")
REGRESSION = CASES / "crs_3.3.4_regression.jsonl.gz"
PAYLOADS = CASES / "payloads_httpparams.jsonl.gz"


def built(name, variable):
    """The program $variable, else of the newest of the release and debug builds; None where there is none."""
    if os.environ.get(variable):
        return pathlib.Path(os.environ[variable])
    found = [path for preset in ("release", "debug") if (path := ROOT / "build" / preset / name).is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def command(engine):
    """The words that start `engine`: "modsecurity", "gabion", or the path of a program with the yardstick's options."""
    if engine == "gabion":
        program = built("gabion", "GABION_BINARY")
        words = [program, "waf", "replay"]
    elif engine == "modsecurity":
        program = built("modsecurity_replay", "GABION_YARDSTICK")
        words = [program]
    else:
        program, words = pathlib.Path(engine), [engine]
    if program is None or not program.is_file():
        raise FileNotFoundError(f"{engine} is not built")
    return [str(word) for word in words]


def has_replay(binary):
    """Whether this gabion can replay; one without `waf` answers --help with its own page."""
    done = subprocess.run([binary, "waf", "replay", "--help"], capture_output=True, timeout=20, check=False)
    return done.returncode == 0 and b"--rules" in done.stdout


def replay(engine, rules, lines, *options):
    """[line of output] for [line of input], in the same order."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    done = subprocess.run([*command(engine), "--rules", str(rules), *map(str, options)], input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"{engine} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if [answer["id"] for answer in answers] != [line["id"] for line in lines]:
        raise RuntimeError(f"{engine} answered {len(answers)} of {len(lines)} lines, or in another order")
    return answers

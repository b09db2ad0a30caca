"""Whether an engine's answer is what a regression test expects, and why not."""

import dataclasses
import re

ID = re.compile(r"\d{6,}")


@dataclasses.dataclass(frozen=True)
class Judgement:
    """`by` says what was looked at: "id", "status", or "error" (the request had to fail)."""

    name: str
    by: str
    passed: bool
    reason: str = ""


def ids_in(expectation):
    """The rule ids in `id "942100"`, `id:942100`, `942100`, with or without the closing quote."""
    found = [int(number) for number in ID.findall(str(expectation))]
    if not found:
        raise ValueError(f"no rule id in {expectation!r}")
    return found


def judge(case, answer):
    """[Judgement]: one for each kind of expectation of the case. `answer` is a line of replay output, or None."""
    if answer is None:
        return [Judgement(case.name, by, False, "no answer") for by in _kinds(case.output)]
    found = []
    for by in _kinds(case.output):
        reason = {"id": _wrong_ids, "status": _wrong_status, "error": _missing_error}[by](case.output, answer)
        found.append(Judgement(case.name, by, not reason, reason))
    return found


def _kinds(output):
    kinds = ["id"] if "log_contains" in output or "no_log_contains" in output else []
    kinds += ["status"] if "status" in output else []
    kinds += ["error"] if output.get("expect_error") else []
    if not kinds:
        raise ValueError(f"nothing is expected: {output}")
    return kinds


def _wrong_ids(output, answer):
    fired = set(answer["rules"])
    missing = [number for number in ids_in(output["log_contains"]) if number not in fired] if "log_contains" in output else []
    extra = [number for number in ids_in(output["no_log_contains"]) if number in fired] if "no_log_contains" in output else []
    said = [f"{number} did not fire" for number in missing] + [f"{number} fired" for number in extra]
    return ", ".join(said) + (f"; fired: {sorted(fired)}" if said else "")


def _wrong_status(output, answer):
    wanted = output["status"] if isinstance(output["status"], list) else [output["status"]]
    return "" if answer["status"] in wanted else f"status {answer['status']}, expected {wanted}"


def _missing_error(_, answer):
    return "" if answer.get("error") or answer["status"] == 400 else f"answered {answer['status']}, expected an error"


def judge_all(cases, answers):
    """[Judgement] of all cases; `answers` is {id: line}."""
    return [judgement for case in cases for judgement in judge(case, answers.get(case.name))]


def report(judgements, kinds=("id", "status", "error"), show=1000):
    """The pass rate by what was looked at, then every failing test with its reason. Kinds left out are counted only: a
    replay without a proxy has no HTTP front end that could answer 400 or close."""
    lines = []
    for by in ("id", "status", "error"):
        mine = [judgement for judgement in judgements if judgement.by == by]
        passed = sum(judgement.passed for judgement in mine)
        if mine and by in kinds:
            lines.append(f"judged by {by:<7}{passed:>6,} of {len(mine):,} passed = {100 * passed / len(mine):.2f} %")
        elif mine:
            lines.append(f"not judged: {len(mine)} expectations of {by}, which are the proxy's")
    failed = [judgement for judgement in judgements if not judgement.passed and judgement.by in kinds]
    lines += [f"  FAILED {judgement.name} ({judgement.by}): {judgement.reason}" for judgement in failed[:show]]
    if len(failed) > show:
        lines.append(f"  and {len(failed) - show} more")
    return "\n".join(lines)

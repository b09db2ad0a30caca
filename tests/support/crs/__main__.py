"""./dev waf: judges engines by the Core Rule Set's regression tests, by payloads, and against each other."""

import argparse
import json
import pathlib
import sys

from crs import agreement, engines, ftw, judge, payloads


def regression_lines(options):
    cases = ftw.read_cases(options.cases)
    return cases, [ftw.replay_line(case.name, ftw.request_of(case.input), raw=options.raw) for case in cases]


def run_regression(options):
    """The regression tests: pass rates and failing tests; with --against the agreement with another engine too."""
    cases, lines = regression_lines(options)
    answers = engines.replay(options.engine, options.rules, lines, *options.engine_options)
    keep(options.output, answers)
    judgements = judge.judge_all(cases, {answer["id"]: answer for answer in answers})
    print(f"{options.engine}: {options.rules.name}")
    print(judge.report(judgements, kinds=("id",)))
    if options.against:
        print(f"{options.engine} (ours) and {options.against} (theirs):")
        print(agreement.report(agreement.compare(answers, engines.replay(options.against, options.rules, lines))))
    return 0


def run_payloads(options):
    """Each payload as a query argument at paranoia level 1: detection and false-positive rates."""
    cases = payloads.read_payloads(options.cases)[::options.every]
    lines = [payloads.replay_line(case) for case in cases]
    answers = engines.replay(options.engine, options.rules, lines)
    keep(options.output, answers)
    show_rates(options.engine, cases, answers)
    if options.against:
        theirs = engines.replay(options.against, options.rules, lines)
        show_rates(options.against, cases, theirs)
        print(f"{options.engine} (ours) and {options.against} (theirs):")
        print(agreement.report(agreement.compare(answers, theirs)))
    return 0


def show_rates(engine, cases, answers):
    print(f"{engine}:")
    print(payloads.report(payloads.rates(cases, answers), payloads.false_positive_rules(cases, answers)))


def run_requests(options):
    """The regression tests as lines of replay input on standard output."""
    for line in regression_lines(options)[1]:
        print(json.dumps(line))
    return 0


def run_compare(options):
    """Two outputs of the same requests; ends with 1 unless they agree on every request."""
    found = agreement.compare(read_lines(options.ours), read_lines(options.theirs))
    print(agreement.report(found, options.show))
    return 0 if not found.classes and not found.detector_classes else 1


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def keep(path, answers):
    if path:
        path.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev waf", description=__doc__.split(": ", 1)[1])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, cases, rules in (("regression", run_regression, engines.REGRESSION, "regression.conf"),
                                    ("payloads", run_payloads, engines.PAYLOADS, "defaults.conf")):
        command = commands.add_parser(name, help=run.__doc__)
        command.set_defaults(run=run)
        command.add_argument("--engine", default="gabion", help="gabion, modsecurity, or a program with their options")
        command.add_argument("--against", help="another engine, to compare with")
        command.add_argument("--rules", type=pathlib.Path, default=engines.RULES / rules, help=f"entry file (default {rules})")
        command.add_argument("--cases", type=pathlib.Path, default=cases, help="the tests or payloads")
        command.add_argument("--output", type=pathlib.Path, help="keep the engine's answers here")
        if name == "regression":
            command.add_argument("--raw", action="store_true", help="give the engine bytes instead of parsed requests")
            command.add_argument("--forms", dest="engine_options", action="store_const", default=[],
                                 const=["--request-body", "forms"],
                                 help="REQUEST_BODY as the rules' authors expect it (gabion only)")
        else:
            command.add_argument("--every", type=int, default=1, help="only every n-th payload")
    requests = commands.add_parser("requests", help=run_requests.__doc__)
    requests.set_defaults(run=run_requests)
    requests.add_argument("--cases", type=pathlib.Path, default=engines.REGRESSION)
    requests.add_argument("--raw", action="store_true")
    compare = commands.add_parser("compare", help=run_compare.__doc__)
    compare.set_defaults(run=run_compare)
    compare.add_argument("ours", type=pathlib.Path)
    compare.add_argument("theirs", type=pathlib.Path)
    compare.add_argument("--show", type=int, default=40, help="how many classes of difference (default 40)")
    return parser.parse_args()


def main():
    options = arguments()
    try:
        return options.run(options)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"./dev waf: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

"""Adds up JUnit files of ctest and pytest into the one line `N passed, N failed, N skipped`."""

import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """(passed, failed, skipped) of one file. A file that is missing, broken or empty is one failure: nothing ran."""
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        print(f"no results in {path}: {error}", file=sys.stderr)
        return 0, 1, 0
    passed = failed = skipped = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
    if passed + failed == 0:
        print(f"nothing ran in {path}", file=sys.stderr)
        failed = 1
    return passed, failed, skipped


def main(paths):
    totals = [sum(column) for column in zip(*(count(path) for path in paths))] or [0, 0, 0]
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

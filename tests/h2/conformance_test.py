"""HTTP/2 conformance: every MUST of RFC 9113 §3 to §8, RFC 7541, RFC 8441 and RFC 7540 §3.2 that a server can be asked about.

`python3 -m tests.h2` prints the table for any server; `--list` the cases.
"""

import pytest

from differences import GABION, NGHTTPD, NGINX
from suite import CASES, run, table



def rows():
    """The cases; what gabion is known to differ in must go on differing, or be taken out of the list."""
    for case in CASES:
        known = GABION.get(case.id)
        yield pytest.param(case, id=case.id, marks=[pytest.mark.xfail(reason=known, strict=True)] if known else [])


@pytest.mark.parametrize("case", rows())
def test_gabion_conforms(gabion, case):
    result = run(case, gabion)
    if result.passed is None:
        pytest.skip(result.got)
    assert result.passed, f"{case.sentence}; expected {case.expected}; got {result.got}"


@pytest.mark.parametrize("name,differs", [("nghttpd", NGHTTPD), ("nginx", NGINX)])
def test_the_suite_agrees_with_a_well_known_server(peers, name, differs):
    if name not in peers:
        pytest.skip(f"{name} is not installed")
    results = [run(case, peers[name]) for case in CASES]
    print(f"{name}\n{table(results)}")
    failed = {result.case.id for result in results if result.passed is False}
    assert failed <= set(differs), f"new differences: {sorted(failed - set(differs))}"


# Cases that neither well-known server passes. Such a case may be a mistake of ours: these were read again in the RFC.
READ_AGAIN = {
    "6.9.2/overflow": "a change ... that causes any flow-control window to exceed the maximum size [is] a connection error",
    "8.3.1/userinfo": ":authority MUST NOT include the deprecated userinfo subcomponent for http or https URIs",
}


def test_no_case_fails_on_both_peers_unless_it_was_read_again():
    assert set(NGHTTPD) & set(NGINX) == set(READ_AGAIN)


def test_cases_are_named_once_and_say_what_they_expect():
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids) >= 147
    assert [case.id for case in CASES if not case.sentence or case.expect is None] == []

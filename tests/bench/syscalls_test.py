"""What strace -c writes, and the table made of it."""

from syscalls import counts_of, lines_of

STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 61.08    0.030042           7      4012           sendto
 30.00    0.020042           5      4000      1999 recvfrom
------ ----------- ----------- --------- --------- ----------------
100.00    0.050084           6      8012      1999 total
"""


def test_calls_are_counted_with_and_without_errors():
    assert counts_of(STRACE) == {"sendto": 4012, "recvfrom": 4000}


def test_a_peer_that_is_absent_has_no_numbers():
    table = list(lines_of({"a": {"inbound": {"sendto": 2.0, "recvfrom": 4.0}}, "b": {"absent": "not installed"}}))
    assert table[1].split() == ["a", "inbound", "6.00", "recvfrom", "4.00,", "sendto", "2.00"]
    assert table[2].split() == ["b", "absent:", "not", "installed"]

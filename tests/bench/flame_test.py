"""Folded stacks from what perf and callgrind print, and the page that is drawn from them."""

import re

import pytest
from flame import picture, stacks

PERF = """gabion
\t    7f01 tcp_sendmsg+0x27 ([kernel.kallsyms])
\t    4a02 gabion::proxy::Socket::write(std::span<char const, 18446744073709551615ul>)+0x1f (/opt/gabion)
\t    4a03 start_thread+0x2c4 (/usr/lib/x86_64-linux-gnu/libc.so.6)

gabion
\t    4a09 [unknown] (/usr/lib/x86_64-linux-gnu/libcrypto.so.3)
\t    4a03 start_thread+0x2c4 (/usr/lib/x86_64-linux-gnu/libc.so.6)

gabion
\t    4a09 [unknown] (/usr/lib/x86_64-linux-gnu/libcrypto.so.3)
\t    4a03 start_thread+0x2c4 (/usr/lib/x86_64-linux-gnu/libc.so.6)
"""

# main (10 own) calls f twice (100 with what it calls) and g once (40); f calls g (60).
CALLGRIND = """version: 1
events: Ir
ob=(1) /opt/gabion
fl=(1) a.cc
fn=(1) main
1 10
cfn=(2) gabion::f(int)
calls=2 5
2 100
cob=(2) /usr/lib/libssl.so.3
cfn=(3) 0x0000000000054760
calls=1 9
3 40

fn=(2)
5 40
cob=(2)
cfn=(3)
calls=1 9
6 60

ob=(2)
fn=(3)
9 100
totals: 150
"""


def test_perfs_stacks_are_folded_with_the_outermost_first():
    assert stacks.folded_perf(PERF) == {
        ("start_thread", "gabion::proxy::Socket::write", "tcp_sendmsg_[k]"): 1, ("start_thread", "libcrypto.so.3"): 2}


def test_callgrinds_calls_are_spread_over_their_callers(tmp_path):
    profile = tmp_path / "callgrind.out.1"
    profile.write_text(CALLGRIND)
    assert stacks.folded_callgrind(profile) == pytest.approx({
        ("main",): 10, ("main", "gabion::f"): 40, ("main", "gabion::f", "libssl.so.3+54760"): 60,
        ("main", "libssl.so.3+54760"): 40})


def test_a_recursion_ends(tmp_path):
    profile = tmp_path / "callgrind.out.1"
    profile.write_text("fn=(1) a\n1 10\ncfn=(2) b\ncalls=1 1\n1 90\nfn=(2) b\n2 50\ncfn=(1)\ncalls=1 1\n2 40\n")
    folded = stacks.folded_callgrind(profile)
    assert set(folded) == {("a",), ("a", "b")}


@pytest.mark.parametrize("symbol, name", [
    ("gabion::proxy::Buffer::prepare(unsigned long)", "gabion::proxy::Buffer::prepare"),
    ("void gabion::write_field<gabion::SendQueue>(gabion::SendQueue&, int) [clone .isra.0]", "gabion::write_field"),
    ("gabion::config::SpiffeId::to_string[abi:cxx11]() const", "gabion::config::SpiffeId::to_string"),
    ("malloc", "malloc"),
])
def test_names_are_what_a_person_calls_them(symbol, name):
    assert stacks.short_name(symbol) == name


def test_boxes_are_as_wide_as_their_cost_and_stand_on_their_caller():
    boxes = {(depth, name): (x, width) for x, width, depth, name, _ in picture.boxes_of(
        picture.tree_of({("main", "f"): 3, ("main", "g"): 1}))}
    assert boxes[0, "all"] == boxes[1, "main"] == (0, picture.WIDTH)
    assert boxes[2, "f"] == (0, picture.WIDTH * 0.75)
    assert boxes[2, "g"] == (picture.WIDTH * 0.75, picture.WIDTH * 0.25)


def test_the_page_names_every_frame_and_needs_no_network():
    page = picture.page("title & more", ["a <fact>"], "samples", stacks.folded_perf(PERF))
    assert "title &amp; more" in page and "a &lt;fact&gt;" in page
    assert "libcrypto.so.3: 2 samples, 66.7%" in page and "kernel 33.3%" in page
    assert not re.search(r"(?:src|href)=|https?://", page)

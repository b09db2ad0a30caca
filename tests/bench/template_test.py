"""No hole in a configuration reaches a peer."""

import pytest

from template import filled


def test_every_place_is_filled(tmp_path):
    (tmp_path / "a.in").write_text("listen @LISTEN@; mail a@b.c @LISTEN@\n")
    assert filled(tmp_path / "a.in", {"LISTEN": 80, "OTHER": 1}) == "listen 80; mail a@b.c 80\n"


def test_a_place_without_value_is_an_error(tmp_path):
    (tmp_path / "a.in").write_text("listen @LISTEN@;\n")
    with pytest.raises(KeyError, match="a.in: nothing given for @LISTEN@"):
        filled(tmp_path / "a.in", {})

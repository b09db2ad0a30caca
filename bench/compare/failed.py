"""How a check says that a peer does not do what it is measured for."""


class Failed(Exception):
    """A peer did not do what it is measured for."""


def expect(condition, what):
    if not condition:
        raise Failed(what)

"""Raw request streams that servers read differently, servers that tell what they read, and the comparison of both."""

import os

from smuggling import chunks, framing, heads, turns

MUTANTS = int(os.environ.get("GABION_SMUGGLING_MUTANTS", "150"))
SEED = int(os.environ.get("GABION_SMUGGLING_SEED", "1"))


def all_streams():
    """Every stream of HTTP/1, each with its number as its place. GABION_SMUGGLING_MUTANTS sets how many are random,
    GABION_SMUGGLING_SEED which."""
    made = [*framing.streams(), *chunks.streams(), *heads.streams(), *turns.streams()]
    return made + list(turns.mutants(made, MUTANTS, SEED))

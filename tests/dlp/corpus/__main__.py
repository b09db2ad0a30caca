"""Writes the corpus: python3 -m tests.dlp.corpus [--seed 1] [--count 2000] > corpus.jsonl"""

import argparse
import random
import sys

from . import documents


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    for number in range(arguments.count):
        sys.stdout.write(documents.make(rng, number).line() + "\n")


if __name__ == "__main__":
    main()

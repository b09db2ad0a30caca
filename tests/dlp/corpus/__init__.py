"""A labelled corpus of answers, made from a seed: half with planted values, half with nothing but look-alikes."""

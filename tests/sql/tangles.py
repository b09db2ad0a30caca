"""Queries in which names hide each other: aliases that are tables, columns and rows at once, at several levels.

Most make no sense to the server; those that do are the hard ones.
"""

import random

TABLES = ("people", "orders", "shop.items", "shop.people")
ALIASES = ("x", "y", "t", "a", "people", "orders", "items")
COLUMNS = ("id", "a", "b", "n", "t")
FUNCTIONS = ("row_to_json", "to_jsonb", "json_agg")


class Tangle:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def chance(self, share):
        return self.random.random() < share

    def reference(self, names):
        qualifier = self.pick([*names, *ALIASES])
        return self.random.choices(
            (self.pick([*COLUMNS, "x", "y"]), f"{qualifier}.{self.pick(COLUMNS)}", f"shop.people.{self.pick(COLUMNS)}",
             qualifier, f"{qualifier}.{self.pick(FUNCTIONS)}", f"({qualifier}).{self.pick(COLUMNS)}"),
            (45, 42, 5, 3, 3, 2))[0]

    def expression(self, depth, names):
        if depth <= 0 or self.chance(0.7):
            return f"{self.reference(names)}::text"
        if self.chance(0.6):
            return f"(SELECT min(zz::text) FROM ({self.query(depth - 1, names)}) zz)"
        return f"(SELECT {self.reference(names)}::text FROM {self.source(depth - 1, names)[0]} LIMIT 1)"

    def source(self, depth, names):
        """(text, names it makes)"""
        alias, table = self.pick(ALIASES), self.pick(TABLES)
        kinds = ["alias", "alias", "alias", "table", "renamed", "function"] + ["query", "lateral", "join", "join"] * (depth > 0)
        kind = self.pick(kinds)
        if kind == "table":
            return table, [table.split(".")[-1]]
        if kind == "join":
            return self.join(depth, names, alias)
        return {
            "alias": f"{table} AS {alias}",
            "renamed": f"{table} AS {alias}({self.pick(COLUMNS)}, {self.pick([*COLUMNS, 'x'])})",
            "function": f"unnest(ARRAY[1]) AS {alias}{self.pick(['', '(x)', '(t)'])}",
            "query": kind == "query" and f"({self.query(depth - 1, [])}) AS {alias}",
            "lateral": kind == "lateral" and f"LATERAL ({self.query(depth - 1, names)}) AS {alias}",
        }[kind], [alias]

    def join(self, depth, names, alias):
        left, left_names = self.source(depth - 1, names)
        right, right_names = self.source(depth - 1, names + left_names)
        inner = left_names + right_names
        if self.chance(0.6):
            text = f"{left} JOIN {right} ON {self.expression(depth - 1, inner)} = 'q'"
        else:
            text = f"{left} JOIN {right} USING (id)"
            if self.chance(0.4):
                return f"{text} AS {alias}", inner + [alias]
        return (f"({text}) AS {alias}", [alias]) if self.chance(0.35) else (text, inner)

    def query(self, depth, outer):
        names, sources = list(outer), []
        for _ in range(self.pick((1, 1, 2))):
            source, made = self.source(depth, names)
            sources.append(source)
            names = made + names
        results = [self.expression(depth, names) + self.pick(("", f" AS {self.pick(COLUMNS)}")) for _ in range(self.pick((1, 2)))]
        where = f" WHERE {self.expression(depth - 1, names)} IS NOT NULL" if self.chance(0.4) else ""
        order = self.pick(("", "", f" ORDER BY {self.pick(COLUMNS)}", f" ORDER BY count(*) OVER (ORDER BY {self.pick(COLUMNS)})"))
        cte = f"WITH {self.pick(ALIASES)} AS ({self.query(depth - 1, [])}) " if depth > 1 and self.chance(0.2) else ""
        return f"{cte}SELECT {', '.join(results)} FROM {', '.join(sources)}{where}{order}"


def tangled(count, seed):
    tangle = Tangle(seed)
    return [tangle.query(tangle.pick((1, 2, 2, 3)), []) for _ in range(count)]

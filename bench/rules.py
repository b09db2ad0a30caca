"""The policy of a scenario in every peer's own words: rule N lets GET /rule/N pass, everything else is denied."""

import dataclasses
import json

from certificates import write_file

NETWORK_POLICY = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "orders", "namespace": "shop"},
    "spec": {"podSelector": {"matchLabels": {"app": "orders"}},
             "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}]},
}
# An L7Policy has at most 32 ingress entries with at most 32 http conditions each; a rule is one condition here.
CONDITIONS = 32
RULES_OF_A_POLICY = 32 * CONDITIONS
ALWAYS = ("/echo", "/index.txt", "/card.json")


@dataclasses.dataclass(frozen=True)
class Rules:
    """`rules` rules over `policies` policies; without rules nothing is restricted by path."""

    policies: int = 0
    rules: int = 0

    def paths(self):
        """What may be asked: a path a rule, and those that the checks ask."""
        return [*ALWAYS, *(f"/rule/{number}" for number in range(1, self.rules + 1))]

    def slices(self):
        """The paths by policy, in order; more policies than asked for where one could not hold them."""
        paths = self.paths()
        wanted = max(self.policies, -(-len(paths) // RULES_OF_A_POLICY))
        bounds = [len(paths) * number // wanted for number in range(wanted + 1)]
        return [paths[start:end] for start, end in zip(bounds, bounds[1:]) if start < end]

    def write_manifests(self, folder):
        """A file a policy, beside the NetworkPolicy."""
        write_file(folder / "network.json", json.dumps(NETWORK_POLICY))
        if self.rules:
            for number, paths in enumerate(self.slices()):
                write_file(folder / f"rules-{number:05d}.json", json.dumps(_l7_policy(number, paths)))

    def write_list(self, path):
        """One path a line, for haproxy's `-f`."""
        return write_file(path, "".join(f"{each}\n" for each in self.paths()))

    def write_map(self, path):
        """Lines of an nginx `map` from method and path to 1."""
        return write_file(path, "".join(f"GET{each} 1;\n" for each in self.paths()))


def _l7_policy(number, paths):
    entries = [paths[start:start + CONDITIONS] for start in range(0, len(paths), CONDITIONS)]
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
            "metadata": {"namespace": "shop", "name": f"rules-{number:05d}"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [_entry(each) for each in entries]}}


def _entry(paths):
    return {"action": "Allow", "from": [{"serviceAccount": {"namespace": "shop", "name": "web"}}],
            "ports": [{"port": 8080}], "protocol": "HTTP",
            "http": [{"methods": ["GET"], "paths": [{"exact": path}]} for path in paths]}

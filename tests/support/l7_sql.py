"""Policies about statements of SQL, for the pod orders-0."""


def l7_policy(*rules):
    """An L7Policy for orders-0."""
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy",
            "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": list(rules)}}


def sql_rule(*items, action="Allow", name="web"):
    """Of the account of web-0."""
    return {"name": name, "action": action,
            "from": [{"serviceAccount": {"namespace": "shop", "name": "web"}}], "ports": [{"port": 5432}],
            "protocol": "PostgreSQL", "sql": list(items)}

"""A comparison that nobody measured: every kind of peer, point and ratio, for the tests of table and report."""

from compare import figures, rounds

OURS = ("gabion",)


def one_round(cpu, **changed):
    return {"errors": 0, "requests": 1000, "cpu": cpu, "rate": 9876.0, "p50": 1000, "p90": 1500, "p99": 2000,
            "p99.9": 4000, "rss": 7 << 20, "pss": 5 << 20, **changed}


def measured(*cpus):
    found = [one_round(cpu) for cpu in cpus]
    return {"status": "measured", "reason": "", "version": "v 1.2", "rounds": found, "summary": figures.summary(found)}


def unmeasured(status, reason):
    return {"status": status, "reason": reason, "version": ""}


class _Unit:
    unit = "request"


def point(value, label, peers):
    return {"value": value, "label": label, "peers": peers, "ratios": rounds.ratios(_Unit, peers, OURS)}


def scenario(name, points, parameter=""):
    return {"name": name, "description": f"What {name} asks.", "topology": "two_hop", "unit": "request", "rounds": 3,
            "seconds": 2, "connections": 32, "checks": ["identity", "same_answer"], "parameter": parameter,
            "points": points}


def comparison():
    """gabion is steady against haproxy and unsteady against nginx; envoy is absent, nginx-modsecurity failed."""
    peers = {"gabion": measured(41.0, 40.0, 42.0), "haproxy": measured(50.0, 50.0, 50.0),
             "nginx": measured(40.0, 60.0, 90.0),
             "nginx-modsecurity": unmeasured("failed", "check attack: <script> was answered 200"),
             "envoy": unmeasured("absent", "no envoy on PATH")}
    swept = [point(number, label, {"gabion": measured(cost, cost + 1), "haproxy": measured(2 * cost, 2 * cost)})
             for number, label, cost in ((0, "0 B", 31.0), (1024, "1 KiB", 35.0), (65536, "64 KiB", 77.0))]
    return {"machine": {"date": "2024-05-06 07:08 UTC", "command": "./dev bench compare --rounds 3",
                        "commit": "0123abcd4567", "cpu": "Some CPU, 2 cores", "system": "Debian, kernel 6.1",
                        "gabion": "gabion 0.1.0"},
            "scenarios": [scenario("hop", [point(None, "", peers)]), scenario("sizes", swept, "bytes")]}

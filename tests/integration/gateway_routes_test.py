"""A route with TLS of a database's own that leads to a protected pod: refused by its place, or call by call, and never forgotten."""

import pytest

from interception_bed import meets_an_end
from namespace_bed import running_bed
from nodes_bed import NodesBed
from waiting import until

DATABASE = 5432


running = running_bed(NodesBed)


@pytest.fixture
def bed(running):
    running.forget()
    yield running
    running.write_manifests()
    running.gateways["a"].configuration.pop("outbound", None)
    running.gateways["a"].write()
    running.reload()


def route_to(bed, address):
    """In the configuration of node a's gateway, which has not read it yet."""
    gateway = bed.gateways["a"]
    gateway.configuration["outbound"] = [
        {"name": "db", "protocol": "postgres", "routes": [{"destination": f"{address}:{DATABASE}", "tls": {"mode": "REQUIRE"}}]}]
    gateway.write()
    return gateway


def test_where_it_can_be_known_it_is_refused_at_its_place(bed):
    """By check, and by a reload, which leaves what was in force."""
    gateway = route_to(bed, bed.pods["other"].v4)
    checked = bed.nodes["a"].run(bed.binary, "check", "-c", gateway.file)
    line = next(number for number, text in enumerate(gateway.file.read_text().splitlines(), 1) if "destination:" in text)
    assert checked.returncode == 2
    assert checked.stderr.startswith(f"{gateway.file}:{line}: outbound[0].routes[0].tls: leads to the pod ops/other, which a "
                                     "gateway protects"), checked.stderr
    generation, rejected = gateway.loads()
    gateway.reload()
    assert gateway.loads()[0] == generation and gateway.loads()[1] > rejected


def wait_told(gateway, pod, log):
    """Until it is in what was logged after `log`, by the route's place."""
    line = next(number for number, text in enumerate(gateway.file.read_text().splitlines(), 1) if "destination:" in text)
    place = f"{gateway.file}:{line}: outbound[0].routes[0].tls"
    until(lambda: f"{place}: leads to the pod {pod}, which a gateway protects" in gateway.output()[len(log):], gateway.output)


def test_it_keeps_no_gateway_from_starting(bed):
    """Whose pod it is may be anybody: the gateway serves, says so, and closes what the route names."""
    other, free = bed.pods["other"].v4, bed.pods["free"]
    gateway = route_to(bed, other)
    log = gateway.output()
    gateway.stop()
    gateway.start()
    wait_told(gateway, "ops/other", log)
    with bed.gateways["b"].passed_by():  # nothing left for it
        assert free.inside(meets_an_end, other, DATABASE)
        assert gateway.wait_audit(reason="uncallable_destination")["pod"] == "ops/free"
    assert bed.gateways["b"].access() == [] and bed.gateways["b"].audit() == []
    generation, rejected = gateway.loads()
    bed.write_manifests(without=["other"])
    gateway.reload()
    bed.write_manifests()
    gateway.reload()
    loaded = gateway.loads()
    assert loaded[0] >= generation + 2 and loaded[1] == rejected, "manifests change under the configuration that it started with"
    gateway.configuration["timeouts"]["unknownPeer"] = "1ms"
    gateway.write()
    gateway.reload()
    gateway.configuration["timeouts"]["unknownPeer"] = "0ms"
    assert gateway.loads()[0] == loaded[0] and gateway.loads()[1] > rejected, "another configuration is refused as long as it has the route"


def test_a_pod_that_comes_to_be_protected_is_refused_call_by_call(bed):
    """The manifests change under a configuration that was good: it stays in force, the route's calls are closed and told."""
    other, free = bed.pods["other"].v4, bed.pods["free"]
    bed.write_manifests(without=["other"])
    bed.reload()
    gateway = route_to(bed, other)
    generation, rejected = gateway.loads()
    gateway.reload()
    assert gateway.loads()[0] > generation and gateway.loads()[1] == rejected
    log = gateway.output()
    bed.write_manifests()
    gateway.reload()
    assert gateway.loads()[0] > generation + 1 and gateway.loads()[1] == rejected
    wait_told(gateway, "ops/other", log)
    name = "gabion_reason_total"
    before = gateway.metric(name, scope="connection", reason="uncallable_destination")
    with bed.gateways["b"].passed_by():  # nothing left for it
        assert free.inside(meets_an_end, other, DATABASE)
        told = gateway.wait_audit(reason="uncallable_destination")
    assert (told["pod"], told["listener"]) == ("ops/free", "capture-outbound")
    assert told["detail"] == "TLS of a database's own, and who is called is a pod that a gateway protects"
    assert gateway.metric(name, scope="connection", reason="uncallable_destination") == before + 1
    assert bed.gateways["b"].access() == [] and bed.gateways["b"].audit() == []

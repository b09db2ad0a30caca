"""The image's root, laid out by the Dockerfile's script: what is in it, and `gabion run` in it as a pod would run it."""

import os
import pathlib
import shutil
import subprocess

import pytest

import image_root

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECCOMP = ROOT / "deploy/seccomp/gabion.json"
ENTER = ROOT / "tests/support/enter_root.py"
MOST_MIB = 60

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a root of its own needs mounts, and they need root")


@pytest.fixture
def sanitized(binary):
    code = binary.read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


@pytest.fixture
def root(binary, tmp_path):
    return image_root.build(binary, tmp_path / "root")


def hand_over(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            os.chown(path, 1337, 1337)


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def test_the_root_holds_the_program_its_libraries_and_nothing_to_type_into(root, sanitized):
    assert image_root.shells_of(root) == []
    names = {str(path.relative_to(root)) for path in image_root.files_of(root)}
    assert {"usr/bin/gabion", "etc/passwd", "etc/group"} <= names
    extra = [name for name in names if ".so" not in name and not name.startswith("etc/") and name != "usr/bin/gabion"]
    assert extra == []
    assert sum(path.stat().st_size for path in image_root.files_of(root)) < MOST_MIB * 2 ** 20 or sanitized
    ran = subprocess.run(["unshare", "-m", "python3", str(ENTER), str(root), "--", "/usr/bin/gabion", "version"],
                         capture_output=True, text=True, timeout=30, check=False)
    assert ran.stdout.startswith("gabion "), ran.stderr


@pytest.mark.parametrize("confined", ["capabilities", "capabilities and seccomp"])
def test_the_proxy_serves_in_it_without_power(mesh, root, tmp_path, sanitized, confined):
    if sanitized and "seccomp" in confined:
        pytest.skip("sanitizers make system calls of their own")
    mesh.start_application()
    sidecar = mesh.sidecar("orders-0", inbound=mesh.inbound_entries())
    mesh.inbound = sidecar
    sidecar.write()
    tmp_path.chmod(0o755)
    hand_over(sidecar.folder)
    sidecar.binary = "/usr/bin/gabion"
    seccomp = ["--seccomp", str(SECCOMP)] if "seccomp" in confined else []
    sidecar.start(prefix=["unshare", "-m", "python3", str(ENTER), str(root), *seccomp, "--bind", str(sidecar.folder),
                          "--bind", str(mesh.policy), "--"])
    status = status_of(sidecar.pid)
    assert status["Uid"].split() == ["1337"] * 4 and status["Gid"].split() == ["1337"] * 4
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == ("2" if seccomp else "0")
    mounts = [line.split() for line in pathlib.Path(f"/proc/{sidecar.pid}/mountinfo").read_text().splitlines()]
    assert [fields[5].split(",")[0] for fields in mounts if fields[4] == "/"] == ["ro"]
    with mesh.peer() as client:
        for _ in range(3):
            assert client.ask("GET", "/in-the-image").status == 200
    with mesh.plain() as client:
        assert client.ask("GET", "/plain").status == 200
    sidecar.reload()
    with mesh.peer(pod="batch-0") as client:
        assert client.ask("POST", "/after-a-reload", body=b"x" * 100_000).status == 200


def test_the_init_image_has_what_the_rules_need(binary, tmp_path):
    for program in ("iptables", "ip"):
        if shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin") is None:
            pytest.skip(f"{program} is not installed")
    root = image_root.build(binary, tmp_path / "init", "with-iptables")
    assert image_root.shells_of(root) == []
    for backend in ("nft", "legacy"):
        for family in ("iptables", "ip6tables"):
            rules = (b"*nat\n-A OUTPUT -p tcp -m owner --uid-owner 1337 -j RETURN\n"
                     b"-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n")
            ran = subprocess.run(["unshare", "-n", "chroot", str(root), f"/usr/sbin/{family}-{backend}-restore", "--noflush"],
                                 input=rules, capture_output=True, timeout=30, check=False)
            assert ran.returncode == 0, ran.stderr.decode()
    subprocess.run(["unshare", "-n", "chroot", str(root), "/usr/sbin/ip", "rule"], check=True, capture_output=True, timeout=30)

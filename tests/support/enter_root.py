"""Runs a program in a root of an image as a container runtime would: uid 1337, read-only, no capability, seccomp.

Usage (as root): unshare -m python3 enter_root.py ROOT [--seccomp FILE] [--bind FOLDER]... -- PROGRAM [ARGUMENT]...
"""

import argparse
import ctypes
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

UID = 1337
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 22, 24, 38
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def lay_mounts(root, folders):
    """Everything is read-only but /tmp and the folders, which a pod would have as volumes."""
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    (pathlib.Path(root) / "dev/null").touch()
    for folder in folders:
        os.makedirs(root + folder, exist_ok=True)
    mount("-t", "proc", "proc", root + "/proc")
    mount("--bind", "/dev/null", root + "/dev/null")
    for folder in folders:
        mount("--bind", folder, root + folder)
    mount("-o", "remount,bind,ro", root)


def system_calls():
    header = next(pathlib.Path("/usr/include").rglob("asm/unistd_64.h"))
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)", header.read_text())}


def filter_of(profile):
    """Classic BPF of an allow list, as a runtime makes it for x86-64: others get the profile's errno."""
    numbers = system_calls()
    allowed = sorted({numbers[name] for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"
                      for name in rule["names"] if name in numbers})
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, 0x80000000), (0x20, 0, 0, 0)]
    for number in allowed:
        code += [(0x15, 0, 1, number), (0x06, 0, 0, 0x7FFF0000)]
    code.append((0x06, 0, 0, 0x00050000 | profile.get("defaultErrnoRet", 1)))
    return b"".join(struct.pack("HBBI", *line) for line in code), len(code)


def prctl(*arguments):
    if LIBC.prctl(*(ctypes.c_ulong(each) for each in arguments)) != 0:
        sys.exit(f"prctl {arguments}: {os.strerror(ctypes.get_errno())}")


def give_up_power():
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those the kernel does not know fail
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("--seccomp")
    parser.add_argument("--bind", action="append", default=[])
    parser.add_argument("program", nargs="+")
    chosen = parser.parse_args()
    code = filter_of(json.loads(pathlib.Path(chosen.seccomp).read_text())) if chosen.seccomp else None
    lay_mounts(chosen.root, chosen.bind)
    os.chroot(chosen.root)
    os.chdir("/")
    give_up_power()
    if code:
        lines = ctypes.create_string_buffer(code[0], len(code[0]))
        whole = struct.pack("HxxxxxxP", code[1], ctypes.addressof(lines))  # struct sock_fprog
        program = ctypes.create_string_buffer(whole, len(whole))
        prctl(PR_SET_SECCOMP, 2, ctypes.addressof(program), 0, 0)
    os.execve(chosen.program[0], chosen.program, {"PATH": "/usr/bin", **{name: value for name, value in os.environ.items()
                                                                       if name.startswith("GABION_")}})


if __name__ == "__main__":
    main()

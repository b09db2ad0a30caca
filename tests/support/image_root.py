"""Builds the root of the image without Docker and says what is in it: python3 image_root.py BINARY ROOT [with-iptables]."""

import os
import pathlib
import subprocess
import sys

MAKE = pathlib.Path(__file__).resolve().parents[2] / "deploy/image/make_root.sh"


def build(binary, root, *tools, strip=True):
    """The same script as the Dockerfile's."""
    subprocess.run(["bash", str(MAKE), str(binary), str(root), *tools], check=True,
                   env={**os.environ, "STRIP": "yes" if strip else "no"})
    return pathlib.Path(root)


def files_of(root):
    return sorted(path for path in pathlib.Path(root).rglob("*") if path.is_file() and not path.is_symlink())


def libraries_of(root):
    return [path for path in files_of(root) if ".so" in path.name]


def shells_of(root):
    names = {"sh", "bash", "dash", "busybox", "python3", "perl", "cat", "ls", "env"}
    return [path for path in pathlib.Path(root).rglob("*") if path.name in names]


def describe(root):
    files = files_of(root)
    size = sum(path.stat().st_size for path in files)
    lines = [f"{size / 2 ** 20:.1f} MiB in {len(files)} files, {len(libraries_of(root))} of them libraries"]
    lines += [f"{path.stat().st_size / 2 ** 10:10.0f} KiB  /{path.relative_to(root)}"
              for path in sorted(files, key=lambda path: -path.stat().st_size)]
    return "\n".join(lines)


if __name__ == "__main__":
    print(describe(build(*sys.argv[1:])))

"""The first program in a container: builds its root, gives up rights, becomes what is to run.

Started inside namespaces of its own (unshare(1)), alone and outside any package, so it imports
nothing but the standard library: `python -I container_init.py SPEC`. The root is a small file
system in memory with the programs of this machine bound into it, read-only. No home folder, no /run
and no disk is below it, and nothing that is not below it can be reached: pivot_root(2).
Capabilities are those that a container has by default. Outside, root in it is who began the lab: an
ordinary user, or root itself where root did, so what /proc lets root set is read-only, too.
"""

import ctypes
import fcntl
import json
import os
import sys
import termios
from pathlib import Path
from typing import Any

NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC = 2, 4, 8, 32, 4096, 16384
READ_ONLY, DETACH = 1, 2
KEPT = (
    *((os.ST_NOSUID, NOSUID), (os.ST_NODEV, NODEV), (os.ST_NOEXEC, NOEXEC)),
    *((os.ST_NOATIME, 1 << 10), (os.ST_NODIRATIME, 1 << 11), (os.ST_RELATIME, 1 << 21)),
)
PROGRAMS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix")
COPIED = ("ld.so.cache", "ld.so.conf", "nsswitch.conf", "protocols", "services")
BOUND = ("etc/alternatives", "etc/ld.so.conf.d", "etc/ssl")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
CAPABILITIES = frozenset((0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31))
"""What Docker and containerd leave a container: capabilities(7), by their numbers."""
KERNELS = ("acpi", "bus", "fs", "irq", "mtrr", "sys", "sysrq-trigger")
"""What in /proc sets the machine, not the container: container runtimes close it, too."""
MOST = "size=256m"
"""A root is memory: a program that writes without end fills this much, not the machine."""
LAST_CAPABILITY = 40
DROP_FROM_BOUNDING_SET, NO_NEW_PRIVILEGES = 24, 38

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Stop where the kernel refused something."""
    if result:
        code = ctypes.get_errno()
        sys.exit(f"container: {what}: {os.strerror(code)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Let one place show another."""
    done = libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode())
    check(done, f"mount {source} on {target}")


def bind(source: str, target: str, *, writable: bool = False) -> None:
    """Let a file or folder be seen at another place, too."""
    place = Path(target)
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    elif not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    mount(source, target, flags=BIND | REC)
    if writable:
        return
    below = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for one in {target, *(path for path in below if path.startswith(f"{target}/"))}:
        seen = os.statvfs(one).f_flag
        kept = sum(theirs for ours, theirs in KEPT if seen & ours)
        mount("none", one, flags=REMOUNT | BIND | READ_ONLY | kept)


def build(root: str, spec: dict[str, Any]) -> None:
    """Lay out the container's root."""
    mount("tmpfs", root, "tmpfs", NOSUID | NODEV, MOST)
    lay_programs(root, tools=spec["tools"])
    lay_devices(root)
    for name, text in spec["files"].items():
        Path(root, name).write_text(text, encoding="utf-8")
    mount("proc", f"{root}/proc", "proc", NOSUID | NODEV | NOEXEC)
    for name in KERNELS:
        if Path(root, "proc", name).exists():
            bind(f"{root}/proc/{name}", f"{root}/proc/{name}")
    bind(spec["scratch"], f"{root}/tmp", writable=True)  # noqa: S108 - the container's own
    for source, target, writable in spec["volumes"]:
        bind(source, f"{root}/{target.lstrip('/')}", writable=writable)


def lay_programs(root: str, *, tools: bool) -> None:
    """Make the folders of a root, and let it have this machine's programs."""
    for name in ("proc", "dev", "etc", "tmp", "root", "run", "var", "var/tmp", "dev/shm"):
        Path(root, name).mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS if tools else ():
        place = Path("/", name)
        if place.is_symlink():
            Path(root, name).symlink_to(place.readlink())
        elif place.is_dir():
            bind(str(place), f"{root}/{name}")
    for name in BOUND:
        if Path("/", name).is_dir():
            bind(f"/{name}", f"{root}/{name}")
    for name in COPIED:
        if (found := Path("/etc", name)).is_file():
            Path(root, "etc", name).write_bytes(found.read_bytes())


def lay_devices(root: str) -> None:
    """Give a root the devices that are nobody's."""
    for name in DEVICES:
        if Path("/dev", name).exists():
            bind(f"/dev/{name}", f"{root}/dev/{name}", writable=True)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        Path(root, "dev", name).symlink_to(f"/proc/self/fd{target}")


def enter(root: str) -> None:
    """Make the root the only thing there is."""
    os.chdir(root)
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", DETACH), "umount")
    os.chdir("/")


def lessen() -> None:
    """Give up what a container does not have."""
    for number in range(LAST_CAPABILITY + 1):
        if number not in CAPABILITIES:
            libc.prctl(DROP_FROM_BOUNDING_SET, number, 0, 0, 0)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def main() -> None:
    """Become the container's program."""
    spec = json.loads(sys.argv[1])
    name = spec["hostname"].encode()
    check(libc.sethostname(name, len(name)), "sethostname")
    if spec["mark"]:  # the lab's own number of this process, by which it is signalled and joined
        Path(spec["mark"]).write_text(Path("/proc/self").readlink().name, encoding="ascii")
    os.setsid()  # a signal for the starter's group must not reach what this becomes
    build(spec["root"], spec)
    enter(spec["root"])
    if spec["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    lessen()
    try:
        os.chdir(spec["folder"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606 - that is its purpose
    except OSError as error:
        sys.exit(f"container: {spec['argv'][0]}: {error.strerror}")


if __name__ == "__main__":
    main()

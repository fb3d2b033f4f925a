"""What labs can do on this machine, found out by doing it, and what mends the rest.

Each check does the thing itself in a lab's own namespaces: it starts them, sends a packet between
two hosts, splits traffic, loses packets, starts each daemon. Version numbers and settings are read
only after something was refused, to name the one step that allows it.
"""

import contextlib
import os
import platform
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labs.bird import Bird
from labs.errors import LabError
from labs.frr import Frr
from labs.gobgp import Gobgp
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.unshare import UNSHARE_ADVICE

FETCH: Final = "locrib lab doctor --fetch"
BGP_PORT: Final = 179
TCP_MD5SIG: Final = 14
SECONDS: Final = 5.0
NOT_LINUX: Final = "run the course in a Linux virtual machine, on Windows in WSL 2"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        check: its name, stable, for scripts.
        title: what was tried, for people.
        ok: whether it worked.
        seen: what happened.
        mend: one command or step that mends it; None when it worked or was not tried.
        needed: whether no lab runs at all without it.
    """

    check: str
    title: str
    ok: bool
    seen: str
    mend: str | None = None
    needed: bool = False


@dataclass(frozen=True)
class Bench:
    """A lab to try things in: hosts `left` and `right` on one bridge, and the unpacked daemons."""

    tree: ProcessTree
    daemons: Mapping[str, Daemon]

    LEFT, RIGHT = "left", "right"

    def wire(self) -> None:
        """Connect the two hosts through a bridge, as a topology's switch does."""
        commands = ["ip link add br0 type bridge", "ip link set br0 up"]
        for number, host in enumerate((self.LEFT, self.RIGHT), 1):
            self.tree.add_host(host)
            commands += [
                f"ip link add p{number} type veth peer name eth0 netns {host}",
                f"ip link set p{number} master br0 up",
                f"ip -n {host} addr add 192.0.2.{number}/24 dev eth0",
                f"ip -n {host} link set eth0 up",
            ]
        self.tree.script("; ".join(commands))


Trial = Callable[[Bench], str]


class LackingError(LabError):
    """What a trial runs is not in the data folder, or is damaged there; `mend` puts it there."""

    def __init__(self, said: str, mend: str) -> None:
        """Keep the step that mends it beside the words."""
        super().__init__(said)
        self.mend = mend


def _packets(bench: Bench) -> str:
    bench.wire()
    with (
        bench.tree.open_socket(bench.RIGHT, socket.AF_INET, socket.SOCK_STREAM) as server,
        bench.tree.open_socket(bench.LEFT, socket.AF_INET, socket.SOCK_STREAM) as client,
    ):
        server.bind(("192.0.2.2", BGP_PORT))
        server.listen()
        for end in (server, client):
            end.settimeout(SECONDS)
        client.connect(("192.0.2.2", BGP_PORT))
        with server.accept()[0] as accepted:
            accepted.sendall(b"hello")
            if client.recv(5) != b"hello":
                raise LabError("a connection opened and carried nothing")
    return f"a TCP connection to port {BGP_PORT} between two hosts on a bridge"


def _multipath(bench: Bench) -> str:
    bench.tree.script(
        "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.fib_multipath_hash_policy=1; "
        "ip route add 198.51.100.0/24 nexthop via 192.0.2.1 nexthop via 192.0.2.3",
        bench.RIGHT,
    )
    return "one route with two next hops, hashed by connection"


def _rate(bench: Bench) -> str:
    bench.tree.script(
        "tc qdisc add dev eth0 root tbf rate 1mbit burst 10k latency 50ms", bench.LEFT
    )
    return "a link held to 1 Mbit/s"


def _password(bench: Bench) -> str:
    # struct tcp_md5sig of linux/tcp.h: the peer's sockaddr_storage, flags, lengths, the key
    peer = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton("192.0.2.2"))
    option = peer + struct.pack("=BBHI80s", 0, 0, 6, 0, b"secret")
    with bench.tree.open_socket(bench.LEFT, socket.AF_INET, socket.SOCK_STREAM) as session:
        session.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, option)
    return "a TCP connection signed with MD5 (RFC 2385), as a BGP password asks for"


def _rules(bench: Bench) -> str:
    root = _nftables_root(bench)
    pods = "{ 0 : 192.0.2.1, 1 : 192.0.2.3 }"
    rules = (
        "add table ip doctor",
        "add chain ip doctor nat { type nat hook prerouting priority -100; }",
        f"add rule ip doctor nat ip daddr 203.0.113.1 dnat to numgen random mod 2 map {pods}",
        "add chain ip doctor loss { type filter hook forward priority 0; }",
        "add rule ip doctor loss numgen random mod 10 < 3 drop",
    )
    for rule in rules:
        bench.tree.run(["nft", rule], bench.RIGHT, root)
    return "NAT to one of two pods, and three packets in ten lost"


def _nftables_root(bench: Bench) -> str:
    """Return the root of an nft that runs: only then is a rule refused by the kernel."""
    nftables = bench.daemons.get("nftables")
    if nftables is None:
        raise LackingError("nftables is not unpacked", FETCH)
    try:
        root = bench.tree.root(bench.RIGHT, nftables)
        bench.tree.run(["nft", "--version"], bench.RIGHT, root)
    except (LabError, OSError) as error:
        raise LackingError(str(error), _unpack_anew(nftables)) from error
    return root


def _frr(bench: Bench, daemon: Daemon) -> None:
    with Frr(bench.tree, bench.LEFT, daemon, "router bgp 64512\n") as frr:
        frr.ask("show bgp summary")


def _bird(bench: Bench, daemon: Daemon) -> None:
    with Bird(bench.tree, bench.LEFT, daemon, "router id 192.0.2.1;\nprotocol device { }") as bird:
        bird.ask("show status")


def _gobgp(bench: Bench, daemon: Daemon) -> None:
    config = '[global.config]\nas = 64512\nrouter-id = "192.0.2.1"\nport = -1\n'
    with Gobgp(bench.tree, bench.LEFT, daemon, config) as gobgp:
        gobgp.gobgp("global rib")


def _version_of(program: str, option: str) -> Callable[[Bench, Daemon], None]:
    def run(bench: Bench, daemon: Daemon) -> None:
        bench.tree.run([program, option], bench.LEFT, bench.tree.root(bench.LEFT, daemon))

    return run


STARTS: Final[Mapping[str, Callable[[Bench, Daemon], None]]] = {
    "frr-8.4": _frr,
    "frr-10": _frr,
    "bird": _bird,
    "bird-1.6": _bird,
    "gobgp": _gobgp,
    "stayrtr": _version_of("stayrtr", "-version"),
}
"""How each daemon proves itself; nftables does in `rules`."""


@dataclass(frozen=True)
class Check:
    """One thing to try in a running lab; `mend` is what to do when the machine refuses it."""

    name: str
    title: str
    trial: Trial
    mend: str
    needed: bool = False


CHECKS: Final = (
    Check(
        "packets",
        "hosts that exchange packets",
        _packets,
        "install iproute2 and a kernel with veth and bridge: sudo apt install iproute2",
        needed=True,
    ),
    Check(
        "multipath",
        "equal-cost multipath in the kernel",
        _multipath,
        "use a kernel with CONFIG_IP_ROUTE_MULTIPATH, as distributions build it",
    ),
    Check(
        "rate",
        "links of a limited rate",
        _rate,
        "use a kernel with CONFIG_NET_SCH_TBF: sudo apt install linux-modules-extra-$(uname -r)",
    ),
    Check(
        "password",
        "sessions with a password",
        _password,
        "use a kernel with CONFIG_TCP_MD5SIG, as distributions build it",
    ),
    Check(
        "rules",
        "kube-proxy's rules and lost packets",
        _rules,
        "sudo modprobe -a nf_tables nft_chain_nat nft_numgen",
    ),
)


def examine(daemons: Mapping[str, Daemon], missing: Mapping[str, str]) -> Iterator[Finding]:
    """Try everything a lab does, one finding at a time.

    Args:
        daemons: what is unpacked, by name (see `labs.packages.installed`).
        missing: why others could not be had, where that is known.
    """
    if platform.system() != "Linux":
        seen = f"this is {platform.system()}"
        yield Finding("linux", "Linux", ok=False, seen=seen, mend=NOT_LINUX, needed=True)
        return
    try:
        tree = ProcessTree()
    except LabError as error:
        yield _refused(error)
        return
    with tree:
        yield Finding("namespaces", NAMESPACES, ok=True, seen=_as_whom(), needed=True)
        bench = Bench(tree, daemons)
        for check in CHECKS:
            finding = _try(check, bench)
            yield finding
            if finding.needed and not finding.ok:
                return
        for name, start in STARTS.items():
            yield _start(name, start, bench, missing)


NAMESPACES: Final = "namespaces of a lab's own"


def _as_whom() -> str:
    return "as root" if os.geteuid() == 0 else "as an ordinary user"


def _try(check: Check, bench: Bench) -> Finding:
    try:
        seen = check.trial(bench)
    except LackingError as error:
        said = _last_line(error)
        return Finding(check.name, check.title, False, said, error.mend, check.needed)
    except (LabError, OSError) as error:
        said = _last_line(error)
        return Finding(check.name, check.title, False, said, check.mend, check.needed)
    return Finding(check.name, check.title, ok=True, seen=seen, needed=check.needed)


def _start(
    name: str, start: Callable[[Bench, Daemon], None], bench: Bench, missing: Mapping[str, str]
) -> Finding:
    title = f"the daemon {name}"
    daemon = bench.daemons.get(name)
    if daemon is None:
        seen = f"not unpacked: {missing.get(name, 'nobody has asked for it yet')}"
        return Finding(name, title, ok=False, seen=seen, mend=FETCH)
    try:
        start(bench, daemon)
    except (LabError, OSError) as error:
        return Finding(name, title, ok=False, seen=_last_line(error), mend=_unpack_anew(daemon))
    return Finding(name, title, ok=True, seen=f"{daemon.title} starts and answers")


def _unpack_anew(daemon: Daemon) -> str:
    return f"rm -r {daemon.root.parent} && {FETCH}"


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]


# -- why namespaces were refused ------------------------------------------------------------------

_SWITCHES: Final = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    *((f"user/max_{kind}_namespaces", "0", "15000") for kind in (
        "user", "mnt", "pid", "net", "ipc", "uts"
    )),
)  # fmt: skip
"""Kernel settings below /proc/sys that refuse namespaces: name, the refusing value, a good one."""


def _refused(error: LabError) -> Finding:
    seen = str(error).removesuffix(f"; {UNSHARE_ADVICE}").strip()
    return Finding("namespaces", NAMESPACES, False, seen, refusal_mend(), needed=True)


def refusal_mend(settings: Path = Path("/proc/sys"), own: Path = Path("/proc/self")) -> str:
    """Return the one step that allows namespaces here, from what the machine says of itself.

    Args:
        settings: the kernel's settings, as below /proc/sys.
        own: this process, as below /proc/self.
    """
    for name, refusing, good in _SWITCHES:
        with contextlib.suppress(OSError):  # a kernel without the setting does not refuse by it
            if (settings / name).read_text(encoding="ascii").strip() == refusing:
                return f"sudo sysctl -w {name.replace('/', '.')}={good}"
    if not os.access(sys.executable, os.X_OK):
        return f"make the environment with a Python everybody may run, not {sys.executable}"
    with contextlib.suppress(OSError):
        status = (own / "status").read_text(encoding="ascii")
        if "Seccomp:\t2" in status:
            return (
                "this is a container that forbids it: start it with `docker run --privileged`, or "
                "as a pod with `securityContext: {privileged: true}`"
            )
    return UNSHARE_ADVICE

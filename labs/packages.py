"""The routing daemons, unpacked from the distribution's packages into the user's data folder.

Nothing is installed: no maintainer script runs, no service starts, root is not needed. Each daemon
gets a folder that is a small root file system of its own, with its C library and loader, so that
FRR of Debian 13 runs on Debian 12 and beside another FRR; labs enter it by chroot inside their
namespaces. A daemon the host has installed is neither required nor used.

Layout: `<data folder>/daemons/<release>-<architecture>/<name>/{manifest.json, root/}`. A folder
gets its final name only when it is whole.
"""

import contextlib
import errno
import fcntl
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from labs.apt import DEBIAN_RELEASES, AptRoot, Progress, host_release, unpack
from labs.errors import LabError

MANIFEST_FORMAT = 3
"""Raised when the folder's layout or what belongs in it changes; the rest is unpacked anew."""

PRIVATE_FOLDERS = (
    *("run", "tmp", "var/tmp", "var/log", "var/lib/frr"),
    *("etc/frr", "etc/bird", "etc/gobgpd", "etc/stayrtr"),
)
"""Folders of a daemon's root that every lab host replaces by its own empty ones."""

MOUNT_POINTS = ("proc", "dev", "sys")
MERGED_USR = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Debian's names for the machines the course runs on."""

ACCOUNTS = ("frr", "frrvty", "bird", "gobgpd", "stayrtr")


@dataclass(frozen=True)
class Offer:
    """What a daemon's name promises: a package and the versions that count as that daemon."""

    package: str
    at_least: tuple[int, ...]
    below: tuple[int, ...]
    companions: tuple[str, ...] = ()

    def accepts(self, version: str) -> bool:
        """Tell whether an upstream version such as `8.4.4` is this daemon."""
        return self.at_least <= tuple(map(int, version.split("."))) < self.below


OFFERS: Mapping[str, Offer] = {
    # vtysh asks PAM whom it serves; the modules that answer are a package of their own, and so is
    # bgpd's RPKI module
    "frr-8.4": Offer("frr", (8, 4), (10, 1), ("libpam-modules", "frr-rpki-rtrlib")),
    "frr-10": Offer("frr", (10, 1), (11,), ("libpam-modules", "frr-rpki-rtrlib")),
    "bird": Offer("bird2", (2,), (3,)),
    "bird-1.6": Offer("bird", (1, 6), (2,)),
    "gobgp": Offer("gobgpd", (3,), (5,)),
    "stayrtr": Offer("stayrtr", (0, 5), (1,)),
    # netbase tells nft that protocol 6 is called tcp
    "nftables": Offer("nftables", (1,), (2,), ("conntrack", "netbase", "tcpdump")),
}
"""The daemons by the names of their profiles in `bgp`, and what else runs in a lab's hosts: stayrtr
serves RPKI data to routers, nftables (with conntrack and tcpdump) is a node's kube-proxy, and the
lab's way to lose packets and to look at them."""


@dataclass(frozen=True)
class Daemon:
    """An unpacked daemon: its name, its upstream version and the root it runs in."""

    name: str
    version: str
    package: str
    release: str
    architecture: str
    root: Path

    @property
    def title(self) -> str:
        """The daemon as a report names it, e.g. `frr 8.4.4-1.1 (bookworm, amd64)`."""
        return f"{self.package} ({self.release}, {self.architecture})"


@dataclass(frozen=True)
class Daemons(Mapping[str, Daemon]):
    """What `ensure` found: the daemons by name, and why each missing one is missing."""

    found: Mapping[str, Daemon]
    missing: Mapping[str, str]

    def __getitem__(self, name: str) -> Daemon:
        """Return a daemon by name.

        Raises:
            LabError: it is missing; the text says why and what to do.
        """
        if name in self.missing:
            raise LabError(f"{name} is not here: {self.missing[name]}")
        return self.found[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether a daemon was found."""
        return name in self.found

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names found."""
        return iter(self.found)

    def __len__(self) -> int:
        """Count the daemons found."""
        return len(self.found)


def daemons_folder() -> Path:
    """Return the folder that holds everything unpacked (it need not exist yet)."""
    return Path(platformdirs.user_data_dir("locrib")) / "daemons"


def installed(folder: Path | None = None) -> dict[str, Daemon]:
    """Return the daemons already unpacked, by name; instant, and touches no network.

    A folder may be shared by machines of several kinds; only what this one can run is returned.
    """
    found: dict[str, Daemon] = {}
    own = ARCHITECTURES.get(platform.machine(), "*")
    for path in sorted((folder or daemons_folder()).glob(f"*-{own}/*/manifest.json")):
        daemon = _read(path)
        if daemon is not None:
            found.setdefault(daemon.name, daemon)
    return found


def _read(manifest: Path) -> Daemon | None:
    """Return an unpacked daemon; None for one of another format, or that is damaged."""
    root = manifest.parent / "root"
    try:
        fields = json.loads(manifest.read_text(encoding="utf-8"))
        current = fields.pop("format") == MANIFEST_FORMAT and fields["name"] in OFFERS
        return Daemon(**fields, root=root) if current and root.is_dir() else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # `ensure` unpacks it anew


def available(folder: Path | None = None) -> dict[str, str]:
    """Return the upstream version of each daemon already unpacked, by name."""
    return {name: daemon.version for name, daemon in installed(folder).items()}


def ensure(
    names: Iterable[str], progress: Progress | None = None, folder: Path | None = None
) -> Daemons:
    """Make the named daemons ready, unpacking what is not there yet.

    Args:
        names: names of `OFFERS`.
        progress: called with one line for a person at each step.
        folder: where to unpack; the user's data folder unless given.

    Returns:
        The daemons found, and for each missing one the reason and the next step.

    Raises:
        ValueError: a name that no daemon has.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in OFFERS:
            raise ValueError(f"no daemon is called {name!r}; there are {', '.join(OFFERS)}")
    place = folder or daemons_folder()
    tell = progress or (lambda _line: None)
    ready = installed(place)
    missing: dict[str, str] = {}
    lacking = [name for name in wanted if name not in ready]
    if lacking:
        try:
            with _locked(place, tell):
                ready = installed(place)  # another process may have been faster
                fetch = _Fetch(place, tell)
                fetch.run([name for name in lacking if name not in ready])
                missing |= fetch.missing
        except LabError as error:
            missing |= dict.fromkeys(lacking, str(error))
        except OSError as error:
            missing |= dict.fromkeys(lacking, _explain_os(error, place))
        ready = installed(place)
        missing = {name: why for name, why in missing.items() if name not in ready}
        for name, reason in missing.items():
            tell(f"{name} is left out: {reason}")
    return Daemons({name: ready[name] for name in wanted if name in ready}, missing)


def remove(folder: Path | None = None) -> None:
    """Delete everything that was unpacked, for `locrib forget`."""
    place = folder or daemons_folder()
    if place.exists():
        shutil.rmtree(place)


class _Fetch:
    """One run of fetching: where to, whom to tell, and what could not be had."""

    def __init__(self, place: Path, tell: Progress) -> None:
        self.place = place
        self.tell = tell
        self.missing: dict[str, str] = {}

    def run(self, names: list[str]) -> None:
        """Unpack each named daemon from the first release that has it, the machine's own first."""
        identity, codename = host_release()
        others = [release for release in DEBIAN_RELEASES if release != codename]
        releases = [codename, *(others if identity == "debian" else [])]
        for release in releases:
            if not names:
                return
            with tempfile.TemporaryDirectory(prefix=".partial-", dir=self.place) as scratch:
                apt = AptRoot(Path(scratch) / "apt", codename, release)
                names = [name for name in names if not self.unpack_from(apt, name, Path(scratch))]
        for name in names:
            offer = OFFERS[name]
            limits = f">= {_dotted(offer.at_least)}, < {_dotted(offer.below)}"
            elsewhere = (
                f", and neither has {' or '.join(releases[1:])}"
                if releases[1:]
                else "; only a Debian machine takes it from another Debian release"
            )
            self.missing.setdefault(
                name, f"{identity} {codename} has no package {offer.package} {limits}{elsewhere}"
            )

    def unpack_from(self, apt: AptRoot, name: str, scratch: Path) -> bool:
        """Unpack a daemon if this release has it; tell whether it has."""
        offer = OFFERS[name]
        try:
            package = apt.candidate(offer.package, self.tell)
            version = upstream(package) if package else None
            if version is None or not offer.accepts(version):
                return False
            whole = scratch / name
            _unpack_all(apt.download((offer.package, *offer.companions), self.tell), whole / "root")
        except LabError as error:
            self.missing[name] = str(error)
            return False
        manifest = {
            "format": MANIFEST_FORMAT,
            "name": name,
            "version": version,
            "package": f"{offer.package} {package}",
            "release": apt.release,
            "architecture": apt.architecture,
        }
        (whole / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        final = self.place / f"{apt.release}-{apt.architecture}" / name
        final.parent.mkdir(exist_ok=True)
        if final.exists():  # of another format, or damaged
            final.rename(scratch / f"{name}-old")
        whole.rename(final)
        self.tell(f"{name}: {offer.package} {package} is ready")
        return True


def _unpack_all(debs: list[Path], root: Path) -> None:
    for folder in ("usr/bin", "usr/sbin", *(f"usr/{name}" for name in MERGED_USR)):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in MERGED_USR:
        (root / name).symlink_to(f"usr/{name}")
    for deb in debs:
        unpack(deb, root)
    for folder in (*PRIVATE_FOLDERS, *MOUNT_POINTS, "root"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    if not (root / "var/run").is_symlink():
        (root / "var/run").symlink_to("/run")
    # Only one user exists inside a rootless lab, so every service account is that one.
    accounts = ("root", *ACCOUNTS)
    (root / "etc/passwd").write_text(
        "".join(f"{name}:x:0:0::/root:/bin/false\n" for name in accounts), encoding="utf-8"
    )
    (root / "etc/group").write_text("".join(f"{name}:x:0:\n" for name in accounts), "utf-8")
    # A lab has one user and no secrets: whoever runs vtysh in it may.
    (root / "etc/pam.d").mkdir(exist_ok=True)
    (root / "etc/pam.d/frr").write_text(
        "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n", encoding="utf-8"
    )


@contextlib.contextmanager
def _locked(place: Path, tell: Progress) -> Iterator[None]:
    """Hold the folder for one process, and clear away what a killed one left half done."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another process is unpacking the daemons; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in place.glob(".partial-*"):
            shutil.rmtree(leftover)
        yield


def upstream(package_version: str) -> str | None:
    """Return the upstream part of a Debian version: `8.4.4` of `8.4.4-1.1~deb12u2`."""
    match = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", package_version)
    return match[1] if match else None


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _explain_os(error: OSError, place: Path) -> str:
    if error.errno == errno.ENOSPC:
        return f"the disk of {place} is full; free some 300 MB and run it again"
    return (
        f"{place} cannot be written ({os.strerror(error.errno or 0)}); make it writable or set "
        f"XDG_DATA_HOME to a folder that is"
    )

"""A private apt: resolves and downloads packages without touching the host's package database.

Why not `apt-get install`: FRR, BIRD and GoBGP start host services when they are installed, and
installing needs root. apt itself needs neither: given its own state and cache folders (apt.conf(5),
`Dir::State`, `Dir::Cache`) an ordinary user may update, resolve and download. The sources are the
machine's own entries, so mirrors, proxies and keyrings are those its owner chose; for another
Debian release only the suite's name is replaced.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from labs.errors import LabError

DEBIAN_RELEASES = ("bookworm", "trixie")
"""Debian releases that carry a daemon the course proves itself against, by codename."""

COMPONENTS = {"main", "universe"}
"""Where Debian and Ubuntu keep the daemons; a source of neither is a third party's."""

SUITE_ALIASES = ("oldoldstable", "oldstable", "stable", "testing")

NEVER_NEEDED = (
    # Maintainer scripts, services and log rotation: nothing of that ever runs in a lab, so these
    # are declared installed and neither they nor what they pull in is downloaded.
    "adduser",
    "cron",
    "cron-daemon-common",
    "debconf",
    "dpkg",
    "init-system-helpers",
    "iproute2",
    "logrotate",
    "lsb-base",
    "lsof",
    "media-types",
    "passwd",
    "perl",
    "sensible-utils",
    "systemd",
    "sysvinit-utils",
    "tar",
    "ucf",
    "usr-is-merged",
    "usrmerge",
)

FULL_DISK = re.compile(r"No space left|Wrote only \d+ of")
"""How apt and dpkg say that the disk is full, and how tar does."""

Progress = Callable[[str], None]
"""Called with one short line for a person whenever something worth showing happens."""


def host_release(file: Path = Path("/etc/os-release")) -> tuple[str, str]:
    """Name the distribution and release of this machine, e.g. `("debian", "bookworm")`.

    Args:
        file: where the machine says it (os-release(5)).

    Raises:
        LabError: the machine has no apt, or does not say which release it is.
    """
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise LabError(
            f"the routing daemons are unpacked from Debian or Ubuntu packages, and this system "
            f"has no {missing[0]}; use Debian 12 or later, Ubuntu 22.04 or later, or a virtual "
            f"machine with one of them"
        )
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    identity = fields.get("ID", "").strip('"')
    codename = fields.get("VERSION_CODENAME", "").strip('"')
    if not identity or not codename:
        raise LabError(
            f"{file} names no ID or VERSION_CODENAME, so the matching packages cannot be "
            "chosen; run the course on a released Debian or Ubuntu"
        )
    return identity, codename


def retarget(suite: str, codename: str, target: str) -> str | None:
    """Return the suite's name in release `target`, or None if it is not one of `codename`'s.

    Backports, proposed updates and third parties' own suites are left out on purpose: the course
    wants the daemon everybody on that release gets.
    """
    match = re.fullmatch(r"(.+?)(-updates|-security)?/?", suite)
    if match is None or match[1] not in (codename, *SUITE_ALIASES):
        return None
    return target + (match[2] or "")


def one_line_sources(text: str, codename: str, target: str) -> Iterator[str]:
    """Yield the `deb` lines of a sources.list(5) for release `target`."""
    pattern = re.compile(r"deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)")
    for line in text.splitlines():
        match = pattern.match(line.split("#", 1)[0].strip())
        if match is None or match[2].startswith("cdrom:"):
            continue
        suite = retarget(match[3], codename, target)
        if suite is not None and COMPONENTS & set(match[4].split()):
            yield f"deb {match[1] or ''}{match[2]} {suite} {match[4]}"


def deb822_sources(text: str, codename: str, target: str) -> Iterator[str]:
    """Yield the stanzas of a deb822 `.sources` file for release `target`."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t":  # a field goes on, as an embedded key in Signed-By does
                if name:
                    fields[name] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        suites = [
            suite
            for suite in (retarget(s, codename, target) for s in fields.get("suites", "").split())
            if suite is not None
        ]
        if (
            not suites
            or "deb" not in fields.get("types", "").split()
            or not COMPONENTS & set(fields.get("components", "").split())
            or fields.get("enabled", "yes").lower() in ("no", "false", "0")
        ):
            continue
        fields |= {"types": "deb", "suites": " ".join(dict.fromkeys(suites))}
        yield "\n".join(f"{name.title()}: {value}" for name, value in fields.items())


def plain_settings(dump: str) -> list[str]:
    """Keep of `apt-config dump` what says how to reach a mirror (proxy, timeouts, credentials).

    Hooks, sandboxes and index targets of the host stay out: a hook would act on the host.
    """
    kept = re.compile(
        r"Acquire::(https?|ftp|socks|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date|"
        r"Max-ValidTime|Min-ValidTime|Queue-Mode)\b"
    )
    return [line for line in dump.splitlines() if kept.match(line)]


class AptRoot:
    """One release's package lists and downloads in a folder of their own."""

    def __init__(
        self, folder: Path, codename: str, target: str, etc: Path = Path("/etc/apt")
    ) -> None:
        """Lay out an apt root for release `target` from the sources of release `codename`.

        Args:
            folder: where lists and downloads go.
            codename: the release the machine's sources are for.
            target: the release to take packages from.
            etc: where those sources are.

        Raises:
            LabError: the machine's apt sources have no entry for its own release.
        """
        self.folder = folder
        self.release = target
        self.architecture = _output(["dpkg", "--print-architecture"]).strip()
        self._update_errors: list[str] | None = None
        for part in ("state/lists/partial", "cache/archives/partial", "sources", "log"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._write_sources(codename, etc)
        (folder / "status").write_text(
            "".join(
                f"Package: {name}\nStatus: install ok installed\nArchitecture: all\n"
                f"Multi-Arch: foreign\nVersion: 999:1\nMaintainer: none\n"
                f"Description: not needed\n\n"
                for name in NEVER_NEEDED
            ),
            encoding="utf-8",
        )
        settings = {
            "Dir::State": folder / "state",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Log": folder / "log",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": folder / "sources",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self.architecture,
            "APT::Architectures": self.architecture,
            "APT::Install-Recommends": "false",
            # as root apt would download as user _apt, who may not enter the data folder
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        host = _output(["apt-config", "dump"])
        (folder / "apt.conf").write_text(
            "\n".join([*plain_settings(host), *lines]) + "\n", encoding="utf-8"
        )

    def candidate(self, package: str, progress: Progress) -> str | None:
        """Return the version of `package` in this release, or None if it has none.

        Raises:
            LabError: the package lists could not be fetched; names the host that failed.
        """
        self._update(progress)
        shown = self._run("apt-cache", "policy", package).stdout
        match = re.search(r"Candidate: (\S+)", shown)
        if match and match[1] != "(none)":
            return match[1]
        if self._update_errors:
            raise LabError(
                f"the package lists of {self.release} could not be fetched: "
                f"{self._update_errors[0]}; check the network and the apt sources, then run the "
                f"same command again"
            )
        return None

    def download(self, packages: Sequence[str], progress: Progress) -> list[Path]:
        """Download packages and everything they need to run; return the `.deb` files.

        Raises:
            LabError: a download failed or the disk is full.
        """
        argv = ["apt-get", "install", "--yes", "--download-only", *packages]
        # Against an empty cache: what was fetched for another daemon belongs to this one as well.
        empty = self.folder / "no-archives"
        (empty / "partial").mkdir(parents=True, exist_ok=True)
        listed = self._run(*argv, "--print-uris", "-o", f"Dir::Cache::archives={empty}")
        wanted = re.findall(r"^'[^']+' (\S+) (\d+)", listed.stdout, re.MULTILINE)
        size = sum(int(length) for _, length in wanted) / 1e6
        progress(f"{self.release}: {packages[0]}, {len(wanted)} packages of {size:.0f} MB")
        done = self._run(*argv)
        archives = self.folder / "cache" / "archives"
        files = [archives / name for name, _ in wanted]
        missing = [file.name for file in files if not file.is_file()]
        if done.returncode or missing or not files:
            failed = done if done.returncode else listed
            raise LabError(explain(f"downloading {packages[0]} of {self.release}", failed))
        return files

    def _write_sources(self, codename: str, etc: Path) -> None:
        lines: list[str] = []
        for file in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))):
            if file.is_file():
                text = file.read_text(encoding="utf-8")
                lines += one_line_sources(text, codename, self.release)
        stanzas: list[str] = []
        for file in sorted((etc / "sources.list.d").glob("*.sources")):
            text = file.read_text(encoding="utf-8")
            stanzas += deb822_sources(text, codename, self.release)
        if not lines and not stanzas:
            raise LabError(
                f"no apt source of this machine carries {codename} main, so the daemons' packages "
                f"cannot be found; add the distribution's own sources under {etc}"
            )
        sources = self.folder / "sources"
        (sources / "host.list").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (sources / "host.sources").write_text("\n\n".join(stanzas) + "\n", encoding="utf-8")

    def _update(self, progress: Progress) -> None:
        if self._update_errors is not None:
            return
        progress(f"{self.release}: fetching the package lists")
        done = self._run("apt-get", "update")
        if FULL_DISK.search(done.stderr):
            raise LabError(explain(f"fetching the package lists of {self.release}", done))
        self._update_errors = _complaints(done.stderr)

    def _run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}
        return subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def unpack(deb: Path, root: Path) -> None:
    """Unpack one `.deb` below `root`, keeping the links /lib, /bin and /sbin of a merged /usr.

    Raises:
        LabError: the archive is damaged or the disk is full.
    """
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(deb)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as reader:
        done = subprocess.run(
            [
                *("tar", "--extract", "--keep-directory-symlink", "--no-same-owner"),
                *("--no-same-permissions", "--directory", str(root), "--exclude=./usr/share/doc"),
                *("--exclude=./usr/share/man", "--exclude=./usr/share/locale"),
                *("--exclude=./usr/share/i18n", "--exclude=./usr/lib/*/gconv"),
            ],
            stdin=reader.stdout,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
    if done.returncode or reader.returncode:
        raise LabError(explain(f"unpacking {deb.name}", done))


def explain(doing: str, done: subprocess.CompletedProcess[str]) -> str:
    """Turn what apt, dpkg or tar said into one sentence with a next step."""
    said = next(iter(_complaints(done.stderr) or done.stderr.splitlines()), "no reason was given")
    if FULL_DISK.search(done.stderr):
        return f"{doing} failed: the disk is full ({said}); free some 300 MB and run it again"
    return f"{doing} failed: {said}; check the network and the apt sources, then run it again"


def _complaints(stderr: str) -> list[str]:
    lines = [line for line in stderr.splitlines() if re.match(r"(E|W|Err)[:\s]", line)]
    return [re.sub(r"^\w+:\s*", "", line) for line in lines]


def _output(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

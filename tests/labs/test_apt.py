import subprocess
import sys
from pathlib import Path

import pytest

from labs.apt import (
    AptRoot,
    deb822_sources,
    host_release,
    one_line_sources,
    plain_settings,
    retarget,
    unpack,
)
from labs.errors import LabError
from labs.process_tree import ProcessTree

ONE_LINE = """
# the mirror of our campus
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian bookworm-updates main   # quick fixes
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/security bookworm-security main
deb http://mirror.example/debian bookworm-backports main
deb http://third.example/tool bookworm stable
deb http://mirror.example/debian bookworm universe
deb cdrom:[Debian]/ bookworm main
"""  # noqa: E501 - a line of sources.list is one line

DEB822 = """
# written by the installer
Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: stable bookworm-updates bookworm-backports
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: http://third.example
Suites: nodistro
Components: main
"""


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("bookworm", "trixie"),
        ("bookworm-updates", "trixie-updates"),
        ("bookworm-security", "trixie-security"),
        ("stable", "trixie"),
        ("bookworm-backports", None),
        ("trixie", None),
        ("cloud-sdk-bookworm", None),
    ],
)
def test_a_suite_is_replaced_by_its_namesake_in_the_other_release(
    suite: str, expected: str | None
) -> None:
    assert retarget(suite, "bookworm", "trixie") == expected


def test_one_line_sources_keep_mirror_and_key_and_lose_what_is_not_the_distributions() -> None:
    key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
    assert list(one_line_sources(ONE_LINE, "bookworm", "trixie")) == [
        f"deb {key}http://mirror.example/debian trixie main contrib",
        "deb http://mirror.example/debian trixie-updates main",
        "deb http://mirror.example/security trixie-security main",
        "deb http://mirror.example/debian trixie universe",
    ]


def test_deb822_sources_keep_an_embedded_key_and_lose_what_is_switched_off() -> None:
    (stanza,) = deb822_sources(DEB822, "bookworm", "trixie")
    assert "Suites: trixie trixie-updates\n" in stanza
    assert "Types: deb\n" in stanza
    assert "Uris: mirror+file:///etc/apt/mirrors/debian.list\n" in stanza
    assert stanza.endswith("\n .\n abc\n -----END PGP PUBLIC KEY BLOCK-----")


def test_a_proxy_is_kept_and_a_hook_is_not() -> None:
    dump = (
        'Acquire::http::Proxy "http://proxy.example:3128";\n'
        'APT::Update::Post-Invoke-Success:: "touch /etc/passwd";\n'
        'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "true";\n'
    )
    assert plain_settings(dump) == ['Acquire::http::Proxy "http://proxy.example:3128";']


def test_this_machine_says_which_release_it_is() -> None:
    identity, codename = host_release()
    assert identity
    assert codename.isalpha()


@pytest.mark.parametrize("text", [None, "", "ID=arch\n", "\xff\x00"])
def test_a_machine_that_does_not_say_its_release_is_told_so(
    tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "os-release"
    if text is not None:
        file.write_text(text, encoding="latin-1")
    with pytest.raises(LabError, match=r"names no ID or VERSION_CODENAME.*run the course on"):
        host_release(file)


def test_a_stanza_that_begins_in_the_middle_of_a_field_is_read_on() -> None:
    assert list(deb822_sources(" loose end\n" + DEB822.strip(), "bookworm", "trixie"))


def test_a_machine_without_apt_is_told_what_to_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"this system has no apt-get; use Debian 12 or later"):
        host_release()


def test_a_machine_without_sources_of_its_own_release_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    with pytest.raises(LabError, match=r"no apt source .* bookworm main.*add the distribution's"):
        AptRoot(tmp_path / "root", "bookworm", "bookworm", tmp_path / "etc")


def test_without_a_network_the_host_that_failed_is_named_with_the_next_step(
    tmp_path: Path,
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/sources.list").write_text("deb http://nowhere.invalid/debian bookworm main\n")
    apt = AptRoot(tmp_path / "root", "bookworm", "bookworm", tmp_path / "etc")
    with pytest.raises(
        LabError, match=r"bookworm could not be fetched: .*nowhere\.invalid.*check the network"
    ):
        apt.candidate("frr", lambda _line: None)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of 3 MB of noise."""
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: noise\nVersion: 1\nArchitecture: all\nMaintainer: t <t@example.org>\n"
        "Description: noise\n"
    )
    (tree / "lib").mkdir()
    (tree / "lib/noise").write_bytes(bytes(range(256)) * 12000)
    deb = tmp_path / "noise.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(deb)],
        check=True,
        capture_output=True,
    )
    return deb


def test_unpacking_keeps_the_links_of_a_merged_usr(package: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "usr/lib").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    unpack(package, root)
    assert (root / "lib").is_symlink()
    assert (root / "usr/lib/noise").stat().st_size == 3072000


def test_a_damaged_package_is_named(package: Path, tmp_path: Path) -> None:
    package.write_bytes(package.read_bytes()[:500])
    with pytest.raises(LabError, match=r"unpacking noise\.deb failed"):
        unpack(package, tmp_path)


@pytest.mark.lab
def test_a_full_disk_is_called_a_full_disk(
    package: Path, tmp_path: Path, tree: ProcessTree
) -> None:
    script = tmp_path / "fill.py"
    script.write_text(
        "import sys; from pathlib import Path\n"
        f"sys.path[:0] = {[str(Path(__file__).parents[2])]!r}\n"
        "from labs.apt import unpack\n"
        f"unpack(Path({str(package)!r}), Path('/run/small'))\n"
    )
    tree.script("mkdir /run/small; mount -t tmpfs -o size=1m tmpfs /run/small")
    with pytest.raises(LabError, match=r"the disk is full .* free some 300 MB"):
        tree.run([sys.executable, str(script)])

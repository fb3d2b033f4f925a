import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labs.apt import host_release
from labs.errors import LabError
from labs.packages import (
    MANIFEST_FORMAT,
    OFFERS,
    Daemons,
    available,
    ensure,
    installed,
    remove,
    upstream,
)

SMALL = "bird-1.6"
"""The smallest of the daemons: what is true of unpacking it is true of unpacking any."""

UNPACKING = """
import sys
from pathlib import Path
from labs.packages import ensure
ensure([sys.argv[1]], lambda line: print(line, flush=True), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Daemons, list[str]]:
    """A folder into which the small daemon was unpacked, what `ensure` returned, what it told."""
    folder = tmp_path_factory.mktemp("daemons")
    lines: list[str] = []
    daemons = ensure([SMALL], lines.append, folder)
    if SMALL in daemons.missing:
        pytest.skip(f"{daemons.missing[SMALL]} (with a network: make test)")
    return folder, daemons, lines


def test_a_daemon_is_unpacked_with_its_loader_and_libraries(
    unpacked: tuple[Path, Daemons, list[str]],
) -> None:
    _, daemons, _ = unpacked
    root = daemons[SMALL].root
    assert (root / "usr/sbin/bird").stat().st_mode & 0o111
    assert list(root.glob("lib*/**/ld-linux*")) or list(root.glob("usr/lib/**/ld-linux*"))
    assert list(root.glob("usr/lib/**/libc.so.6"))
    assert available(unpacked[0]) == {SMALL: daemons[SMALL].version}


def test_progress_tells_what_is_fetched_and_how_much(
    unpacked: tuple[Path, Daemons, list[str]],
) -> None:
    lines = unpacked[2]
    assert any("fetching the package lists" in line for line in lines)
    assert any("packages of" in line and "MB" in line for line in lines)
    assert lines[-1].startswith(f"{SMALL}: ")
    assert lines[-1].endswith("is ready")


def test_the_second_time_nothing_is_fetched(unpacked: tuple[Path, Daemons, list[str]]) -> None:
    folder, daemons, _ = unpacked
    lines: list[str] = []
    before = daemons[SMALL].root.stat()
    assert ensure([SMALL], lines.append, folder) == daemons
    assert lines == []
    assert daemons[SMALL].root.stat() == before


def test_only_whole_daemons_stay_behind(unpacked: tuple[Path, Daemons, list[str]]) -> None:
    folder, daemons, _ = unpacked
    kept = sorted(path.name for path in folder.iterdir())
    assert kept == [".lock", daemons[SMALL].root.parents[1].name]
    assert sorted(path.name for path in daemons[SMALL].root.parent.iterdir()) == [
        "manifest.json",
        "root",
    ]


def test_a_download_killed_half_way_is_never_taken_for_a_whole_one(
    unpacked: tuple[Path, Daemons, list[str]], tmp_path: Path
) -> None:
    del unpacked  # only to skip without a network
    with subprocess.Popen(
        [sys.executable, "-c", UNPACKING, SMALL, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if "packages of" in line:
                break
        os.killpg(child.pid, signal.SIGKILL)
    assert available(tmp_path) == {}
    assert list(tmp_path.glob(".partial-*")), "it was killed too late to leave anything"
    assert SMALL in ensure([SMALL], folder=tmp_path)
    assert not list(tmp_path.glob(".partial-*"))


def test_two_processes_at_once_fetch_one_copy(
    unpacked: tuple[Path, Daemons, list[str]], tmp_path: Path
) -> None:
    del unpacked  # only to skip without a network
    children = [
        subprocess.Popen(
            [sys.executable, "-c", UNPACKING, SMALL, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = sorted(child.communicate()[0].splitlines() for child in children)
    assert [child.returncode for child in children] == [0, 0]
    assert said[0] == ["another process is unpacking the daemons; waiting for it"]
    assert said[1][-1].endswith("is ready")


def test_a_daemon_of_another_format_is_unpacked_anew(
    unpacked: tuple[Path, Daemons, list[str]], tmp_path: Path
) -> None:
    _, daemons, _ = unpacked
    old = tmp_path / daemons[SMALL].root.parents[1].name / SMALL
    (old / "root").mkdir(parents=True)
    (old / "manifest.json").write_text(json.dumps({"format": MANIFEST_FORMAT - 1, "name": SMALL}))
    assert available(tmp_path) == {}
    assert (ensure([SMALL], folder=tmp_path)[SMALL].root / "usr/sbin/bird").exists()


@pytest.mark.parametrize("manifest", ['{"format": 3, "na', "{}", "[]", '{"format": 3}', "\x00"])
def test_a_daemon_whose_manifest_is_damaged_is_not_taken_and_harms_no_other(
    unpacked: tuple[Path, Daemons, list[str]], manifest: str
) -> None:
    folder, daemons, _ = unpacked
    broken = daemons[SMALL].root.parents[1] / "frr-8.4"
    broken.mkdir()
    (broken / "manifest.json").write_text(manifest, encoding="utf-8")
    try:
        assert set(installed(folder)) == {SMALL}
    finally:
        shutil.rmtree(broken)


def test_a_daemon_whose_files_are_gone_is_not_taken(
    unpacked: tuple[Path, Daemons, list[str]],
) -> None:
    folder, daemons, _ = unpacked
    root = daemons[SMALL].root
    away = root.rename(root.with_name("away"))
    try:
        assert installed(folder) == {}
    finally:
        away.rename(root)


def test_a_daemon_of_another_architecture_is_not_taken(tmp_path: Path) -> None:
    for architecture in ("amd64", "arm64"):
        home = tmp_path / f"bookworm-{architecture}" / SMALL
        (home / "root").mkdir(parents=True)
        manifest = {
            "format": MANIFEST_FORMAT,
            "name": SMALL,
            "version": "1.6.8",
            "package": "bird 1.6.8-2",
            "release": "bookworm",
            "architecture": architecture,
        }
        (home / "manifest.json").write_text(json.dumps(manifest))
    own = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    )
    assert installed(tmp_path)[SMALL].architecture == own.stdout.strip()


def test_a_missing_daemon_is_not_among_the_found_and_says_why_when_asked_for() -> None:
    daemons = Daemons({}, {SMALL: "the moon is full; wait"})
    assert SMALL not in daemons
    assert not daemons
    with pytest.raises(LabError, match=r"bird-1\.6 is not here: the moon is full; wait"):
        daemons[SMALL]


def test_another_distribution_does_not_mix_in_debian(
    unpacked: tuple[Path, Daemons, list[str]], tmp_path: Path
) -> None:
    del unpacked  # only to skip without a network
    identity, codename = host_release()
    unavailable = {"bookworm": "frr-10", "trixie": "frr-8.4"}.get(codename)
    if identity != "debian" or unavailable is None:
        pytest.skip(f"needs Debian 12 or 13 to pretend to be another; this is {identity}")
    release = tmp_path / "os-release"
    release.write_text(f"ID=ubuntu\nVERSION_CODENAME={codename}\n")
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        [
            *("unshare", *user, "--mount", "sh", "-c"),
            (
                f"mount --bind {release} $(readlink -f /etc/os-release) && exec "
                f'"$0" -c "$1" {unavailable} {tmp_path / "daemons"}'
            ),
            *(sys.executable, UNPACKING),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"namespaces are refused here: {done.stderr.strip()}")
    said = done.stdout.splitlines()[-1]
    assert said.startswith(f"{unavailable} is left out: ubuntu {codename} has no package frr >= ")
    assert said.endswith("only a Debian machine takes it from another Debian release")


def test_a_folder_that_cannot_be_written_is_named_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lines: list[str] = []
    daemons = ensure([SMALL], lines.append, tmp_path / "file" / "daemons")
    with pytest.raises(LabError, match=r"cannot be written \(Not a directory\).*XDG_DATA_HOME"):
        daemons[SMALL]
    assert lines[0].startswith(f"{SMALL} is left out: ")


def test_a_name_that_no_daemon_has_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"no daemon is called 'quagga'; there are frr-8.4, frr-10"
    ):
        ensure(["quagga"])


def test_removing_takes_everything_and_does_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "daemons"
    (folder / "bookworm-amd64").mkdir(parents=True)
    remove(folder)
    assert not folder.exists()
    remove(folder)
    assert installed(folder) == {}


@pytest.mark.parametrize(
    ("package", "version"),
    [("8.4.4-1.1~deb12u2", "8.4.4"), ("1:2.0.12-7", "2.0.12"), ("10.3-3+deb13u1", "10.3")],
)
def test_the_upstream_version_is_read_from_a_packages(package: str, version: str) -> None:
    assert upstream(package) == version


def test_profiles_divide_frr_where_its_behaviour_changed() -> None:
    assert OFFERS["frr-8.4"].accepts("10.0.1")
    assert not OFFERS["frr-8.4"].accepts("10.1")
    assert OFFERS["frr-10"].accepts("10.1")
    assert not OFFERS["frr-8.4"].accepts("8.1")

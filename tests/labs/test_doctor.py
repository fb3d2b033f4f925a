"""The doctor tries things for real, and names one step for each that was refused."""

import json
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from unpacked import wanted

from labs import doctor
from labs.doctor import CHECKS, FETCH, STARTS, Finding, examine, refusal_mend
from labs.packages import MOUNT_POINTS, OFFERS, PRIVATE_FOLDERS, Daemons

TOP = Path(__file__).parents[2]
EXAMINE = """
import json
from dataclasses import asdict
from labs.doctor import examine
print(json.dumps([asdict(finding) for finding in examine({}, {})]))
"""


def by_check(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


@pytest.mark.lab
@pytest.mark.usefixtures("namespaces")
def test_where_labs_run_everything_that_is_unpacked_works(daemons: Daemons) -> None:
    findings = by_check(list(examine(daemons.found, daemons.missing)))
    assert list(findings) == ["namespaces", *(check.name for check in CHECKS), *STARTS]
    for name, finding in findings.items():
        unpacked = "nftables" in daemons if name == "rules" else name not in daemons.missing
        assert finding.ok is unpacked, finding
        assert (finding.mend is None) is unpacked


@pytest.mark.lab
@pytest.mark.usefixtures("namespaces")
def test_what_is_not_unpacked_is_named_with_its_reason() -> None:
    findings = by_check(list(examine({}, {"bird": "the disk is full"})))
    assert findings["bird"].seen == "not unpacked: the disk is full"
    assert {findings[name].mend for name in ("rules", *STARTS)} == {FETCH}
    assert findings["packets"].ok


@pytest.mark.lab
@pytest.mark.usefixtures("namespaces")
def test_what_was_unpacked_and_is_damaged_is_to_be_unpacked_anew(
    daemons: Daemons, tmp_path: Path
) -> None:
    nftables, bird = wanted(daemons, "nftables"), wanted(daemons, "bird")
    empty = tmp_path / "nftables" / "root"
    for name in (*PRIVATE_FOLDERS, *MOUNT_POINTS):
        (empty / name).mkdir(parents=True)
    damaged = {
        "nftables": replace(nftables, root=empty),
        "bird": replace(bird, root=tmp_path / "gone" / "root"),
    }
    findings = by_check(list(examine(damaged, {})))
    assert findings["rules"].mend == f"rm -r {empty.parent} && {FETCH}"
    assert findings["bird"].mend == f"rm -r {tmp_path / 'gone'} && {FETCH}"


@pytest.mark.lab
@pytest.mark.usefixtures("namespaces")
def test_where_namespaces_are_refused_the_setting_that_refuses_them_is_named() -> None:
    refusing = "echo 0 > /proc/sys/user/max_net_namespaces"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "--", "/bin/sh", "-ec",
         f'{refusing}; exec "$@"', "sh", sys.executable, "-c", EXAMINE],
        capture_output=True, text=True, check=True, cwd=TOP,
    )  # fmt: skip
    (finding,) = json.loads(done.stdout)
    assert (finding["check"], finding["ok"], finding["needed"]) == ("namespaces", False, True)
    assert finding["mend"] == "sudo sysctl -w user.max_net_namespaces=15000"
    assert "the lab did not start" in finding["seen"]


@pytest.mark.parametrize(
    ("setting", "value", "mend"),
    [
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        (
            "kernel/unprivileged_userns_clone",
            "0",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
    ],
)
def test_a_distributions_own_switch_is_named(
    tmp_path: Path, setting: str, value: str, mend: str
) -> None:
    file = tmp_path / setting
    file.parent.mkdir()
    file.write_text(f"{value}\n")
    assert refusal_mend(tmp_path, tmp_path) == mend


def test_a_container_is_told_to_be_privileged(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tpython3\nSeccomp:\t2\nSeccomp_filters:\t1\n")
    assert "--privileged" in refusal_mend(tmp_path, tmp_path)


def test_a_system_without_linux_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    (finding,) = examine({}, {})
    assert (finding.ok, finding.seen, finding.mend) == (False, "this is Darwin", doctor.NOT_LINUX)


def test_every_daemon_that_can_be_unpacked_is_tried() -> None:
    assert {*STARTS, "nftables"} == set(OFFERS)

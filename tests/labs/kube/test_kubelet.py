"""Pods that really start, fail, restart, are probed and end, seen with the real kubectl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster_lab import PATIENCE, ClusterLab, cluster_lab
from counts import Times

from labs.packages import Daemons
from labs.polling import poll

pytestmark = pytest.mark.lab
OPEN = "/tmp/open"  # noqa: S108 -- the container's own


@pytest.fixture(scope="module")
def kubectl(daemons: Daemons, namespaces: None) -> Iterator[ClusterLab]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        if name in daemons.missing:
            pytest.skip(daemons.missing[name])
    with cluster_lab() as running:
        yield running


def test_arguments_after_two_dashes_replace_the_entrypoint_and_crash(kubectl: ClusterLab) -> None:
    kubectl("create", "deployment", "seed", "--image=hashicorp/http-echo", "--", "-listen=:5678")
    kubectl.until("it crashes", "pods", "-l", "app=seed", shows="CrashLoopBackOff")
    (pod,) = kubectl.get("pods", "-l", "app=seed")["items"]
    (status,) = pod["status"]["containerStatuses"]
    last = status["lastState"]["terminated"]
    assert (last["reason"], last["exitCode"]) == ("StartError", 128)
    assert 'exec: "-listen=:5678": executable file not found in $PATH' in last["message"]
    assert status["restartCount"] == 1, "the second attempt comes at once, the third after 10 s"
    assert status["state"]["waiting"]["message"].startswith("back-off 10s restarting failed")
    assert "Back-off restarting failed container" in kubectl("describe", "pod", "-l", "app=seed")


def test_a_program_runs_in_a_read_only_root_without_the_learners_files(
    kubectl: ClusterLab, tmp_path: Path
) -> None:
    kubectl("run", "tool", "--image=busybox", "--", "sleep", "600")
    kubectl("wait", "--for=condition=Ready", "pod/tool", "--timeout=30s")
    look = f"ls -d /home {tmp_path} /run/lab; touch /usr/x; touch /tmp/of-the-pod && ls /tmp"
    told = kubectl("exec", "tool", "--", "sh", "-c", f"({look}) 2>&1")
    assert told.count("No such file or directory") == 3
    assert "Read-only file system" in told
    assert "of-the-pod" in told
    assert not Path("/tmp/of-the-pod").exists()  # noqa: S108 -- where it must not be
    assert "1 ?" in kubectl("exec", "tool", "--", "ps", "ax")


def test_a_program_sets_nothing_of_the_machine_and_fills_a_bounded_root(
    kubectl: ClusterLab,
) -> None:
    kubectl("run", "greedy", "--image=busybox", "--", "sleep", "600")
    kubectl("wait", "--for=condition=Ready", "pod/greedy", "--timeout=30s")
    closed = "acpi bus fs irq mtrr sys sysrq-trigger"
    look = f"cd /proc; for one in {closed}; do test -w $one && echo can set $one; done; echo done"
    assert kubectl("exec", "greedy", "--", "sh", "-c", look) == "done\n"
    fill = "head -c 300M /dev/zero 2>&1 >/all | cat; cat /all | wc -c; rm /all"
    told = kubectl("exec", "greedy", "--", "sh", "-c", f"({fill}) 2>&1")
    assert "No space left on device" in told
    assert int(told.split()[-1]) <= 256 << 20, "bytes of a root in memory"


def test_exec_passes_on_the_exit_code_and_has_the_pods_network(kubectl: ClusterLab) -> None:
    kubectl("run", "net", "--image=alpine", "--", "sleep", "600")
    kubectl("wait", "--for=condition=Ready", "pod/net", "--timeout=30s")
    address = kubectl("get", "pod", "net", "-o", "jsonpath={.status.podIP}")
    assert address.startswith("10.244.")
    assert address in kubectl("exec", "net", "--", "ip", "addr")
    assert kubectl.lab.kubectl("exec", "net", "--", "sh", "-c", "exit 7").status == 7
    assert "executable file not found in $PATH" in kubectl.fails("exec", "net", "--", "nosuch")


def test_logs_are_kept_of_the_run_before(kubectl: ClusterLab) -> None:
    line = "echo dying at $HOSTNAME; exit 3"
    kubectl("run", "dying", "--image=busybox", "--", "sh", "-c", line)
    kubectl.until("it was restarted", "pod", "dying", shows="CrashLoopBackOff")
    assert kubectl("logs", "dying", "--previous") == "dying at dying\n"
    stamped = kubectl("logs", "dying", "--timestamps")
    assert stamped.endswith("Z dying at dying\n")
    (status,) = kubectl.get("pod", "dying")["status"]["containerStatuses"]
    assert status["lastState"]["terminated"]["exitCode"] == 3


def test_an_unknown_image_says_which_there_are(kubectl: ClusterLab) -> None:
    kubectl("run", "cache", "--image=redis:7")
    kubectl.until("it is given up", "pod", "cache", shows="ImagePullBackOff")
    told = kubectl("describe", "pod", "cache")
    assert "the images it has are hashicorp/http-echo, nginx" in told
    assert "Error: ErrImagePull" in told


def test_a_pod_that_is_done_is_not_started_again(kubectl: ClusterLab) -> None:
    run = ("run", "once", "--image=busybox", "--restart=Never", "--")
    kubectl(*run, "sh", "-c", "echo done")
    kubectl.until("it is done", "pod", "once", shows="Completed")
    assert kubectl.get("pod", "once")["status"]["phase"] == "Succeeded"
    assert kubectl("logs", "once") == "done\n"


def test_an_end_is_seen_however_soon_it_comes(kubectl: ClusterLab, times: Times) -> None:
    # The worker of a pod that ended between two of its looks once slept until the grace was over.
    polite = "trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done"
    for _ in range(times(6, soak=200)):
        kubectl("run", "brief", "--image=busybox", "--", "sh", "-c", polite)
        poll("it is up", lambda: "up" in kubectl.lab.kubectl("logs", "brief").text, PATIENCE)
        kubectl("delete", "pod", "brief", "--timeout=10s")


def test_a_program_is_asked_to_end_before_it_is_killed(kubectl: ClusterLab) -> None:
    polite = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"
    kubectl("run", "polite", "--image=busybox", "--", "sh", "-c", polite)
    kubectl("run", "deaf", "--image=busybox", "--", "sleep", "600")
    kubectl("wait", "--for=condition=Ready", "pod/polite", "pod/deaf", "--timeout=30s")
    kubectl("delete", "pod", "polite", "--timeout=10s")
    kubectl("delete", "pod", "deaf", "--grace-period=1", "--timeout=10s")
    assert "NotFound" in kubectl.fails("get", "pod", "polite")
    left = kubectl.lab.run("node1", "ls /run/netns").text
    poll(
        "their networks are gone",
        lambda: "deaf-" not in kubectl.lab.run("node1", "ls /run/netns").text,
        PATIENCE,
    )
    assert "polite-" not in left


def test_probes_decide_on_readiness_and_on_life(kubectl: ClusterLab) -> None:
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probed"},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "nginx",
                        "readinessProbe": {
                            "exec": {"command": ["test", "-e", OPEN]},
                            "periodSeconds": 1,
                            "failureThreshold": 1,
                        },
                        "livenessProbe": {
                            "tcpSocket": {"port": 8080},
                            "initialDelaySeconds": 3600,
                        },
                    },
                    {
                        "name": "ill",
                        "image": "busybox",
                        "args": ["sleep", "600"],
                        "livenessProbe": {
                            "httpGet": {"port": 8080},
                            "periodSeconds": 1,
                            "failureThreshold": 1,
                        },
                    },
                ]
            },
        }
    )
    told = "Liveness probe failed: Get"
    poll("it is ill", lambda: told in kubectl("describe", "pod", "probed"), PATIENCE)
    described = kubectl("describe", "pod", "probed")
    assert ":8080: connect: connection refused" in described
    assert "Container ill failed liveness probe, will be restarted" in described
    first = kubectl.get("pod", "probed")["status"]["containerStatuses"][0]
    assert (first["name"], first["ready"]) == ("web", False)
    kubectl("exec", "probed", "-c", "web", "--", "touch", OPEN)

    def ready() -> bool:
        status = kubectl.get("pod", "probed")["status"]
        return bool(status["containerStatuses"][0]["ready"])

    poll("the first is ready", ready, PATIENCE)


def test_a_pod_waits_for_its_config_map(kubectl: ClusterLab) -> None:
    reference = {"configMapKeyRef": {"name": "colors", "key": "sky"}}
    kubectl.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "painter"},
            "spec": {
                "volumes": [{"name": "c", "configMap": {"name": "colors"}}],
                "containers": [
                    {
                        "name": "painter",
                        "image": "alpine",
                        "command": ["sleep", "600"],
                        "env": [{"name": "SKY", "valueFrom": reference}],
                        "volumeMounts": [{"name": "c", "mountPath": "/etc/colors"}],
                    }
                ],
            },
        }
    )
    missing = 'MountVolume.SetUp failed for volume "c" : configmap "colors" not found'
    poll("it waits", lambda: missing in kubectl("describe", "pod", "painter"), PATIENCE)
    kubectl("create", "configmap", "colors", "--from-literal=sky=blue")
    kubectl("wait", "--for=condition=Ready", "pod/painter", "--timeout=30s")
    read = ("exec", "painter", "--", "sh", "-c", 'cat /etc/colors/sky; echo " $SKY"')
    assert kubectl(*read) == "blue blue\n"

"""What the real kubectl carries in and out of containers: logs, exec, attach, run."""

import os
import pty
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest
from kubectl import PATIENCE, Cluster, Kubectl, Watching
from local_containers import LocalContainers
from objects import pod

from labs.polling import poll


@pytest.fixture(autouse=True)
def world(cluster: Cluster, containers: LocalContainers) -> None:
    two = pod("two")
    two["spec"]["containers"].append({"name": "side", "image": "nginx"})
    for obj in (pod("web", node="node1"), two):
        made = cluster.api.create(obj)
        cluster.api.set_status(made, {"phase": "Running"})
    log = containers.folder / "web.main.log"
    log.write_text("one\ntwo\nthree\n", encoding="utf-8")


def test_logs_whole_tail_and_with_times(kubectl: Kubectl) -> None:
    assert kubectl("logs", "web") == "one\ntwo\nthree\n"
    assert kubectl("logs", "web", "--tail=1") == "three\n"
    assert kubectl("logs", "web", "--timestamps", "--tail=1").endswith("Z three\n")
    assert kubectl("logs", "web", "--limit-bytes=5") == "one\nt"
    assert kubectl("logs", "-l", "app=web", "--since=1h") == "one\ntwo\nthree\n"


def test_logs_that_cannot_be_had_are_told_in_the_kubelets_words(kubectl: Kubectl) -> None:
    assert "a container name must be specified for pod two, choose one of: [main side]" in (
        kubectl.fails("get", "--raw", "/api/v1/namespaces/default/pods/two/log")
    )
    assert "container nope is not valid for pod two" in kubectl.fails("logs", "two", "-c", "nope")
    assert 'container "side" in pod "two" is waiting to start' in kubectl.fails(
        "logs", "two", "-c", "side"
    )
    assert 'previous terminated container "main" in pod "web" not found' in kubectl.fails(
        "logs", "web", "-p"
    )
    assert 'pods "none" not found' in kubectl.fails("logs", "none")


def test_logs_are_followed_until_the_container_ends(
    kubectl: Kubectl, containers: LocalContainers
) -> None:
    log = containers.folder / "web.main.log"
    following = Watching(kubectl.start("logs", "-f", "web"))
    following.until("three")
    with log.open("a", encoding="utf-8") as more:
        more.write("four\n")
    following.until("four")
    containers.ended.add(log.name)
    assert following.program.wait(PATIENCE) == 0
    following.close()


def test_exec_passes_streams_and_the_exit_code(kubectl: Kubectl) -> None:
    done = kubectl.run("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout) == (7, "out\n")
    assert done.stderr == "err\ncommand terminated with exit code 7\n"
    assert kubectl("exec", "web", "--", "true") == ""
    killed = kubectl.run("exec", "web", "--", "sh", "-c", "kill -9 $$")
    assert killed.returncode == 137


def test_exec_reads_input_to_its_end_however_long(kubectl: Kubectl) -> None:
    text = "a line of the input\n" * 50_000
    assert kubectl("exec", "-i", "web", "--", "cat", stdin=text) == text
    assert kubectl("exec", "-i", "web", "--", "wc", "-c", stdin=text).strip() == str(len(text))


def test_exec_with_a_terminal(kubectl: Kubectl) -> None:
    ours, theirs = pty.openpty()
    program = kubectl.start(
        "exec", "-it", "web", "--", "sh", "-c", "tty && read x && echo got $x",
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    typed = False
    while b"got hello" not in seen:
        seen += os.read(ours, 4096)
        if b"/dev/pts/" in seen and not typed:
            os.write(ours, b"hello\n")
            typed = True
    assert program.wait(PATIENCE) == 0
    os.close(ours)


def test_exec_that_cannot_be_done_says_why(kubectl: Kubectl) -> None:
    assert 'exec: "nonsense": executable file not found in $PATH' in kubectl.fails(
        "exec", "web", "--", "nonsense"
    )
    assert 'pods "none" not found' in kubectl.fails("exec", "none", "--", "true")


def test_what_a_client_started_ends_when_it_leaves(kubectl: Kubectl) -> None:
    program = kubectl.start("exec", "web", "--", "sh", "-c", "echo $$; exec sleep 600")
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    program.kill()
    program.communicate()
    poll("the program has ended", lambda: ended(pid))


def test_a_server_that_closes_ends_its_streams_and_programs(
    cluster: Cluster, kubectl: Kubectl, echo: int
) -> None:
    script = "echo started as $$; exec sleep 600"
    watching = [
        Watching(kubectl.start("exec", "web", "--", "sh", "-c", script)),
        Watching(kubectl.start("logs", "-f", "web")),
        Watching(kubectl.start("port-forward", "pod/web", f":{echo}")),
    ]
    for one, first in zip(watching, ("started", "three", "Forwarding"), strict=True):
        one.until(first)
    port = int(watching[2].lines[0].split()[2].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as outside:
        outside.sendall(b"x")
        assert outside.recv(1) == b"X"
        cluster.server.close()
    pid = int(watching[0].lines[0].split()[-1])
    poll("the program has ended", lambda: ended(pid))
    assert [one.name for one in threading.enumerate() if one.name.startswith("kube api")] == []
    for one in watching:
        one.close()


def test_many_programs_run_at_once(kubectl: Kubectl) -> None:
    running = [
        Watching(kubectl.start("exec", "-i", "web", "--", "cat", stdin=subprocess.PIPE))
        for _ in range(12)
    ]
    for number, one in enumerate(running):
        assert one.program.stdin is not None
        one.program.stdin.write(f"number {number}\n")
        one.program.stdin.flush()
    for number, one in enumerate(running):
        one.until(f"number {number}")
        assert one.program.stdin is not None
        one.program.stdin.close()
        assert one.program.wait(PATIENCE) == 0
        one.close()


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_attach_and_run_join_the_containers_own_program(
    cluster: Cluster, kubectl: Kubectl, containers: LocalContainers
) -> None:
    assert kubectl("attach", "-i", "web", stdin="through cat\n") == "through cat\n"
    containers.joined.clear()
    containers.attached = ("sh", "-c", "read x; echo got $x; exit 3")
    running = kubectl.start(
        "run", "once", "--rm", "-i", "--restart=Never", "--image=busybox", stdin=subprocess.PIPE
    )
    made = poll(
        "the pod is there",
        lambda: next(iter(cluster.api.list("pods", fields="metadata.name=once")), None),
    )
    state = {"name": "main", "ready": True, "restartCount": 0, "image": "busybox", "imageID": ""}
    running_state = state | {"name": "once", "state": {"running": {}}}
    status = {"phase": "Running", "containerStatuses": [running_state]}
    cluster.api.set_status(made, status | {"conditions": [{"type": "Ready", "status": "True"}]})
    assert running.stdin is not None
    running.stdin.write("typed\n")
    running.stdin.flush()
    joined = poll("kubectl has attached", lambda: containers.joined, PATIENCE)
    assert joined[-1].wait() == 3
    ended_state = state | {"name": "once", "ready": False, "state": {"terminated": {"exitCode": 3}}}
    cluster.api.set_status(made, {"phase": "Failed", "containerStatuses": [ended_state]})
    told = running.communicate(timeout=PATIENCE)[0]
    assert "got typed" in told
    assert 'pod "once" deleted' in told
    assert running.returncode == 3


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that answers what it is sent, in capitals, until its client has no more to say."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                inside, _ = listening.accept()
            except OSError:
                return
            with inside:
                while data := inside.recv(65536):
                    inside.sendall(data.upper())

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    # Closing alone does not wake who waits in accept.
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


def test_a_port_is_forwarded_for_many_connections(kubectl: Kubectl, echo: int) -> None:
    forwarding = Watching(kubectl.start("port-forward", "pod/web", f":{echo}"))
    forwarding.until("Forwarding from 127.0.0.1")
    port = int(forwarding.lines[0].split()[2].rpartition(":")[2])
    text = b"a line to be carried\n" * 20_000
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as outside:
            sender = threading.Thread(target=send_all, args=(outside, text))
            sender.start()
            seen = b""
            while data := outside.recv(65536):
                seen += data
            sender.join()
            assert seen == text.upper()
    forwarding.close()


def send_all(outside: socket.socket, text: bytes) -> None:
    outside.sendall(text)
    outside.shutdown(socket.SHUT_WR)


def test_a_port_nobody_listens_on_is_told(kubectl: Kubectl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    forwarding = Watching(kubectl.start("port-forward", "pod/web", f":{free}"))
    forwarding.until("Forwarding from 127.0.0.1")
    port = int(forwarding.lines[0].split()[2].rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as outside:
        assert outside.recv(10) == b""
    forwarding.until(f"error forwarding port {free} to pod web")
    forwarding.close()

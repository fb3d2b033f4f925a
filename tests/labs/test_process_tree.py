import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import in_namespace

from labs.errors import LabError
from labs.polling import poll
from labs.process_tree import ProcessTree

pytestmark = pytest.mark.lab

OWNER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have had it ignored
from labs.process_tree import ProcessTree
tree = ProcessTree()
tree.add_host("a")
programs = [tree.spawn(["/bin/sh", "-c", "trap '' TERM; sleep 600 & wait"], host="a")
            for _ in range(3)]
print(tree.pid, flush=True)
sys.stdin.read()
"""


def links() -> str:
    return subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def namespaces_of(unshare: int) -> dict[str, str]:
    """The namespaces of a tree's first process, seen from the host."""
    (first,) = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
    return {
        kind: str(Path(f"/proc/{first}/ns/{kind}").readlink()) for kind in ("pid", "net", "mnt")
    }


def test_a_tree_stands_in_namespaces_of_its_own(tree: ProcessTree) -> None:
    for kind, identity in namespaces_of(tree.pid).items():
        assert identity != str(Path(f"/proc/self/ns/{kind}").readlink())
    assert tree.script("echo $$; ip -br link").split()[1:3] == ["lo", "UNKNOWN"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_tree_ends_with_its_owner_however_the_owner_ends(
    namespaces: None, ending: signal.Signals
) -> None:
    del namespaces
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        unshare = int(owner.stdout.readline())
        identity = namespaces_of(unshare)["pid"]
        # the first process, three shells, three sleeps
        poll("all of it runs", lambda: len(in_namespace("pid", identity)) == 7)
        owner.send_signal(ending)
        owner.wait(10)
        poll("the tree is gone", lambda: not in_namespace("pid", identity), 10)
        poll("its parent is gone", lambda: not Path(f"/proc/{unshare}").exists(), 10)


def test_closing_a_tree_leaves_no_process_and_no_open_file(namespaces: None) -> None:
    del namespaces
    before = names("/proc/self/fd")
    with ProcessTree() as tree:
        identity = namespaces_of(tree.pid)["pid"]
        tree.spawn(["sleep", "600"])
        tree.run(["true"])
        assert len(in_namespace("pid", identity)) == 2
    assert not in_namespace("pid", identity)
    assert names("/proc/self/fd") == before


def test_the_hosts_network_and_mounts_are_not_touched(tree: ProcessTree) -> None:
    before = links(), Path("/proc/self/mountinfo").read_text(), names("/run")
    tree.add_host("a")
    tree.script("ip link add x type veth peer name y netns a; ip link set x up; echo hi > /run/hi")
    assert before == (links(), Path("/proc/self/mountinfo").read_text(), names("/run"))


def test_the_hosts_interfaces_are_out_of_reach_below_sys(tree: ProcessTree) -> None:
    seen = tree.run(["sh", "-c", "ls /sys/class/net 2>&1; true"])
    assert not {path.name for path in Path("/sys/class/net").iterdir() if path.name != "lo"} & {
        *seen.split()
    }
    with pytest.raises(LabError, match=r"ifalias: (Read-only file system|Directory nonexistent)"):
        tree.run(["sh", "-c", "echo mine > /sys/class/net/lo/ifalias"])


@pytest.mark.parametrize("path", ["/etc/motd", "/run/../etc/motd", "run/x"])
def test_a_file_of_the_host_is_not_written(tree: ProcessTree, path: str) -> None:
    with pytest.raises(LabError, match="a lab writes below /run only"):
        tree.write(path, "mine")


def test_a_socket_that_closes_a_moment_after_the_owners_end_is_tidied_away(
    namespaces: None, tmp_path: Path
) -> None:
    del namespaces
    tree = ProcessTree()
    folder = os.open(tmp_path, os.O_RDONLY)
    tree.tidy(folder, "door")
    os.close(folder)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        ending = threading.Thread(target=tree.close)
        ending.start()
        door.settimeout(20)
        door.accept()[0].close()  # the first process has looked whether somebody listens
    ending.join()
    assert list(tmp_path.iterdir()) == []


def test_two_trees_do_not_see_each_other(tree: ProcessTree) -> None:
    with ProcessTree() as other:
        for lab in (tree, other):
            lab.add_host("same-name")
        other.spawn(["sleep", "600"])
        other.write("/run/lab/secret", "x")
        assert "sleep" not in tree.script("ps -e")
        with pytest.raises(LabError, match="No such file"):
            tree.run(["cat", "/run/lab/secret"])


def test_a_socket_of_a_host_speaks_inside_the_lab_only(tree: ProcessTree) -> None:
    tree.add_host("a")
    tree.add_host("b")
    with tree.open_socket("a", socket.AF_INET, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = server.getsockname()
        with tree.open_socket("a", socket.AF_INET, socket.SOCK_STREAM) as client:
            assert client.connect_ex(address) == 0
        with tree.open_socket("b", socket.AF_INET, socket.SOCK_STREAM) as stranger:
            assert stranger.connect_ex(address) != 0
        with socket.socket() as outsider:
            assert outsider.connect_ex(address) != 0


def test_a_failed_program_is_named_with_its_last_words(tree: ProcessTree) -> None:
    with pytest.raises(LabError, match=r"`sh -c .*` failed with status 3:\nout of luck"):
        tree.run(["sh", "-c", "echo out of luck >&2; exit 3"])


def test_a_failed_command_of_a_script_is_named_with_its_last_words(tree: ProcessTree) -> None:
    tree.add_host("a")
    fine = "\n".join(f"ip addr add 192.0.2.{number}/32 dev lo" for number in range(1, 9))
    with pytest.raises(LabError) as refused:
        tree.script(f"{fine}\nip addr add 192.0.2.7/32 dev lo\necho never", "a")
    command, *said = str(refused.value).splitlines()
    assert command == "`ip addr add 192.0.2.7/32 dev lo` on a failed with status 2:"
    assert len(said) == 1
    assert "exists" in said[0] or "already" in said[0]


def test_what_a_script_prints_is_returned_without_its_commands(tree: ProcessTree) -> None:
    assert (
        tree.script("echo one >&2; printf two\nif true; then echo three; fi") == "one\ntwothree\n"
    )


def test_a_script_may_be_longer_than_the_kernel_takes_at_once(tree: ProcessTree) -> None:
    lines = [f"echo {number} # {'x' * 100}" for number in range(2000)]
    assert tree.script("\n".join(lines)).split() == [str(number) for number in range(2000)]


def test_a_long_script_has_more_time_than_a_short_one(
    tree: ProcessTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labs.process_tree.RUN_SECONDS", 2.0)
    monkeypatch.setattr("labs.process_tree.SCRIPT_LIMIT", 30)
    assert tree.script("sleep 0.8; echo slept\n" * 3) == "slept\n" * 3


def test_a_request_that_is_no_text_is_refused_and_the_lab_goes_on(tree: ProcessTree) -> None:
    def open_there() -> int:
        return len(tree.script("ls /proc/1/fd").split())

    before = open_there()
    with pytest.raises(LabError, match=r"/bin/echo could not be started: embedded null byte"):
        tree.run(["/bin/echo", "a\0b"])
    with pytest.raises(LabError, match=r"/bin/echo could not be started: .*surrogates"):
        tree.run(["/bin/echo", "\ud800"])
    with pytest.raises(LabError, match=r"/run/\0 could not be written: embedded null byte"):
        tree.write("/run/\0", "")
    with pytest.raises(LabError, match="could not be started: not enough values"):
        tree.spawn(["true"], streams=[0])
    poll("no descriptor is left there", lambda: open_there() == before)


def test_a_request_may_be_longer_than_a_socket_carries(tree: ProcessTree) -> None:
    text = "line of a configuration\n" * 300_000
    tree.write("/run/lab/long", text)
    assert tree.script("wc -c < /run/lab/long").strip() == str(len(text))
    with pytest.raises(LabError, match="could not be started: Argument list too long"):
        tree.run(["/bin/echo", "x" * (1 << 20)])
    assert tree.run(["echo", "on"]) == "on\n"


def test_a_lab_finds_its_tools_whatever_the_path(
    namespaces: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del namespaces
    monkeypatch.setenv("PATH", "/nonexistent")
    with ProcessTree() as tree:
        assert tree.run(["echo", "on"]) == "on\n"


def test_what_a_shell_made_its_owner_ignore_can_interrupt_programs(namespaces: None) -> None:
    del namespaces
    program = (
        "import signal, sys; from labs.process_tree import ProcessTree; tree = ProcessTree();"
        "program = tree.spawn(['sleep', '600']); program.signal(signal.SIGINT);"
        "print(program.wait(20)); tree.close()"
    )
    done = subprocess.run(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", program],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{-signal.SIGINT}\n"


def test_a_root_that_may_not_do_all_has_labs_as_an_ordinary_user_does(namespaces: None) -> None:
    del namespaces
    less = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    if subprocess.run([*less, "unshare", "-Ur", "--net", "true"], check=False).returncode:
        pytest.skip("this system gives such a root no user namespace")
    program = (
        "from labs.process_tree import ProcessTree; tree = ProcessTree(); tree.add_host('a');"
        "print(tree.run(['ip', '-br', 'link'], 'a')); tree.close()"
    )
    done = subprocess.run(
        [*less, sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("lo "), done.stderr


def test_a_program_that_does_not_exist_is_named(tree: ProcessTree) -> None:
    with pytest.raises(LabError, match=r"no-such-program.*No such file"):
        tree.run(["no-such-program"])


def test_a_host_that_does_not_exist_is_refused(tree: ProcessTree) -> None:
    with pytest.raises(LabError, match="No such file"):
        tree.run(["true"], host="nowhere")
    assert tree.run(["echo", "still there"]) == "still there\n"


def test_a_program_that_takes_too_long_is_ended(tree: ProcessTree) -> None:
    with pytest.raises(LabError, match=r"`sleep 600` did not end within 0.2 seconds"):
        tree.run(["sleep", "600"], seconds=0.2)
    assert "sleep" not in tree.script("ps -e")


def test_a_program_that_ignores_sigterm_is_stopped_all_the_same(tree: ProcessTree) -> None:
    program = tree.spawn(["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 600; done"])
    poll("it listens to nothing", lambda: "deaf" in program.log())
    assert program.stop(0.2) == -signal.SIGKILL
    assert program.wait(0) == -signal.SIGKILL


def test_output_of_a_program_is_kept_in_order(tree: ProcessTree) -> None:
    program = tree.spawn(["sh", "-c", "echo one; echo two >&2; echo three"])
    assert program.wait(10) == 0
    assert program.log() == "one\ntwo\nthree\n"
    assert program.last_lines(2) == "two\nthree"


def test_a_closed_tree_says_that_it_has_ended(tree: ProcessTree) -> None:
    tree.close()
    with pytest.raises(LabError, match="the lab has ended"):
        tree.run(["true"])


def test_a_system_that_refuses_namespaces_is_explained_with_the_next_step(
    namespaces: None,
) -> None:
    del namespaces
    program = "from labs.process_tree import ProcessTree; ProcessTree()"
    limit = 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"'
    done = subprocess.run(
        [
            *("unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"),
            *(sys.executable, "-c", program),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert "LabError: the lab did not start: unshare: unshare failed: " in said
    assert "labs need namespaces: on Ubuntu 23.10 and later allow them with" in said

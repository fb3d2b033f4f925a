"""The course's JupyterLab, for real: it answers, runs a notebook, and ends with its owner."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from lab_page import free_port

from labs.polling import poll
from locrib import delivery
from locrib.proof import CheckFailedError, prove
from locrib.server import Server, serve
from locrib.trouble import Trouble

TOP = Path(__file__).parents[2]
SECONDS = 60.0


@pytest.fixture
def workspace(home: Path, lesson: Path) -> Path:
    """A workspace with one lesson."""
    workspace = home / "Documents" / "work space"
    delivery.deliver([(lesson, "home.ipynb")], workspace)
    return workspace


def ask(server: Server, path: str, token: str | None) -> tuple[int, str]:
    headers = {"Authorization": f"token {token}"} if token else {}
    request = urllib.request.Request(server.url + path, headers=headers)  # noqa: S310 -- our server
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:  # noqa: S310 -- our server
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody collected yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_opens_the_home_page_and_runs_it_and_leaves_nothing(workspace: Path) -> None:
    told: list[str] = []
    with serve(workspace, log=workspace / "log") as server:
        prove(server, "home.ipynb", told.append)
        assert alive(server.process.pid)
    assert len(told) == 3
    assert server.process.poll() is not None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_files_of_the_learners_mislead_neither_server_nor_kernel(workspace: Path) -> None:
    for name in ("bgp", "locrib", "random", "tornado", "jupyter_config", "sitecustomize"):
        (workspace / f"{name}.py").write_text("raise SystemExit('a trap')\n", encoding="utf-8")
    with serve(workspace, port=free_port(), log=workspace / "log") as server:
        prove(server, "home.ipynb", print)


def test_a_page_asks_nobody_outside_for_news_updates_or_extensions(workspace: Path) -> None:
    with serve(workspace, port=free_port(), log=workspace / "log") as server:
        _, page = ask(server, "/lab", server.token)
        status, news = ask(server, "/lab/api/news", server.token)
        _, update = ask(server, "/lab/api/update", server.token)
        _, notification = ask(
            server, "/lab/api/settings/@jupyterlab/apputils-extension:notification", server.token
        )
    config = json.loads(
        page.partition('id="jupyter-config-data"')[2].split(">", 1)[1].split("<")[0]
    )
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
    assert config["news"] == {"disabled": True}
    assert config["extensionManager"]["name"] == "read-only"
    assert (status, json.loads(news)["news"]) == (200, [])
    assert json.loads(update)["notification"] is None
    default = json.loads(notification)["schema"]["properties"]["fetchNews"]["default"]
    assert default == "false"


def test_without_the_token_nobody_gets_in(workspace: Path) -> None:
    with serve(workspace, port=free_port(), log=workspace / "log") as server:
        assert ask(server, "/api/contents", None)[0] == 403
        assert ask(server, "/api/contents", "wrong")[0] == 403
        command = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
    assert server.token.encode() not in command
    assert server.token not in repr(server)


def test_a_taken_port_is_a_sentence(workspace: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=f"port {port}"), serve(workspace, port=port):
            pytest.fail("it served on a taken port")


def test_a_server_that_cannot_start_is_a_sentence(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = workspace.parent / "jupyter_server_config.py"
    broken.write_text("raise SystemExit('broken')\n", encoding="utf-8")
    monkeypatch.setattr("locrib.jupyter_env.ASSETS", workspace.parent)
    with (
        pytest.raises(Trouble, match="exit code") as caught,
        serve(workspace, port=free_port(), log=workspace / "log"),
    ):
        pytest.fail("it served with a broken configuration")
    assert str(workspace / "log") in caught.value.next_step


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("1/0", "ZeroDivisionError"),
        ("import sys; print('oops', file=sys.stderr)", "oops"),
        ("import os; os._exit(3)", "it died"),
    ],
)
def test_a_home_page_that_does_not_run_fails_the_check(
    workspace: Path, lesson: Path, code: str, seen: str
) -> None:
    lesson.write_text(f"```{{code-cell}}\n{code}\n```\n", encoding="utf-8")
    delivery.deliver([(lesson, "home.ipynb")], workspace)
    with (
        serve(workspace, port=free_port(), log=workspace / "log") as server,
        pytest.raises(CheckFailedError, match=seen),
    ):
        prove(server, "home.ipynb", print)


def test_a_missing_home_page_fails_the_check(workspace: Path) -> None:
    with (
        serve(workspace, port=free_port(), log=workspace / "log") as server,
        pytest.raises(CheckFailedError, match="404"),
    ):
        prove(server, "nowhere.ipynb", print)


OWNER = """
import sys
from pathlib import Path
from locrib.server import serve
workspace = Path(sys.argv[1])
with serve(workspace, port=int(sys.argv[2]), log=workspace / "log") as server:
    print(server.process.pid, flush=True)
    sys.stdin.read()
"""
# As a library's thread may keep a server that was told to stop while it started.
NEVER_ENDING = "import threading; threading.Thread(target=threading.Event().wait).start()"


@pytest.mark.parametrize("settings", ["", NEVER_ENDING], ids=["in order", "by force"])
def test_it_ends_with_its_owner_however_the_owner_ends(
    workspace: Path, home: Path, settings: str
) -> None:
    file = home / ".config" / "locrib" / "jupyter" / "jupyter_server_config.py"
    file.parent.mkdir(parents=True)
    file.write_text(settings, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(workspace), str(free_port())],
        cwd=TOP,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        assert alive(server)
        owner.send_signal(signal.SIGKILL)
    poll("the server to follow its owner", lambda: not alive(server), SECONDS)

"""FRR in a lab: the daemons of one host, their configuration, and the answers of their CLI.

bgpd reads its configuration by itself (`-f`): through `vtysh -b` FRR holds back for three seconds
in "config pending". Commands go over the daemon's vty socket, the way vtysh sends them: one command
ended by a zero octet, an answer ended by three zero octets and a status; a hundred questions take a
few milliseconds where a hundred vtysh processes take seconds.
"""

import contextlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from labs.closing import Closing
from labs.control_socket import COMMAND_SECONDS, ControlSocket
from labs.daemon_log import DaemonLog
from labs.daemon_start import check_start, spawn_daemon
from labs.errors import LabError
from labs.packages import Daemon
from labs.polling import poll
from labs.process import Process
from labs.process_tree import ProcessTree

ANSWER_END = b"\0\0\0"
SUCCESS = 0
_PROMPT = re.compile(r"^\S+(?:\([\w-]+\))?# ", re.MULTILINE)


class Frr(Closing):
    """zebra, bgpd and perhaps bfdd running in one host; use it in a `with` block."""

    def __init__(
        self,
        tree: ProcessTree,
        host: str,
        daemon: Daemon,
        bgpd_config: str,
        *,
        bfdd_config: str | None = None,
        modules: Sequence[str] = (),
        options: Sequence[str] = (),
    ) -> None:
        """Start them and wait until they answer; bfdd runs where it is given a configuration.

        Args:
            tree: the lab.
            host: where they run.
            daemon: which FRR.
            bgpd_config: bgpd's configuration.
            bfdd_config: bfdd's; None for no bfdd.
            modules: of bgpd, such as "rpki".
            options: of bgpd's command line, such as ("-p", "0").

        Raises:
            LabError: one of them ended; the text names it and quotes its last lines.
        """
        self.daemon = daemon
        self._tree = tree
        self._host = host
        self.root = tree.root(host, daemon)
        self._processes: dict[str, Process] = {}
        self._logs: defaultdict[str, DaemonLog] = defaultdict(DaemonLog)
        self._modules, self._options = modules, options
        self._vtys: dict[str, ControlSocket] = {}
        self._at_first: dict[str, str] = {}
        self._has_manager = (daemon.root / "usr/lib/frr/mgmtd").exists()
        tree.write(f"{self.root}/etc/frr/vtysh.conf", f"hostname {host}\n")
        tree.script(f"mkdir -p {self.root}/run/frr")
        try:
            self.start("zebra", "")
            if bfdd_config is not None:
                self.start("bfdd", bfdd_config)
            self.start("bgpd", bgpd_config)
        except LabError:
            self.close()
            raise

    def close(self) -> None:
        """Stop every daemon."""
        for name in tuple(self._processes)[::-1]:
            self.stop(name)

    def disconnect(self) -> None:
        """Close the connections to the daemons, which go on or end with their lab."""
        for vty in self._vtys.values():
            vty.close()
        self._vtys.clear()

    def log(self) -> str:
        """Return what every daemon has logged."""
        return "\n".join(log.text() for log in tuple(self._logs.values()))

    def log_of(self, name: str) -> str:
        """Return what one daemon has logged, before it was stopped too: it only ever grows."""
        return self._logs[name].text()

    def stop(self, name: str) -> None:
        """Stop one daemon; `start` starts it again."""
        if (vty := self._vtys.pop(name, None)) is not None:
            vty.close()
        self._at_first.pop(name, None)
        self._processes.pop(name).stop()
        self._logs[name].end()

    def alive(self, name: str) -> bool:
        """Tell whether a daemon runs."""
        process = self._processes.get(name)
        return process is not None and process.wait(0) is None

    def signal(self, name: str, number: int) -> None:
        """Send a daemon a signal."""
        self._tree.request("kill", pid=self._processes[name].pid, number=number)

    def ask(self, command: str, daemon: str = "bgpd") -> str:
        """Run one command of the CLI in a daemon; return what it printed.

        Raises:
            LabError: the daemon refused the command, or ended.
        """
        vty = self._vtys.get(daemon)
        if vty is None:
            running = ", ".join(self._vtys)
            raise LabError(f"{self._host} runs no {daemon} now; it runs {running or 'none'}")
        try:
            answer = vty.ask(command.encode() + b"\0")
        except TimeoutError as error:
            raise LabError(
                f"{daemon} on {self._host} did not answer `{command}` within "
                f"{COMMAND_SECONDS:g} seconds"
            ) from error
        except OSError as error:
            raise LabError(
                f"{daemon} on {self._host} ended at `{command}`:\n{self.log()[-2000:]}"
            ) from error
        text = answer[:-4].decode(errors="replace")
        if answer[-1] != SUCCESS:
            said = text.strip() or "status"
            raise LabError(f"{daemon} on {self._host} refused `{command}`: {said} {answer[-1]}")
        return text

    def ask_json(self, command: str) -> Any:  # noqa: ANN401 - JSON from outside
        """Run a `show ... json` command in bgpd; return the parsed answer."""
        return json.loads(self.ask(command))

    def configure(self, lines: Sequence[str], daemon: str = "bgpd") -> None:
        """Enter configuration lines in a daemon, as after `configure terminal`.

        No other question is asked meanwhile: it would be read as one of the lines.

        Raises:
            LabError: the daemon refused a line, or ended.
        """
        vty = self._vtys.get(daemon)
        with vty.alone() if vty else contextlib.nullcontext():
            self.ask("configure terminal", daemon)
            try:
                for line in lines:
                    self.ask(line, daemon)
            finally:  # a refused line must not leave the next command inside the configuration
                self.ask("end", daemon)

    def vtysh(self, *commands: str) -> str:
        """Run commands in the real vtysh, as a learner would; return what it printed."""
        return self._tree.run(_vtysh(*commands), self._host, self.root)

    def enter(self, lines: Sequence[str]) -> None:
        """Enter configuration lines in vtysh, which knows the daemon each of them is for.

        Raises:
            LabError: one was refused, or is for a daemon that does not run; quotes the line.
        """
        process = self._tree.spawn(
            _vtysh("configure terminal", *lines, options=("-E",)), self._host, self.root
        )
        with contextlib.closing(process):
            if process.wait(COMMAND_SECONDS):
                line, said = _refused(process.log())
                running = ", ".join(self._processes)
                more = f"; {self._host} runs {running}" if "not running" in said else ""
                raise LabError(f"vtysh on {self._host} refused `{line}`: {said}{more}")

    def start_static(self, config: str) -> None:
        """Start staticd with a configuration, and mgmtd, which reads it for staticd from FRR 9 on.

        Raises:
            LabError: one of them ended, or refused a line of its configuration.
        """
        if self._has_manager:
            self._tree.write(f"{self.root}/etc/frr/staticd.conf", f"{config}\n")
            self.start("mgmtd", "")
        self.start("staticd", config)

    def stop_static(self) -> None:
        """Stop what `start_static` started."""
        for name in ("staticd", "mgmtd") if self._has_manager else ("staticd",):
            self.stop(name)

    def changed(self) -> list[str]:
        """Return the daemons whose configuration is not as it was at their start."""
        return [
            name for name, first in self._at_first.items() if self._running_config(name) != first
        ]

    def _running_config(self, name: str) -> str:
        return self.ask("show running-config", name)

    def start(self, name: str, config: str) -> None:
        """Start one daemon with a configuration, and wait until it answers.

        Raises:
            LabError: it ended, or refused a line of its configuration.
        """
        path = f"{self.root}/etc/frr/{name}.conf"
        self._tree.write(path, f"hostname {self._host}\n{config}\n")
        by_itself = not (self._has_manager and name in ("mgmtd", "staticd"))
        modules = [part for module in self._modules for part in ("-M", module)]
        process = spawn_daemon(
            self._tree,
            self._host,
            self.daemon,
            [
                *(f"/usr/lib/frr/{name}", "-u", "root"),
                *(("-f", f"/etc/frr/{name}.conf") if by_itself else ()),
                *("-g", "root", "-A", "127.0.0.1", "-P", "0", "-i", f"/run/frr/{name}.pid"),
                *("-z", "/run/frr/zserv.api", "--vty_socket", "/run/frr", "--log", "stdout"),
                *((*modules, *self._options) if name == "bgpd" else ()),
            ],
        )
        self._processes[name] = process
        self._logs[name].begin(process)
        vty = ControlSocket(
            self._tree, f"{self.root}/run/frr/{name}.vty", _whole_answer, hello=b"enable\0"
        )

        def connected() -> bool:
            check_start(process, self._host, self.daemon)
            with contextlib.suppress(LabError, OSError):
                vty.open()
                return True
            return False

        poll(f"{name} of {self.daemon.title} answers", connected, explain=process.last_lines)
        self._vtys[name] = vty
        refused = re.search(r"[^\]\n]*on config line \d+:.*", process.log())
        if refused:  # FRR would go on without the line, and nobody would know
            raise LabError(
                f"{name} of {self.daemon.title} refused its configuration on host {self._host}: "
                f"{refused[0].strip()}"
            )
        self._at_first[name] = self._running_config(name)


def _whole_answer(answer: bytearray) -> bool:
    return answer[-4:-1] == ANSWER_END


def _vtysh(*commands: str, options: Sequence[str] = ()) -> list[str]:
    """Return the call of vtysh that runs some commands, up to the first that fails."""
    return ["/usr/bin/vtysh", *options, *(part for command in commands for part in ("-c", command))]


def _refused(said: str) -> tuple[str, str]:
    """Read what `vtysh -E` printed: the last command after a prompt, and what followed."""
    *_, last = _PROMPT.split(said)
    line, _, answer = last.partition("\n")
    return line.strip(), " ".join(answer.split()) or "it gave no reason"

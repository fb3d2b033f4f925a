"""BIRD in a lab: one host's daemon and the answers of its command line.

Questions go over BIRD's control socket as birdc sends them: a line, answered by lines that open
with a four-digit code; the code followed by a space closes the answer, and codes from 8000 on are
errors. A line that continues the one above opens with a space instead of a code.
"""

import socket

from labs.closing import Closing
from labs.daemon_start import check_start, spawn_daemon
from labs.errors import LabError
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree

COMMAND_SECONDS = 20.0
FIRST_ERROR = 8000
CODE_LENGTH = 4


class Bird(Closing):
    """bird running in one host; use it in a `with` block."""

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, config: str) -> None:
        """Start it and wait until it answers.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._tree = tree
        self._host = host
        self._daemon = daemon
        self._ended: list[str] = []
        self._stopped = False
        self.root = tree.root(host, daemon)
        self.start(config)

    def start(self, config: str) -> None:
        """Start the daemon and wait until it answers.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._write(config)
        arguments = ["-f", "-c", "/etc/bird/bird.conf", "-s", "/run/bird.ctl"]
        self._stopped = False
        argv = ["/usr/sbin/bird", *arguments]
        self._process = spawn_daemon(self._tree, self._host, self._daemon, argv)

        def connected() -> socket.socket | None:
            check_start(self._process, self._host, self._daemon)
            try:
                control = self._tree.connect(f"{self.root}/run/bird.ctl")
            except LabError:
                return None
            control.settimeout(COMMAND_SECONDS)
            try:
                self._answer(control, "(greeting)")
            except OSError:  # it reads its configuration after it has opened the socket
                control.close()
                return None
            return control

        self._control = poll(
            f"bird of {self._daemon.title} answers", connected, explain=self._process.last_lines
        )

    def close(self) -> None:
        """Stop the daemon; `start` starts it again."""
        self._control.close()
        self._process.stop()
        if not self._stopped:
            self._stopped = True
            self._ended.append(self._process.log())

    def disconnect(self) -> None:
        """Close the connection to the daemon, which goes on or ends with its lab."""
        self._control.close()

    def log(self) -> str:
        """Return what the daemon has logged."""
        return "\n".join([*self._ended, *([self._process.log()] if not self._stopped else [])])

    def alive(self) -> bool:
        """Tell whether the daemon runs."""
        return self._process.wait(0) is None

    def signal(self, number: int) -> None:
        """Send the daemon a signal."""
        self._tree.request("kill", pid=self._process.pid, number=number)

    def reconfigure(self, config: str) -> None:
        """Give the running daemon another configuration.

        Raises:
            LabError: BIRD refused it; the text quotes its words and the line.
        """
        self._write(config)
        self.ask("configure")

    def _write(self, config: str) -> None:
        self._tree.write(f"{self.root}/etc/bird/bird.conf", config + "\n")

    def ask(self, command: str) -> str:
        """Run one command of BIRD's command line; return what it printed, without the codes.

        Raises:
            LabError: BIRD refused the command, or ended.
        """
        try:
            self._control.sendall(command.encode() + b"\n")
            return self._answer(self._control, command)
        except OSError as error:
            raise LabError(
                f"bird on {self._host} ended at `{command}`:\n{self._process.last_lines()}"
            ) from error

    def birdc(self, command: str) -> str:
        """Run a command in the real birdc, as a learner would; return what it printed."""
        return self._tree.run(
            ["/usr/sbin/birdc", "-s", "/run/bird.ctl", *command.split()], self._host, self.root
        )

    def _answer(self, control: socket.socket, command: str) -> str:
        """Read one whole answer."""
        received = bytearray()
        while True:
            data = control.recv(1 << 20)
            if not data:
                raise ConnectionResetError
            received += data
            if not received.endswith(b"\n"):
                continue
            lines = received.decode(errors="replace").splitlines()
            last = lines[-1]
            if last[:CODE_LENGTH].isdigit() and last[CODE_LENGTH : CODE_LENGTH + 1] == " ":
                break
        code = int(last[:CODE_LENGTH])
        if code >= FIRST_ERROR:
            raise LabError(f"bird on {self._host} refused `{command}`: {last[CODE_LENGTH + 1 :]}")
        texts = [line[1:] if line[:1] == " " else line[CODE_LENGTH + 1 :] for line in lines]
        return "\n".join(texts)

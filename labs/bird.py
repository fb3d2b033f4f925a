"""BIRD in a lab: one host's daemon and the answers of its command line.

Questions go over BIRD's control socket as birdc sends them: a line, answered by lines that open
with a four-digit code; the code followed by a space closes the answer, and codes from 8000 on are
errors. A line that continues the one above opens with a space instead of a code.
"""

import contextlib

from labs.control_socket import COMMAND_SECONDS, ControlSocket
from labs.daemon_start import check_start
from labs.errors import LabError
from labs.lone_daemon import LoneDaemon
from labs.polling import poll

FIRST_ERROR = 8000
CODE_LENGTH = 4


class Bird(LoneDaemon):
    """bird running in one host; use it in a `with` block."""

    def start(self, config: str) -> None:
        """Start the daemon and wait until it answers.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._write(config)
        arguments = ["-f", "-c", "/etc/bird/bird.conf", "-s", "/run/bird.ctl"]
        argv = ["/usr/sbin/bird", *arguments]
        self._spawn(argv)
        self._control = ControlSocket(self._tree, f"{self.root}/run/bird.ctl", _whole_answer)

        def connected() -> bool:
            check_start(self._process, self._host, self._daemon)
            # It reads its configuration after it has opened the socket.
            with contextlib.suppress(LabError, OSError):
                self._control.open()
                return True
            return False

        poll(f"bird of {self._daemon.title} answers", connected, explain=self._log.last_lines)

    def close(self) -> None:
        """Stop the daemon; `start` starts it again."""
        self._control.close()
        super().close()

    def disconnect(self) -> None:
        """Close the connection to the daemon, which goes on or ends with its lab."""
        self._control.close()

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
            answer = self._control.ask(command.encode() + b"\n")
        except TimeoutError as error:
            raise LabError(
                f"bird on {self._host} did not answer `{command}` within "
                f"{COMMAND_SECONDS:g} seconds"
            ) from error
        except OSError as error:
            raise LabError(
                f"bird on {self._host} ended at `{command}`:\n{self._log.last_lines()}"
            ) from error
        lines = answer.decode(errors="replace").splitlines()
        code, said = int(lines[-1][:CODE_LENGTH]), lines[-1][CODE_LENGTH + 1 :]
        if code >= FIRST_ERROR:
            raise LabError(f"bird on {self._host} refused `{command}`: {said}")
        return "\n".join(line[1:] if line[:1] == " " else line[CODE_LENGTH + 1 :] for line in lines)

    def birdc(self, command: str) -> str:
        """Run a command in the real birdc, as a learner would; return what it printed."""
        return self._tree.run(
            ["/usr/sbin/birdc", "-s", "/run/bird.ctl", *command.split()], self._host, self.root
        )


def _whole_answer(answer: bytearray) -> bool:
    last = answer[answer.rfind(b"\n", 0, -1) + 1 :]
    code, space = last[:CODE_LENGTH], last[CODE_LENGTH : CODE_LENGTH + 1]
    return answer.endswith(b"\n") and code.isdigit() and space == b" "

"""GoBGP in a lab: one host's gobgpd and its command line, gobgp.

gobgpd is driven over gRPC; the project asks through the command line tool that comes with it, which
speaks JSON, rather than carry a gRPC library for one daemon.
"""

import contextlib
import json
import re
import socket
from typing import Any

from labs.daemon_start import check_start
from labs.errors import LabError
from labs.lone_daemon import LoneDaemon
from labs.polling import poll

API_ADDRESS = ("127.0.0.1", 50051)
_SPEAKS = re.compile(r"AS:\s+[1-9]")


class Gobgp(LoneDaemon):
    """gobgpd running in one host; use it in a `with` block."""

    def start(self, config: str) -> None:
        """Start the daemon and wait until it speaks for its AS.

        Raises:
            LabError: it ended; the text quotes its last lines.
        """
        self._tree.write(f"{self.root}/etc/gobgpd/gobgpd.toml", config + "\n")
        self._spawn(
            [
                *("/usr/bin/gobgpd", "--config-type", "toml", "--log-plain", "--pprof-disable"),
                *("--config-file", "/etc/gobgpd/gobgpd.toml", "--api-hosts", "127.0.0.1:50051"),
            ]
        )

        def configured() -> bool:
            """It answers before it has read its configuration, which may be its end."""
            check_start(self._process, self._host, self._daemon)
            with self._tree.open_socket(self._host, socket.AF_INET, socket.SOCK_STREAM) as probe:
                if probe.connect_ex(API_ADDRESS):
                    return False
            with contextlib.suppress(LabError):
                return _SPEAKS.search(self.gobgp("global")) is not None
            return False

        poll(f"gobgpd of {self._daemon.title} answers", configured, explain=self._log.last_lines)

    def gobgp(self, command: str) -> str:
        """Run a command of the gobgp command line tool; return what it printed.

        Raises:
            LabError: it failed; the text quotes its last lines, and those of the daemon.
        """
        try:
            return self._tree.run(["/usr/bin/gobgp", *command.split()], self._host, self.root)
        except LabError as error:
            raise LabError(f"{error}\ngobgpd itself says:\n{self._log.last_lines()}") from error

    def gobgp_json(self, command: str) -> Any:  # noqa: ANN401 - JSON from outside
        """Run a command of the tool with JSON output; return the parsed answer."""
        return json.loads(self.gobgp(f"{command} --json"))

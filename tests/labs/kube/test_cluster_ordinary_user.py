"""A cluster needs no root: an ordinary user applies manifests and enters pods."""

import json
import sys

import pytest
from ordinary_user import (
    ORDINARY_USER,
    as_ordinary_user,
    give,
    ordinary_home,
    skip_unless_readable,
)

from labs.packages import Daemons

NEEDED = ("frr-8.4", "nftables")
DAY = """
import json, os
from labs.lab import Lab
with Lab("cluster") as lab:
    web = "run web --image=nginx --port=80 --expose".split()
    assert lab.kubectl(*web).status == 0
    assert lab.kubectl("run", "tool", "--image=busybox", "--", "sleep", "600").status == 0
    ready = lab.kubectl("wait", "--for=condition=Ready", "pod/web", "pod/tool", "--timeout=60s")
    address = lab.kubectl("get", "pod", "web", "-o", "jsonpath={.status.podIP}").text
    seen = lab.kubectl("exec", "tool", "--", "ls", "/", "/tmp").text.split()
    who = lab.curl("node1", f"http://{address}/")[0].server
    gone = lab.kubectl("delete", "pod", "web", "tool", "--grace-period=1").status
print(json.dumps([os.geteuid(), ready.status, who, "home" in seen, "usr" in seen, gone]))
"""


@pytest.mark.lab
def test_an_ordinary_user_runs_a_cluster(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for name in NEEDED:
        if name in daemons.missing:
            pytest.skip(daemons.missing[name])
    with ordinary_home() as home:
        skip_unless_readable(home, "labs.lab")
        for name in NEEDED:
            give(daemons[name], home)
        done = as_ordinary_user(home, sys.executable, "-c", DAY)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [ORDINARY_USER, 0, "web", False, True, 0]

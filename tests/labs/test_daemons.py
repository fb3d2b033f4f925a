"""FRR, BIRD and GoBGP start, answer, stop, and say what is wrong when they do not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from unpacked import wanted

from labs.bird import Bird
from labs.errors import LabError
from labs.frr import Frr
from labs.gobgp import Gobgp
from labs.packages import Daemon, Daemons
from labs.polling import poll
from labs.process import Process
from labs.process_tree import ProcessTree

pytestmark = pytest.mark.lab

FRR = pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)
BIRD = pytest.mark.parametrize("router", ["bird"], indirect=True)
GOBGP = pytest.mark.parametrize("router", ["gobgp"], indirect=True)


@pytest.fixture
def host(tree: ProcessTree) -> str:
    tree.add_host("r1")
    return "r1"


@FRR
def test_frr_answers_on_its_socket_and_through_vtysh(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Frr(tree, host, router, "router bgp 64512\n bgp router-id 192.0.2.1\n") as frr:
        assert frr.ask_json("show bgp ipv4 unicast json")["localAS"] == 64512
        assert router.version in frr.vtysh("show version", "show bgp summary")
        frr.configure(["router bgp 64512", "no bgp network import-check"])
        assert "no bgp network import-check" in frr.vtysh("show running-config")
        assert "zebra" in tree.script("ps -e -o comm")
    assert "bgpd" not in tree.script("ps -e -o comm")


@FRR
def test_two_frrs_of_one_lab_have_nothing_in_common(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    tree.add_host("r2")
    with (
        Frr(tree, host, router, "router bgp 64512\n") as one,
        Frr(tree, "r2", router, "router bgp 64513\n") as two,
    ):
        assert "router bgp 64512" in one.vtysh("show running-config")
        assert "router bgp 64513" in two.vtysh("show running-config")
        assert two.ask_json("show bgp ipv4 unicast json")["localAS"] == 64513


@FRR
def test_a_command_frr_does_not_know_is_named(tree: ProcessTree, host: str, router: Daemon) -> None:
    with Frr(tree, host, router, "") as frr, pytest.raises(
        LabError, match=r"bgpd on r1 refused `show nonsense`: .*Unknown command"
    ):  # fmt: skip
        frr.ask("show nonsense")


@FRR
def test_a_line_frr_would_skip_in_silence_stops_the_start(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with pytest.raises(LabError, match=r"bgpd of frr .* refused its configuration .* nonsense"):
        Frr(tree, host, router, "router bgp 64512\n bgp nonsense\n")
    assert "bgpd" not in tree.script("ps -e -o comm")


@FRR
def test_an_frr_that_dies_while_it_is_asked_is_named(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Frr(tree, host, router, "") as frr:
        tree.script("kill -9 $(cat /run/lab/r1/*/root/run/frr/bgpd.pid)")
        with pytest.raises(LabError, match="bgpd on r1 ended at `show version`"):
            frr.ask("show version")


@FRR
def test_frr_that_cannot_start_is_named_with_its_last_words(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    root = tree.root(host, router)
    tree.script(f"mkdir -p {root}/run/frr/zebra.pid")  # a folder where its file should be
    with pytest.raises(LabError, match=r"zebra of frr .* ended at its start on host r1(.|\n)*pid"):
        Frr(tree, host, router, "")


@BIRD
def test_bird_answers_on_its_socket_and_through_birdc(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    config = "router id 192.0.2.1;\nprotocol static sample { ipv4; route 192.0.2.0/24 blackhole; }"
    with Bird(tree, host, router, config) as bird:
        assert "192.0.2.0/24" in bird.ask("show route")
        assert "Router ID is 192.0.2.1" in bird.birdc("show status")
        assert "192.0.2.0/24" in bird.ask("show route all")
        with pytest.raises(LabError, match="bird on r1 refused `show nonsense`: syntax error"):
            bird.ask("show nonsense")
        assert bird.ask("show protocols")
    assert "bird" not in tree.script("ps -e -o comm")


@GOBGP
def test_gobgp_answers_through_its_command_line(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    config = '[global.config]\nas = 64512\nrouter-id = "192.0.2.1"\n'
    with Gobgp(tree, host, router, config) as gobgp:
        gobgp.gobgp("global rib add 192.0.2.0/24 nexthop 0.0.0.0")
        assert list(gobgp.gobgp_json("global rib")) == ["192.0.2.0/24"]
        with pytest.raises(LabError, match=r"`/usr/bin/gobgp global rib add x` on r1 failed"):
            gobgp.gobgp("global rib add x")
    assert "gobgpd" not in tree.script("ps -e -o comm")


@pytest.mark.parametrize(
    ("router", "start", "said"),
    [
        ("bird", Bird, r"bird of bird2 .* ended at its start on host r1(.|\n)*syntax error"),
        ("gobgp", Gobgp, r"gobgpd of gobgpd .* ended at its start on host r1(.|\n)*config"),
    ],
    indirect=["router"],
)
def test_a_daemon_that_dies_at_its_start_is_named_with_its_last_words(
    tree: ProcessTree, host: str, router: Daemon, start: Callable[..., Any], said: str
) -> None:
    with pytest.raises(LabError, match=said):
        start(tree, host, router, "nonsense")


@pytest.mark.parametrize("router", ["frr-8.4", "bird"], indirect=True)
def test_what_was_unpacked_cannot_be_changed_from_a_lab(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    root = tree.root(host, router)
    with pytest.raises(LabError, match="Read-only file system"):
        tree.script(f"touch {root}/usr/bin/mine")
    tree.script(f"touch {root}/run/mine {root}/etc/frr/mine")
    assert not list(router.root.glob("*/mine"))


def start_stayrtr(tree: ProcessTree, host: str, stayrtr: Daemon) -> Process:
    """Serve one ROA on port 8282 of the host."""
    root = tree.root(host, stayrtr)
    roas = {"roas": [{"prefix": "192.0.2.0/24", "maxLength": 24, "asn": "AS64512"}]}
    tree.write(f"{root}/etc/stayrtr/roas.json", json.dumps(roas))
    argv = ["stayrtr", "-bind", "127.0.0.1:8282", "-checktime=false", "-cache"]
    server = tree.spawn([*argv, "/etc/stayrtr/roas.json"], host, root)
    poll("stayrtr serves", lambda: "Server started" in server.log(), explain=server.last_lines)
    return server


@FRR
def test_bgpds_rpki_module_asks_stayrtr(
    tree: ProcessTree, host: str, router: Daemon, daemons: Daemons
) -> None:
    start_stayrtr(tree, host, wanted(daemons, "stayrtr"))
    root = tree.root(host, router)
    kind = "" if router.name == "frr-8.4" else "tcp "  # 10 skips a line without it in silence
    tree.write(
        f"{root}/etc/frr/bgpd.conf",
        f"rpki\n rpki cache {kind}127.0.0.1 8282 preference 1\nexit\nrouter bgp 64512\n",
    )
    tree.script(f"mkdir {root}/run/frr")
    own = ("-f", "/etc/frr/bgpd.conf", "--vty_socket", "/run/frr", "-z", "/run/frr/zserv.api")
    options = ["-M", "rpki", *own, "-i", "/run/frr/bgpd.pid", "-u", "root", "-g", "root", "-p", "0"]
    bgpd = tree.spawn(["/usr/lib/frr/bgpd", *options], host, root)
    poll("bgpd listens", lambda: "bgpd.vty" in tree.script(f"ls {root}/run/frr"))
    asked = ["vtysh", "--vty_socket", "/run/frr", "-d", "bgpd", "-c", "show rpki prefix-table"]
    poll("bgpd holds what stayrtr said", lambda: "64512" in tree.run(asked, host, root))
    bgpd.stop()


@pytest.mark.parametrize("router", ["nftables"], indirect=True)
def test_nft_writes_rules_for_its_own_host_only(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    tree.add_host("r2")
    tree.run(["nft", "add table ip lab"], host, tree.root(host, router))
    assert "table ip lab" in tree.run(["nft", "list", "ruleset"], host, tree.root(host, router))
    assert tree.run(["nft", "list", "ruleset"], "r2", tree.root("r2", router)) == ""

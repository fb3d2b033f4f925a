"""A topology's file: what it means, and how a mistake in it is refused: file, line, name."""

from pathlib import Path

import pytest

from labs.errors import LabError
from labs.topology import Role
from labs.topology_file import FOLDER, known, load, parse
from labs.topology_routes import expected_routes, within

FIRST = (FOLDER / "first-session.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", known())
def test_every_topology_of_the_course_is_read_and_leads_somewhere(name: str) -> None:
    topology = load(name)
    assert topology.name == name
    assert topology.title
    assert topology.cluster or any(expected_routes(topology).values())


def test_hosts_links_and_sessions_are_as_written() -> None:
    topology = load("first-session")
    assert topology.hosts["node1"].asn == 64512
    assert topology.hosts["pod1"].role is Role.POD
    assert topology.switches == ("sw1",)
    assert topology.link("sw1", "tor1").end("tor1").address == "10.1.1.1/24"
    session = topology.session("tor1", "node1")
    assert (session.side("tor1").address, session.other("tor1").address) == (
        "10.1.1.1",
        "10.1.1.11",
    )
    assert topology.session("tor1", "10.1.1.11") is session
    assert (session.side("node1").hold, session.side("tor1").hold) == (9, None)


def test_what_is_heard_follows_from_what_is_sent_and_accepted() -> None:
    heard = expected_routes(load("first-session"))
    assert heard["tor1"] == {"10.244.1.0/24", "198.51.100.7/32", "192.0.2.0/24"}
    assert heard["tor2"] == {"198.51.100.7/32", "192.0.2.0/24"}
    assert heard["border"] == {"10.244.1.0/24", "198.51.100.7/32"}
    assert heard["node1"] == {"192.0.2.0/24"}


def test_a_reflector_passes_on_what_its_clients_tell_and_a_node_does_not() -> None:
    pods = {f"10.244.{number}.0/24" for number in (1, 2, 3, 4)}
    heard = expected_routes(load("reflectors"))
    assert heard["rr1"] == pods
    assert heard["node1"] == pods - {"10.244.1.0/24"}
    text = (FOLDER / "reflectors.toml").read_text(encoding="utf-8")
    heard = expected_routes(parse(text.replace("client = true", "client = false"), "flat.toml"))
    assert heard["node1"] == set()
    assert heard["rr1"] == pods


def test_nodes_of_one_as_hear_each_other_only_where_their_as_is_overridden() -> None:
    text = (FOLDER / "four-daemons.toml").read_text(encoding="utf-8")
    assert "10.244.2.0/24" in expected_routes(parse(text, "x.toml"))["metallb"]
    plain = parse(text.replace(", as_override = true", ""), "x.toml")
    assert expected_routes(plain)["metallb"] == {"192.0.2.0/24"}


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("bfd = true", "bfd = 1", "session.0.bfd: expected true or false, seen 1"),
        ("max_prefixes = 50", "max_prefixes = 0", "session.0.tor.max_prefixes: expected prefixes"),
        ("max_prefixes = 50", "client = true", "client: means something in an iBGP session only"),
        ("bfd = true", 'password = "a b"', "password: expected letters and digits only"),
        ('node1 = { sends = ["services"], hold = 9 }', "", "session.0.node1: is missing; say what"),
        ('ends = ["tor", "node1"]\nbfd', 'ends = ["node2", "tor"]\nbfd', "means nothing here"),
    ],
)
def test_a_mistake_in_a_session_is_refused_by_its_name(right: str, wrong: str, words: str) -> None:
    text = (FOLDER / "rack.toml").read_text(encoding="utf-8")
    assert right in text
    with pytest.raises(LabError, match=r"^mine\.toml:\d+: session\.0") as refused:
        parse(text.replace(right, wrong, 1), "mine.toml")
    assert words in str(refused.value)


def test_what_labs_cannot_ask_of_a_daemon_is_refused() -> None:
    text = (FOLDER / "four-daemons.toml").read_text(encoding="utf-8")
    with pytest.raises(LabError, match=r"session\.3\.bfd: cilium runs GoBGP, which has no BFD"):
        parse(text.replace('"cilium"]\ntor', '"cilium"]\nbfd = true\ntor'), "mine.toml")
    with pytest.raises(
        LabError, match=r"bird\.as_override: bird runs BIRD 2, .*; FRR and GoBGP can"
    ):
        parse(text.replace("bird = {", "bird = { as_override = true,"), "mine.toml")
    with pytest.raises(LabError, match=r"host\.cilium\.relax: cilium runs GoBGP, which fills no"):
        parse(text.replace('"10.0.1.4"', '"10.0.1.4"\nrelax = true'), "mine.toml")


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ('["203.0.113.0/24 10.0.11.2"]', "such as 10.9.0.0/16 via 10.1.1.1, seen '203.0.113.0/24"),
        ('["203.0.113.1/24 via 10.0.11.2"]', "expected routes such as 10.9.0.0/16 via 10.1.1.1"),
        ('["203.0.113.0/24 via 10.9.9.9"]', "border has no address in a network with 10.9.9.9"),
        ('["203.0.113.0/24 via 192.0.2.7"]', "nobody has the address 192.0.2.7"),
        ('["0.0.0.0/0 via 10.0.11.2", "0.0.0.0/0 via 10.0.12.2"]', "there are two to 0.0.0.0/0"),
        ('["0.0.0.0/0 via 10.0.11.2"]\ngateway = "tor1"', "leads to tor1 by gateway already"),
    ],
)
def test_a_static_route_that_leads_nowhere_is_refused(routes: str, words: str) -> None:
    own = 'router_id = "10.0.0.9"'
    with pytest.raises(LabError, match=r"^mine\.toml:\d+: host\.border\.routes: ") as refused:
        parse(FIRST.replace(own, f"{own}\nroutes = {routes}"), "mine.toml")
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("prefix", "entry", "matches"),
    [
        ("10.244.1.0/24", "10.244.0.0/16 le 32", True),
        ("10.244.0.0/16", "10.244.0.0/16 le 32", True),
        ("10.244.1.0/24", "10.244.0.0/16", False),
        ("10.244.1.0/24", "10.244.0.0/16 le 20", False),
        ("10.0.0.0/8", "10.244.0.0/16 le 32", False),
    ],
)
def test_a_prefix_set_means_what_frrs_prefix_list_means(
    prefix: str, entry: str, *, matches: bool
) -> None:
    assert within(prefix, [entry]) is matches


MISTAKES = [
    ('role = "client"', 'role = "clinet"', "host.client.role: expected one of client, router"),
    ("asn = 64601", "asn = 0", "host.tor1.asn: expected an AS number from 1 to 4294967295, seen 0"),
    ('daemon = "bird"', 'daemon = "brid"', "host.node1.daemon: expected one of frr"),
    ('router_id = "10.0.0.1"', 'router_id = "10.0"', "host.tor1.router_id: expected an IPv4 addr"),
    ('gateway = "border"', 'gateway = "bodrer"', "client.gateway: no host is called 'bodrer'"),
    ('gateway = "border"', 'gateway = "node1"', "node1 has no address in a network of client"),
    ("[switch.sw1]", "[switch.Switch1]", "switch.Switch1: a name has 1 to 15 lower-case letters"),
    ("[switch.sw1]", "[switch.tor1]", "switch.tor1: the name 'tor1' is taken"),
    ('ends = ["tor1", "sw1"]', 'ends = ["tor1", "sw9"]', "no host or switch is called 'sw9'"),
    ('ends = ["border", "tor2"]', 'ends = ["border", "tor1"]', "border and tor1 have a link"),
    ('addresses = ["10.1.1.1/24", ""]', 'addresses = ["10.1.1.1", ""]', "of tor1 with length"),
    ('["", "10.1.1.11/24"]', '["", "10.1.1.1/24"]', "10.1.1.1 is the address of tor1 too"),
    ('node = "node1"', 'node = "tor1"', "pod.pod1.node: expected one of node1, seen 'tor1'"),
    ('nodes = ["node1"]', 'nodes = ["node7"]', "service.web.nodes: no node is called 'node7'"),
    ('originates = ["192.0.2.0/24"]', 'originates = ["192.0.2.1/24"]', "border.originates: expec"),
    ('clients = ["192.0.2.0/24"]', 'clients = ["192.0.2.0/24 le 20"]', "prefixes.clients: expe"),
    ('tor2 = { sends = ["clients"]', 'tor2 = { sends = ["them"]', "tor2.sends: no set in [pref"),
    ('"services"], accepts = ["clients"] }', '"services"], passive = true }', "both ends are pas"),
    ('title = "A first session"', "titel = 1", "titel: means nothing here; what does is title"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "words"), MISTAKES)
def test_a_mistake_is_refused_by_file_line_and_name(right: str, wrong: str, words: str) -> None:
    assert right in FIRST
    line = FIRST[: FIRST.index(right)].count("\n") + 1
    with pytest.raises(LabError) as refused:
        parse(FIRST.replace(right, wrong, 1), "mine.toml")
    file, number, said = str(refused.value).split(":", 2)
    assert file == "mine.toml"
    assert line - 2 <= int(number) <= line + 1  # its key, or a key of its table
    assert words in said


def test_text_that_is_no_toml_is_refused_by_its_line() -> None:
    with pytest.raises(LabError, match=r"^mine.toml:2: no TOML: "):
        parse('title = "x"\nhost = = 3\n', "mine.toml")


def test_a_file_of_the_learners_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(FIRST, encoding="utf-8")
    assert load(file).hosts == load("first-session").hosts


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        LabError, match="no topology is called 'second'; there are cluster, first-session"
    ):
        load("second")
    with pytest.raises(LabError, match=r"none\.toml cannot be read as a topology"):
        load(tmp_path / "none.toml")


CLUSTER = (FOLDER / "cluster.toml").read_text(encoding="utf-8")


def test_a_clusters_sessions_are_declared_by_the_other_side_alone() -> None:
    topology = load("cluster")
    assert topology.cluster == "metallb"
    assert topology.expected_sessions() == ()
    assert [host.name for host in topology.nodes()] == ["node1", "node2", "node3"]


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('integration = "metallb"', 'plug_in = "x"', "means nothing here"),
        ('pod_cidr = "10.244.1.0/24"\n', "", "a cluster's node has a pod_cidr"),
        (
            'ends = ["tor", "node1"]\n',
            'ends = ["tor", "node1"]\nnode1 = {}\n',
            "its side of the session is declared by objects",
        ),
        ("[switch.sw]\n", '[switch.sw]\n[pod.web]\nnode = "node1"\naddress = "10.244.1.9"\n',
         "a cluster's pods and Services are objects"),
    ],
)  # fmt: skip
def test_what_a_cluster_cannot_have_is_refused(before: str, after: str, why: str) -> None:
    assert before in CLUSTER
    with pytest.raises(LabError, match=why):
        parse(CLUSTER.replace(before, after), "cluster.toml")

"""The HTTP side: what is refused and how, forms of answers, watches read off the wire."""

import socket
import threading

import pytest
from kubectl import Cluster, namespace
from local_containers import LocalContainers
from objects import config_map, deployment, node, pod
from wire import SECONDS, Answer, Client

from labs.kube import bodies
from labs.kube.api import Api
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.kinds import Kinds
from labs.kube.server import Server
from labs.kube.store import Store

MAPS = "/api/v1/namespaces/default/configmaps"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


@pytest.fixture
def client(cluster: Cluster) -> Client:
    return Client(cluster.port)


def refused(answer: Answer, code: int, reason: str, words: str) -> None:
    assert (answer.code, answer.body["code"], answer.body["reason"]) == (code, code, reason)
    assert answer.body["kind"] == "Status"
    assert words in answer.body["message"]


@pytest.mark.parametrize(
    ("raw", "content_type", "code", "words"),
    [
        (b"{", "application/json", 400, "the object provided is unrecognized (must be of type"),
        (b"[1]", "application/json", 400, "a JSON object was expected"),
        (b"\xff\xfe", "application/json", 400, "the object provided is unrecognized"),
        (b"[" * 100_000, "application/json", 400, "the object provided is unrecognized"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "application/json", 400, "nested deeper than 128"),
        (b'{"a": NaN}', "application/json", 400, "NaN is no JSON"),
        (b"a: b", "text/plain", 415, "accepted media types include: application/json"),
        (b"k8s\0\xff\xff", "application/vnd.kubernetes.protobuf", 400, ""),
        (b'{"metadata": 3}', "application/json", 400, "cannot unmarshal"),
    ],
)
def test_a_broken_body_is_refused(
    client: Client, raw: bytes, content_type: str, code: int, words: str
) -> None:
    answer = client("POST", MAPS, raw=raw, Content_Type=content_type)
    assert (answer.code, answer.body["kind"]) == (code, "Status")
    assert words in answer.body["message"]


def test_custom_kinds_take_no_strategic_merge_and_nobody_an_unknown_patch(
    cluster: Cluster, client: Client
) -> None:
    cluster.api.create(config_map("a"))
    answer = client("PATCH", f"{MAPS}/a", {}, Content_Type="application/xml")
    refused(answer, 415, "UnsupportedMediaType", "application/merge-patch+json")
    answer = client("PATCH", f"{MAPS}/a", [], Content_Type="application/merge-patch+json")
    refused(answer, 400, "BadRequest", "cannot unmarshal array into Go value of type map")
    answer = client("PATCH", f"{MAPS}/a", {}, Content_Type="application/apply-patch+yaml")
    refused(answer, 422, "Invalid", "fieldManager: Required value: is required for apply patch")


def test_a_body_of_more_than_three_mebibytes_is_refused(client: Client) -> None:
    big = config_map("big", k="x" * bodies.LIMIT)
    refused(client("POST", MAPS, big), 413, "RequestEntityTooLarge", "limit is 3145728")
    almost = config_map("almost", k="x" * (bodies.LIMIT // 3))
    assert client("POST", MAPS, almost).code in (201, 422)


def test_an_object_must_be_what_its_path_says(cluster: Cluster, client: Client) -> None:
    wrong = config_map("a") | {"apiVersion": "v2"}
    words = "the API version in the data (v2) does not match the expected API version (v1)"
    refused(client("POST", MAPS, wrong), 400, "BadRequest", words)
    refused(client("POST", MAPS, pod("a")), 400, "BadRequest", "cannot be handled as a ConfigMap")
    words = "the namespace of the provided object does not match the namespace sent on the request"
    refused(client("POST", MAPS, config_map("a", "other")), 400, "BadRequest", words)
    cluster.api.create(config_map("a"))
    words = "the name of the object (b) does not match the name on the URL (a)"
    refused(client("PUT", f"{MAPS}/a", config_map("b")), 400, "BadRequest", words)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/apis/none.io/v1/things", 404),
        ("GET", "/api/v9/pods", 404),
        ("GET", "/api/v1/things", 404),
        ("GET", "/nothing", 404),
        ("GET", f"{MAPS}/a/status", 404),
        ("GET", "/api/v1/configmaps/a", 404),
        ("GET", "/api/v1/namespaces/default/nodes", 404),
        ("POST", f"{MAPS}/a", 405),
        ("PUT", MAPS, 405),
        ("PATCH", MAPS, 405),
        ("POST", "/api/v1/configmaps", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
    ],
)
def test_paths_and_methods_that_are_not_there(
    client: Client, method: str, path: str, code: int
) -> None:
    headers = {"Content_Type": "application/merge-patch+json"} if method == "PATCH" else {}
    answer = client(method, path, {} if method != "GET" else None, **headers)
    reason = {404: "NotFound", 405: "MethodNotAllowed"}[code]
    refused(answer, code, reason, "the server")


def test_options_that_make_no_sense_are_refused(client: Client) -> None:
    refused(
        client("POST", f"{MAPS}?dryRun=Some", config_map("a")),
        422,
        "Invalid",
        'dryRun: Unsupported value: "Some": supported values: "All"',
    )
    refused(client("GET", f"{MAPS}?limit=x"), 400, "BadRequest", 'parsing "x"')
    refused(client("GET", f"{MAPS}?continue=x"), 400, "BadRequest", "continue key is not valid")
    refused(client("GET", f"{MAPS}?labelSelector=a%20b"), 400, "BadRequest", "unable to parse")
    refused(client("GET", MAPS, Accept="text/html"), 406, "NotAcceptable", "application/json")
    answer = client("GET", f"{MAPS}?resourceVersion=999999")
    refused(answer, 504, "Timeout", "Too large resource version: 999999, current: ")


def test_a_warning_is_sent_for_an_unknown_field_by_default(client: Client) -> None:
    answer = client("POST", MAPS, config_map("a") | {"dta": {}})
    assert answer.code == 201
    assert answer.headers["Warning"] == '299 - "unknown field \\"dta\\""'


def test_tables_and_metadata_are_forms_of_the_same_objects(
    cluster: Cluster, client: Client
) -> None:
    cluster.api.create(config_map("a", k="v"))
    table = client("GET", MAPS, Accept=TABLE).body
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert table["rows"][0]["cells"][:2] == ["a", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    one = client("GET", f"{MAPS}/a?includeObject=Object", Accept=TABLE).body
    assert one["rows"][0]["object"]["data"] == {"k": "v"}
    assert "object" not in client("GET", f"{MAPS}?includeObject=None", Accept=TABLE).body["rows"][0]
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    partial = client("GET", MAPS, Accept=accept).body
    assert partial["kind"] == "PartialObjectMetadataList"
    assert "data" not in partial["items"][0]


def test_discovery_is_answered_aggregated_and_in_pieces(client: Client) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    whole = client("GET", "/apis", Accept=accept)
    assert whole.body["kind"] == "APIGroupDiscoveryList"
    assert "as=APIGroupDiscoveryList" in whole.headers["Content-Type"]
    apps = next(item for item in whole.body["items"] if item["metadata"]["name"] == "apps")
    told = {entry["resource"]: entry for entry in apps["versions"][0]["resources"]}
    pieces = client("GET", "/apis/apps/v1").body["resources"]
    assert set(told) == {entry["name"] for entry in pieces if "/" not in entry["name"]}
    assert client("GET", "/api", Accept=accept).body["items"][0]["metadata"]["name"] == ""
    assert client("GET", "/api").body == {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [],
    }


def test_a_continued_list_that_is_forgotten_is_told_so(cluster: Cluster, client: Client) -> None:
    for name in "abc":
        cluster.api.create(config_map(name))
    first = client("GET", f"{MAPS}?limit=1").body["metadata"]
    for number in range(5000):
        change = {"metadata": {"annotations": {"n": str(number)}}}
        cluster.api.patch("configmaps", "a", "default", change)
    answer = client("GET", f"{MAPS}?continue={first['continue']}")
    refused(answer, 410, "Expired", "The provided continue parameter is too old")
    wire = client.watch(f"{MAPS}?watch=1&resourceVersion={first['resourceVersion']}")
    event = wire.next()
    assert event is not None
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)
    assert "too old resource version" in event["object"]["message"]
    assert wire.next() is None
    wire.close()


def test_a_watch_starts_with_everything_or_after_a_version(
    cluster: Cluster, client: Client
) -> None:
    made = cluster.api.create(config_map("a"))
    events = client.events(f"{MAPS}?watch=1&timeoutSeconds=1")
    told = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
    assert told == [("ADDED", "a")]
    version = made["metadata"]["resourceVersion"]
    cluster.api.delete("configmaps", "a", "default")
    path = f"{MAPS}?watch=1&timeoutSeconds=1&resourceVersion={version}"
    assert [event["type"] for event in client.events(path)] == ["DELETED"]


def test_a_watch_list_ends_its_beginning_with_a_bookmark(cluster: Cluster, client: Client) -> None:
    cluster.api.create(config_map("a"))
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    query += "&allowWatchBookmarks=true&timeoutSeconds=1"
    events = client.events(f"{MAPS}?{query}")
    assert [event["type"] for event in events] == ["ADDED", "BOOKMARK", "BOOKMARK"]
    annotations = events[1]["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) == cluster.api.store.version
    refused(
        client("GET", f"{MAPS}?watch=1&sendInitialEvents=true"),
        422,
        "Invalid",
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    )


def test_a_watched_table_tells_its_columns_once(cluster: Cluster, client: Client) -> None:
    for name in "ab":
        cluster.api.create(config_map(name))
    events = client.events(f"{MAPS}?watch=1&timeoutSeconds=1", Accept=TABLE)
    assert [bool(event["object"]["columnDefinitions"]) for event in events] == [True, False]


def test_a_slow_watcher_blocks_nobody_and_is_told_to_list_again(
    cluster: Cluster, client: Client
) -> None:
    made = cluster.api.create(config_map("a", k="x" * 20_000))
    version = made["metadata"]["resourceVersion"]
    slow = socket.create_connection(("127.0.0.1", cluster.port), timeout=SECONDS)
    path = f"{MAPS}?watch=1&resourceVersion={version}"
    slow.sendall(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())
    for number in range(6000):
        change = {"metadata": {"annotations": {"n": str(number)}}}
        cluster.api.patch("configmaps", "a", "default", change)
    assert client("GET", f"{MAPS}/a").body["metadata"]["annotations"] == {"n": "5999"}
    seen = b""
    while b"too old resource version" not in seen:
        chunk = slow.recv(1 << 20)
        assert chunk, "the watch ended without a word"
        seen = seen[-200:] + chunk
    slow.close()


def test_of_two_writers_who_read_the_same_version_one_is_told(
    cluster: Cluster, client: Client
) -> None:
    cluster.api.create(config_map("a"))
    lost = []

    def write(name: str) -> None:
        for number in range(20):
            seen = client("GET", f"{MAPS}/a").body
            seen["data"] = {**seen.get("data", {}), f"{name}-{number}": "there"}
            while (answer := client("PUT", f"{MAPS}/a", seen)).code == 409:
                lost.append(answer.body["message"])
                data, seen = seen["data"], client("GET", f"{MAPS}/a").body
                seen["data"] = {
                    **seen.get("data", {}),
                    f"{name}-{number}": data[f"{name}-{number}"],
                }
            assert answer.code == 200

    threads = [threading.Thread(target=write, args=(name,)) for name in "xyz"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cluster.api.get("configmaps", "a", "default")["data"]) == 60
    told = 'Operation cannot be fulfilled on configmaps "a": the object has been modified; '
    assert all(message.startswith(told) for message in lost)


def test_preconditions_hold(cluster: Cluster, client: Client) -> None:
    cluster.api.create(config_map("a"))
    body = {"preconditions": {"uid": "another"}}
    refused(client("DELETE", f"{MAPS}/a", body), 409, "Conflict", "Precondition failed: UID")
    body = {"propagationPolicy": "Nonsense"}
    refused(client("DELETE", f"{MAPS}/a", body), 422, "Invalid", 'value: "Nonsense"')
    assert client("DELETE", f"{MAPS}/a?dryRun=All").code == 200
    assert client("DELETE", f"{MAPS}/a").body["status"] == "Success"
    refused(client("DELETE", f"{MAPS}/a"), 404, "NotFound", 'configmaps "a" not found')


def test_subresources_of_pods_and_namespaces(cluster: Cluster, client: Client) -> None:
    cluster.api.create(node("node1"))
    cluster.api.create(pod("a"))
    path = "/api/v1/namespaces/default/pods/a"
    binding = {"kind": "Binding", "target": {"kind": "Node", "name": "node1"}}
    assert client("POST", f"{path}/binding", binding).code == 201
    assert cluster.api.get("pods", "a", "default")["spec"]["nodeName"] == "node1"
    refused(client("POST", f"{path}/binding", binding), 400, "BadRequest", "already assigned")
    assert client("POST", f"{path}/eviction", {}).code == 201
    assert "deletionTimestamp" in cluster.api.get("pods", "a", "default")["metadata"]
    made = cluster.api.create(namespace("n1"))
    stuck = config_map("stuck", "n1")
    stuck["metadata"]["finalizers"] = ["example.com/wait"]
    cluster.api.create(stuck)
    client("DELETE", "/api/v1/namespaces/n1")
    answer = client("PUT", "/api/v1/namespaces/n1/finalize", {**made, "spec": {}, "metadata": {}})
    assert answer.code == 200
    assert client("GET", "/api/v1/namespaces/n1").code == 404


def test_a_scale_is_read_and_written_as_a_scale(cluster: Cluster, client: Client) -> None:
    cluster.api.create(deployment("web"))
    path = "/apis/apps/v1/namespaces/default/deployments/web/scale"
    scale = client("GET", path).body
    scale["spec"]["replicas"] = 4
    assert client("PUT", path, scale).body["spec"] == {"replicas": 4}
    refused(client("PUT", path, scale), 409, "Conflict", "the object has been modified")
    patch = {"spec": {"replicas": 2}}
    answer = client("PATCH", path, patch, Content_Type="application/merge-patch+json")
    assert (answer.body["kind"], answer.body["spec"]) == ("Scale", {"replicas": 2})
    answer = client("PUT", path, {"spec": {"replicas": "two"}})
    refused(answer, 400, "BadRequest", "cannot unmarshal")


def test_a_server_leaves_no_thread_and_closes_its_socket() -> None:
    api = Api(Store(), Kinds.of(*CORE_KINDS))
    before = set(threading.enumerate())
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = Server(api, None, listening).start()
    wire = Client(port).watch("/api/v1/namespaces?watch=1")
    server.close()
    assert wire.next() is None
    wire.close()
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        Client(port)("GET", "/version")
    server.close()


def test_a_bare_server_says_that_nothing_runs_behind_it() -> None:
    with Cluster() as cluster:
        cluster.api.create(pod("a"))
        answer = Client(cluster.port)("GET", "/api/v1/namespaces/default/pods/a/log")
        refused(answer, 400, "BadRequest", "no kubelet runs behind this API server")


def test_an_exec_that_is_no_websocket_leaves_no_program(
    cluster: Cluster, client: Client, containers: LocalContainers
) -> None:
    cluster.api.create(pod("a"))
    path = "/api/v1/namespaces/default/pods/a/exec?command=sleep&command=600&stdin=true"
    answer = client("GET", path, Sec_WebSocket_Protocol="v5.channel.k8s.io")
    assert answer.code == 400
    assert [process.wait() for process in containers.executed] == [137]
    answer = client("GET", path)
    refused(answer, 400, "BadRequest", "a WebSocket with the subprotocol v5.channel.k8s.io")
    answer = client("POST", path)
    refused(answer, 400, "BadRequest", "exec is served over WebSocket only")


def test_a_websocket_from_a_page_is_refused(cluster: Cluster, client: Client) -> None:
    cluster.api.create(pod("a"))
    answer = client(
        "GET",
        "/api/v1/namespaces/default/pods/a/exec?command=true",
        Connection="Upgrade",
        Upgrade="websocket",
        Origin="https://example.com",
        Sec_WebSocket_Key="x",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Protocol="v5.channel.k8s.io",
    )
    assert answer.code == 403

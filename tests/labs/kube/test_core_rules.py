"""What our tables of Kubernetes' own kinds fill in and refuse, in a cluster's words."""

from typing import Any

import pytest
from core_objects import CONTAINER, Obj, deployment, filled, meta, pod, refused, service
from hypothesis import given
from hypothesis import strategies as st
from schema_values import values

from labs.kube.core_kinds import CORE_KINDS
from labs.kube.core_objects import CONFIG_MAP, NAMESPACE, SECRET
from labs.kube.core_pod import POD
from labs.kube.core_service import SERVICE
from labs.kube.core_workloads import DEPLOYMENT
from labs.kube.kinds import Kind
from labs.kube.schema_check import unknown, violations


def test_a_service_gets_the_defaults_of_its_type() -> None:
    plain = filled(SERVICE, service(ports=[{"port": 80}, {"port": 53, "targetPort": "dns"}]))[
        "spec"
    ]
    assert plain == {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": [
            {"port": 80, "protocol": "TCP", "targetPort": 80},
            {"port": 53, "protocol": "TCP", "targetPort": "dns"},
        ],
    }
    outside = filled(SERVICE, service(type="LoadBalancer"))["spec"]
    assert outside["externalTrafficPolicy"] == "Cluster"
    assert outside["allocateLoadBalancerNodePorts"] is True
    assert filled(SERVICE, service(type="NodePort"))["spec"]["externalTrafficPolicy"] == "Cluster"
    sticky = filled(SERVICE, service(sessionAffinity="ClientIP"))["spec"]
    assert sticky["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}
    named = filled(SERVICE, service(type="ExternalName", externalName="a.example", ports=[]))[
        "spec"
    ]
    assert named.keys() == {"type", "externalName", "sessionAffinity"}


def test_a_service_keeps_what_it_was_given_until_its_type_loses_it() -> None:
    given = filled(SERVICE, service(type="LoadBalancer"))
    given["spec"] |= {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"]}
    given["spec"]["ports"][0]["nodePort"] = 30123
    again = filled(SERVICE, service(type="LoadBalancer"), given)
    assert again == given
    smaller = filled(SERVICE, {**given, "spec": {**given["spec"], "type": "ClusterIP"}}, given)
    assert smaller["spec"]["clusterIP"] == "10.96.0.9"
    assert "nodePort" not in smaller["spec"]["ports"][0]
    assert {"externalTrafficPolicy", "allocateLoadBalancerNodePorts"}.isdisjoint(smaller["spec"])


def test_a_deployment_and_its_pods_get_their_defaults() -> None:
    probe = {"httpGet": {"port": 80}}
    spec = deployment()["spec"]
    spec["template"]["spec"] = {
        "containers": [{**CONTAINER, "ports": [{"containerPort": 80}], "readinessProbe": probe}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}, {"name": "w"}],
    }
    done = filled(DEPLOYMENT, {"metadata": meta(), "spec": spec})["spec"]
    assert {key: done[key] for key in ("replicas", "revisionHistoryLimit", "strategy")} == {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
        },
    }
    assert done["progressDeadlineSeconds"] == 600
    assert done["template"]["spec"] == {
        "containers": [
            {
                **CONTAINER,
                "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "readinessProbe": {
                    "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                    "timeoutSeconds": 1,
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "resources": {},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "terminationGracePeriodSeconds": 30,
        "volumes": [
            {"name": "v", "configMap": {"name": "c", "defaultMode": 420}},
            {"name": "w", "emptyDir": {}},
        ],
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("registry.example:5000/nginx", "Always"),
        ("registry.example:5000/nginx:1", "IfNotPresent"),
        ("nginx@sha256:0123", "IfNotPresent"),
    ],
)
def test_the_tag_decides_when_an_image_is_fetched(image: str, policy: str) -> None:
    (done,) = filled(POD, pod({"image": image}))["spec"]["containers"]
    assert done["imagePullPolicy"] == policy


def test_a_pod_gets_what_admission_adds() -> None:
    done = filled(POD, pod({"resources": {"limits": {"cpu": "1"}}}))["spec"]
    assert (done["serviceAccountName"], done["priority"]) == ("default", 0)
    assert [one["key"] for one in done["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    assert done["containers"][0]["resources"]["requests"] == {"cpu": "1"}


def test_plain_text_of_a_secret_becomes_data() -> None:
    done = filled(SECRET, {"metadata": meta(), "stringData": {"password": "secret"}})
    assert done["data"] == {"password": "c2VjcmV0"}
    assert "stringData" not in done


def test_filling_in_twice_is_filling_in_once() -> None:
    for kind, obj in (
        (SERVICE, service(type="LoadBalancer")),
        (POD, pod()),
        (DEPLOYMENT, deployment()),
    ):
        once = filled(kind, obj)
        assert filled(kind, once, once) == once


LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
LABEL_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
    "or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
PORT = "must be between 1 and 65535, inclusive"


@pytest.mark.parametrize(
    ("kind", "obj", "line"),
    [
        (SERVICE, service(ports=[]), "spec.ports: Required value"),
        (SERVICE, service(ports=[{"port": 0}]), f"spec.ports[0].port: Invalid value: 0: {PORT}"),
        (
            SERVICE,
            service(ports=[{"port": 80, "targetPort": 70000}]),
            f"spec.ports[0].targetPort: Invalid value: 70000: {PORT}",
        ),
        (
            SERVICE,
            service(ports=[{"port": 80, "targetPort": "8080"}]),
            (
                'spec.ports[0].targetPort: Invalid value: "8080": must contain at least one '
                "letter (a-z)"
            ),
        ),
        (
            SERVICE,
            service(ports=[{"port": 80}, {"port": 81, "name": "b"}]),
            "spec.ports[0].name: Required value",
        ),
        (
            SERVICE,
            service(ports=[{"port": 80, "name": "b"}, {"port": 81, "name": "b"}]),
            'spec.ports[1].name: Duplicate value: "b"',
        ),
        (
            SERVICE,
            service(ports=[{"port": 80, "name": "A"}]),
            f'spec.ports[0].name: Invalid value: "A": {LABEL}',
        ),
        (
            SERVICE,
            service(ports=[{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]),
            (
                "spec.ports[1]: Duplicate value: "
                '{"AppProtocol":null,"Name":"","NodePort":0,"Port":80,'
                '"Protocol":"TCP","TargetPort":0}'
            ),
        ),
        (
            SERVICE,
            service(type="Loadbalancer"),
            (
                'spec.type: Unsupported value: "Loadbalancer": supported values: "ClusterIP", '
                '"ExternalName", "LoadBalancer", "NodePort"'
            ),
        ),
        (
            SERVICE,
            service(ports=[{"port": 80, "nodePort": 30000}]),
            "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            SERVICE,
            service(type="NodePort", ports=[{"port": 80, "nodePort": 8080}]),
            (
                "spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the "
                "valid range. "
                "The range of valid ports is 30000-32767"
            ),
        ),
        (
            SERVICE,
            service(externalTrafficPolicy="Local"),
            (
                'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for '
                "externally-accessible services"
            ),
        ),
        (
            SERVICE,
            service(loadBalancerClass="a/b"),
            "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        ),
        (
            SERVICE,
            service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.1"]),
            (
                'spec.loadBalancerSourceRanges[0]: Invalid value: "10.0.0.1": must be a valid CIDR '
                "value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            ),
        ),
        (SERVICE, service(type="ExternalName"), "spec.externalName: Required value"),
        (
            SERVICE,
            {**service(), "metadata": meta("1a")},
            f'metadata.name: Invalid value: "1a": {LABEL_1035}',
        ),
        (POD, {"metadata": meta(), "spec": {}}, "spec.containers: Required value"),
        (POD, pod({"image": ""}), "spec.containers[0].image: Required value"),
        (POD, pod({"name": "a"}, {"name": "a"}), 'spec.containers[1].name: Duplicate value: "a"'),
        (
            POD,
            pod({"ports": [{"containerPort": 80000}]}),
            f"spec.containers[0].ports[0].containerPort: Invalid value: 80000: {PORT}",
        ),
        (
            POD,
            pod({"ports": [{"containerPort": 80, "name": "a-very-long-port-name"}]}),
            (
                "spec.containers[0].ports[0].name: Invalid value: "
                '"a-very-long-port-name": must be no more than 15 characters'
            ),
        ),
        (
            POD,
            pod({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}),
            'spec.containers[0].volumeMounts[0].name: Not found: "data"',
        ),
        (
            POD,
            pod({"livenessProbe": {}}),
            "spec.containers[0].livenessProbe: Required value: must specify a handler type",
        ),
        (
            POD,
            pod({"livenessProbe": {"httpGet": {"port": 80}, "exec": {"command": ["a"]}}}),
            (
                "spec.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 "
                "handler type"
            ),
        ),
        (
            POD,
            pod({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}),
            (
                'spec.containers[0].resources.requests: Invalid value: "2": must be less than '
                "or equal "
                "to cpu limit of 1"
            ),
        ),
        (
            POD,
            pod({"imagePullPolicy": "Sometimes"}),
            (
                'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": '
                "supported values: "
                '"Always", "IfNotPresent", "Never"'
            ),
        ),
        (
            POD,
            {**pod(), "metadata": {}},
            "metadata.name: Required value: name or generateName is required",
        ),
        (
            POD,
            {**pod(), "metadata": meta("A_b")},
            f'metadata.name: Invalid value: "A_b": {SUBDOMAIN}',
        ),
        (
            DEPLOYMENT,
            deployment(replicas=-1),
            "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            DEPLOYMENT,
            deployment(selector={"matchLabels": {"app": "b"}}),
            (
                'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does '
                "not match "
                "template `labels`"
            ),
        ),
        (
            DEPLOYMENT,
            deployment(selector={}),
            "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
        ),
        (DEPLOYMENT, {"metadata": meta()}, "spec.selector: Required value"),
        (
            DEPLOYMENT,
            deployment(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
            (
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy "
                "`type` is "
                "'Recreate'"
            ),
        ),
        (
            DEPLOYMENT,
            deployment(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
            (
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
                "`maxSurge` is 0"
            ),
        ),
        (
            NAMESPACE,
            {"metadata": meta("a.b")},
            'metadata.name: Invalid value: "a.b": must not contain dots',
        ),
        (
            CONFIG_MAP,
            {"metadata": meta(), "data": {"a b": "c"}},
            (
                'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric '
                "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
                "'key-name', regex "
                "used for validation is '[-._a-zA-Z0-9]+')"
            ),
        ),
        (
            SECRET,
            {"metadata": meta(), "type": "kubernetes.io/basic-auth"},
            "data[password]: Required value",
        ),
        (
            CONFIG_MAP,
            {"metadata": meta(labels={"a": "b c"})},
            (
                'metadata.labels: Invalid value: "b c": a valid label must be an empty string or '
                "consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                "with an "
                "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
                "used for "
                "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ),
        ),
    ],
)
def test_a_mistake_is_refused_in_a_clusters_words(kind: Kind, obj: Obj, line: str) -> None:
    assert line in refused(kind, obj)


@pytest.mark.parametrize(
    ("kind", "new", "old", "line"),
    [
        (
            DEPLOYMENT,
            deployment(),
            deployment(selector={"matchLabels": {"app": "b"}}),
            'spec.selector: Invalid value: {"matchLabels":{"app":"a"}}: field is immutable',
        ),
        (
            SERVICE,
            service(clusterIP="10.96.0.2"),
            service(clusterIP="10.96.0.1"),
            'spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set',
        ),
        (
            SERVICE,
            service(type="LoadBalancer", loadBalancerClass="a/b"),
            service(type="LoadBalancer"),
            'spec.loadBalancerClass: Invalid value: "a/b": may not change once set',
        ),
        (
            SECRET,
            {"metadata": meta(), "type": "a/b"},
            {"metadata": meta()},
            'type: Invalid value: "a/b": field is immutable',
        ),
        (
            CONFIG_MAP,
            {"metadata": meta(), "data": {"a": "2"}, "immutable": True},
            {"metadata": meta(), "data": {"a": "1"}, "immutable": True},
            "data: Forbidden: field is immutable when `immutable` is set",
        ),
    ],
)
def test_what_may_not_change_is_refused(kind: Kind, new: Obj, old: Obj, line: str) -> None:
    assert line in refused(kind, new, old)


def test_a_pods_command_stays_and_its_image_may_change() -> None:
    old = filled(POD, pod({"image": "nginx"}))
    (container,) = old["spec"]["containers"]

    def changed(**fields: Any) -> Obj:
        return {**old, "spec": {**old["spec"], "containers": [{**container, **fields}]}}

    assert refused(POD, changed(image="pause"), old) == []
    (line,) = refused(POD, changed(command=["a"]), old)
    assert line.startswith("spec: Forbidden: pod updates may not change fields other than `spec.")


@pytest.mark.parametrize(
    ("kind", "obj"),
    [
        (SERVICE, service(type="LoadBalancer", externalTrafficPolicy="Local")),
        (SERVICE, service(clusterIP="None", ports=[])),
        (
            SERVICE,
            service(
                ports=[{"port": 53, "name": "a"}, {"port": 53, "protocol": "UDP", "name": "b"}]
            ),
        ),
        (POD, pod({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}]})),
        (POD, pod(affinity={"nodeAffinity": {"anything": [1]}}, nodeSelector={"a/b": "c"})),
        (DEPLOYMENT, deployment(strategy={"type": "Recreate"})),
        (SECRET, {"metadata": meta(), "data": {"a": "Yg=="}}),
    ],
)
def test_what_a_cluster_takes_is_taken(kind: Kind, obj: Obj) -> None:
    assert refused(kind, obj) == []


@pytest.mark.parametrize("kind", CORE_KINDS, ids=lambda kind: f"{kind.group}-{kind.kind}")
@given(data=st.data())
def test_no_object_of_the_right_types_breaks_its_kind(kind: Kind, data: st.DataObject) -> None:
    drawn = data.draw(values(kind.schema))
    said = {key: one for key, one in drawn.items() if key not in {"apiVersion", "kind"}}
    done = filled(kind, {"metadata": {}, **said})
    assert unknown(done, kind.schema) == ()
    for old in (None, done):
        for one in (*violations(done, kind.schema, old, builtin=True), *kind.validate(done, old)):
            assert one.detail.startswith(one.path or "<nil>")
    for column in kind.columns:
        if callable(column.value):
            assert isinstance(column.value(done), str | int | None)

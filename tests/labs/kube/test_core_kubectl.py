"""With the real kubectl: what was applied differs in nothing, and each writer keeps its fields."""

from kubectl import Kubectl

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: site}
data: {index.html: hello}
---
apiVersion: v1
kind: Secret
metadata: {name: peer}
type: kubernetes.io/basic-auth
data: {password: c2VjcmV0}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: wait, image: busybox, command: [sh, -c, "true"]}]
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}, {containerPort: 81, protocol: UDP}]
        env:
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: peer, key: password}}}
        envFrom: [{configMapRef: {name: site}}]
        resources: {requests: {cpu: 500m, memory: 64Mi}}
        livenessProbe: {tcpSocket: {port: http}, periodSeconds: 2}
        readinessProbe: {httpGet: {port: 80}}
        volumeMounts: [{name: site, mountPath: /site}]
        securityContext: {capabilities: {drop: [ALL]}}
      volumes: [{name: site, configMap: {name: site}}, {name: tmp, emptyDir: {}}]
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - weight: 1
            podAffinityTerm:
              topologyKey: kubernetes.io/hostname
              labelSelector: {matchLabels: {app: web}}
      tolerations: [{operator: Exists}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: agent, image: pause}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}, {name: quic, port: 80, protocol: UDP}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: shell, image: alpine, tty: true, stdin: true}]
"""


def test_what_was_applied_differs_in_nothing(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert kubectl("diff", "-f", "-", stdin=MANIFEST) == ""
    again = kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert {line.rpartition(" ")[2] for line in again.splitlines()} == {"unchanged"}


def test_what_was_applied_on_the_server_differs_in_nothing(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert kubectl("diff", "--server-side", "-f", "-", stdin=MANIFEST) == ""
    before = kubectl.json("get", "deployment", "web")["metadata"]["resourceVersion"]
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert kubectl.json("get", "deployment", "web")["metadata"]["resourceVersion"] == before


def test_going_from_the_client_to_the_server_is_no_conflict(kubectl: Kubectl) -> None:
    kubectl("apply", "-f", "-", stdin=MANIFEST)
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert kubectl("diff", "-f", "-", stdin=MANIFEST) == ""


def test_two_who_apply_conflict_until_one_takes_it(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    other = MANIFEST.replace("replicas: 2", "replicas: 3")
    words = ("apply", "--server-side", "--field-manager=team", "-f", "-")
    told = kubectl.fails(*words, stdin=other)
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas' in told
    kubectl(*words, "--force-conflicts", stdin=other)
    assert kubectl.json("get", "deployment", "web")["spec"]["replicas"] == 3
    told = kubectl.fails("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert 'conflict with "team": .spec.replicas' in told


def test_a_scale_takes_the_replicas_from_who_applied_them(kubectl: Kubectl) -> None:
    kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    kubectl("scale", "deployment", "web", "--replicas=5")
    told = kubectl.fails("apply", "--server-side", "-f", "-", stdin=MANIFEST)
    assert 'conflict with "kubectl"' in told
    assert "using apps/v1: .spec.replicas" in told


def test_what_is_left_out_of_the_manifest_goes(kubectl: Kubectl) -> None:
    for server in ([], ["--server-side"]):
        kubectl("apply", *server, "-f", "-", stdin=MANIFEST)
        less = MANIFEST.replace(", {containerPort: 81, protocol: UDP}", "")
        kubectl("apply", *server, "-f", "-", stdin=less)
        spec = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]
        assert [one["protocol"] for one in spec["containers"][0]["ports"]] == ["TCP"]
        kubectl("delete", "deployment", "web")


def test_a_mistake_is_told_as_a_cluster_tells_it(kubectl: Kubectl) -> None:
    typed = MANIFEST.replace("externalTrafficPolicy:", "externalTraficPolicy:")
    assert (
        'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown '
        'field "spec.externalTraficPolicy"'
    ) in kubectl.fails("apply", "-f", "-", stdin=typed)
    wrong = MANIFEST.replace("replicas: 2", "replicas: two")
    assert (
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
        "int32"
    ) in kubectl.fails("create", "-f", "-", stdin=wrong)

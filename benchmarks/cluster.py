"""A lab's cluster beside kubectl: from `apply` to the route, `get`, memory, a long watch.

Each figure stands beside what it cannot be faster or smaller than, taken in the same run: a route
beside the `kubectl apply` that leads to it, `kubectl get` beside kubectl's own start (`kubectl
version --client` asks no server), memory beside that of a lab of the same size without a cluster,
changes that kubectl watches beside the same changes unwatched.

Run: python benchmarks/cluster.py
     python benchmarks/cluster.py --rounds 30 --docs   and write the tables of docs/cluster.md
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from support import docs_page
from support.measuring import Owner, below, load, memory

from labs.lab import Lab
from labs.polling import poll

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from kubectl import Cluster, Kubectl, Watching
from objects import config_map

TOP = Path(__file__).parents[1]
ROUNDS = 20
CHANGES = 10_000
TARGET_MIB = 60
PLAIN = "rack"
"""A lab of the same routers without a cluster."""
PATIENCE = 120.0
PAGE = docs_page.DOCS / "cluster.md"
MANIFESTS = TOP / "tests" / "labs" / "kube" / "manifests" / "corrected"
HEADINGS = ("milliseconds", "median", "95th percentile", "beside", "its median", "ratio")
ADDRESS = "172.30.200.2"
"""What each round's Service gets: the first that is free."""
ROUTERS = ("zebra", "bgpd", "bfdd", "staticd", "mgmtd")
SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: round-{number}, namespace: lab}}
spec:
  type: LoadBalancer
  selector: {{app: echo-server}}
  ports: [{{port: 80, targetPort: 8080}}]
"""
OWNER = """
import sys
from labs.lab import Lab
with Lab("cluster") as lab:
    for words in (["create", "namespace", "lab"], ["apply", "-f", sys.argv[1]],
                  ["-n", "lab", "rollout", "status", "deployment/echo-server"]):
        done = lab.kubectl(*words)
        assert done.status == 0, done.text
    print("up", flush=True)
    sys.stdin.read()
"""
"""A program that has a cluster with an application in it until its standard input ends."""


class Arrivals:
    """When routes come to the ToR's kernel, as the kernel tells it."""

    def __init__(self, lab: Lab) -> None:
        """Begin to listen."""
        heard, told = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        streams = (nothing, told, nothing)
        self._process = lab.spawn("tor", ["ip", "monitor", "route"], streams)
        os.close(told)
        os.close(nothing)
        self._seen: dict[str, float] = {}
        self._lines = os.fdopen(heard)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        for line in self._lines:
            if line[:1].isdigit():
                self._seen.setdefault(line.split()[0], time.perf_counter())
            elif line.startswith("Deleted "):
                self._seen.pop(line.split()[1], None)

    def at(self, address: str) -> float:
        """Wait for the route to an address; return when it came."""
        poll(f"a route to {address}", lambda: address in self._seen, PATIENCE)
        return self._seen[address]

    def gone(self, address: str) -> None:
        """Wait until there is no route to it any more."""
        poll(f"no route to {address}", lambda: address not in self._seen, PATIENCE)

    def close(self) -> None:
        """Listen no more."""
        self._process.stop()
        self._process.close()
        self._thread.join()
        self._lines.close()


def row(title: str, times: list[float], beside: str, base: list[float]) -> tuple[str, ...]:
    """Return a row of the table, in milliseconds."""
    median, its = statistics.median(times), statistics.median(base)
    most = statistics.quantiles(times, n=20, method="inclusive")[-1]
    ms = [f"{seconds * 1000:.0f}" for seconds in (median, most, its)]
    return (title, ms[0], ms[1], beside, ms[2], f"{median / its:.2f}")


def typed(lab: Lab, *words: str) -> float:
    """Run kubectl; return the seconds until it was done."""
    begun = time.perf_counter()
    done = lab.kubectl(*words)
    took = time.perf_counter() - begun
    if done.status:
        raise SystemExit(f"kubectl {' '.join(words)}: {done.text}")
    return took


def times(rounds: int) -> list[tuple[str, ...]]:
    """Measure a lab's cluster; return the rows of the table of times."""
    applied, arrived, got, started = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Lab("cluster") as lab:
        typed(lab, "create", "namespace", "lab")
        typed(lab, "apply", "-f", str(MANIFESTS))
        typed(lab, "-n", "lab", "rollout", "status", "deployment/echo-server")
        poll("the first route", lambda: len(lab.paths("tor", "172.30.200.1/32")) == 3, PATIENCE)
        arrivals = Arrivals(lab)
        for number in range(rounds):
            file = Path(folder, f"{number}.yaml")
            file.write_text(SERVICE.format(number=number), encoding="utf-8")
            begun = time.perf_counter()
            applied.append(typed(lab, "apply", "-f", str(file)))
            arrived.append(arrivals.at(ADDRESS) - begun)
            got.append(typed(lab, "get", "services", "-A"))
            started.append(typed(lab, "version", "--client"))
            typed(lab, "delete", "-f", str(file))
            arrivals.gone(ADDRESS)
        arrivals.close()
    return [
        row("`apply` of a Service to its route in the ToR's kernel", arrived,
            "`kubectl apply` itself", applied),
        row("`kubectl get services -A`", got, "`kubectl version --client`", started),
    ]  # fmt: skip


def shares(owner: Owner) -> tuple[float, float]:
    """Return what an owner's lab needs in MiB: its routers, and what is ours."""
    with owner:
        owner.wait_for("up")
        found = memory(below(owner.process.pid))
    routers = sum(found[name] for name in ROUTERS)
    return routers, found.total() - routers


def memories() -> str:
    """Return a sentence on memory."""
    _, plain = shares(Owner.of_lab(PLAIN))
    routers, ours = shares(Owner([sys.executable, "-c", OWNER, str(MANIFESTS)]))
    return (
        f"API server, controllers, kubelets, the pods' server and the lab's own parts: {ours:.0f} "
        f"MiB of PSS, with an application of two pods; a lab of the same routers without a "
        f"cluster, `{PLAIN}`: {plain:.0f} MiB; ratio {ours / plain:.2f}. Its routers: "
        f"{routers:.0f} MiB. Target: at most {TARGET_MIB} MiB"
    )


def watched() -> str:
    """Change an object ten thousand times while kubectl watches it; return a sentence on it."""

    def change(cluster: Cluster) -> float:
        begun = time.perf_counter()
        for number in range(1, CHANGES + 1):
            cluster.api.patch("configmaps", "one", "default", {"data": {"n": f"{number}"}})
        return time.perf_counter() - begun

    with Cluster() as cluster:
        cluster.api.create(config_map("one", n="0"))
        alone = change(cluster)
    with Cluster() as cluster, tempfile.TemporaryDirectory() as home:
        cluster.api.create(config_map("one", n="0"))
        kubectl = Kubectl(Path(home), cluster.url)
        shown = ("-o", 'jsonpath={.data.n}{"\\n"}')
        watching = Watching(kubectl.start("get", "configmap", "one", "--watch", *shown))
        watching.until("0")
        begun = time.perf_counter()
        change(cluster)
        last = f"{CHANGES}"
        poll("kubectl has seen the last", lambda: watching.lines[-1:] == [last], PATIENCE)
        took = time.perf_counter() - begun
        watching.close()
        seen = len(set(watching.lines))
    lost = CHANGES + 1 - seen
    return (
        f"{CHANGES} changes of one object, each seen by a `kubectl get --watch`: {took:.1f} s, "
        f"{lost} of them lost; the same changes unwatched: {alone:.1f} s; ratio {took / alone:.2f}"
    )


def main() -> None:
    """Print the table and the rest, and write them into the docs when asked."""
    words = argparse.ArgumentParser(description="A lab's cluster beside kubectl.")
    words.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is done")
    words.add_argument("--docs", action="store_true", help="write the docs' figures")
    asked = words.parse_args()
    busy = load()
    print(f"{busy}, before it began; {asked.rounds} rounds")
    rows = times(asked.rounds)
    print(*("  ".join(cells) for cells in (HEADINGS, *rows)), sep="\n", flush=True)
    told = []
    for sentence in (memories, watched):
        told.append(sentence())
        print(told[-1], flush=True)
    if asked.docs:
        before = f"{asked.rounds} rounds; {busy}"
        listed = "".join(f"- {line}\n" for line in told)
        figures = f"{docs_page.table(HEADINGS, rows, before)}\n{listed}"
        docs_page.write("cluster", figures, PAGE)


if __name__ == "__main__":
    main()

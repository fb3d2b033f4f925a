"""How a container is asked whether it is well, and what is done at its start and end.

core/v1 Probe, LifecycleHandler and the actions both share.
"""

from labs.kube.core_meta import taken, texts
from labs.kube.schema import array, int_or_string, integer, obj, string

_EXEC = obj(
    "Runs a command in the container.",
    {"command": texts("The program and its arguments; no shell is in between.", 1)},
    name="ExecAction",
)
_HTTP_GET = obj(
    "Asks for a page.",
    {
        "path": string("The page.", number=1, default="/"),
        "port": int_or_string("The port's number or name.", number=2),
        "host": string("Whom to ask; the pod itself when empty.", number=3),
        "scheme": string(
            "HTTP or HTTPS.", number=4, default="HTTP", enum=("HTTP", "HTTPS"), name="v1.URIScheme"
        ),
        "httpHeaders": array(
            "Headers to send.",
            obj(
                "One header.",
                {
                    "name": string("Its name.", number=1),
                    "value": string("Its value.", number=2),
                },
                required=("name", "value"),
                name="HTTPHeader",
            ),
            number=5,
        ),
        **taken(text="protocol"),
    },
    required=("port",),
    name="HTTPGetAction",
)
_TCP = obj(
    "Opens a connection.",
    {
        "port": int_or_string("The port's number or name.", number=1),
        "host": string("Where to; the pod itself when empty.", number=2),
    },
    required=("port",),
    name="TCPSocketAction",
)
_GRPC = obj(
    "Asks the gRPC health service.",
    {
        "port": integer("The port's number.", number=1, minimum=1, maximum=65535),
        "service": string("The service asked about.", number=2, default=""),
        **taken(text="mode"),
    },
    required=("port",),
    name="GRPCAction",
)
PROBE = obj(
    "A question the kubelet asks a container again and again.",
    {
        "exec": _EXEC.but(number=1, within=1),
        "httpGet": _HTTP_GET.but(number=2, within=1),
        "tcpSocket": _TCP.but(number=3, within=1),
        "grpc": _GRPC.but(number=4, within=1),
        "initialDelaySeconds": integer("How long to wait before the first.", number=2, minimum=0),
        "timeoutSeconds": integer("How long an answer may take.", number=3, default=1, minimum=0),
        "periodSeconds": integer("How often to ask.", number=4, default=10, minimum=0),
        "successThreshold": integer(
            "How many answers in a row make it well.", number=5, default=1, minimum=0
        ),
        "failureThreshold": integer(
            "How many failures in a row make it ill.", number=6, default=3, minimum=0
        ),
        "terminationGracePeriodSeconds": integer(
            "Seconds to end by itself after a failure.", number=7, format="int64"
        ),
    },
    name="Probe",
)
HANDLER = obj(
    "What to do at a moment of the container's life.",
    {
        "exec": _EXEC.but(number=1),
        "httpGet": _HTTP_GET.but(number=2),
        "tcpSocket": _TCP.but(number=3),
        "sleep": obj(
            "Waits.",
            {"seconds": integer("For how long.", number=1, format="int64")},
            required=("seconds",),
            number=4,
            name="SleepAction",
        ),
    },
    name="LifecycleHandler",
)

"""Questions about oneself: `kubectl auth can-i` and `whoami`. In a lab everybody may do everything.

Source: authorization.k8s.io/v1 and authentication.k8s.io/v1 in the API reference. Nothing is kept;
the answer is the object that asked, with its status.
"""

from collections.abc import Mapping

from labs.kube.core_meta import resource
from labs.kube.kinds import Kind
from labs.kube.schema import Obj, Schema, array, boolean, mapping, obj, string

_ATTRIBUTES = obj(
    "What would be done to which objects.",
    {
        "namespace": string("Where; empty for all namespaces.", number=1),
        "verb": string("What: get, list, create, ...", number=2),
        "group": string("The API group.", number=3),
        "version": string("The API version.", number=4),
        "resource": string("The resource, such as pods.", number=5),
        "subresource": string("The subresource, such as log.", number=6),
        "name": string("The object; empty for all.", number=7),
    },
    name="ResourceAttributes",
)
_PATH = obj(
    "What would be done to which path.",
    {
        "path": string("The path, such as /version.", number=1),
        "verb": string("The HTTP method in small letters.", number=2),
    },
    name="NonResourceAttributes",
)
_VERDICT = obj(
    "Whether it is allowed.",
    {
        "allowed": boolean("It is.", number=1),
        "reason": string("Why.", number=2),
        "evaluationError": string("What went wrong.", number=3),
        "denied": boolean("It is refused for good.", number=4),
    },
    name="SubjectAccessReviewStatus",
)
_RULES = obj(
    "All that is allowed.",
    {
        "resourceRules": array(
            "About objects.",
            obj(
                "One rule.",
                {
                    "verbs": array("What may be done.", string(), number=1),
                    "apiGroups": array("In which groups.", string(), number=2),
                    "resources": array("To which resources.", string(), number=3),
                },
            ),
            number=1,
        ),
        "nonResourceRules": array(
            "About paths.",
            obj(
                "One rule.",
                {
                    "verbs": array("What may be done.", string(), number=1),
                    "nonResourceURLs": array("To which paths.", string(), number=2),
                },
            ),
            number=2,
        ),
        "incomplete": boolean("There are more.", number=3),
    },
    name="SubjectRulesReviewStatus",
)
_WHO = obj(
    "Who asks.",
    {
        "userInfo": obj(
            "The user.",
            {
                "username": string("The name.", number=1),
                "uid": string("The id.", number=2),
                "groups": array("The groups.", string(), number=3),
                "extra": mapping("More.", array("Values.", string()), number=4),
            },
            number=1,
        ),
    },
    name="SelfSubjectReviewStatus",
)


def _kind(group: str, kind: str, spec: Mapping[str, Schema], status: Schema) -> Kind:
    question = {"spec": obj("The question.", spec, number=2)} if spec else {}
    answer = status.but(number=3 if spec else 2)
    return Kind(
        group=group,
        version="v1",
        kind=kind,
        plural=f"{kind.lower()}s",
        namespaced=False,
        schema=resource("A question about oneself.", {**question, "status": answer}, name=kind),
        builtin=True,
        verbs=("create",),
    )


_ACCESS = {
    "resourceAttributes": _ATTRIBUTES.but(number=1),
    "nonResourceAttributes": _PATH.but(number=2),
}
_NAMESPACE = {"namespace": string("Where.", number=1)}

KINDS = (
    _kind("authorization.k8s.io", "SelfSubjectAccessReview", _ACCESS, _VERDICT),
    _kind("authorization.k8s.io", "SelfSubjectRulesReview", _NAMESPACE, _RULES),
    _kind("authentication.k8s.io", "SelfSubjectReview", {}, _WHO),
)
"""The kinds of questions."""


def answered(question: Obj) -> Obj:
    """The question with its answer: yes."""
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    anywhere = {"verbs": ["*"], "nonResourceURLs": ["*"]}
    groups = ["system:masters", "system:authenticated"]
    answers: dict[str, Obj] = {
        "SelfSubjectAccessReview": {"allowed": True, "reason": "a lab belongs to its learner"},
        "SelfSubjectRulesReview": {
            "resourceRules": [everything],
            "nonResourceRules": [anywhere],
            "incomplete": False,
        },
        "SelfSubjectReview": {"userInfo": {"username": "learner", "groups": groups}},
    }
    return {**question, "status": answers[question["kind"]]}

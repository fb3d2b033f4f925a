"""What a container gets of other objects: variables, and files of ConfigMaps and Secrets.

Sources: EnvVar, EnvFromSource and Volume in the core/v1 API reference; the words are a kubelet's.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from labs.kube.api import Api, ApiError
from labs.kube.schema import Obj
from labs.process_tree import ProcessTree

_REFERENCE: Final = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


class MissingError(Exception):
    """An object or a key that a pod needs is not there, yet; the text is a kubelet's."""


def expanded(words: Sequence[str], variables: dict[str, str]) -> tuple[str, ...]:
    """Put variables in where words say $(NAME); $$ is one dollar."""

    def put(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else variables.get(found[1], found[0])

    return tuple(_REFERENCE.sub(put, word) for word in words)


def environment(api: Api, pod: Obj, container: Obj, address: str) -> dict[str, str]:
    """Return a container's variables.

    Raises:
        MissingError: an object or key is not there.
    """
    found: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        for kind, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            if reference := source.get(kind):
                data = _data(api, pod, resource, reference)
                found |= {source.get("prefix", "") + name: text for name, text in data.items()}
    for variable in container.get("env") or ():
        if "valueFrom" not in variable:
            (found[variable["name"]],) = expanded([variable.get("value", "")], found)
        elif (text := _from(api, pod, variable["valueFrom"], address)) is not None:
            found[variable["name"]] = text
    return found


def _from(api: Api, pod: Obj, source: Obj, address: str) -> str | None:
    if reference := source.get("fieldRef"):
        return _field(pod, reference["fieldPath"], address)
    for kind, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if reference := source.get(kind):
            data = _data(api, pod, resource, reference)
            if reference["key"] in data:
                return data[reference["key"]]
            if reference.get("optional"):
                return None
            where = "ConfigMap" if resource == "configmaps" else "Secret"
            place = f"{pod['metadata']['namespace']}/{reference['name']}"
            raise MissingError(f"couldn't find key {reference['key']} in {where} {place}")
    return None


def _field(pod: Obj, path: str, address: str) -> str:
    known = {
        "status.podIP": address,
        "status.podIPs": address,
        "status.hostIP": pod.get("status", {}).get("hostIP", ""),
        "spec.nodeName": pod["spec"].get("nodeName", ""),
        "spec.serviceAccountName": pod["spec"].get("serviceAccountName", "default"),
        "metadata.name": pod["metadata"]["name"],
        "metadata.namespace": pod["metadata"]["namespace"],
        "metadata.uid": pod["metadata"]["uid"],
    }
    if found := re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path):
        return str((pod["metadata"].get(found[1]) or {}).get(found[2], ""))
    return str(known.get(path, ""))


def _data(api: Api, pod: Obj, resource: str, reference: Obj) -> dict[str, str]:
    namespace = pod["metadata"]["namespace"]
    try:
        found = api.get(resource, reference["name"], namespace)
    except ApiError as error:
        if reference.get("optional"):
            return {}
        singular = resource.removesuffix("s")
        raise MissingError(f'{singular} "{reference["name"]}" not found') from error
    return _plain(found)


def _plain(found: Obj) -> dict[str, str]:
    if found["kind"] == "Secret":
        return {
            name: base64.b64decode(text).decode(errors="replace")
            for name, text in (found.get("data") or {}).items()
        }
    return dict(found.get("data") or {})


def lay_volumes(api: Api, tree: ProcessTree, pod: Obj, folder: str) -> dict[str, str]:
    """Make a pod's volumes below a folder of the lab; return the folder of each by its name.

    Raises:
        MissingError: one cannot be had; the text is the kubelet's.
    """
    places: dict[str, str] = {}
    for volume in pod["spec"].get("volumes") or ():
        place = f"{folder}/volumes/{volume['name']}"
        files = dict(_volume_files(api, pod, volume))
        tree.script(f"mkdir -p {shlex.quote(place)}")
        for name, text in files.items():
            tree.write(f"{place}/{name}", text)
        places[volume["name"]] = place
    return places


def _volume_files(api: Api, pod: Obj, volume: Obj) -> Iterator[tuple[str, str]]:
    name = volume["name"]
    for kind, resource, key in (
        ("configMap", "configmaps", "name"),
        ("secret", "secrets", "secretName"),
    ):
        if source := volume.get(kind):
            reference = {"name": source.get(key, ""), "optional": source.get("optional")}
            try:
                data = _data(api, pod, resource, reference)
            except MissingError as error:
                raise MissingError(
                    f'MountVolume.SetUp failed for volume "{name}" : {error}'
                ) from None
            items = source.get("items")
            if items is None:
                yield from data.items()
            for item in items or ():
                if item["key"] not in data:
                    raise MissingError(
                        f'MountVolume.SetUp failed for volume "{name}" : references non-existent '
                        f"config key: {item['key']}"
                    )
                yield item["path"], data[item["key"]]
            return
    if "emptyDir" not in volume and "projected" not in volume and len(volume) > 1:
        (kind,) = (word for word in volume if word != "name")
        raise MissingError(
            f'MountVolume.SetUp failed for volume "{name}" : a lab has no volumes of the kind '
            f"{kind}; it has emptyDir, configMap and secret"
        )

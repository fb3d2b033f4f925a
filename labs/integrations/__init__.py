"""The integrations a lab's cluster can run: one file each.

A new integration is one new file in this folder: a module with a value `INTEGRATION`
(labs.kube.integration says what that is). Nothing else names it. A file that grows keeps its
parts beside it, as metallb_*.py do: a module without an `INTEGRATION` is such a part.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from labs.errors import LabError
from labs.kube.integration import Integration

_HERE = Path(__file__).parent


def found(folder: Path = _HERE) -> Mapping[str, Integration]:
    """The integrations of a folder, by name, in alphabetical order.

    Raises:
        LabError: two files want to be the same integration, or one is no integration.
    """
    known: dict[str, Integration] = {}
    for path in sorted(folder.glob("*.py")):
        if path.stem == "__init__" or "INTEGRATION" not in path.read_text("utf-8"):
            continue
        integration = getattr(_module(path), "INTEGRATION", None)
        if integration is None:
            continue
        if not isinstance(integration, Integration):
            raise LabError(
                f"{path.name}: INTEGRATION is a {type(integration).__name__}; expected a value "
                "of labs.kube.integration.Integration. Compare with metallb.py."
            )
        if integration.name in known:
            raise LabError(
                f"{path.name}: there is an integration {integration.name!r} already. "
                "Give this one a name of its own."
            )
        known[integration.name] = integration
    return known


def named(name: str, folder: Path = _HERE) -> Integration:
    """The integration of this name.

    Raises:
        LabError: there is none; names those there are.
    """
    known = found(folder)
    if name not in known:
        raise LabError(
            f"there is no integration {name!r}; there are: {', '.join(known) or 'none'}. "
            f"A new one is one file in {folder.name}/."
        )
    return known[name]


def _module(path: Path) -> ModuleType:
    """Import a file: as a part of this package, or from wherever else its folder is."""
    if path.parent == _HERE:
        return importlib.import_module(f"{__name__}.{path.stem}")
    name = f"{__name__}.found.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:  # only for endings Python does not know
        raise LabError(f"{path.name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module

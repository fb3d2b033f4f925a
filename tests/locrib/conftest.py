"""A home of the test's own: no test of the front door reads or writes its user's folders."""

import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

LESSON = """\
---
title: Best path
---

# Best path

Which of these wins?

```{code-cell} ipython3
x = 1
```

## MED

```{code-cell} ipython3
x = 1
```
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder in force for this process and for those it starts."""
    home = tmp_path / "home"
    run = tmp_path / "run"
    home.mkdir()
    run.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    for name in ("DATA", "CONFIG", "STATE", "CACHE", "DOCUMENTS"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
        monkeypatch.delenv(f"XDG_{name}_DIR", raising=False)
    monkeypatch.delenv("LOCRIB_WORKSPACE", raising=False)
    monkeypatch.delenv("LOCRIB_NOTEBOOK_FOLDER", raising=False)
    return home


@pytest.fixture
def read_only(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """While in effect, nothing can be written in the test's folder, not even by root."""

    @contextmanager
    def in_effect() -> Iterator[None]:
        before = os.geteuid()
        tmp_path.chmod(0o500)
        if before == 0:
            os.seteuid(pwd.getpwnam("nobody").pw_uid)
        try:
            yield
        finally:
            os.seteuid(before)
            tmp_path.chmod(0o700)

    return in_effect


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """The text of a small lesson."""
    source = tmp_path / "course" / "01-best-path.md"
    source.parent.mkdir()
    source.write_text(LESSON, encoding="utf-8")
    return source

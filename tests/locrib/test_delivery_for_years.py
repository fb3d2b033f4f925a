"""Delivery over years: whatever a learner and an author do in turn, no typed word is lost."""

import json
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from locrib import delivery

NAME = "lesson.ipynb"
WHICH = st.integers(0, 9)


class Years(RuleBasedStateMachine):
    """A lesson, its author, a learner, and what the learner has typed into which file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="locrib-years-"))
        self.source = self.folder / "lesson.md"
        self.workspace = self.folder / "work"
        self.typed: dict[Path, str] = {}
        self.plain = True
        """Whether the lesson in its place is one that delivery can know to be its own."""
        self.count = 0
        self.author_writes()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def files(self) -> list[Path]:
        return sorted(self.workspace.glob("*.ipynb"))

    @rule()
    def author_writes(self) -> None:
        self.count += 1
        text = f"# Version {self.count}\n\n```{{code-cell}}\nx = {self.count}\n```\n"
        self.source.write_text(text, encoding="utf-8")

    @rule()
    def author_goes_back_to_the_first_version(self) -> None:
        self.source.write_text("# Version 1\n\n```{code-cell}\nx = 1\n```\n", encoding="utf-8")

    @rule()
    def deliver(self) -> None:
        delivery.deliver([(self.source, NAME)], self.workspace)
        again = {path: path.read_bytes() for path in self.files()}
        [outcome] = delivery.deliver([(self.source, NAME)], self.workspace)
        assert outcome.action is delivery.Action.KEEP
        assert {path: path.read_bytes() for path in self.files()} == again
        if self.plain and self.workspace / NAME not in self.typed:
            text = (self.workspace / NAME).read_text(encoding="utf-8")
            assert self.source.read_text(encoding="utf-8").split("\n")[0] in text

    @precondition(lambda self: self.files())
    @rule(which=WHICH)
    def learner_types(self, which: int) -> None:
        path = self.files()[which % len(self.files())]
        self.count += 1
        self.typed[path] = f"# typed {self.count}"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][0]["source"] = self.typed[path]
        path.write_text(json.dumps(notebook), encoding="utf-8")

    @precondition(lambda self: self.files())
    @rule(which=WHICH)
    def learner_runs_it(self, which: int) -> None:
        path = self.files()[which % len(self.files())]
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"][-1]["execution_count"] = 1
        path.write_text(json.dumps(notebook), encoding="utf-8")

    @precondition(lambda self: self.files())
    @rule(which=WHICH)
    def learner_deletes(self, which: int) -> None:
        path = self.files()[which % len(self.files())]
        self.typed.pop(path, None)
        path.unlink()

    @precondition(lambda self: len(self.files()) > 1)
    @rule(which=WHICH)
    def learner_takes_another_copy_for_the_lesson(self, which: int) -> None:
        others = [path for path in self.files() if path.name != NAME]
        path = others[which % len(others)]
        path.replace(self.workspace / NAME)
        self.plain = False
        self.typed.pop(self.workspace / NAME, None)
        if path in self.typed:
            self.typed[self.workspace / NAME] = self.typed.pop(path)

    @precondition(lambda self: self.workspace.exists())
    @rule(rubbish=st.sampled_from(["", "{", "null", '{"format": "locrib-delivered"}', None]))
    def the_record_is_lost(self, rubbish: str | None) -> None:
        self.plain = False
        manifest = self.workspace / delivery.MEMORY / delivery.MANIFEST
        if rubbish is None:
            manifest.unlink(missing_ok=True)
        else:
            manifest.write_text(rubbish, encoding="utf-8")

    @invariant()
    def every_typed_word_is_where_it_was_typed(self) -> None:
        for path, words in self.typed.items():
            assert words in path.read_text(encoding="utf-8")


Years.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestDeliveryForYears = Years.TestCase

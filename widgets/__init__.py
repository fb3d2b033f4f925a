"""The pictures of the course: traits in, picture out, one widget a file.

A widget draws values of ``bgp`` and decides nothing itself; it never reads or writes files (the
composition root gives it an ``on_commit``). Design: ``design.md`` of the project, RFC 4271 section
9.1 for what ``BestPath`` shows, section 8 for ``SessionFsm``.
"""

from widgets.best_path import BestPath
from widgets.predict import Prediction
from widgets.question import Choice, Question, QuestionCard
from widgets.scene import Scene
from widgets.session_fsm import SessionFsm

__all__ = ["BestPath", "Choice", "Prediction", "Question", "QuestionCard", "Scene", "SessionFsm"]

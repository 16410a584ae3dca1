"""The doubts as questions in the terminal: two readings side by side on real rows, one answer each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.errors import SourceError
from workbench.propose.doubts import Doubt
from workbench.propose.proposal import Proposal

_LETTERS = "abcdefgh"


def shown(doubt: Doubt) -> Iterator[str]:
    """Yield a doubt's readings as lines: a letter, the reading, and what it makes of a few real values."""
    for letter, choice in zip(_LETTERS, doubt.choices, strict=False):
        proposed = " (proposed)" if letter == "a" else ""
        rows = f": {'; '.join(choice.shown)}" if choice.shown else ""
        yield f"    {letter}) {choice.label}{proposed}{rows}"


def ask(proposal: Proposal, read: Callable[[str], str], write: Callable[[str], None]) -> Proposal:
    """Ask every doubt that has readings, the dearest first; an empty answer takes the proposed one.

    Raises SourceError when the answers end before the questions do.
    """
    questions = [doubt for doubt in proposal.questions if len(doubt.choices) > 1]
    for number, doubt in enumerate(questions, start=1):
        write(f"{number}/{len(questions)} {doubt.sentence}")
        for line in shown(doubt):
            write(line)
        proposal = proposal.answered(doubt, doubt.choices[_answer(doubt, read, write)])
    return proposal


def _answer(doubt: Doubt, read: Callable[[str], str], write: Callable[[str], None]) -> int:
    letters = _LETTERS[: len(doubt.choices)]
    while True:
        try:
            answer = read(f"Which one? [{'/'.join(letters)}, Enter for a] ").strip().lower()
        except EOFError:
            raise SourceError("--ask: the answers ended before the questions; run it in a terminal.") from None
        if answer in ("", *letters):
            return letters.index(answer or "a")
        write(f"{answer!r} is none of {', '.join(letters)}.")

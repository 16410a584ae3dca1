"""The doubts as questions in the terminal: two readings side by side on real rows, one answer each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from workbench.contract import UNKNOWN_CURRENCY
from workbench.errors import SourceError
from workbench.propose.proposed.doubts import Choice, Doubt
from workbench.propose.proposed.proposal import Proposal
from workbench.sources import CODES

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
    questions = [doubt for doubt in proposal.questions if len(doubt.choices) > 1 or _is_of_currency(doubt)]
    for number, doubt in enumerate(questions, start=1):
        write(f"{number}/{len(questions)} {doubt.sentence}")
        if _is_of_currency(doubt):
            proposal = proposal.answered(doubt, _currency(read, write))
            continue
        for line in shown(doubt):
            write(line)
        proposal = proposal.answered(doubt, doubt.choices[_answer(doubt, read, write)])
    return proposal


def _is_of_currency(doubt: Doubt) -> bool:
    """Whether nothing says which currency the amounts are in, so that no reading can be offered."""
    return doubt.about == doubt.topic == "currency" and not doubt.choices and UNKNOWN_CURRENCY in doubt.text


def _currency(read: Callable[[str], str], write: Callable[[str], None]) -> Choice:
    while True:
        code = _said(read, f"Its code, such as EUR? [Enter for {UNKNOWN_CURRENCY}, unknown] ").upper()
        if code in ("", UNKNOWN_CURRENCY, *CODES):
            return Choice(code, setting=("currency", code or UNKNOWN_CURRENCY))
        write(f"{code!r} is no code of a currency.")


def _said(read: Callable[[str], str], prompt: str) -> str:
    try:
        return read(prompt).strip()
    except EOFError:
        raise SourceError("--ask: the answers ended before the questions; run it in a terminal.") from None


def _answer(doubt: Doubt, read: Callable[[str], str], write: Callable[[str], None]) -> int:
    letters = _LETTERS[: len(doubt.choices)]
    while True:
        answer = _said(read, f"Which one? [{'/'.join(letters)}, Enter for a] ").lower()
        if answer in ("", *letters):
            return letters.index(answer or "a")
        write(f"{answer!r} is none of {', '.join(letters)}.")

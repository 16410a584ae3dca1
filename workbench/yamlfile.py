"""YAML files people write by hand: read strictly, and every mistake explained in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.composer import Composer
from yaml.constructor import SafeConstructor

from workbench.errors import UserError, did_you_mean, ended, or_near

_PASSWORD = re.compile(
    r"(://[^\s:/@]*:)(?:\S+(?=@)|(?!\d+\b)[^\s/@?]+$)|"
    r"(\b\w*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key)[\"']?\s*[=:]\s*|[\w%]*%[0-9a-f]{2}[\w%]*=)"
    r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s&'\"]+)",
    re.I,
)
_MOST_BYTES = 5_000_000
_MOST_ALIASES = 100


def scrub(text: object) -> str:
    """Return the text with every password in it covered.

    >>> scrub("could not reach postgresql://ann:s3cret@db/crm")
    'could not reach postgresql://ann:***@db/crm'
    >>> scrub("host=db password=s3cret")
    'host=db password=***'
    >>> scrub("PGPASSWORD=s3cret psql 'postgres://ann:s3@cret@db'")
    "PGPASSWORD=*** psql 'postgres://ann:***@db'"
    """
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", str(text))


class _Strict(Composer, SafeConstructor):
    """YAML allows a key twice and takes the last one, so a typo would pass silently: refuse it.

    Aliases may stand for each other until no memory holds them: refuse more than anybody writes.
    """

    aliases = 0
    check_event: Any
    peek_event: Any

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.aliases += self.check_event(yaml.AliasEvent)
        if self.aliases > _MOST_ALIASES:
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, f"more than {_MOST_ALIASES} aliases", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: list[Any] = []
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", key_node.start_mark)
            seen.append(key)
        return super().construct_mapping(node, deep)


class _StrictLoader(_Strict, yaml.SafeLoader):
    """The strict loader in Python, whose messages are the clearer ones."""


class _FastLoader(_Strict, yaml.CSafeLoader):
    """The same with libyaml to take the text apart, in a fraction of the time."""

    def __init__(self, text: str) -> None:
        yaml.CSafeLoader.__init__(self, text)
        self.anchors: dict[str, Any] = {}


def _load(text: str) -> Any:
    """Return what a text holds; of one that libyaml refuses, the loader in Python says why."""
    try:
        return yaml.load(text, _FastLoader)  # noqa: S506 - safe, as both are
    except yaml.YAMLError:
        return yaml.load(text, _StrictLoader)  # noqa: S506


def read_yaml(path: Path, error: type[UserError]) -> dict[str, Any]:
    """Return a YAML file's mapping; raise ``error`` with file, line and cure when it cannot be read as one."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise error(f"{path}: is larger than {_MOST_BYTES // 1_000_000} MB; name the YAML file.")
        content = _load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise error(f"{scrub(path)}: no such file; {or_near('check the path.', path)}") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise error(f"{path}: cannot be read ({problem}).") from None
    except RecursionError:
        raise error(f"{path}: is nested too deep to be read; fix the YAML.") from None
    except yaml.MarkedYAMLError as problem:
        line = f", line {problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise error(f"{path}{line}: {problem.problem}; fix the YAML{_hint(problem)}.") from None
    except (yaml.YAMLError, ValueError) as problem:  # a date such as 2024-13-40 is a ValueError
        raise error(f"{path}: cannot be understood ({problem}); fix the YAML.") from None
    if not isinstance(content, dict):
        held = "is empty" if content is None else f"holds {type(content).__name__}"
        raise error(f"{path}: should hold 'name: value' lines; it {held}.")
    return {str(key): value for key, value in content.items()}


def unknown_key(key: str, value: object, known: Iterable[str]) -> str:
    """Return what is wrong with a key that is not known, and the cure; without a value it is the rest of a text.

    >>> unknown_key("whn", "n > 3", ["when", "meaning"]), unknown_key("or few", None, ["when", "meaning"])
    ('whn: unknown; did you mean when?', 'or few: unknown; a text with a comma in it stands in double quotes.')
    """
    quotes = "a text with a comma in it stands in double quotes"
    return ended(f"{key}: unknown; {quotes if value is None else did_you_mean(key, known)}")


def _hint(problem: yaml.MarkedYAMLError) -> str:
    """What usually is wrong where a mapping or list breaks off: a text whose signs mean something in YAML."""
    said = str(problem.problem)
    if "\\t" in said:
        return "; indent with spaces, not with tabs"
    if "could not find expected ':'" in said:
        return "; a line before it lacks its colon, as in 'name: value'"
    broken = ("expected ',' or", "mapping values are not allowed", "expected <block end>")
    if not any(each in said for each in broken):
        return ""
    return ": a text that holds , : # { [ or quotes stands in double quotes, or on a line of its own after '>'"


def explain(problem: ValidationError, known: list[str]) -> str:
    """Return all that is wrong with a file or call, one sentence a field: field, value, cure."""
    return " ".join(sentence for _, sentence in sentences(problem, known))


def sentences(problem: ValidationError, known: list[str]) -> list[tuple[str, str]]:
    """Return what is wrong, each with the name at the top level that it is about."""
    errors = problem.errors(include_url=False)
    return [(str(error["loc"][0]) if error["loc"] else "", _sentence(error, known)) for error in errors]


def _sentence(error: Any, known: list[str]) -> str:
    field = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        names = known if len(error["loc"]) == 1 else []
        if names or error["input"] is None:
            return unknown_key(field, error["input"], names)
        return f"{field}: unknown; take it out."
    if error["type"] == "missing":
        return f"{field}: missing; add it."
    if error["type"] in ("model_type", "dict_type"):
        return f"{field or 'the file'}: should hold keys with values, such as 'name: value'."
    if error["type"] == "string_type" and (sentence := _no_text(error["input"])):
        return f"{field}: {sentence}"
    message = scrub(error["msg"].removeprefix("Value error, "))
    if not field:
        return ended(message)
    # A whole block of the file is no help in a sentence, and might hold a secret.
    value = "" if isinstance(error["input"], dict | list) else f" {scrub(repr(error['input']))}:"
    return f"{field}:{value} {ended(message[0].lower() + message[1:])}"


def _no_text(value: object) -> str:
    """Return what is wrong where a text is expected; empty where that does not say it."""
    if value is None:
        return "is empty; write a text, or take it out."
    if isinstance(value, list):
        return "holds several values; write one."
    return f"{value} is no text; put it in quotes." if isinstance(value, bool | int | float) else ""

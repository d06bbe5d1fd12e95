"""Every reason code that can be stored has a sentence, and every sentence a code that can be stored."""

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

from channels.resend import NAMES
from sequences.reasons import REASONS
from tests.house.project import PRODUCTION, ROOT, parse

ERRORS = {"Unreachable", "Busy", "Refused", "Misconfigured", "Unknown", "Unrenderable"}
# Which argument of a call is a code.
CALLS = {**dict.fromkeys(ERRORS, 0), "nobody_knows": 0, "_nobody_knows": 0, "Verdict": 1, "__init__": 0}
CODE = re.compile(r"[a-z][a-z_0-9]*")
# These stand beside a reason on their line.
NO_REASONS = {"active", "completed", "infinity"}
# Names that Resend documents and its specification does not list.
DOCUMENTED_BY_RESEND = {"validation_error", "reached_daily_quota"}


def test_every_reason_has_a_sentence_and_every_sentence_a_reason() -> None:
    assert codes() == set(REASONS)


def codes() -> set[str]:
    from_python = {code for file in PRODUCTION for node in ast.walk(parse(file)) for code in _in_python(node)}
    return from_python | set(NAMES) | _in_sql() | set(_in_webhooks()) | DOCUMENTED_BY_RESEND


def _in_python(node: ast.AST) -> Iterator[str]:
    """`Busy("rate_limited")`, `(Refused, "bad_markup")` in a table, `paused_reason="not_configured"`."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments) if name in CALLS:
            yield from _texts(arguments[CALLS[name] : CALLS[name] + 1])
        case ast.Tuple(elts=[ast.Name(id=name), code]) if name in ERRORS:
            yield from _texts([code])
        case ast.keyword(arg="reason" | "paused_reason", value=code):
            yield from _texts([code])
        case ast.arguments(args=arguments, defaults=defaults):
            named = zip(reversed(arguments), reversed(defaults), strict=False)
            yield from _texts([default for argument, default in named if argument.arg == "reason"])


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def _in_sql() -> set[str]:
    """What is written to a column whose name ends in `reason`, and what the gate decides."""
    found: set[str] = set()
    for file in sorted((ROOT / "sql" / "functions").rglob("*.sql")):
        for line in file.read_text(encoding="utf-8").splitlines():
            found |= set(re.findall(r"(?:'(?:stop|hold|skip|reroute):|obstacle, ')(\w+)'", line))
            if re.search(r"reason\b", line) or file.stem == "policy_gate":
                found |= set(re.findall(r"(?:\bthen|\belse|reason =) '(\w+)'", line))
    return found - NO_REASONS


def _in_webhooks() -> Iterator[str]:
    """Resend's words for bounces and suppressions, in our spelling."""
    specification = json.loads((ROOT / "sandbox" / "specs" / "resend.json").read_text(encoding="utf-8"))
    schemas: Any = specification["components"]["schemas"]
    for schema, field in (("WebhookEventBounce", "subType"), ("WebhookEventSuppressed", "type")):
        for word in schemas[schema]["properties"][field]["enum"]:
            yield re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).lower()

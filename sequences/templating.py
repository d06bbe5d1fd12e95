"""The template language: the part of Jinja2 that an author may use, and its bounds.

An author's template is parsed and compared with an allow-list of nodes before it is compiled, so what it can
cost is known before it runs: there are no calls, no multiplication, no assignments, few filters, and a loop
counts as fifty times its body. The engine underneath is Jinja2's most careful one all the same.

Values never meet the Markdown parser: `lift` takes the template's expressions out before Markdown is read,
`Lifted.fill` puts them back into its result, and Jinja escapes what they bring for the channel at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from engagement.profile import FIELDS as PROFILE_FIELDS
from sequences.values import MAX_ITEMS, Path, Sample, local_day, local_time, required_and_optional

MAX_TEMPLATE = 16_384
MAX_COST = 10_000
MAX_OUTPUT = 100_000

USER_FIELDS = ("first_name", "last_name", "username", "locale", "timezone", "attributes")
OPTIONAL_USER_FIELDS = ("first_name", "last_name", "username", "locale", "attributes")
LINKS = ("unsubscribe", "preferences", "confirm_email", "privacy")
BRAND_FIELDS = ("name", "url")
ENGAGEMENT = "engagement"
LEVELS = ("low", "medium", "high")
"""How engaged the reader is, for blocks such as {% if engagement == "low" %}."""
_JINJAS_FILTERS = (
    "capitalize", "default", "d", "first", "int", "join", "last", "length", "lower", "title", "trim",
    "truncate", "upper",
)  # fmt: skip
_OUR_FILTERS = {"local_day": local_day, "local_time": local_time}
FILTERS = (*_JINJAS_FILTERS, *_OUR_FILTERS)
QUESTIONS = ("defined", "undefined")


class Unrenderable(Exception):
    """A message that cannot be written for this user; `reason` is a short code, the text is for an admin."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a text, and the line of that text (from 1) where it is."""

    line: int
    message: str


# --- the allow-list -------------------------------------------------------------------------------

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const,
    nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.CondExpr, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple,
    nodes.Keyword,
)  # fmt: skip
_TOO_DEEP = "the template is nested too deep"
MAX_DEPTH = 30
_INSTEAD = {
    nodes.Call: "calling functions is not possible in a template",
    nodes.Assign: "a template cannot set variables",
    nodes.Mul: "a template cannot multiply; put the result into the context",
    nodes.Pow: "a template cannot multiply; put the result into the context",
    nodes.Mod: "a template cannot use %; put the result into the context",
}


class Inspection:
    """One walk over a parsed template: what is wrong with it, and which values it takes."""

    def __init__(self, context: tuple[str, ...] | None) -> None:
        """`context` None means: what may be missing was judged when the sequence was loaded."""
        self.problems: list[Problem] = []
        self.paths: set[Path] = set()
        self.cost = 0
        self._depth = 0
        self._declared = None if context is None else required_and_optional(context)

    def template(self, parsed: nodes.Template) -> None:
        try:
            self._visit(parsed, frozenset(), frozenset(), 1)
        except RecursionError:
            self._say(parsed, _TOO_DEEP)
        if self.cost > MAX_COST:
            self._say(
                parsed, f"too much work: {self.cost} steps (a loop counts as {MAX_ITEMS}), at most {MAX_COST}"
            )

    def _say(self, node: nodes.Node, message: str) -> None:
        self.problems.append(Problem(node.lineno, message))

    def _visit(self, node: nodes.Node, given: frozenset[Path], names: frozenset[str], weight: int) -> None:
        """`given`: optional values that an `if` around has found; `names`: loop variables in scope."""
        self.cost += weight * (not isinstance(node, nodes.TemplateData))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._say(node, _TOO_DEEP)
        else:
            self._visit_known(node, given, names, weight)
        self._depth -= 1

    def _visit_known(
        self, node: nodes.Node, given: frozenset[Path], names: frozenset[str], weight: int
    ) -> None:
        if not isinstance(node, _ALLOWED):
            why = _INSTEAD.get(
                type(node), f"{type(node).__name__.lower()} is not part of the template language"
            )
            self._say(node, why)
        elif isinstance(node, nodes.If):
            self._visit_if(node, given, names, weight)
        elif isinstance(node, nodes.For):
            self._visit_for(node, given, names, weight)
        elif isinstance(node, nodes.CondExpr):
            self._visit_condition(node.test, given, names, weight)
            self._visit(node.expr1, given | _found_by(node.test), names, weight)
            if node.expr2 is not None:
                self._visit(node.expr2, given | _missed_by(node.test), names, weight)
        elif isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            self._visit_path(node, given, names, optional_allowed=False)
        elif isinstance(node, nodes.Filter):
            self._visit_filter(node, given, names, weight)
        elif isinstance(node, nodes.Test | nodes.And | nodes.Or | nodes.Not) or _asks_equality(node):
            self._visit_condition(node, given, names, weight)
        else:
            self._visit_children(node, given, names, weight)

    def _visit_children(
        self, node: nodes.Node, given: frozenset[Path], names: frozenset[str], weight: int
    ) -> None:
        for child in node.iter_child_nodes():
            self._visit(child, given, names, weight)

    def _visit_if(self, node: nodes.If, given: frozenset[Path], names: frozenset[str], weight: int) -> None:
        self._visit_condition(node.test, given, names, weight)
        for child in node.body:
            self._visit(child, given | _found_by(node.test), names, weight)
        for child in [*node.elif_, *node.else_]:
            self._visit(child, given | _missed_by(node.test), names, weight)

    def _visit_for(self, node: nodes.For, given: frozenset[Path], names: frozenset[str], weight: int) -> None:
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            self._say(node, "a loop is written {% for item in context.items %}")
            return
        if node.target.name in (*_KNOWN, ENGAGEMENT):
            self._say(node, f"a loop cannot name its item {node.target.name!r}: that is taken")
            return
        if not isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
            self._say(
                node, "a loop goes over a list in the context or in the user's attributes, nothing else"
            )
            return
        self._visit_path(node.iter, given, names, optional_allowed=False)
        for child in node.body:
            self._visit(child, given, names | {node.target.name, "loop"}, weight * MAX_ITEMS)
        for child in node.else_:
            self._visit(child, given, names, weight)

    def _visit_condition(
        self, node: nodes.Node, given: frozenset[Path], names: frozenset[str], weight: int
    ) -> None:
        """In a condition an optional value may stand bare: absent counts as false."""
        self.cost += weight
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            self._visit_path(node, given, names, optional_allowed=True)
        elif isinstance(node, nodes.Not):
            self._visit_condition(node.node, given, names, weight)
        elif isinstance(node, nodes.And | nodes.Or):
            self._visit_condition(node.left, given, names, weight)
            further = _found_by(node.left) if isinstance(node, nodes.And) else _missed_by(node.left)
            self._visit_condition(node.right, given | further, names, weight)
        elif isinstance(node, nodes.Compare) and _asks_equality(node):
            sides = (node.expr, *(operand.expr for operand in node.ops))
            for side in sides:
                self._visit_condition(side, given, names, weight)
            for path in map(path_of, sides):
                if path is not None and path[0] not in names:
                    self._check_values(path, sides)
        elif isinstance(node, nodes.Test):
            if node.name not in QUESTIONS or node.args or node.kwargs:
                self._say(node, f"no question {node.name!r}; there are: is {', is '.join(QUESTIONS)}")
            self._visit_condition(node.node, given, names, weight)
        else:
            self._visit(node, given, names, weight)

    def _check_values(self, path: Path, sides: tuple[nodes.Expr, ...]) -> None:
        """A misspelled level would be a block that nobody ever reads."""
        known = LEVELS if path == (ENGAGEMENT,) else PROFILE_FIELDS.get(".".join(path[1:]), ())
        for side in sides if path[0] in (ENGAGEMENT, "profile") and known else ():
            if isinstance(side, nodes.Const) and side.value not in known:
                self._say(side, f"{_dotted(path)} is never {side.value!r}; it is one of: {', '.join(known)}")

    def _visit_filter(
        self, node: nodes.Filter, given: frozenset[Path], names: frozenset[str], weight: int
    ) -> None:
        if node.name not in FILTERS:
            self._say(node, f"no filter named {node.name!r}; there are: {', '.join(FILTERS)}")
        if node.dyn_args is not None or node.dyn_kwargs is not None or node.node is None:
            self._say(node, "a filter is written value | filter or value | filter(argument)")
            return
        if node.name in ("default", "d"):
            self._visit_condition(node.node, given, names, weight)
        else:
            self._visit(node.node, given, names, weight)
        for argument in [*node.args, *node.kwargs]:
            self._visit(argument, given, names, weight)

    def _visit_path(
        self, node: nodes.Node, given: frozenset[Path], names: frozenset[str], *, optional_allowed: bool
    ) -> None:
        path = path_of(node)
        if path is None:
            self._say(node, "take a value by its name, like context.items[0].title")
        elif path[0] not in names:
            message = self._objection(path)
            if (
                message is None
                and not optional_allowed
                and self._is_optional(path)
                and not _is_given(path, given)
            ):
                message = f'{_dotted(path)} may be missing: write {_dotted(path)} | default("…")'
            if message is not None:
                self._say(node, message)
            self.paths.add(path[:3] if path[:2] == ("user", "attributes") else path[:2])

    def _objection(self, path: Path) -> str | None:
        root, known = path[0], _KNOWN.get(path[0])
        if root == ENGAGEMENT:
            return None if len(path) == 1 else "engagement has no parts"
        if known is None:
            return f"unknown variable {root!r}; there are: user, context, links, brand, engagement, profile"
        if len(path) == 1 or path == ("user", "attributes"):
            return f"say which field of {_dotted(path)}"
        if root == "context":
            return self._objection_to_context(path[1])
        if path[1] not in known:
            return f"{root} has no {path[1]!r}; there are: {', '.join(known)}"
        return None if len(path) == 2 or path[1] == "attributes" else f"{_dotted(path[:2])} has no parts"

    def _objection_to_context(self, name: str) -> str | None:
        if self._declared is None or name in self._declared[0] | self._declared[1]:
            return None
        return f"context.{name} is not declared; add {name!r} to context"

    def _is_optional(self, path: Path) -> bool:
        if self._declared is None:
            return False
        if path[0] == "user":
            return path[1] in OPTIONAL_USER_FIELDS
        if path[0] == "profile":
            return True
        return path[0] == "context" and path[1] in self._declared[1]


_KNOWN: Mapping[str, tuple[str, ...]] = {
    "user": USER_FIELDS,
    "profile": tuple(PROFILE_FIELDS),
    "links": LINKS,
    "brand": BRAND_FIELDS,
    "context": (),
}


def path_of(node: nodes.Node) -> Path | None:
    """("context", "items", "0") for `context.items[0]`; None where the path is not spelled out."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        return None if (base := path_of(node.node)) is None else (*base, node.attr)
    if (
        isinstance(node, nodes.Getitem)
        and isinstance(node.arg, nodes.Const)
        and isinstance(node.arg.value, str | int)
    ):
        return None if (base := path_of(node.node)) is None else (*base, str(node.arg.value))
    return None


def _asks_equality(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Compare) and all(operand.op in ("eq", "ne") for operand in node.ops)


def _dotted(path: Path) -> str:
    return ".".join(path)


def _is_given(path: Path, given: frozenset[Path]) -> bool:
    return any(path[: len(found)] == found for found in given)


def _found_by(condition: nodes.Node) -> frozenset[Path]:
    """The paths that are surely there where this condition holds."""
    if isinstance(condition, nodes.And):
        return _found_by(condition.left) | _found_by(condition.right)
    if isinstance(condition, nodes.Not):
        return _missed_by(condition.node)
    if isinstance(condition, nodes.Test) and condition.name == "defined":
        return _found_by(condition.node)
    if isinstance(condition, nodes.Compare) and [operand.op for operand in condition.ops] == ["eq"]:
        return _found_by(condition.expr) if isinstance(condition.ops[0].expr, nodes.Const) else frozenset()
    path = path_of(condition)
    return frozenset() if path is None else frozenset({path})


def _missed_by(condition: nodes.Node) -> frozenset[Path]:
    """The paths that are surely there where this condition does not hold."""
    if isinstance(condition, nodes.Or):
        return _missed_by(condition.left) | _missed_by(condition.right)
    if isinstance(condition, nodes.Not):
        return _found_by(condition.node)
    if isinstance(condition, nodes.Test) and condition.name == "undefined":
        return _found_by(condition.node)
    return frozenset()


# --- expressions out of the text, and back in -----------------------------------------------------

_OPEN, _CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_BRACES = re.compile(f"{{(?=[{{%#{_OPEN}])")
STATEMENTS = ("if", "elif", "else", "endif", "for", "endfor")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One `{{ value }}` or `{% statement %}` of a template; `word` is the statement's keyword, else empty."""

    code: str
    word: str
    line: int

    @property
    def expression(self) -> str:
        return self.code[2:-2].strip("-+ \t\n")


class Lifted:
    """A text whose template parts are replaced by marks that mean nothing to Markdown, HTML or MJML."""

    def __init__(self, text: str, chunks: list[Chunk], lines: list[int]) -> None:
        self.text = text
        self.lines = lines
        self._chunks = chunks

    def chunk(self, mark: re.Match[str]) -> Chunk:
        return self._chunks[int(mark[1])]

    def add(self, code: str) -> str:
        """A mark for a further expression, written by us."""
        self._chunks.append(Chunk(code, "", 1))
        return f"{_OPEN}{len(self._chunks) - 1}{_CLOSE}"

    def take(self, other: Lifted) -> str:
        """The text of another template, its marks made this one's."""
        return MARK.sub(lambda mark: self.add(other.chunk(mark).code), other.text)

    def line(self, position: int) -> int:
        """The source line (from 1) of a line of `text` (from 0)."""
        return self.lines[min(position, len(self.lines) - 1)]

    def fill(self, text: str) -> str:
        """Template source: the marks become their expressions, and stray braces stay text."""
        literal = _BRACES.sub("{{ '{' }}", text)
        return MARK.sub(lambda mark: self.chunk(mark).code, literal)


class TemplateLanguage:
    """The engines (for email, for Telegram, for plain text) and the one check of an author's template."""

    def __init__(self) -> None:
        self._email = _Engine(autoescape=True, finalize=_with_line_breaks)
        self._telegram = _Engine(autoescape=True)
        self._plain = _Engine(autoescape=False)

    def problems(self, source: str, context: tuple[str, ...]) -> list[Problem]:
        if len(source) > MAX_TEMPLATE:
            return [Problem(1, f"the text has {len(source)} characters; at most {MAX_TEMPLATE} are allowed")]
        if _OPEN in source or _CLOSE in source:
            return [Problem(1, "the text contains private-use characters (U+E000, U+E001)")]
        try:
            self.lift(source)
            parsed = self._plain.parse(source)
        except TemplateSyntaxError as mistake:
            return [Problem(mistake.lineno, f"template: {mistake.message}")]
        except RecursionError:
            return [Problem(1, _TOO_DEEP)]
        inspection = Inspection(context)
        inspection.template(parsed)
        return inspection.problems

    def paths(self, *sources: str | None) -> frozenset[Path]:
        """The values that these templates take."""
        inspection = Inspection(None)
        for source in filter(None, sources):
            inspection.template(self._plain.parse(source))
        if inspection.problems:
            raise Unrenderable("broken_template", inspection.problems[0].message)
        return frozenset(inspection.paths)

    def lift(self, source: str) -> Lifted:
        """Takes the template parts out; a line with nothing but statements becomes a paragraph of its own."""
        text, chunks = "", list[Chunk]()
        for line, kind, code in self._chunks(source):
            if kind == "data":
                text += code
            elif kind != "comment":
                word = (
                    code[2:].lstrip("-+ \t\n").split(maxsplit=1)[0].rstrip("-+%}") if kind == "block" else ""
                )
                if kind == "block" and word not in STATEMENTS:
                    raise TemplateSyntaxError(f"{word!r} is not part of the template language", line)
                chunks.append(Chunk(code, word, line))
                text += f"{_OPEN}{len(chunks) - 1}{_CLOSE}"
        return _on_lines_of_their_own(text, chunks)

    def _chunks(self, source: str) -> Iterator[tuple[int, str, str]]:
        """The source in pieces: (line, "data" | "variable" | "block" | "comment", text)."""
        kind, start, code = "", 1, ""
        for line, token, value in self._plain.lex(source):
            if token.endswith("_begin"):
                kind, start, code = token.removesuffix("_begin"), line, value
                if kind == "raw":
                    raise TemplateSyntaxError("raw blocks are not part of the template language", line)
            elif token.endswith("_end"):
                yield start, kind, code + value
                kind = ""
            elif kind:
                code += value
            else:
                yield line, "data", value

    def email(self, source: str) -> Compiled:
        return _compile(self._email, source)

    def telegram(self, source: str) -> Compiled:
        return _compile(self._telegram, source)

    def plain(self, source: str) -> Compiled:
        return _compile(self._plain, source)


def _on_lines_of_their_own(text: str, chunks: list[Chunk]) -> Lifted:
    out, lines, number = list[str](), list[int](), 1
    for written in text.split("\n"):
        marks = [chunks[int(mark[1])] for mark in MARK.finditer(written)]
        alone = bool(marks) and all(chunk.word for chunk in marks) and not MARK.sub("", written).strip()
        block = ["", written.strip(), ""] if alone else [written]
        out += block
        lines += [number] * len(block)
        number += 1 + sum(chunk.code.count("\n") for chunk in marks)
    return Lifted("\n".join(out), chunks, lines)


# --- the engines ----------------------------------------------------------------------------------


class Absent(StrictUndefined):
    """A missing value: false in a condition and equal to nothing, an error anywhere else."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return False

    def __ne__(self, other: object) -> bool:  # type: ignore[override]
        return True


def ours(function: Callable[..., str]) -> Callable[..., str]:
    """Marks a function that templates of ours call; no value of an author's template can have the mark."""
    function.is_ours = True  # type: ignore[attr-defined]
    return function


class _Engine(ImmutableSandboxedEnvironment):
    """Attributes are keys of dictionaries; nothing else can be reached from a value."""

    def __init__(self, *, autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=Absent,
            finalize=finalize,
            keep_trailing_newline=True,
            cache_size=0,
        )
        given = {name: self.filters[name] for name in _JINJAS_FILTERS}
        self.filters = given | _OUR_FILTERS | {"_urlpart": _urlpart}
        self.tests = {name: self.tests[name] for name in QUESTIONS}
        self.globals = {}

    def call(self, context: Context, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Jinja looks at every call; what is ours was looked at when it was written."""
        if getattr(function, "is_ours", False):
            return function(*args)
        return super().call(context, function, *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._key(obj, attribute)

    def getitem(self, obj: Any, argument: str | Any) -> Any:
        return self._key(obj, argument)

    def _key(self, obj: Any, key: Any) -> Any:
        if isinstance(obj, dict):
            return obj[key] if key in obj else self.undefined(hint=f"{key} is missing", name=str(key))
        if isinstance(obj, list) and isinstance(key, int) and -len(obj) <= key < len(obj):
            return obj[key]
        if isinstance(obj, LoopContext) and key in ("first", "last", "index", "index0", "length"):
            return getattr(obj, key)
        if isinstance(obj, Sample):
            return obj
        return self.undefined(hint=f"{key} is missing", name=str(key))


def _with_line_breaks(value: Any) -> Any:
    """Line breaks that a value brings stay line breaks."""
    if isinstance(value, str) and "\n" in value and not isinstance(value, Markup):
        return escape(value).replace("\n", Markup("<br>\n"))
    return value


def _urlpart(value: object) -> str:
    """A value inside an address: it cannot end the part of the address where it stands."""
    if isinstance(value, Undefined):
        str(value)  # raises, as everywhere else
    return quote(str(value), safe="")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template ready to be filled in; `constant` when there is nothing to fill in."""

    template: Template | None
    constant: str = ""

    def render(self, values: dict[str, Any], limit: int = MAX_OUTPUT) -> str:
        """Raises Unrenderable: a value is missing, or the result is longer than `limit` characters."""
        if self.template is None:
            return self.constant
        pieces, length = [], 0
        try:
            for piece in self.template.root_render_func(self.template.new_context(values, shared=True)):
                length += len(piece)
                if length > limit:
                    raise Unrenderable("too_long", f"the message is longer than {limit} characters")
                pieces.append(piece)
        except UndefinedError as missing:
            raise Unrenderable("missing_value", missing.message or "a value is missing") from None
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as mistake:
            raise Unrenderable("broken_template", f"{type(mistake).__name__}: {mistake}") from mistake
        return "".join(pieces)


def _compile(engine: _Engine, source: str) -> Compiled:
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return Compiled(None, source)
    try:
        template = engine.from_string(source)
    except TemplateSyntaxError as mistake:
        raise Unrenderable("broken_template", str(mistake.message)) from mistake
    # There are none, but Jinja would chain two empty dictionaries and walk them for every message.
    template.globals = {}
    return Compiled(template)

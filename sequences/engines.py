"""What fills in an author's template: Jinja2's most careful engine, with less in reach and bounded output.

It escapes what the values bring for the channel at hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from sequences.mistakes import Unrenderable
from sequences.values import Sample
from sequences.vocabulary import JINJAS_FILTERS, OUR_FILTERS, QUESTIONS

MAX_OUTPUT = 100_000


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


class Engine(ImmutableSandboxedEnvironment):
    """Attributes are keys of dictionaries; nothing else can be reached from a value."""

    def __init__(self, *, autoescape: bool, finalize: Callable[[Any], Any] | None = None) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=Absent,
            finalize=finalize,
            keep_trailing_newline=True,
            cache_size=0,
        )
        given = {name: self.filters[name] for name in JINJAS_FILTERS}
        self.filters = given | OUR_FILTERS | {"_urlpart": _urlpart}
        self.tests = {name: self.tests[name] for name in QUESTIONS}
        self.globals = {}

    def compiled(self, source: str) -> Compiled:
        """Raises Unrenderable."""
        if "{{" not in source and "{%" not in source and "{#" not in source:
            return Compiled(None, source)
        try:
            template = self.from_string(source)
        except TemplateSyntaxError as mistake:
            raise Unrenderable("broken_template", str(mistake.message)) from mistake
        # There are none, but Jinja would chain two empty dictionaries and walk them for every message.
        template.globals = {}
        return Compiled(template)

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


def with_line_breaks(value: Any) -> Any:
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

"""The allow-list of the template language: what an author's template may say, and what it may cost.

A parsed template is compared with it before it is compiled, so what it can cost is known before it runs:
there are no calls, no multiplication, no assignments, few filters, and a loop counts as fifty times its body.
"""

from __future__ import annotations

from jinja2 import nodes

from engagement.profile import FIELDS as PROFILE_FIELDS
from sequences.mistakes import Problem
from sequences.values import MAX_ITEMS, Path, required_and_optional
from sequences.vocabulary import ENGAGEMENT, FILTERS, KNOWN, LEVELS, OPTIONAL_USER_FIELDS, QUESTIONS

MAX_COST = 10_000
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const,
    nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.CondExpr, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.List, nodes.Tuple,
    nodes.Keyword,
)  # fmt: skip
TOO_DEEP = "the template is nested too deep"
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
            self._say(parsed, TOO_DEEP)
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
            self._say(node, TOO_DEEP)
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
        if node.target.name in (*KNOWN, ENGAGEMENT):
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
        root, known = path[0], KNOWN.get(path[0])
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

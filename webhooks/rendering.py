"""Pages: Jinja templates, an inlined style sheet, perhaps a script, a policy that allows nothing else."""

import base64
import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from webhooks.words import words

FOLDER = Path(__file__).parent / "pages"


class Pages:
    def __init__(self, brand_name: str, brand_url: str | None) -> None:
        style = _read("colors.css") + _read("style.css")
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            brand={"name": brand_name, "url": brand_url},
            style=Markup(style),
        )
        self._policy = _policy(style)

    def answer(
        self, template: str, status: int = HTTPStatus.OK, *, locale: str | None = None, **values: Any
    ) -> web.Response:
        html = self._environment.get_template(template).render(words=words(locale), **values)
        return _page(html, self._policy, status)

    def answer_with_script(self, name: str) -> web.Response:
        """A page that is a program: `name`.html with its own style sheet and script."""
        style, script = _read("colors.css") + _read(f"{name}.css"), _read(f"{name}.js")
        html = self._environment.get_template(f"{name}.html").render(
            style=Markup(style),
            script=Markup(script),
        )
        policy = f"{_policy(style)}; script-src 'sha256-{_digest(script)}'; connect-src 'self'"
        return _page(html, policy)


def _page(html: str, policy: str, status: int = HTTPStatus.OK) -> web.Response:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=html, status=status, content_type="text/html", headers=headers)


def _policy(style: str) -> str:
    """Only this style sheet, by its hash; forms only to ourselves; no scripts, frames or foreign hosts."""
    return (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")

"""Pages: Jinja templates with one layout, one inlined style sheet and a policy that allows nothing else."""

import base64
import hashlib
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
        style = (FOLDER / "style.css").read_text(encoding="utf-8")
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
        headers = {"Content-Security-Policy": self._policy, "Cache-Control": "no-store"}
        return web.Response(text=html, status=status, content_type="text/html", headers=headers)


def _policy(style: str) -> str:
    """Only this style sheet, by its hash; forms only to ourselves; no scripts, frames or foreign hosts."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

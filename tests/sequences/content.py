"""What the tests of content share: a renderer with links that can be read, and a way to write a catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from channels.signing import Purpose, Signer
from sequences.definition import Button, Content, Step
from sequences.links import LinkBuilder
from sequences.rendering import Brand, Renderer

CATALOGUE = Path(__file__).parents[2] / "sequences" / "catalogue"
TRACKING_ID = "0b8f7f60-1111-4222-8333-123456789abc"
HEX_ID = TRACKING_ID.replace("-", "")


class LegibleSigner(Signer):
    """Tokens that show what they carry, so that a golden file can be read."""

    def sign(self, purpose: Purpose, payload: Any) -> str:
        return quote(json.dumps(payload, separators=(",", ":")), safe="")


def renderer(**brand: Any) -> Renderer:
    shown = {"url": "https://tendril.example", "postal_address": "Tendril, 12 Garden Lane, 10115 Berlin"}
    signer = LegibleSigner("a secret for tests")
    return Renderer(
        Brand("Tendril", "Tendril <hello@tendril.example>", **(shown | brand)),
        LinkBuilder("https://t.example/", signer),
    )


def step(body: str, *buttons: Button, **words: Any) -> Step:
    content = Content(body=body, subject=words.pop("subject", "A subject"), buttons=buttons, **words)
    return Step(1, "only", {"default": content}, ("telegram", "email"))


def row(**changes: Any) -> dict[str, Any]:
    return {
        "tracking_id": TRACKING_ID,
        "version_id": None,
        "user_id": "0e7c1a52-1111-4222-8333-123456789abc",
        "sequence_type": "onboarding",
        "message_class": "sequence",
        "user": {"first_name": "Maya", "timezone": "Europe/Berlin"},
        "context": {},
    } | changes


def write(folder: Path, files: dict[str, str]) -> Path:
    """A catalogue in `folder`; keys are paths like "hello/sequence.toml"."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder

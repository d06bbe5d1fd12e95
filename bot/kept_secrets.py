"""What signs and opens. What nobody sets Tendril makes, and keeps in DATA_DIR, readable by the owner only."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class KeptSecret:
    value: str
    is_new: bool
    path: Path


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs and opens, set by somebody or made by us."""

    admin_api_key: KeptSecret
    link_secrets: tuple[str, ...]  # the first signs; the others are only read
    telegram_webhook_secret: str | None

    @classmethod
    def of(cls, settings: Settings) -> Secrets:
        folder = settings.data_dir
        return cls(
            _set_or_kept(settings.admin_api_key, folder, "admin_api_key"),
            tuple(_set_or_kept(settings.link_secret, folder, "link_secret").value.split()),
            _set_or_kept(settings.telegram_webhook_secret, folder, "telegram_webhook_secret").value
            if settings.telegram_mode == "webhook"
            else None,
        )


def _set_or_kept(secret: SecretStr | None, folder: Path, name: str) -> KeptSecret:
    if secret is not None:
        return KeptSecret(secret.get_secret_value(), False, folder / name)
    return kept_secret(folder, name)


def kept_secret(folder: Path, name: str) -> KeptSecret:
    """Read the secret, or make it. Of two processes that make it at once, both end with the first one's."""
    path = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = _write_once(path, secrets.token_urlsafe(32))
        if made is not None:
            return KeptSecret(made, True, path)
    return KeptSecret(path.read_text().strip(), False, path)


def _write_once(path: Path, value: str) -> str | None:
    """Writes beside and links into place: nobody ever reads half a secret. None if somebody was faster."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(value + "\n")
    try:
        os.link(draft, path)
        return value
    except FileExistsError:
        return None
    finally:
        draft.unlink()

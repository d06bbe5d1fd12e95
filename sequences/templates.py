"""The templates of the catalogue: a file each in templates/, brought into the database as sequences are."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sequences.loading import load_templates
from storage.store import Store

FOLDER = Path(__file__).with_suffix("")


async def publish_templates(store: Store, folder: Path = FOLDER) -> list[str]:
    """Publishes what differs from the database and returns the names; what admins changed stays theirs.

    Raises CatalogueError, and publishes nothing of a faulty folder.
    """
    templates = await asyncio.to_thread(load_templates, folder)
    return [
        template.name
        for template in templates
        if await store.call(
            "publish_template",
            name=template.name,
            title=template.title,
            description=template.description,
            type=template.type,
            context=template.context,
            content={"default": template.content.as_json()},
        )
    ]

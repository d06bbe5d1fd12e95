"""`python -m bot explain USER [DELIVERY]`: who it is, what was sent, held or skipped, and why, in words."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from bot.database import direct_address, opened_store
from bot.page import Page
from bot.settings import Settings, SettingsError
from bot.stories.deliveries import delivery_story
from bot.stories.users import user_story

Row = Mapping[str, Any]


async def explain(settings: Settings, arguments: argparse.Namespace) -> int:
    page = Page(sys.stdout.isatty())
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        user = await store.call("explain_user", reference=arguments.user)
        if arguments.delivery is None:
            lines = [*user_story(user, page), *_what_to_type(user, arguments.user, page)]
        else:
            delivery = await store.call("explain_delivery", delivery_id=arguments.delivery)
            if not is_theirs(delivery, user):
                raise SettingsError(
                    f"delivery {arguments.delivery} went to somebody else: "
                    f"`python -m bot explain {arguments.user}` lists those of {arguments.user}"
                )
            lines = delivery_story(delivery, user["user"]["timezone"], page)
    print("\n".join(lines))
    return 0


def is_theirs(delivery: Row, user: Row) -> bool:
    enrollments = {each["enrollment_id"] for each in user["enrollments"]}
    return delivery["enrollment"]["enrollment_id"] in enrollments


def _what_to_type(story: Row, reference: str, page: Page) -> list[str]:
    """The next question, ready to be pasted."""
    if not story["deliveries"]:
        return []
    number = story["deliveries"][-1]["delivery_id"]
    command = f".venv/bin/python -m bot explain {shlex.quote(reference)} {number}"
    return ["", page.paint(f"  The whole story of one: {command}", "dim")]

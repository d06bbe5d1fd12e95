"""What people read: messages that are rewritten, and the buttons below them."""

from typing import Any

from tests.fixtures.sandbox import Person, until


async def reads(person: Person, message: Any, words: str) -> Any:
    """The message, once it was rewritten to have these words."""

    async def rewritten() -> Any:
        for each in await person.messages():
            if each["message_id"] == message["message_id"] and words in each["text"]:
                return each
        return None

    return await until(rewritten)


def labels(message: Any) -> list[str]:
    """Of the buttons, row by row."""
    return [each["text"] for row in message["buttons"] for each in row]

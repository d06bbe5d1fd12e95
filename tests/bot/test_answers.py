"""What somebody does in the chat names the message that it is about, by which its delivery is found."""

from typing import Any

import pytest
from telegram import Update

from bot.handlers.incoming import behavior

ADA = {"id": 77, "first_name": "Ada", "is_bot": False}
CHAT = {"id": 77, "type": "private"}


def said(message_id: int, **more: Any) -> dict[str, Any]:
    return {"message_id": message_id, "date": 1772452800, "chat": CHAT, "from": ADA, **more}


@pytest.mark.parametrize(
    ("update", "event"),
    [
        (
            {"message": said(9, text="Thanks!", reply_to_message=said(5, text="Lesson one"))},
            ("message_received", {"kind": "text", "length": 7, "message_id": "5"}),
        ),
        (
            {"message": said(9, text="Thanks!")},
            ("message_received", {"kind": "text", "length": 7}),
        ),
        (
            {
                "message_reaction": {
                    "chat": CHAT,
                    "message_id": 5,
                    "user": ADA,
                    "date": 1772452800,
                    "old_reaction": [],
                    "new_reaction": [{"type": "emoji", "emoji": "👍"}],
                }
            },
            ("reaction_changed", {"count": 1, "message_id": "5"}),
        ),
        (
            {
                "callback_query": {
                    "id": "1",
                    "from": ADA,
                    "chat_instance": "1",
                    "data": "x",
                    "message": said(5),
                }
            },
            ("button_tapped", {"button": "x", "message_id": "5"}),
        ),
    ],
)
def test_an_answer_names_the_message_that_it_is_about(update: dict[str, Any], event: tuple[str, Any]) -> None:
    read = Update.de_json({"update_id": 1, **update})

    assert behavior(read) == event

"""Templates in a running process: they are there from the start, and a trial arrives where it was sent."""

from __future__ import annotations

from tests.fixtures.process import Tendril

HERE = "/api/engagement/templates"


async def test_a_good_template_of_each_type_is_there_and_can_be_tried(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    _, found = await tendril.api("GET", HERE)
    reminder = {each["name"]: each["id"] for each in found["items"]}["gentle_reminder"]
    wish = {"user": str(ada.id), "engagement": "low"}

    await tendril.api(
        "POST", f"{HERE}/{reminder}/test", json=wish | {"channel": "telegram", "to": str(ada.id)}
    )
    status, _ = await tendril.api(
        "POST", f"{HERE}/{reminder}/test", json=wish | {"channel": "email", "to": "ada@example.org"}
    )

    texts = [message["text"] for message in await tendril.messages(ada)]
    (mail,) = await tendril.inbox("ada@example.org")
    assert len(found["items"]) == 8
    assert [text for text in texts if "Ada, two minutes would do" in text]
    assert (status, mail["subject"]) == (200, "Two minutes would do")

"""The control API: what tests outside this repository rely on."""

import asyncio
import json

import pytest

from tests.sandbox.conftest import mail

BUTTONS = {
    "inline_keyboard": [
        [{"text": "Yes", "callback_data": "yes"}, {"text": "No", "callback_data": "no"}],
        [{"text": "Read", "url": "http://127.0.0.1:8080/c/x"}],
    ]
}


async def test_a_new_user_has_an_id(control):
    user = await control.post("/users", first_name="Ada", username="@ada", language_code="de")

    assert user["id"] > 0
    assert (user["username"], user["started"], user["blocked"]) == ("ada", False, False)
    assert await control.get("/users") == [user]
    assert await control.get(f"/users/{user['id']}") == user


async def test_what_a_form_left_empty_counts_as_left_out(control):
    user = await control.post("/users", first_name="Ada", username="", language_code=None)

    assert user["username"] is None


async def test_the_owner_has_the_id_of_the_owner(control, box):
    ada = await control.post("/users", first_name="Ada")
    olga = await control.post("/users", first_name="Olga", owner=True)

    assert (olga["id"], olga["owner"], ada["owner"]) == (box.owner_id, True, False)


async def test_there_is_one_owner_only(control):
    await control.post("/users", first_name="Olga", owner=True)

    status, body = await control.answer("POST", "/users", json={"first_name": "Otto", "owner": True})

    assert (status, body["error"]["code"], body["error"]["field"]) == (409, "exists", "owner")
    assert [each["first_name"] for each in await control.get("/users")] == ["Olga"]


async def test_a_written_message_reaches_the_bot(telegram, control):
    ada = await control.person("Ada", language_code="de")

    written = await ada.writes("/start a_friend")

    (update,) = await telegram.call("getUpdates")
    message = update["message"]
    assert (message["text"], message["message_id"]) == ("/start a_friend", written["message_id"])
    assert message["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    assert message["from"]["language_code"] == "de"
    assert (await control.get(f"/users/{ada.id}"))["started"] is True


async def test_the_list_has_the_bots_messages_after_the_given_one(telegram, ada, control):
    await ada.writes("hello")
    first = await telegram.call("sendMessage", chat_id=ada.id, text="one")
    await telegram.call("sendMessage", chat_id=ada.id, text="two")

    assert [message["text"] for message in await ada.messages()] == ["one", "two"]
    assert [message["text"] for message in await ada.messages(after=first["message_id"])] == ["two"]
    everything = await control.get(f"/users/{ada.id}/messages", **{"from": "anyone"})
    assert [(m["from"], m["text"]) for m in everything] == [("user", "hello"), ("bot", "one"), ("bot", "two")]


async def test_a_message_has_the_documented_shape(telegram, ada):
    await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=BUTTONS)

    (message,) = await ada.messages()

    assert {"message_id", "text", "html", "buttons", "date"} <= message.keys()
    assert message["buttons"] == BUTTONS["inline_keyboard"]


@pytest.mark.parametrize(("button", "callback_data"), [("Yes", "yes"), (1, "no")])
async def test_a_tap_is_a_callback_query(telegram, ada, button, callback_data):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=BUTTONS)

    tap = asyncio.ensure_future(ada.taps(sent, button))
    (update,) = await telegram.call("getUpdates", timeout=30)
    query = update["callback_query"]
    await telegram.call("answerCallbackQuery", callback_query_id=query["id"], text="Noted")

    assert await tap == {"answered": True, "text": "Noted", "show_alert": False}
    assert (query["data"], query["message"]["message_id"]) == (callback_data, sent["message_id"])
    assert query["from"]["id"] == ada.id


async def test_a_tap_that_the_bot_does_not_answer_says_so(telegram, ada, monkeypatch):
    monkeypatch.setattr("sandbox.chats.ANSWER_SECONDS", 0.05)
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=BUTTONS)

    assert await ada.taps(sent, "Yes") == {"answered": False, "text": None, "show_alert": False}


async def test_a_tap_on_a_link_answers_with_its_address(telegram, ada):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=BUTTONS)

    assert await ada.taps(sent, "Read") == {"url": "http://127.0.0.1:8080/c/x"}
    assert await telegram.call("getUpdates") == []


async def test_a_tap_on_a_reply_keyboard_writes_its_label(telegram, ada):
    keyboard = {"keyboard": [[{"text": "Good morning"}]]}
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard)

    tapped = await ada.taps(sent, "Good morning")

    assert tapped["sent"]["text"] == "Good morning"
    (update,) = await telegram.call("getUpdates")
    assert update["message"]["text"] == "Good morning"


async def test_who_has_blocked_the_bot_must_unblock_to_write(ada, control):
    await ada.blocks()

    status, body = await control.answer("POST", f"/users/{ada.id}/messages", json={"text": "hello"})
    await ada.writes("/start")

    assert (status, body["error"]["code"]) == (409, "blocked")
    assert (await control.get(f"/users/{ada.id}"))["blocked"] is False


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/users", {}, "first_name"),
        ("POST", "/users", {"first_name": 1}, "first_name"),
        ("POST", "/users", {"first_name": "x", "username": 5}, "username"),
        ("POST", "/users", {"first_name": "x", "id": "1"}, "id"),
        ("POST", "/users", {"first_name": "x", "started": "yes"}, "started"),
        ("POST", "/users", [], "body"),
        ("POST", "/users/ADA/messages", {"text": ""}, "text"),
        ("POST", "/users/ADA/messages", {"text": None}, "text"),
        ("GET", "/users/ADA/messages?after=x", None, "after"),
        ("GET", "/users/ADA/messages?from=x", None, "from"),
        ("POST", "/users/ADA/tap", {"button": "Yes"}, "message_id"),
        ("POST", "/users/ADA/tap", {"message_id": 1}, "button"),
        ("POST", "/users/ADA/tap", {"message_id": 1, "button": True}, "button"),
        ("POST", "/users/ADA/tap", {"message_id": 1, "button": "Maybe"}, "button"),
        ("POST", "/users/ADA/tap", {"message_id": 1, "button": 9}, "button"),
        ("POST", "/inbox/MAIL/click", {"url": "javascript:1"}, "url"),
        ("POST", "/inbox/MAIL/click", {}, "url"),
        ("POST", "/clock", {}, "advance"),
        ("POST", "/clock", {"advance": "soon"}, "advance"),
        ("POST", "/clock", {"advance": "1 month"}, "advance"),
        ("POST", "/clock", {"advance": "0 days"}, "advance"),
        ("POST", "/clock", {"advance": "1 day", "set": "2030-01-01"}, "advance"),
        ("POST", "/clock", {"set": "tomorrow"}, "set"),
        ("POST", "/clock", {"set": "2001-01-01T00:00Z"}, "set"),
        ("POST", "/faults", {"provider": "sms", "fault": "slow"}, "provider"),
        ("POST", "/faults", {"provider": "resend", "fault": "boredom"}, "fault"),
        ("POST", "/faults", {"provider": "resend", "fault": "slow", "count": 0}, "count"),
        ("POST", "/faults", {"provider": "resend", "fault": "rate_limit", "retry_after": "x"}, "retry_after"),
        ("POST", "/faults", {"provider": "resend", "fault": "slow", "delay": -1}, "delay"),
        ("POST", "/faults", {"provider": "resend", "fault": "slow", "methods": "emails"}, "methods"),
        ("DELETE", "/faults?provider=sms", None, "provider"),
        ("GET", "/ledger?provider=sms", None, "provider"),
        ("POST", "/limits", {"telegram": 1}, "telegram"),
        ("POST", "/domains", {"name": "x.example", "status": "odd"}, "status"),
    ],
)  # fmt: skip
async def test_a_bad_value_is_named(telegram, resend, ada, control, method, path, body, field):
    await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=BUTTONS)
    sent = await resend.accepted(mail())
    address = path.replace("ADA", str(ada.id)).replace("MAIL", sent["id"])

    status, answer = await control.answer(method, address, json=body)

    assert (status, answer["error"]["field"]) == (422, field)
    assert answer["error"]["message"]


async def test_malformed_json_is_named(control):
    status, answer = await control.answer("POST", "/users", data=b"{")

    assert (status, answer["error"]["code"]) == (422, "malformed_json")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/1"),
        ("GET", "/users/x/messages"),
        ("POST", "/users/1/messages"),
        ("POST", "/users/1/block"),
        ("POST", "/users/1/unblock"),
        ("POST", "/users/1/tap"),
        ("GET", "/inbox/1"),
        ("POST", "/inbox/1/open"),
        ("POST", "/webhooks/1/replay"),
        ("GET", "/nothing"),
        ("PUT", "/users"),
    ],
)
async def test_what_does_not_exist_is_not_found(control, method, path):
    status, answer = await control.answer(method, path, json={"text": "x"})

    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_an_unknown_event_is_not_found(resend, control):
    sent = await resend.accepted(mail())

    assert (await control.answer("POST", f"/inbox/{sent['id']}/vanish"))[0] == 404


async def test_an_id_is_given_only_once(control):
    await control.post("/users", first_name="Ada", id=77)

    assert (await control.answer("POST", "/users", json={"first_name": "Bob", "id": 77}))[0] == 409


async def next_event(stream):
    while not (line := (await stream.readline()).decode()).startswith("event: "):
        pass
    told = (await stream.readline()).decode()
    return line.removeprefix("event: ").strip(), json.loads(told.removeprefix("data: "))


async def test_the_stream_tells_what_happens(telegram, resend, ada, control):
    async with control.http.get(f"{control.url}/control/stream") as response:
        assert (await response.content.readline()).startswith(b"retry")

        sent = await telegram.call("sendMessage", chat_id=ada.id, text="x")
        await telegram.call("editMessageText", chat_id=ada.id, message_id=sent["message_id"], text="y")
        await telegram.call("deleteMessage", chat_id=ada.id, message_id=sent["message_id"])
        await ada.blocks()
        accepted = await resend.accepted(mail())
        await control.fail("resend", "slow", count=1)
        await control.advance("1 hour")

        told = [await next_event(response.content) for _ in range(9)]

    assert [name for name, _ in told] == [
        *("message", "edited", "deleted", "user", "mail", "mail_event", "mail_event", "fault", "clock")
    ]
    message, edited, deleted, user, kept, event, _, faults, clock = (content for _, content in told)
    assert (message["text"], edited["text"]) == ("x", "y")
    assert deleted == {"user_id": ada.id, "message_id": sent["message_id"]}
    assert (user["blocked"], kept["id"]) == (True, accepted["id"])
    assert (event["id"], event["event"]) == (accepted["id"], "email.sent")
    assert (faults[0]["fault"], clock["offset_seconds"] > 3_000) == ("slow", True)


async def test_everything_can_be_forgotten(telegram, resend, ada, control):
    await resend.accepted(mail())
    await telegram.call("sendMessage", chat_id=ada.id, text="x")

    await control.delete("/state")

    assert await control.get("/users") == await control.inbox() == await control.ledger() == []


async def test_the_page_is_served(box, control):
    async with control.http.get(box.url) as page:
        assert (page.status, page.content_type) == (200, "text/html")
    async with control.http.get(f"{box.url}/page/app.js") as script:
        assert (script.status, "javascript" in script.content_type) == (200, True)


BERLIN = {"latitude": 52.52, "longitude": 13.405}
SHARING = {
    "keyboard": [[{"text": "Where I am", "request_location": True}], [{"text": "Skip"}]],
    "one_time_keyboard": True,
}


async def test_a_location_reaches_the_bot(telegram, ada, control):
    written = await control.post(f"/users/{ada.id}/messages", location=BERLIN)

    (update,) = await telegram.call("getUpdates")
    assert update["message"]["location"] == BERLIN
    assert "text" not in update["message"]
    assert written["media"] == {"location": BERLIN}


@pytest.mark.parametrize(
    ("location", "field"),
    [
        ({"latitude": 91, "longitude": 0}, "location.latitude"),
        ({"latitude": 0, "longitude": "east"}, "location.longitude"),
        ("Berlin", "location.latitude"),
    ],
)
async def test_a_place_that_is_not_on_earth_is_refused(ada, control, location, field):
    status, answer = await control.answer("POST", f"/users/{ada.id}/messages", json={"location": location})

    assert (status, answer["error"]["field"]) == (422, field)


async def test_a_key_that_asks_for_a_location_sends_one(telegram, ada, control):
    await telegram.call("sendMessage", chat_id=ada.id, text="Where are you?", reply_markup=SHARING)
    (question,) = await ada.messages()

    status, answer = await control.answer(
        "POST", f"/users/{ada.id}/tap", json={"message_id": question["message_id"], "button": "Where I am"}
    )
    assert (status, answer["error"]["field"]) == (422, "location")
    await control.post(
        f"/users/{ada.id}/tap", message_id=question["message_id"], button="Where I am", location=BERLIN
    )

    (update,) = await telegram.call("getUpdates")
    assert update["message"]["location"] == BERLIN
    assert question["keys"] == SHARING["keyboard"]


async def test_a_keyboard_is_removed_by_a_message_that_says_so(telegram, ada):
    await telegram.call("sendMessage", chat_id=ada.id, text="Where?", reply_markup=SHARING)
    await telegram.call("sendMessage", chat_id=ada.id, text="Thanks", reply_markup={"remove_keyboard": True})

    assert [message["removes_keyboard"] for message in await ada.messages()] == [False, True]


async def test_each_person_sees_the_narrowest_commands_in_their_language(telegram, control):
    ada, kofi = await control.person("Ada", language_code="de"), await control.person("Kofi")
    chat = {"type": "chat", "chat_id": kofi.id}
    told = {"default": {}, "german": {"language_code": "de"}, "kofi": {"scope": chat, "language_code": ""}}
    for name, where in told.items():
        await telegram.call("setMyCommands", commands=[{"command": name, "description": name}], **where)

    async def menu(person):
        return [each["command"] for each in await control.get(f"/users/{person.id}/commands")]

    assert (await menu(ada), await menu(kofi)) == (["german"], ["kofi"])
    await telegram.call("deleteMyCommands", scope=chat)
    assert await menu(kofi) == ["default"]


async def test_a_file_that_is_not_there_is_not_found(control):
    status, answer = await control.answer("GET", "/files/photo-x")

    assert (status, answer["error"]["code"]) == (404, "not_found")


async def test_a_person_writes_in_bold(telegram, ada, control):
    await control.post(f"/users/{ada.id}/messages", html="So <b>good</b>")

    (update,) = await telegram.call("getUpdates")
    assert update["message"]["text"] == "So good"
    assert update["message"]["entities"] == [{"type": "bold", "offset": 3, "length": 4}]


async def test_a_picture_that_a_person_sent_is_sent_on_by_its_id(telegram, ada, control):
    await control.post(f"/users/{ada.id}/messages", photo="iVBORw0K", text="Look")
    (update,) = await telegram.call("getUpdates")
    photo = update["message"]["photo"][0]["file_id"]

    sent = await telegram.call("sendPhoto", chat_id=ada.id, photo=photo, caption="Theirs")

    assert (update["message"]["caption"], sent["photo"][0]["file_id"]) == ("Look", photo)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"photo": "not base64!"}, "photo"),
        ({"html": "<b>open"}, "html"),
        ({}, "text"),
        ({"text": " "}, "text"),
    ],
)
async def test_a_message_that_cannot_be_is_refused(ada, control, body, field):
    status, answer = await control.answer("POST", f"/users/{ada.id}/messages", json=body)

    assert (status, answer["error"]["field"]) == (422, field)

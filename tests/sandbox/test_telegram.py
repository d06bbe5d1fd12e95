"""The Bot API as a plain client meets it. The descriptions are those of the real server."""

import asyncio
import json

import aiohttp
import pytest

BUTTON = {"text": "Go", "callback_data": "go"}


def keyboard(*buttons):
    return {"inline_keyboard": [list(buttons)]}


async def test_a_message_reaches_the_person(telegram, ada):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="<b>Hi</b> there", parse_mode="HTML")

    assert (sent["text"], sent["entities"]) == ("Hi there", [{"type": "bold", "offset": 0, "length": 2}])
    (message,) = await ada.messages()
    assert (message["message_id"], message["html"]) == (sent["message_id"], "<b>Hi</b> there")
    assert message["date"] == sent["date"]


@pytest.mark.parametrize("style", ["json", "form", "multipart", "query"])
async def test_parameters_come_in_four_ways(telegram, ada, style):
    text = {"chat_id": str(ada.id), "text": "Hi", "reply_markup": json.dumps(keyboard(BUTTON))}
    multipart = aiohttp.FormData(default_to_multipart=True)
    for name, value in text.items():
        multipart.add_field(name, value)
    given = {
        "json": {"json": {"chat_id": ada.id, "text": "Hi", "reply_markup": keyboard(BUTTON)}},
        "form": {"data": text},
        "multipart": {"data": multipart},
        "query": {"params": text},
    }[style]

    async with telegram.http.post(f"{telegram.url}/bot{telegram.token}/sendMessage", **given) as response:
        assert response.status == 200

    (message,) = await ada.messages()
    assert message["buttons"] == [[BUTTON]]


async def test_get_and_any_case_of_the_method_work_too(telegram):
    async with telegram.http.get(f"{telegram.url}/bot{telegram.token}/getme") as response:
        assert (await response.json())["result"]["is_bot"] is True


@pytest.mark.parametrize(
    ("parameters", "code", "description"),
    [
        ({"text": "x"}, 400, "Bad Request: chat_id is empty"),
        ({"chat_id": "", "text": "x"}, 400, "Bad Request: chat_id is empty"),
        ({"chat_id": 0}, 400, "Bad Request: message text is empty"),
        ({"chat_id": 0, "text": ""}, 400, "Bad Request: message text is empty"),
        ({"chat_id": 0, "text": "x"}, 400, "Bad Request: chat not found"),
        ({"chat_id": "@nobody", "text": "x"}, 400, "Bad Request: chat not found"),
        ({"text": "   "}, 400, "Bad Request: text must be non-empty"),
        ({"text": "x" * 4097}, 400, "Bad Request: message is too long"),
        (
            {"text": "<b>x", "parse_mode": "HTML"},
            400,
            "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\"",
        ),
        ({"text": "x", "parse_mode": "nope"}, 400, "Bad Request: unsupported parse_mode"),
        (
            {"text": "x", "reply_markup": "{"},
            400,
            "Bad Request: can't parse reply keyboard markup JSON object",
        ),
        ({"text": "x", "reply_markup": "[]"}, 400, "Bad Request: object expected as reply markup"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": "bad"}},
            400,
            'Bad Request: field "inline_keyboard" must be of type Array',
        ),
        (
            {"text": "x", "reply_markup": {"force_reply": "yes"}},
            400,
            'Bad Request: field "force_reply" must be of type Boolean',
        ),
        (
            {"text": "x", "link_preview_options": {"is_disabled": "yes"}},
            400,
            'Bad Request: field "is_disabled" must be of type Boolean',
        ),
        (
            {"text": "x", "reply_parameters": {"quote": "x"}},
            400,
            'Bad Request: can\'t find field "message_id"',
        ),
        (
            {"text": "x", "reply_parameters": {"message_id": 9}},
            400,
            "Bad Request: message to be replied not found",
        ),
    ],
)
async def test_a_bad_message_is_refused_in_telegrams_words(telegram, ada, parameters, code, description):
    given = (
        parameters
        if "chat_id" in parameters or parameters == {"text": "x"}
        else {"chat_id": ada.id, **parameters}
    )

    assert await telegram.refusal("sendMessage", **given) == (code, description)
    assert await ada.messages() == []


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        (
            {"text": "x"},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        (
            {"text": "x", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"text": "x", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "url": "not-a-url"},
            "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL",
        ),
        (
            {"text": "x", "url": "ftp://example.com"},
            "inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol",
        ),
        (
            {"text": "x", "web_app": {"url": "http://example.com"}},
            "inline keyboard button Web App URL 'http://example.com' is invalid: "
            "Only HTTPS links are allowed",
        ),
        ({"text": "x", "copy_text": {"text": ""}}, "BUTTON_COPY_TEXT_INVALID"),
        ({"text": "x", "pay": True}, "BUTTON_TYPE_INVALID"),
    ],
)
async def test_a_bad_button_is_refused_in_telegrams_words(telegram, ada, button, description):
    status, complaint = await telegram.refusal(
        "sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard(button)
    )

    assert (status, complaint) == (400, f"Bad Request: {description}")


async def test_64_bytes_of_callback_data_and_4096_characters_are_allowed(telegram, ada):
    button = {"text": "x", "callback_data": "x" * 64}

    text = "<i>" + "x" * 4096 + "</i>"
    await telegram.call(
        "sendMessage", chat_id=ada.id, text=text, parse_mode="HTML", reply_markup=keyboard(button)
    )

    assert len((await ada.messages())[0]["text"]) == 4096


async def test_who_never_wrote_cannot_be_written_to(telegram, control):
    stranger = await control.person("Stranger")

    assert await telegram.refusal("sendMessage", chat_id=stranger.id, text="x") == (
        403,
        "Forbidden: bot can't initiate conversation with a user",
    )


async def test_who_blocked_the_bot_cannot_be_written_to_until_they_return(telegram, ada):
    await ada.blocks()
    refusal = await telegram.refusal("sendMessage", chat_id=ada.id, text="x")
    await ada.unblocks()

    assert refusal == (403, "Forbidden: bot was blocked by the user")
    assert await telegram.call("sendMessage", chat_id=ada.id, text="x")


async def test_blocking_and_returning_are_updates(telegram, ada):
    await ada.blocks()
    await ada.blocks()
    await ada.unblocks()

    updates = await telegram.call("getUpdates")

    changes = [update["my_chat_member"] for update in updates]
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]
    assert {change["from"]["id"] for change in changes} == {ada.id}


async def test_a_revoked_token_is_unauthorized(telegram):
    status, body = await telegram.answer("getMe", token="1:revoked")

    assert (status, body["description"]) == (401, "Unauthorized")


async def test_a_malformed_token_is_not_found(telegram):
    status, body = await telegram.answer("getMe", token="nonsense")

    assert (status, body) == (404, {"ok": False, "error_code": 404, "description": "Not Found"})


@pytest.mark.parametrize("method", ["sendDice", "noSuchMethod"])
async def test_a_method_that_is_not_played_is_not_found(telegram, method):
    assert await telegram.refusal(method) == (404, "Not Found: method not found")


async def test_a_text_and_its_buttons_can_be_edited(telegram, ada):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="before", reply_markup=keyboard(BUTTON))

    edited = await telegram.call(
        "editMessageText", chat_id=ada.id, message_id=sent["message_id"], text="after"
    )

    assert edited["edit_date"] >= sent["date"]
    (message,) = await ada.messages()
    assert (message["text"], message["buttons"]) == ("after", [])


async def test_an_edit_that_changes_nothing_is_refused(telegram, ada):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="same")

    status, description = await telegram.refusal(
        "editMessageText", chat_id=ada.id, message_id=sent["message_id"], text="same"
    )

    assert status == 400
    assert description.startswith("Bad Request: message is not modified: specified new message content")


async def test_only_the_buttons_can_be_edited(telegram, ada):
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=keyboard(BUTTON))

    await telegram.call("editMessageReplyMarkup", chat_id=ada.id, message_id=sent["message_id"])

    (message,) = await ada.messages()
    assert message["buttons"] == []


async def test_a_persons_message_cannot_be_edited(telegram, ada):
    written = await ada.writes("mine")

    assert await telegram.refusal(
        "editMessageText", chat_id=ada.id, message_id=written["message_id"], text="x"
    ) == (400, "Bad Request: message can't be edited")


async def test_a_message_that_is_not_there_is_neither_edited_nor_deleted(telegram, ada):
    given = {"chat_id": ada.id, "message_id": 99}

    assert (await telegram.refusal("editMessageText", text="x", **given))[1].endswith("to edit not found")
    assert (await telegram.refusal("deleteMessage", **given))[1].endswith("to delete not found")


async def test_a_message_can_be_deleted_for_two_days(telegram, ada, control):
    first = await telegram.call("sendMessage", chat_id=ada.id, text="first")
    second = await telegram.call("sendMessage", chat_id=ada.id, text="second")

    assert await telegram.call("deleteMessage", chat_id=ada.id, message_id=first["message_id"]) is True
    await control.advance("3 days")

    refusal = await telegram.refusal("deleteMessage", chat_id=ada.id, message_id=second["message_id"])
    assert refusal == (400, "Bad Request: message can't be deleted for everyone")
    assert [message["text"] for message in await ada.messages()] == ["second"]


async def test_a_photo_comes_with_its_caption(telegram, ada):
    form = aiohttp.FormData()
    form.add_field("chat_id", str(ada.id))
    form.add_field("caption", "<b>Look</b>")
    form.add_field("parse_mode", "HTML")
    form.add_field("photo", b"\x89PNG", filename="look.png", content_type="image/png")

    async with telegram.http.post(f"{telegram.url}/bot{telegram.token}/sendPhoto", data=form) as response:
        sent = (await response.json())["result"]

    assert (sent["caption"], sent["photo"][0]["width"]) == ("Look", 1280)
    (message,) = await ada.messages()
    assert (message["text"], list(message["media"])) == ("Look", ["photo"])


async def test_a_copied_message_is_a_new_one(telegram, ada):
    original = await telegram.call("sendMessage", chat_id=ada.id, text="<b>x</b>", parse_mode="HTML")

    copy = await telegram.call(
        "copyMessage", chat_id=ada.id, from_chat_id=ada.id, message_id=original["message_id"]
    )

    assert copy == {"message_id": original["message_id"] + 1}
    assert [message["html"] for message in await ada.messages()] == ["<b>x</b>", "<b>x</b>"]


async def test_a_reply_shows_what_it_replies_to(telegram, ada):
    question = await ada.writes("why?")

    sent = await telegram.call(
        "sendMessage", chat_id=ada.id, text="so", reply_parameters={"message_id": question["message_id"]}
    )

    assert sent["reply_to_message"]["text"] == "why?"


async def test_commands_are_kept_for_the_page(telegram, control):
    commands = [{"command": "start", "description": "Begin"}]

    await telegram.call("setMyCommands", commands=commands)

    assert await telegram.call("getMyCommands") == commands
    assert (await control.get("/bot"))["commands"] == commands


@pytest.mark.parametrize(
    ("setter", "getter", "parameter"),
    [
        ("setMyName", "getMyName", "name"),
        ("setMyDescription", "getMyDescription", "description"),
        ("setMyShortDescription", "getMyShortDescription", "short_description"),
    ],
)
async def test_what_the_bot_says_about_itself_is_kept_by_language(telegram, setter, getter, parameter):
    await telegram.call(setter, **{parameter: "Ranke"}, language_code="de")

    assert await telegram.call(getter, language_code="de") == {parameter: "Ranke"}
    assert await telegram.call(getter) != {parameter: "Ranke"}


async def test_an_answer_to_an_unknown_tap_is_too_late(telegram):
    assert await telegram.refusal("answerCallbackQuery", callback_query_id="1") == (
        400,
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
    )


async def test_the_real_limits_are_kept_when_asked_for(telegram, ada, control):
    await control.post("/limits", telegram=True)

    asking = (telegram.answer("sendMessage", chat_id=ada.id, text="x") for _ in range(60))
    answers = await asyncio.gather(*asking)

    refusals = [body for status, body in answers if status == 429]
    assert [status for status, _ in answers].count(200) == 60 - len(refusals) >= 3
    assert refusals[0] == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }


async def test_a_message_with_a_keyboard_below_the_chat_cannot_be_edited(telegram, ada):
    sent = await telegram.call(
        "sendMessage", chat_id=ada.id, text="Where?", reply_markup={"keyboard": [[{"text": "Here"}]]}
    )

    code, description = await telegram.refusal(
        "editMessageText", chat_id=ada.id, message_id=sent["message_id"], text="There"
    )
    assert (code, description) == (400, "Bad Request: message can't be edited")


async def test_commands_for_a_chat_that_is_not_there_are_refused(telegram):
    code, description = await telegram.refusal(
        "setMyCommands", commands=[], scope={"type": "chat", "chat_id": 404}
    )
    assert (code, description) == (400, "Bad Request: chat not found")

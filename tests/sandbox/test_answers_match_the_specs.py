"""Every answer and every webhook is valid against the published descriptions."""

import asyncio
import json
from functools import cache
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from sandbox.mailbox import EVENTS
from sandbox.specification import SPECS, resend_document, telegram_document
from sandbox.telegram.methods import METHODS
from tests.fixtures.sandbox import until
from tests.sandbox.conftest import mail

# ---- Telegram ----

SCALARS = {
    "Integer": {"type": "integer"},
    "Float": {"type": "number"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "True": {"const": True},
}


def any_of(types):
    return {"anyOf": [type_schema(name) for name in types]}


def type_schema(name):
    if name.startswith("Array of "):
        return {"type": "array", "items": type_schema(name.removeprefix("Array of "))}
    return SCALARS.get(name) or {"$ref": f"#/$defs/{name}"}


def object_schema(description):
    if description.get("subtypes"):
        return any_of(description["subtypes"])
    fields = description.get("fields", [])
    return {
        "type": "object",
        "properties": {field["name"]: any_of(field["types"]) for field in fields},
        "required": [field["name"] for field in fields if field["required"]],
        "additionalProperties": False,  # stricter than Telegram: a field that it does not have is our mistake
    }


@cache
def telegram_validator(method):
    document = telegram_document()
    returns = next(d for name, d in document["methods"].items() if name.lower() == method.lower())["returns"]
    types = {name: object_schema(description) for name, description in document["types"].items()}
    return Draft202012Validator({**any_of(returns), "$defs": types})


class Asking:
    """Calls the methods and validates every answer."""

    def __init__(self, telegram):
        self.telegram = telegram
        self.asked = set()

    async def call(self, method, **parameters):
        result = await self.telegram.call(method, **parameters)
        telegram_validator(method).validate(result)
        self.asked.add(method.lower())
        return result


async def test_every_telegram_answer_is_valid(telegram, control):
    ask = Asking(telegram)
    ada = await control.person("Ada", last_name="L", username="ada", language_code="en")
    await ada.writes("/start now")
    buttons = {
        "inline_keyboard": [[{"text": "Go", "callback_data": "x"}, {"text": "Read", "url": "a.example"}]]
    }
    sent = await ask.call(
        "sendMessage",
        chat_id=ada.id,
        text='<b>Hi</b> <a href="https://a.example">x</a> <pre><code class="language-py">1</code></pre> #tag',
        parse_mode="HTML",
        reply_markup=buttons,
        link_preview_options={"is_disabled": True},
        reply_parameters={"message_id": 1},
    )
    here = {"chat_id": ada.id, "message_id": sent["message_id"]}
    await control.http.post(
        f"{control.url}/control/users/{ada.id}/tap", json={"message_id": sent["message_id"], "button": 1}
    )
    await ada.blocks()
    await ada.unblocks()
    await ask.call("getUpdates", allowed_updates=["message", "callback_query", "my_chat_member"])
    photo = await ask.call("sendPhoto", chat_id=ada.id, photo="file-id", caption="x")
    await ask.call("sendDocument", chat_id=ada.id, document="file-id")
    await ask.call("editMessageText", text="other", **here)
    await ask.call("editMessageReplyMarkup", reply_markup=buttons, **here)
    await ask.call("editMessageCaption", chat_id=ada.id, message_id=photo["message_id"], caption="y")
    other = {"type": "photo", "media": "other-id"}
    await ask.call("editMessageMedia", chat_id=ada.id, message_id=photo["message_id"], media=other)
    await ask.call("copyMessage", from_chat_id=ada.id, **here)
    await ask.call("forwardMessage", from_chat_id=ada.id, **here)
    await ask.call("setMessageReaction", **here)
    await ask.call("sendChatAction", chat_id=ada.id, action="typing")
    await ask.call("deleteMessage", **here)
    for method in ("getMe", "getChatMenuButton", "setChatMenuButton", "getWebhookInfo", "deleteWebhook"):
        await ask.call(method)
    await ask.call("setMyCommands", commands=[{"command": "start", "description": "Begin"}])
    for kind in ("Name", "Description", "ShortDescription"):
        await ask.call(f"setMy{kind}")
        await ask.call(f"getMy{kind}")
    await ask.call("getMyCommands")
    await ask.call("deleteMyCommands")
    await ask.call("getChat", chat_id=ada.id)
    await ask.call("getChatMember", chat_id=ada.id, user_id=ada.id)
    await ask.call("getUserProfilePhotos", user_id=ada.id)
    await ask.call("setWebhook", url="https://example.com/hook")
    await ask.call("getWebhookInfo")

    assert set(METHODS) - ask.asked == {"answercallbackquery"}  # needs a tap that waits: see test_control


async def test_every_kind_of_update_is_valid(telegram, ada, control):
    update_schema = {**type_schema("Update"), "$defs": telegram_validator("getMe").schema["$defs"]}
    buttons = {"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]}
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x", reply_markup=buttons)
    tap = asyncio.ensure_future(ada.taps(sent, "Go"))
    updates = await telegram.call("getUpdates", timeout=30)
    query = updates[0]["callback_query"]
    assert await telegram.call("answerCallbackQuery", callback_query_id=query["id"]) is True
    await tap
    await ada.blocks()
    await ada.unblocks()
    await ada.writes("hello")

    updates = await telegram.call("getUpdates")

    kinds = [next(iter(set(update) - {"update_id"})) for update in updates]
    assert kinds == ["callback_query", "my_chat_member", "my_chat_member", "message"]
    for update in updates:
        Draft202012Validator(update_schema).validate(update)


# ---- Resend ----


def resend_validator(name):
    schema = {"$ref": f"#/components/schemas/{name}", "components": resend_document()["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def of_path(path, method):
    answers = resend_document()["paths"][path][method]["responses"]
    content = answers["200"]["content"]["application/json"]["schema"]
    return content["$ref"].rsplit("/", 1)[1]


async def test_every_resend_answer_is_valid(resend):
    sent = await resend.accepted(mail(cc="c@example.com", reply_to=["r@example.com"], text="x"))
    resend_validator(of_path("/emails", "post")).validate(sent)
    batch = await resend.accepted([mail(), mail()])
    resend_validator(of_path("/emails/batch", "post")).validate(batch)
    for described, path in (
        ("/emails", "/emails"),
        ("/emails/{email_id}", f"/emails/{sent['id']}"),
        ("/domains", "/domains"),
    ):
        status, answer = await resend.answer("GET", path)
        assert status == 200
        resend_validator(of_path(described, "get")).validate(answer)
    _, domains = await resend.answer("GET", "/domains")
    for listed in domains["data"]:
        _, domain = await resend.answer("GET", f"/domains/{listed['id']}")
        resend_validator(of_path("/domains/{domain_id}", "get")).validate(domain)


async def test_every_webhook_is_valid(box, resend, control, receiver):
    box.set_webhook(receiver.url)
    sent = await resend.accepted(
        mail(
            html='<a href="https://a.example/">x</a>',
            headers={"X-A": "b"},
            tags=[{"name": "a", "value": "b"}],
        )
    )
    await resend.accepted(mail(scheduled_at=(await control.get("/clock"))["now"]))
    for event in EVENTS:
        await control.post(f"/inbox/{sent['id']}/{event}")

    async def all_sent():
        kinds = {json.loads(body)["type"] for _, body in receiver.received}
        return kinds >= {*EVENTS.values(), "email.sent", "email.scheduled"}

    await until(all_sent)
    described = resend_document()["webhooks"]
    for _, body in receiver.received:
        payload = json.loads(body)
        schema = described[payload["type"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
        resend_validator(schema["$ref"].rsplit("/", 1)[1]).validate(payload)


# ---- the documents ----


def test_the_json_form_of_resends_description_says_what_the_yaml_says():
    described = yaml.safe_load((SPECS / "resend.yaml").read_text())

    assert json.loads(json.dumps(described, default=str)) == resend_document()


@pytest.mark.parametrize("name", ["resend", "telegram-bot-api"])
def test_the_descriptions_come_with_their_licenses(name):
    assert "MIT" in Path(SPECS / f"{name}.LICENSE").read_text()

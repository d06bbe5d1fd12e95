"""python-telegram-bot drives the stand-in as it drives Telegram."""

import contextlib
import json

import pytest
from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)
from telegram.request import HTTPXRequest

from tests.fixtures.sandbox import until

# Within it even a busy machine has taken what was sent to it.
PATIENCE = 2.0


@pytest.fixture
async def bot(box):
    patient = HTTPXRequest(connect_timeout=30, read_timeout=30, write_timeout=30, pool_timeout=30)
    async with Bot(box.telegram_token, base_url=f"{box.telegram_url}/bot", request=patient) as bot:
        yield bot


@pytest.fixture
async def application(box):
    """Answers `/start`, echoes everything else, tells of blocking, and answers taps."""
    heard = []

    async def start(update, context):
        await update.message.reply_text(f"Welcome {' '.join(context.args)}".strip())

    async def echo(update, context):
        buttons = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]])
        await update.message.reply_html(f"<b>{update.message.text_html}</b>", reply_markup=buttons)

    async def again(update, context):
        await update.callback_query.answer("Once more", show_alert=True)
        await update.callback_query.edit_message_text("edited")

    async def membership(update, context):
        heard.append(update.my_chat_member.new_chat_member.status)

    application = Application.builder().token(box.telegram_token).base_url(f"{box.telegram_url}/bot").build()
    application.bot_data["heard"] = heard
    application.add_handler(CommandHandler("start", start))
    application.add_handler(MessageHandler(filters.TEXT, echo))
    application.add_handler(CallbackQueryHandler(again))
    application.add_handler(ChatMemberHandler(membership, ChatMemberHandler.MY_CHAT_MEMBER))
    return application


@contextlib.asynccontextmanager
async def polling(application):
    await application.initialize()
    await application.start()
    await application.updater.start_polling(allowed_updates=Update.ALL_TYPES, poll_interval=0)
    try:
        yield
    finally:
        await application.updater.stop()
        await application.stop()
        await application.shutdown()


async def test_a_command_is_answered(application, control):
    ada = await control.person("Ada")
    async with polling(application):
        await ada.writes("/start from_a_friend")

        assert await ada.hears("Welcome from_a_friend")


async def test_a_tap_is_answered_and_its_message_edited(application, control):
    ada = await control.person("Ada")
    async with polling(application):
        await ada.writes("hi <there>")
        (message,) = await ada.receives()

        answer = await ada.taps(message, "Again")

        assert answer == {"answered": True, "text": "Once more", "show_alert": True}
        assert message["html"] == "<b>hi &lt;there&gt;</b>"
        assert await ada.hears("edited")


async def test_the_bot_hears_of_blocking(application, control):
    ada = await control.person("Ada", started=True)
    async with polling(application):
        await ada.blocks()
        await ada.unblocks()
        await ada.writes("still here?")
        await ada.hears("still here?")

    assert application.bot_data["heard"] == ["kicked", "member"]


async def test_updates_reach_an_application_over_its_webhook(application, control, box, receiver):
    ada = await control.person("Ada")
    await application.initialize()
    await application.start()
    await application.bot.set_webhook(receiver.url, secret_token="shh")

    await ada.writes("/start")

    async def arrived():
        return receiver.received

    ((_, body),) = await until(arrived)
    await application.update_queue.put(Update.de_json(json.loads(body), application.bot))

    assert await ada.hears("Welcome")
    await application.stop()
    await application.shutdown()


async def test_every_kind_of_content_can_be_sent(bot, ada):
    await bot.send_chat_action(ada.id, "typing")
    text = await bot.send_message(
        ada.id,
        "<i>Hi</i> https://example.com",
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
    )
    photo = await bot.send_photo(ada.id, b"\x89PNG", caption="a photo")
    document = await bot.send_document(ada.id, b"text", filename="notes.txt")
    copy = await bot.copy_message(ada.id, ada.id, text.message_id)

    assert [text.text_html, photo.caption, document.document.file_name] == [
        "<i>Hi</i> https://example.com",
        "a photo",
        "notes.txt",
    ]
    assert copy.message_id > document.message_id
    first = (await ada.messages())[0]
    assert (first["silent"], first["link_preview"]) == (True, False)


async def test_messages_are_edited_and_deleted(bot, ada):
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Go", url="http://127.0.0.1:8080/c/x")]])
    sent = await bot.send_message(ada.id, "before", reply_markup=markup)

    edited = await sent.edit_text("after", reply_markup=markup)
    bare = await sent.edit_reply_markup(None)
    gone = await sent.delete()

    assert (edited.text, bare.reply_markup, gone) == ("after", None, True)


async def test_a_picture_takes_the_place_of_another(bot, ada):
    sent = await bot.send_photo(ada.id, b"\x89PNG", caption="before")
    other = InputMediaPhoto(b"\x89PNG other", caption="<b>after</b>", parse_mode=ParseMode.HTML)

    edited = await sent.edit_media(other)

    assert (edited.message_id, edited.caption) == (sent.message_id, "after")
    assert edited.photo[0].file_id != sent.photo[0].file_id
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_media(other)


async def test_the_bot_introduces_itself(bot):
    await bot.set_my_commands([BotCommand("start", "Begin")])
    await bot.set_my_description("A plant")
    await bot.set_my_short_description("Plant")
    await bot.set_my_name("Ivy")

    assert [command.command for command in await bot.get_my_commands()] == ["start"]
    assert (await bot.get_my_description()).description == "A plant"
    assert (await bot.get_my_short_description()).short_description == "Plant"
    assert (await bot.get_my_name()).name == "Ivy"
    assert (await bot.get_me()).is_bot


async def test_chats_and_members_can_be_looked_up(bot, ada):
    assert (await bot.get_chat(ada.id)).first_name == "Ada"
    assert (await bot.get_chat_member(ada.id, ada.id)).status == "member"
    assert (await bot.get_user_profile_photos(ada.id)).total_count == 0
    assert (await bot.get_chat_menu_button()).type == "commands"


async def test_webhook_settings_are_read_back(bot):
    await bot.set_webhook("https://example.com/hook", allowed_updates=["message"], max_connections=7)

    info = await bot.get_webhook_info()

    assert (info.url, list(info.allowed_updates), info.max_connections) == (
        "https://example.com/hook",
        ["message"],
        7,
    )
    with pytest.raises(Conflict):
        await bot.get_updates()
    assert await bot.delete_webhook()


async def test_a_blocked_bot_is_forbidden(bot, ada):
    await ada.blocks()

    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ada.id, "x")


async def test_an_unknown_chat_is_a_bad_request(bot):
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "x")


async def test_a_revoked_token_is_invalid(box):
    with pytest.raises(InvalidToken):
        async with Bot("1:revoked", base_url=f"{box.telegram_url}/bot"):
            pass


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("rate_limit", RetryAfter),
        ("server_error", NetworkError),
        ("malformed", TelegramError),
        ("reset", NetworkError),
        ("forbidden", Forbidden),
    ],
)
async def test_a_fault_is_what_ptb_takes_it_for(bot, ada, control, fault, error):
    await control.fail("telegram", fault, count=1)

    with pytest.raises(error):
        await bot.send_message(ada.id, "x")

    assert await bot.send_message(ada.id, "y")


async def test_silence_after_acceptance_is_a_time_out(bot, ada, control):
    await control.fail("telegram", "timeout_after_accept", count=1)
    with pytest.raises(TimedOut):
        await bot.send_message(ada.id, "x", read_timeout=PATIENCE)

    assert [message["text"] for message in await ada.messages()] == ["x"]

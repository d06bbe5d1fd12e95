"""The methods that there are, by their names in small letters."""

from __future__ import annotations

from sandbox.telegram import editing, people, profile, receiving, sending
from sandbox.telegram.parts import Method

METHODS: dict[str, Method] = {
    "getme": profile.get_me,
    "getupdates": receiving.get_updates,
    "setwebhook": receiving.set_webhook,
    "deletewebhook": receiving.delete_webhook,
    "getwebhookinfo": receiving.get_webhook_info,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "copymessage": sending.copy_message,
    "forwardmessage": sending.forward_message,
    "sendchataction": sending.send_chat_action,
    "setmessagereaction": sending.set_message_reaction,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "answercallbackquery": receiving.answer_callback_query,
    "setmycommands": profile.set_my_commands,
    "getmycommands": profile.get_my_commands,
    "deletemycommands": profile.delete_my_commands,
    "setchatmenubutton": profile.set_chat_menu_button,
    "getchatmenubutton": profile.get_chat_menu_button,
    "getchat": people.get_chat,
    "getchatmember": people.get_chat_member,
    "getuserprofilephotos": people.get_user_profile_photos,
    **profile.bot_text("name", "name", 64),
    **profile.bot_text("description", "description", 512),
    **profile.bot_text("short_description", "short_description", 120),
}

# What a fault hits unless it names methods: the requests that put something before a person.
SENDING = {
    *("sendmessage", "sendphoto", "senddocument", "copymessage", "forwardmessage"),
    *("editmessagetext", "editmessagecaption", "editmessagemedia", "editmessagereplymarkup"),
}

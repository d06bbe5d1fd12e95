"""What a step and a claimed row become on each channel."""

from __future__ import annotations

import time
from statistics import median
from typing import Any
from urllib.parse import quote

import pytest

from sequences.definition import Button, Content, Step
from sequences.mistakes import Unrenderable
from sequences.rendering import Renderer, telegram_length
from tests.sequences.content import HEX_ID, TRACKING_ID, renderer, row, step


def telegram(body: str, *buttons: Button, **changes: Any) -> dict[str, Any]:
    return renderer().render(step(body, *buttons), "telegram", row(**changes))


def email(body: str, *buttons: Button, subject: str = "A subject", **changes: Any) -> dict[str, Any]:
    return renderer().render(step(body, *buttons, subject=subject), "email", row(**changes))


def click(url: str) -> str:
    return "https://t.example/c/" + quote(f'["{TRACKING_ID}","{url}"]', safe="")


# Telegram


def test_a_missing_first_name_has_a_greeting_too() -> None:
    body = "Hi {{ user.first_name | default('there') }}"
    for user in ({}, {"first_name": None}, {"first_name": ""}, None):
        assert telegram(body, user=user)["text"] == "Hi there"


def test_links_in_telegram_are_tracked() -> None:
    assert telegram("[x](https://example.org)")["text"] == f'<a href="{click("https://example.org")}">x</a>'


def test_own_links_mail_addresses_and_chats_are_not_tracked() -> None:
    text = telegram("[a]({{ links.unsubscribe }}) [b](mailto:a@example.org) [c](tg://resolve?domain=x)")[
        "text"
    ]
    assert "/c/" not in text
    assert f'href="https://t.example/u/{quote(chr(34) + TRACKING_ID + chr(34), safe="")}"' in text
    assert 'href="mailto:a@example.org"' in text


def test_an_event_button_carries_the_delivery_and_the_event() -> None:
    (button,) = telegram("Hi", Button("Done", event="goal_set"))["buttons"][0]
    assert button == {"text": "Done", "callback_data": f"e:{HEX_ID}:goal_set"}


def test_the_longest_event_name_still_fits_into_a_button() -> None:
    (button,) = telegram("Hi", Button("Done", event="e" * 29))["buttons"][0]
    assert len(button["callback_data"].encode()) == 64


def test_a_page_button_is_tracked() -> None:
    (button,) = telegram("Hi", Button("Go", url="https://example.org/a"))["buttons"][0]
    assert button == {"text": "Go", "url": click("https://example.org/a")}


def test_short_buttons_share_a_row_and_long_ones_do_not() -> None:
    buttons = [
        Button("Kept it", event="a"),
        Button("Not yet", event="b"),
        Button("Tell me much more", event="c"),
    ]
    assert [len(one) for one in telegram("Hi", *buttons)["buttons"][:-1]] == [2, 1]


def test_link_previews_are_off_unless_asked_for() -> None:
    assert telegram("Hi")["link_preview"] is False
    asked = renderer().render(step("Hi", link_preview=True, silent=True), "telegram", row())
    assert (asked["link_preview"], asked["silent"]) == (True, True)


def test_a_text_that_values_make_too_long_for_telegram_is_unrenderable() -> None:
    with pytest.raises(Unrenderable) as caught:
        telegram("{{ context.body }}", context={"body": "x" * 4097})
    assert caught.value.reason == "too_long"


def test_the_length_counts_neither_tags_nor_entities() -> None:
    assert telegram_length('<b>a</b> &amp; <a href="https://example.org">b</a>') == 5
    assert telegram_length("🌱") == 2


# Email


def test_a_mailing_can_be_left_with_one_click() -> None:
    message = email("Hi")
    unsubscribe = "https://t.example/u/" + quote(f'"{TRACKING_ID}"', safe="")
    assert message["headers"] == {
        "X-Entity-Ref-ID": TRACKING_ID,
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert unsubscribe in message["html"]
    assert f"Unsubscribe: {unsubscribe}" in message["text"]


def test_a_transactional_mail_has_nothing_to_leave_and_no_pixel() -> None:
    message = email("Hi", message_class="transactional")
    assert message["headers"] == {"X-Entity-Ref-ID": TRACKING_ID}
    assert "nsubscribe" not in message["html"] + message["text"]
    assert "/o/" not in message["html"]


def test_the_class_of_the_delivery_wins_over_that_of_the_step() -> None:
    announced = Step(1, "only", {"default": Content("Hi", "S")}, ("email",), message_class="announcement")
    assert renderer().render(announced, "email", row(message_class="transactional"))["headers"].keys() == {
        "X-Entity-Ref-ID"
    }


def test_a_mail_is_tagged_so_that_its_webhooks_find_it() -> None:
    assert email("Hi")["tags"] == {"tracking_id": TRACKING_ID, "sequence": "onboarding", "step": "only"}


def test_a_mail_says_who_wrote_and_why_and_from_where() -> None:
    message = email("Hi")
    assert message["from"] == "Tendril <hello@tendril.example>"
    for part in (message["html"], message["text"]):
        assert "because you joined Tendril" in part
        assert "12 Garden Lane" in part


def test_a_reply_address_is_given_only_where_there_is_one() -> None:
    assert "reply_to" not in email("Hi")
    answered = renderer(reply_to="team@tendril.example").render(step("Hi"), "email", row())
    assert answered["reply_to"] == "team@tendril.example"


def test_an_event_button_in_a_mail_leads_to_the_page_that_asks() -> None:
    message = email("Hi", Button("Done", event="goal_set"))
    action = "https://t.example/a/" + quote(f'["{TRACKING_ID}","goal_set","Done"]', safe="")
    assert f'href="{action}"' in message["html"]
    assert f"Done:\n{action}" in message["text"]


def test_an_opened_mail_loads_its_pixel() -> None:
    assert (
        f'src="https://t.example/o/{quote(chr(34) + TRACKING_ID + chr(34), safe="")}"' in email("Hi")["html"]
    )


def test_a_brand_cannot_break_the_layout() -> None:
    message = renderer(postal_address="<b>1 & 2</b>\nBerlin").render(step("Hi"), "email", row())
    assert "&lt;b&gt;1 &amp; 2&lt;/b&gt;<br>Berlin" in message["html"]


@pytest.mark.parametrize(
    "name", ["Max\r\nBcc: x@example.org", "Max\nMustermann", "Max\x85\u2028X", "Max\x00\x0bX"]
)
def test_a_subject_stays_on_one_line(name: str) -> None:
    subject = email(
        "Hi",
        subject="Hi {{ user.first_name }} {{ context.x }}",
        user={"first_name": name},
        context={"x": name},
    )
    assert subject["subject"].isprintable()


def test_a_subject_that_values_make_too_long_is_cut_at_a_word() -> None:
    subject = email("Hi", subject="{{ context.x }}", context={"x": "word " * 100})["subject"]
    assert len(subject) <= 200
    assert subject.endswith("word…")


def test_a_mail_that_gmail_would_clip_is_unrenderable() -> None:
    body = "\n\n".join(["{{ context.x }}"] * 12)
    with pytest.raises(Unrenderable) as caught:
        email(body, context={"x": "x" * 10_000})
    assert caught.value.reason == "too_long"


def test_an_unconfirmed_address_gets_its_confirmation_link() -> None:
    token = '[7,"482915"]'
    confirm = Button("Confirm", url="{{ links.confirm_email }}")
    html = email("Hi", confirm, context={"contact_point_id": 7, "code": "482915"})["html"]
    assert f'href="https://t.example/confirm/{quote(token, safe="")}"' in html


# SMS


def test_an_sms_is_short_and_has_the_first_button() -> None:
    text = renderer().render(step("**Long** " * 100, Button("Go", url="https://example.org")), "sms", row())[
        "text"
    ]
    words, link, less = text.rsplit("\n", 2)
    assert len(words) <= 320
    assert "*" not in words
    assert link == f"Go: {click('https://example.org')}"
    assert less == f"Less or stop: {WISHES}"


# Less, not this, stop

WISHES = f"https://t.example/w/{quote(chr(34) + TRACKING_ID + chr(34), safe='')}"


@pytest.mark.parametrize(
    ("locale", "labels"),
    [
        (None, ["Less", "Not this", "Stop"]),
        ("de-AT", ["Weniger", "Das nicht", "Stopp"]),
        ("fi", ["Less", "Not this", "Stop"]),
    ],
)
def test_three_small_buttons_stand_under_a_telegram_message(locale: str | None, labels: list[str]) -> None:
    rows = telegram("Hi", Button("Done", event="goal_set"), user={"locale": locale})["buttons"]
    assert [each["text"] for each in rows[-1]] == labels
    assert [each["callback_data"] for each in rows[-1]] == [
        f"w:{HEX_ID}:{wish}" for wish in ("less", "not", "stop")
    ]


def test_under_an_announcement_it_is_the_news_that_are_not_wanted() -> None:
    assert telegram("Hi", message_class="announcement")["buttons"][-1][1]["text"] == "No news"


def test_a_mail_leads_to_less_to_none_and_to_all_settings() -> None:
    content = email("Hi", user={"locale": "de"})
    for label, href in {
        "Seltener": f"{WISHES}?wish=less",
        "Das nicht": f"{WISHES}?wish=not",
        "Abbestellen": content["headers"]["List-Unsubscribe"].strip("<>"),
        "Alle Einstellungen": WISHES.replace("/w/", "/p/"),
    }.items():
        assert f">{label}</a>" in content["html"]
        assert f'href="{href}"' in content["html"]
        assert f"{label}: {href}" in content["text"]


def test_a_transactional_message_needs_none_of_it() -> None:
    changes = {"message_class": "transactional"}
    sms = renderer().render(step("Hi"), "sms", row(**changes))["text"]
    mail = email("Hi", **changes)
    assert telegram("Hi", **changes)["buttons"] == []
    assert [link for link in ("/w/", "/u/", "/p/") if link in mail["html"] + mail["text"] + sms] == []


# All channels


@pytest.mark.parametrize("channel", ["telegram", "email", "sms"])
def test_a_missing_value_is_unrenderable_with_its_name(channel: str) -> None:
    with pytest.raises(Unrenderable) as caught:
        renderer().render(step("{{ context.code }}"), channel, row())
    assert (caught.value.reason, str(caught.value)) == ("missing_value", "code is missing")


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//example.org", "https://", "data:text/html,x", "https://a b", "ftp://x"],
)
def test_an_address_from_a_value_is_a_web_address_or_unrenderable(address: str) -> None:
    for channel in ("telegram", "email"):
        with pytest.raises(Unrenderable) as caught:
            renderer().render(step("[x]({{ context.url }})"), channel, row(context={"url": address}))
        assert caught.value.reason == "bad_link"


def test_a_value_inside_an_address_cannot_end_its_part() -> None:
    text = telegram("[x](https://example.org/?q={{ context.q }})", context={"q": "a&b=c#d/../"})["text"]
    assert quote(quote("a&b=c#d/../", safe=""), safe="") in text


def test_a_step_without_words_for_a_channel_is_unrenderable() -> None:
    silent = Step(1, "only", {"email": Content("Hi", "S")}, ("email",))
    with pytest.raises(Unrenderable) as caught:
        renderer().render(silent, "telegram", row())
    assert caught.value.reason == "no_content"


def test_a_channel_without_a_writer_is_unrenderable() -> None:
    with pytest.raises(Unrenderable):
        renderer().render(step("Hi"), "pigeon", row())


def test_equal_rows_give_equal_messages() -> None:
    one, other = renderer(), renderer()
    words = step("Hi [x](https://example.org)", Button("Go", event="a"))
    for channel in ("telegram", "email", "sms"):
        assert one.render(words, channel, row()) == other.render(words, channel, row())


def test_what_is_compiled_for_one_version_is_not_used_for_another() -> None:
    one = renderer()
    assert one.render(step("old"), "telegram", row(version_id=1))["text"] == "old"
    assert one.render(step("new"), "telegram", row(version_id=2))["text"] == "new"
    assert one.render(step("new"), "telegram", row(version_id=1))["text"] == "old"


def test_a_template_that_never_was_loaded_is_checked_before_it_runs() -> None:
    for body in (
        "{{ 'x' * 50_000_000 }}",
        "{% for a in range(10) %}x{% endfor %}",
        "{{ context.__class__() }}",
    ):
        with pytest.raises(Unrenderable) as caught:
            renderer().render(step(body), "telegram", row(context={"x": 1}))
        assert caught.value.reason == "broken_template"


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in context.c %}{% for b in context.c %}{{ b }}{% endfor %}{% endfor %}",
        "{{ " + " ~ ".join(["context.c[0]"] * 800) + " }}",
        "{% for a in context.c %}" + "{{ a | upper | length }}" * 40 + "{% endfor %}",
    ],
)
def test_no_template_holds_the_process_up(body: str) -> None:
    began = time.process_time()
    try:
        telegram(body, context={"c": ["x" * 20_000] * 10_000})
    except Unrenderable as refused:
        assert refused.reason == "too_long"
    assert time.process_time() - began < 2


def test_a_loop_goes_over_fifty_items_at_most() -> None:
    text = telegram("{% for a in context.c %}{{ loop.index }} {% endfor %}", context={"c": [1] * 1000})[
        "text"
    ]
    assert text.split()[-1] == "50"


def test_rendering_is_fast() -> None:
    """A tenth of what is asked for, so that a busy machine passes too; benchmarks measure the rest.

    The median: now and then the collector goes through all that the tests before have left.
    """
    one, words = (
        renderer(),
        step("Hi {{ user.first_name }} [x](https://example.org)", Button("Go", event="a")),
    )
    for channel, at_least in (("telegram", 1_000), ("email", 300)):
        one.render(words, channel, row(version_id=1))
        seconds = [_seconds(one, words, channel) for _ in range(300)]
        assert 1 / median(seconds) > at_least


def _seconds(one: Renderer, words: Step, channel: str) -> float:
    began = time.process_time()
    one.render(words, channel, row(version_id=1))
    return time.process_time() - began

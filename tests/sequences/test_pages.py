"""Mails are stored as what they say of their own."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.errors import Unknown
from channels.signing import Signer
from sequences.links import LinkBuilder
from sequences.pages import LEAST_LENGTH, Pages, page_of, put_together, taken_apart
from sequences.pipeline import DeliveryPipeline
from sequences.rendering import Brand, Renderer
from storage.store import StorageError
from tests.sequences.conftest import House, ScriptedChannel


def renderer() -> Renderer:
    links = LinkBuilder("https://links.example", Signer("a secret that signs links"))
    return Renderer(Brand("Tendril", "Tendril <hello@example.com>"), links)


PIECES = st.text(st.sampled_from('ab<"é{'), max_size=3 * LEAST_LENGTH)


@given(st.lists(PIECES), st.lists(PIECES.filter(bool)).map(tuple))
@example(["x" * 50, "y", "x" * 50], ("x" * 50,))
@example(["x" * 49], ("x" * 50,))
def test_what_was_taken_apart_is_put_together_to_the_letter(pieces: list[str], page: tuple[str, ...]) -> None:
    for text in ("".join(pieces), "".join(page), "".join(page[::-1]), "-".join(page)):
        parts = json.loads(json.dumps(taken_apart(text, page)))
        assert put_together(parts, page) == text


def test_a_page_is_what_stands_between_the_codes_of_a_template() -> None:
    long, short = "L" * LEAST_LENGTH, "S" * (LEAST_LENGTH - 1)
    page = page_of(f"{long}{{{{ user.first_name }}}}{short}{{% if x %}}{long}!{{% endif %}}")
    assert page == (long, f"{long}!")


async def a_mail_without_an_answer(house: House) -> str:
    """The page as it was handed over, with nobody knowing whether it arrived."""
    await house.publish(
        channels=["email"], content={"default": {"subject": "Hi", "body": "Good to see you."}}
    )
    await house.enroll(await house.email_user("ada@example.com"))
    channel = ScriptedChannel(
        "email", messages_per_request=100, is_idempotent=True, answers=[Unknown("lost")]
    )
    await DeliveryPipeline(house.store, channel, renderer(), "first").drain_once()
    ((_, (message,)),) = channel.requests
    return str(message.content["html"])


async def test_a_mail_takes_a_fraction_of_its_size_in_the_ledger(house: House) -> None:
    html = await a_mail_without_an_answer(house)
    (row,) = await house.ledger("message_content::text as stored, id")
    assert len(row["stored"]) < len(html) / 4


async def test_a_process_that_never_saw_the_template_repeats_the_mail_to_the_byte(
    house: House, email: ScriptedChannel, clock: Any
) -> None:
    html = await a_mail_without_an_answer(house)
    await clock.advance("5 minutes")

    class Forgetful:
        def render(self, *_: Any) -> Any:
            raise AssertionError("what is stored is not rendered again")

        page = render

    await DeliveryPipeline(house.store, email, Forgetful(), "second").drain_once()
    assert [message.content["html"] for message in email.arrived] == [html]


async def test_a_page_is_kept_once_and_never_changes(house: House) -> None:
    for texts in (["first"], ["second"]):
        await house.store.call("keep_page", hash="a", texts=texts)
    assert await house.store.call("get_page", hash="a") == ["first"]
    with pytest.raises(StorageError, match="no page b"):
        await house.store.call("get_page", hash="b")


async def test_mails_of_one_step_share_one_page(house: House, email: ScriptedChannel) -> None:
    await house.publish(channels=["email"])
    for name in ("ada", "bo", "cy"):
        await house.enroll(await house.email_user(f"{name}@example.com", name))
    for _ in range(2):
        await DeliveryPipeline(house.store, email, renderer(), "first").drain_once()
    contents = [row["message_content"] for row in await house.ledger("message_content, id")]
    pages = {json.loads(content)["html"]["page"] for content in contents}
    kept = await house.query("select hash from tendril.pages")
    assert [row["hash"] for row in kept] == list(pages)


async def test_a_message_without_a_page_is_stored_as_it_is(house: House) -> None:
    pages = Pages(house.store)
    assert await pages.packed({"text": "Hello"}, ()) == {"text": "Hello"}
    assert await pages.unpacked({"html": "<p>Hello</p>"}) == ({"html": "<p>Hello</p>"}, ())

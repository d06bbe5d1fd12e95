"""The ledger: every accepted message, once, in order."""

import asyncio
import hashlib
import json

import aiohttp
import pytest

from sandbox import serve
from sandbox.ledger import open_ledger
from sandbox.state import State
from tests.fixtures.sandbox import Control
from tests.sandbox.conftest import Resend, mail


async def test_accepted_messages_are_listed_in_order(telegram, resend, ada, control):
    await telegram.call("sendMessage", chat_id=ada.id, text="x")
    await resend.accepted([mail("a@example.com"), mail("b@example.com")], key="k")

    first, second, third = await control.ledger()

    assert (first["provider"], first["recipient"], first["idempotency_key"]) == (
        "telegram",
        str(ada.id),
        None,
    )
    assert (second["recipient"], third["recipient"]) == ("a@example.com", "b@example.com")
    assert second["request"] == third["request"] != first["request"]
    assert {second["idempotency_key"], third["idempotency_key"]} == {"k"}
    assert await control.ledger("telegram") == [first]


async def test_the_body_hash_does_not_depend_on_the_order_of_keys(resend, control):
    await resend.accepted(mail())
    await resend.accepted(dict(reversed(mail().items())))

    one, other = await control.ledger()

    canonical = json.dumps(mail(), sort_keys=True, separators=(",", ":"))
    assert one["body_hash"] == other["body_hash"] == hashlib.sha256(canonical.encode()).hexdigest()


async def test_refused_and_replayed_requests_are_not_entered(telegram, resend, ada, control):
    await telegram.refusal("sendMessage", chat_id=ada.id, text="")
    await resend.send(mail(to="nonsense"))
    await resend.accepted(mail(), key="k")
    await resend.accepted(mail(), key="k")

    assert len(await control.ledger()) == 1


async def test_entries_are_in_the_file_before_the_answer(tmp_path):
    file = tmp_path / "ledger.jsonl"

    async with serve(ledger_file=file) as box, aiohttp.ClientSession() as http:
        await Resend(box.resend_url, http, "re_x").accepted([mail("a@example.com"), mail("b@example.com")])

        written = [json.loads(line)["recipient"] for line in file.read_text().splitlines()]
        assert written == ["a@example.com", "b@example.com"]
        assert len(await Control(box.url, http).ledger()) == 2


@pytest.mark.parametrize("count", [200])
async def test_what_comes_together_is_all_in_the_file(tmp_path, count):
    file = tmp_path / "ledger.jsonl"
    async with open_ledger(State(), file) as ledger:

        async def enter(number):
            await ledger.enter([{"id": number}])
            return any(json.loads(line)["id"] == number for line in file.read_text().splitlines())

        assert all(await asyncio.gather(*map(enter, range(count))))

    assert len(file.read_text().splitlines()) == count

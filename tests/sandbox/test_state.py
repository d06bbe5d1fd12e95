"""What the stand-ins remember outlives them."""

import contextlib
import json

import aiohttp
import pytest

import sandbox
from sandbox.state import State, load, save
from tests.fixtures.sandbox import Control, until
from tests.sandbox.conftest import Resend, Telegram, mail


@contextlib.asynccontextmanager
async def world(file):
    async with sandbox.serve(state_file=file) as box, aiohttp.ClientSession() as http:
        yield (
            Control(box.url, http),
            Telegram(box.telegram_url, http, box.telegram_token),
            Resend(box.resend_url, http, box.resend_api_key),
        )


@pytest.fixture
def file(tmp_path):
    return tmp_path / "var" / "sandbox.json"


async def seen(control):
    users = await control.get("/users")
    messages = [await control.get(f"/users/{user['id']}/messages", **{"from": "anyone"}) for user in users]
    return users, messages, await control.inbox(), await control.ledger(), await control.get("/bot")


async def test_everything_is_there_after_a_restart(file):
    async with world(file) as (control, telegram, resend):
        ada = await control.person("Ada", username="ada")
        await ada.writes("/start")
        await telegram.call("sendMessage", chat_id=ada.id, text="<b>x</b>", parse_mode="HTML")
        await telegram.call("setMyCommands", commands=[{"command": "start", "description": "Begin"}])
        await resend.accepted(mail(), key="k")
        before = await seen(control)

    async with world(file) as (control, telegram, resend):
        after = await seen(control)
        assert [update["message"]["text"] for update in await telegram.call("getUpdates")] == ["/start"]
        await resend.accepted(mail(), key="k")
        assert len(await control.inbox()) == 1
        assert (await control.person("Bob")).id > ada.id
        assert await control.post(f"/users/{ada.id}/messages", text="again")

    before[-1]["id"] = after[-1]["id"] = None  # known again with the next call of the bot
    assert after == before


async def test_an_own_clock_goes_on_where_it_was(file):
    async with world(file) as (control, _, _):
        await control.advance("3 days")

    async with world(file) as (control, _, _):
        assert (await control.get("/clock"))["offset_seconds"] == pytest.approx(3 * 86_400, abs=60)


async def test_the_state_is_saved_while_it_changes(file, monkeypatch):
    monkeypatch.setattr("sandbox.state.QUIET_SECONDS", 0.02)
    async with world(file) as (control, _, _):
        await control.person("Ada")

        async def written():
            return file.exists() and json.loads(file.read_text())["users"]

        await until(written)


async def test_a_webhook_that_was_not_delivered_is_tried_after_a_restart(file, receiver):
    nobody = "http://127.0.0.1:9/hook"
    async with sandbox.serve(state_file=file, webhook_url=nobody) as box, aiohttp.ClientSession() as http:
        await Resend(box.resend_url, http, "re_x").accepted(mail())

    async with sandbox.serve(state_file=file, webhook_url=receiver.url):

        async def both_arrived():
            return len(receiver.received) == 2

        await until(both_arrived)


def test_after_a_crash_no_number_is_given_twice(file):
    state = State()
    save(state, file)
    crashed = load(file)
    save(state, file, ended_well=True)
    ended = load(file)

    assert crashed.next_update_id() > state.last_update_id + 100
    assert ended.next_update_id() == state.last_update_id + 1


def test_an_unreadable_file_is_put_aside(file):
    file.parent.mkdir()
    file.write_text("{half a fi")

    assert load(file).users == {}
    assert file.with_suffix(".unreadable").read_text() == "{half a fi"


def test_a_file_of_another_format_is_put_aside(file):
    save(State(), file)
    file.write_text(file.read_text().replace('"format":1', '"format":0'))

    assert load(file).users == {}
    assert not file.exists()


def test_ids_begin_at_the_time_so_that_a_lost_file_repeats_none():
    assert State().next_update_id() > 1_700_000_000
    assert State().next_user_id() > 1_700_000_000

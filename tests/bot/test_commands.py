"""What the commands besides `run` find out and print."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from bot.doctor import examine
from bot.explain import explain
from bot.migrating import migrate_command
from bot.settings import Settings, SettingsError
from bot.trial import send_trial
from storage.store import NotFound, StorageError
from tests.fixtures.postgrest import Supabase
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Control

Printed = pytest.CaptureFixture[str]


def migrating(**options: Any) -> Namespace:
    return Namespace(**({"sql": False, "check": False, "backup": None} | options))


async def test_migrate_checks_applies_and_has_nothing_left(
    settings: Settings, empty_database_url: str, capsys: Printed
) -> None:
    empty = settings.model_copy(update={"database_url": SecretStr(empty_database_url)})

    codes = [
        await migrate_command(empty, migrating(check=True)),
        await migrate_command(empty, migrating()),
        await migrate_command(empty, migrating(check=True)),
    ]

    printed = capsys.readouterr().out
    assert codes == [1, 0, 0]
    assert "missing: 0001" in printed
    assert "applied: 0001" in printed
    assert printed.endswith("The schema is up to date.\n")


async def test_migrate_writes_a_backup_before(settings: Settings, tmp_path: Path) -> None:
    code = await migrate_command(settings, migrating(backup=tmp_path / "before.dump"))

    assert code == 0
    assert (tmp_path / "before.dump").stat().st_size > 10_000


async def test_supabase_without_a_direct_way_says_how_to_migrate(settings: Settings) -> None:
    supabase = {"database_url": None, "supabase_url": "http://127.0.0.1:1"}

    with pytest.raises(SettingsError, match="migrate --sql"):
        await migrate_command(settings.model_copy(update=supabase), migrating())


async def test_doctor_finds_everything_well(settings: Settings, capsys: Printed) -> None:
    code = await examine(settings, Namespace())

    printed = capsys.readouterr().out
    assert "✗" not in printed
    assert "SPF verified, DKIM verified" in printed
    assert code == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"telegram_api_url": "http://127.0.0.1:1"}, "✗ telegram"),
        ({"resend_api_url": "http://127.0.0.1:1"}, "✗ email"),
        ({"email_from": "hello@elsewhere.org"}, "elsewhere.org is not in this account"),
        ({"resend_webhook_secret": None}, "✗ webhook secret"),
        ({"database_url": SecretStr("postgresql://nobody@127.0.0.1:1/none")}, "✗ database"),
        ({"public_url": "http://tendril.example.com"}, "✗ public address"),
        (
            {"rating_api_key": SecretStr("placeholder"), "rating_api_url": "http://127.0.0.1:1/v1"},
            "✗ ratings",
        ),
    ],
)
async def test_doctor_names_what_is_wrong(
    settings: Settings, broken: dict[str, Any], words: str, capsys: Printed
) -> None:
    code = await examine(settings.model_copy(update=broken), Namespace())

    assert words in capsys.readouterr().out
    assert code == 1


async def test_doctor_says_that_the_schema_is_old(
    settings: Settings, empty_database_url: str, capsys: Printed
) -> None:
    empty = settings.model_copy(update={"database_url": SecretStr(empty_database_url)})

    assert await examine(empty, Namespace()) == 1
    assert "run `python -m bot migrate`" in capsys.readouterr().out


NEWEST = "where number = (select max(number) from tendril.migrations)"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("select", 0, "✓ database         answers (Supabase), its schema is up to date"),
        (f"update tendril.migrations set number = number + 1 {NEWEST}", 1, "upgrade the program"),
        (f"delete from tendril.migrations {NEWEST}", 1, "migrate --sql"),
    ],
)
async def test_doctor_compares_the_schema_over_supabase(
    settings: Settings,
    supabase: Supabase,
    connection: asyncpg.Connection,
    capsys: Printed,
    change: str,
    code: int,
    words: str,
) -> None:
    there = {
        "database_url": None,
        "supabase_url": supabase.url,
        "supabase_secret_key": SecretStr(supabase.secret_key),
    }
    await connection.execute(change)

    assert await examine(settings.model_copy(update=there), Namespace()) == code
    assert words in capsys.readouterr().out


async def test_doctor_shows_the_records_that_a_domain_lacks(
    settings: Settings, people: Control, capsys: Printed
) -> None:
    await people.post("/domains", name="example.com", status="pending")

    assert await examine(settings, Namespace()) == 1
    assert "add to the DNS: TXT" in capsys.readouterr().out


async def test_doctor_is_content_with_what_is_switched_off(settings: Settings, capsys: Printed) -> None:
    off = {"telegram_bot_token": None, "resend_api_key": None}

    assert await examine(settings.model_copy(update=off), Namespace()) == 0
    assert "– telegram" in capsys.readouterr().out


async def test_an_email_can_be_sent_by_hand(settings: Settings, people: Control) -> None:
    await send_trial(settings, Namespace(address="ada@example.com"))

    (mail,) = await people.inbox("ada@example.com")
    assert mail["subject"] == "Tendril can reach you"


async def test_a_wrong_address_is_not_written_to(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="the @ is missing"):
        await send_trial(settings, Namespace(address="ada.example.com"))


async def test_explain_says_what_somebody_got(tendril: Tendril, capsys: Printed) -> None:
    ada = await tendril.started("Ada", username="ada")
    await tendril.settled()
    capsys.readouterr()

    await explain(tendril.settings, Namespace(user="@ada", delivery=None))

    printed = capsys.readouterr().out
    assert "Ada (@ada)\n" in printed
    assert "onboarding 1 welcome" in printed
    assert str(ada.id) in printed


async def test_explain_tells_the_story_of_a_delivery(tendril: Tendril, capsys: Printed) -> None:
    ada = await tendril.started("Ada")
    await tendril.say(ada, "/settings pause 1 week")
    await ada.hears("Paused until")
    await tendril.advance("2 days")
    held = (await tendril.explain(ada))["deliveries"][-1]
    capsys.readouterr()

    await explain(tendril.settings, Namespace(user=str(ada.id), delivery=held["delivery_id"]))

    printed = capsys.readouterr().out
    assert "held until" in printed
    assert "the user asked for a pause (policy gate)" in printed


async def test_explain_leaves_the_schema_as_it_is(settings: Settings, empty_database_url: str) -> None:
    empty = settings.model_copy(update={"database_url": SecretStr(empty_database_url)})

    with pytest.raises(StorageError) as refused:
        await explain(empty, Namespace(user="@ada", delivery=None))

    assert "python -m bot migrate" in (refused.value.hint or "")


async def test_explain_does_not_know_a_stranger(settings: Settings) -> None:
    with pytest.raises(NotFound, match="nobody"):
        await explain(settings, Namespace(user="nobody@example.com", delivery=None))

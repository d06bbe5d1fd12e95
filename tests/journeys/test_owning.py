"""Whoever runs the sandbox is the owner at once."""

from __future__ import annotations

import sandbox
from bot.texts import words
from tests.bot.test_menus import menu
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import Control, Person, until


async def test_the_owner_of_the_sandbox_finds_the_commands_of_admins_in_their_menu(
    run_tendril: RunTendril, people: Control, box_on_database: sandbox.Box
) -> None:
    made = await people.post("/users", first_name="Olga", owner=True)
    olga = Person(people, made["id"], "Olga")

    async with run_tendril(admin_telegram_ids=frozenset({box_on_database.owner_id})) as tendril:
        await olga.writes("/start")
        ada = await tendril.started("Ada")

        async def admin_menu() -> bool:
            return words("en").admin_commands.keys() <= (await menu(olga)).keys()

        await until(admin_menu)
        await olga.writes("/admin")
        assert (await olga.hears("Tendril"))["buttons"]
        # `/stats` is in both: everybody else sees their own figures
        assert words("en").admin_commands.keys() & (await menu(ada)).keys() == {"stats"}

"""`python -m bot simulate`: what a person at a terminal reads, and the picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.__main__ import parser
from bot.settings import Settings, SettingsError
from sequences.simulation.people import PRESETS, presets
from sequences.simulation.playing import Cast, Plot, simulate
from sequences.simulation.report import Simulation
from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step, world
from webhooks.pictures.drawing import as_png
from webhooks.pictures.timeline import MOST_LANES, timeline_svg

__all__ = ["world"]
LONG = "Wolfeschlegelsteinhausenbergerdorff the elder of Regensburg"


async def typed(world: World, *words: str) -> None:
    arguments = parser().parse_args(["simulate", *words])
    assert await arguments.command(Settings(database_url=world.clock.url), arguments) == 0


async def course(world: World) -> None:
    await world.publish(
        step(),
        step(name="second", after="1 day", at="07:00"),
        step(name="third", after="1 day", condition={"attributes.plan": "pro"}),
    )


async def test_the_table_says_day_time_step_and_why_within_a_hundred_columns(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await course(world)

    await typed(world, "course", "--invent", "blocked_the_bot", "--days", "7")

    story = capsys.readouterr().out
    assert story.splitlines()[0] == "Course, version 1: 7 days from Mon 02 Mar 2026 12:00 UTC"
    assert (
        "  day 0  Mon 02 Mar 09:00  hello   over email instead of telegram: the user blocked the bot" in story
    )
    assert (
        "  day 1  Tue 03 Mar 07:00  second  waits until Tue 03 Mar 08:00: it was in the user's quiet" in story
    )
    assert "  day 2  Wed 04 Mar 08:00  third   skipped: the step's condition was not met" in story
    assert max(map(len, story.splitlines())) <= 100


async def test_a_real_user_is_named_by_any_id(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await course(world)
    await world.person()

    await typed(world, "course", "--user", "user1@example.org", "--json")

    played = json.loads(capsys.readouterr().out)
    assert [user["name"] for user in played["users"]] == ["Ada"]
    assert played["totals"]["sent"] == {"telegram": 2}


async def test_what_everybody_does_triggers_a_campaign_that_waits_for_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.publish(step())
    written = {
        "name": "praise",
        "title": "Praise",
        "kind": "triggered",
        "sequence": "course",
        "schedule": {"event": "sang"},
    }
    await world.call("draft_campaign", campaign=written, created_by="admin")

    await typed(world, "--campaign", "praise", "--invent", "email_only", "--does", "sang=26h", "--days", "5")

    story = capsys.readouterr().out
    assert "Nobody answers. Everybody does sang after 26 hours." in story
    assert "day 1  Tue 03 Mar 14:00  hello  sent over email" in story


@pytest.mark.parametrize("wrong", ["Sang!", "sang=soon"])
def test_what_nobody_can_do_is_refused_at_the_terminal(
    wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["simulate", "course", "--does", wrong])

    assert "--does" in capsys.readouterr().err


async def test_two_versions_are_told_apart_line_by_line(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    await course(world)
    await world.publish(step())

    await typed(world, "course", "--invent", "telegram_only", "--invent", "unsubscribed", "--compare", "1")

    story = capsys.readouterr().out
    assert "+ Tue 03 Mar 08:00  second: sent over telegram" in story
    assert "sent: +1 over telegram" in story


async def test_steps_in_a_file_are_compared_before_anybody_publishes_them(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await course(world)
    file = tmp_path / "other.json"
    words = {"default": {"subject": "Hi", "body": "Hi."}}
    file.write_text(json.dumps({"steps": [{"name": "only", "channels": ["email"], "content": words}]}))

    await typed(world, "course", "--invent", "email_only", "--compare", str(file))

    assert "+ Mon 02 Mar 12:00  only: sent over email" in capsys.readouterr().out


async def test_a_campaign_is_played_while_it_is_still_a_draft(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    words = {"default": {"subject": "Hi", "body": "You did {{ context.event.what }}."}}
    await world.call(
        "draft_campaign",
        campaign={
            "name": "thanks",
            "title": "Thanks",
            "kind": "triggered",
            "schedule": {"event": "sang"},
            "steps": [{"name": "thanks", "channels": ["email"], "content": words}],
        },
        created_by="admin",
    )

    await typed(world, "--campaign", "thanks", "--invent", "email_only", "--does", "sang")

    story = capsys.readouterr().out
    assert "Thanks, not published: 30 days" in story
    assert "thanks  sent over email" in story


@pytest.mark.parametrize("name", ["picture.png", "picture.svg"])
async def test_the_timeline_is_drawn_into_a_file(world: World, tmp_path: Path, name: str) -> None:
    await course(world)

    await typed(world, "course", "--invent", "all", "--picture", str(tmp_path / name))

    assert (tmp_path / name).read_bytes().startswith((b"\x89PNG", b"\n", b"<svg", b" "))


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], SettingsError),
        (["course", "--campaign", "weekly"], SettingsError),
        (["course", "--picture", "x.gif"], SettingsError),
        (["course", "--audience", "nobody"], SettingsError),
        (["course", "--compare", "no/such/file.json"], SettingsError),
        (["course", "--days", "0"], Invalid),
        (["course", "--user", "nobody@example.org"], NotFound),
        (["--campaign", "nothing"], NotFound),
        (["nothing"], NotFound),
    ],
)
async def test_what_cannot_be_simulated_is_said(
    world: World, words: Sequence[str], error: type[Exception]
) -> None:
    await course(world)

    with pytest.raises(error):
        await typed(world, *words)


@pytest.mark.parametrize("words", [["--answers", "110%"], ["--answers", "some"], ["--from", "soon"]])
def test_words_that_nobody_understands_are_refused(words: Sequence[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["simulate", "course", *words])


async def crowd(world: World, people: int, days: int) -> Simulation:
    await course(world)
    names = (list(PRESETS) * 5)[:people]
    invented = tuple(
        {**PRESETS[name], "label": f"{name} {number}", "first_name": LONG}
        for number, name in enumerate(names)
    )
    return await simulate(world.store, Plot("course"), Cast(invented=invented), days=days)


@pytest.mark.parametrize(("people", "days"), [(1, 7), (8, 30), (25, 90), (30, 400)])
async def test_a_timeline_of_any_size_is_a_picture(world: World, people: int, days: int) -> None:
    svg = timeline_svg(await crowd(world, people, days))

    drawing = ElementTree.fromstring(svg)
    lanes = [each for each in drawing.itertext() if each.startswith("Wolfeschlegel")]
    assert len(lanes) == min(people, MOST_LANES)
    assert ("and 5 more" in svg) == (people == 30)
    assert as_png(svg).startswith(b"\x89PNG")


async def test_a_timeline_has_a_lane_on_the_clock_of_each(world: World) -> None:
    await world.publish(step(quiet_hours=False))

    played = await simulate(
        world.store, Plot("course"), Cast(invented=presets(["early_bird", "unsubscribed"])), days=7
    )

    texts = [text.strip() for text in ElementTree.fromstring(timeline_svg(played)).itertext()]
    assert "Tue 03 Mar 01:00 hello: sent over telegram" in texts
    assert "Mon 02 Mar 04:00 hello: skipped: the user does not want this kind of message there" in texts
    assert {"Telegram", "skipped", "quiet hours", "Pacific/Auckland"} <= {*texts}

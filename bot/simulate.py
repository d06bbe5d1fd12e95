"""`python -m bot simulate SEQUENCE`: who would get what, when, over which channel, and why not."""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from bot.database import direct_address, opened_store
from bot.page import Page
from bot.settings import Settings, SettingsError
from sequences.audiences import load_audiences
from sequences.campaigns import definition_of
from sequences.definition import EVENT_NAME, BadDuration, interval
from sequences.definition import Sequence as Definition
from sequences.drafting import BadDraft, read_steps, template_names
from sequences.loading import load_catalogue
from sequences.reasons import in_words
from sequences.simulation.comparing import Comparison, compare, in_pairs
from sequences.simulation.people import PRESETS, presets
from sequences.simulation.playing import Cast, Plot, simulate
from sequences.simulation.report import Assumptions, Entry, SimulatedUser, Simulation
from storage.store import Store
from webhooks.pictures.timeline import timeline_png, timeline_svg

SAMPLE = 25
ANSWERS = {"nobody": 0.0, "everybody": 1.0}
COLORS = {
    "send": "green",
    "hold": "yellow",
    "fallback": "yellow",
    "fail": "red",
    "stop": "red",
    "skip": "dim",
}


def add_cast(command: argparse.ArgumentParser) -> None:
    command.add_argument("sequence", metavar="SEQUENCE", nargs="?", help="a sequence's name")
    command.add_argument(
        "--campaign", metavar="NAME", help="a campaign instead, also one that is still a draft"
    )
    command.add_argument(
        "--user",
        metavar="USER",
        action="append",
        default=[],
        help="for a real user, by any id; may be repeated",
    )
    command.add_argument("--audience", metavar="NAME", help=f"for {SAMPLE} people of a named audience")
    command.add_argument(
        "--invent",
        metavar="PRESET",
        action="append",
        default=[],
        choices=[*PRESETS, "all"],
        help=f"for somebody invented: {', '.join(PRESETS)}, or all; may be repeated",
    )
    command.add_argument("--days", metavar="N", type=int, default=30, help="how many days (30)")
    command.add_argument(
        "--from", dest="begins", metavar="DATE", type=_moment, help="a day to come, or a moment"
    )
    _add_assumptions(command)
    command.add_argument("--version", metavar="N", type=int, help="an earlier version of the sequence")
    command.add_argument(
        "--compare",
        metavar="VERSION|FILE",
        help="another version, a sequence's folder, or a JSON file with steps",
    )
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--picture", metavar="FILE", type=Path, help="draw a timeline, .png or .svg")


def _add_assumptions(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--answers", metavar="SHARE", type=_share, default=0.0, help="who clicks: nobody, everybody, or 30%%"
    )
    command.add_argument(
        "--does",
        metavar="EVENT[=AFTER]",
        type=_doing,
        action="append",
        default=[],
        help="what everybody does on the way, as lesson_complete='2 days'; may be repeated",
    )


async def simulate_command(settings: Settings, arguments: argparse.Namespace) -> int:
    if (arguments.sequence is None) == (arguments.campaign is None):
        raise SettingsError("name a sequence, or a campaign with --campaign")
    if arguments.picture is not None and arguments.picture.suffix not in (".png", ".svg"):
        raise SettingsError(f"{arguments.picture}: a picture is a .png or a .svg")
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        played, compared = await _played(store, arguments)
    page = Page(sys.stdout.isatty())
    if arguments.json:
        print(json.dumps(asdict(compared or played), default=str, indent=2))
    else:
        story = simulation_story(played, page) if compared is None else comparison_story(compared, page)
        print("\n".join(story))
    if arguments.picture is not None:
        await _draw(played if compared is None else in_pairs(compared), arguments.picture)
    return 0


async def _played(store: Store, arguments: argparse.Namespace) -> tuple[Simulation, Comparison | None]:
    plot = await _plot(store, arguments)
    cast = _cast(arguments)
    options: dict[str, Any] = {
        "days": arguments.days,
        "begins": arguments.begins,
        "assumptions": Assumptions(answers=arguments.answers, behavior=tuple(arguments.does)),
    }
    played = await simulate(store, plot, cast, **options)
    if arguments.compare is None:
        return played, None
    other = await _other(store, plot, arguments.compare)
    return played, compare(played, await simulate(store, other, cast, **options))


async def _plot(store: Store, arguments: argparse.Namespace) -> Plot:
    if arguments.campaign is None:
        return Plot(arguments.sequence, arguments.version)
    campaign = await store.call("find_campaign", name=arguments.campaign)
    definition = None
    if campaign["sequence"] is None:
        try:
            definition = await definition_of(store, campaign)
        except BadDraft as bad:
            raise SettingsError(str(bad)) from bad
    return Plot(campaign["sequence"], arguments.version, definition, campaign)


async def _definition(store: Store, steps: Sequence[Any], title: str) -> dict[str, Any]:
    rows = await store.call("templates_named", names=template_names(steps))
    try:
        read = read_steps(steps, {row["name"]: row for row in rows})
    except BadDraft as bad:
        raise SettingsError(str(bad)) from bad
    return Definition("unpublished", title, read).as_json()


async def _other(store: Store, plot: Plot, written: str) -> Plot:
    """The same plot with another version: a number, a folder with a sequence, or a JSON file with steps."""
    if re.fullmatch(r"\d{1,9}", written):
        return Plot(plot.sequence, int(written), None, plot.campaign)
    path = Path(written)
    if path.is_dir():
        beside = await asyncio.to_thread(load_catalogue, path.resolve().parent)
        loaded = next(each for each in beside if each.name == path.resolve().name)
        return Plot(plot.sequence, None, loaded.as_json(), plot.campaign)
    try:
        document = json.loads(await asyncio.to_thread(path.read_text, encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: {error}") from error
    steps = document.get("steps") if isinstance(document, dict) else document
    if not isinstance(steps, list):
        raise SettingsError(f"{path}: takes a list of steps, or an object with steps")
    definition = await _definition(store, steps, path.stem)
    return Plot(plot.sequence, None, definition, plot.campaign)


def _cast(arguments: argparse.Namespace) -> Cast:
    """Whoever is named; of a campaign also a sample of its audience, else one of everybody."""
    names = list(PRESETS) if "all" in arguments.invent else arguments.invent
    audience = None
    if arguments.audience is not None:
        known = load_audiences()
        if arguments.audience not in known:
            raise SettingsError(f"there is no audience {arguments.audience!r}; there are: {', '.join(known)}")
        audience = known[arguments.audience].filter
    is_named = bool(arguments.user or names)
    sample = SAMPLE if audience is not None or not is_named else 0
    return Cast(tuple(arguments.user), audience, sample, presets(tuple(dict.fromkeys(names))))


async def _draw(simulation: Simulation, file: Path) -> None:
    if file.suffix == ".svg":
        await asyncio.to_thread(file.write_text, timeline_svg(simulation), encoding="utf-8")
    else:
        await asyncio.to_thread(file.write_bytes, await timeline_png(simulation))
    print(f"drawn in {file}", file=sys.stderr)


def simulation_story(simulation: Simulation, page: Page) -> list[str]:
    return [
        page.paint(_title(simulation), "bold"),
        *(
            page.line(page.paint(note, "dim"))
            for note in [_assumed(simulation.assumptions), *simulation.notes]
        ),
        *(line for user in simulation.users for line in _user(user, page)),
        *_totals(simulation, page),
    ]


def comparison_story(compared: Comparison, page: Page) -> list[str]:
    lines = [
        page.paint(f"{_title(compared.after)}, compared with {_version(compared.before)}", "bold"),
        *(
            page.line(page.paint(note, "dim"))
            for note in [_assumed(compared.after.assumptions), *compared.after.notes]
        ),
    ]
    for user in compared.users:
        lines += page.heading(user.name)
        lines += [page.line(page.paint(f"- {line}", "red")) for line in user.only_before]
        lines += [page.line(page.paint(f"+ {line}", "green")) for line in user.only_after]
    same = len(compared.after.users) - len(compared.users)
    lines += page.heading(f"The same for {same} of {len(compared.after.users)}")
    more = ", ".join(f"{count:+d} over {channel}" for channel, count in compared.sent.items())
    return [*lines, page.line(f"sent: {more or 'as many over each channel'}")]


def _title(simulation: Simulation) -> str:
    days = "1 day" if simulation.days == 1 else f"{simulation.days} days"
    return (
        f"{simulation.title}, {_version(simulation)}: {days} from {simulation.begins:%a %d %b %Y %H:%M} UTC"
    )


def _version(simulation: Simulation) -> str:
    return "not published" if simulation.version is None else f"version {simulation.version}"


def _assumed(assumptions: Assumptions) -> str:
    deeds = ", ".join(f"{each['type']} after {each['after']}" for each in assumptions.behavior)
    return _answers(assumptions.answers) + (f" Everybody does {deeds}." if deeds else "")


def _answers(share: float) -> str:
    match share:
        case 0:
            return "Nobody answers."
        case 1:
            return "Everybody clicks in every message an hour after it came."
        case _:
            return f"{share:.0%} of the messages are clicked, an hour after they came."


def _user(user: SimulatedUser, page: Page) -> list[str]:
    variants = dict.fromkeys(f"variant {run.variant}" for run in user.runs if run.variant)
    facts = [user.timezone, f"quiet from {user.quiet_from} to {user.quiet_until}", *variants]
    heading = page.heading(f"{user.name} ({', '.join(facts)})")
    if not user.entries:
        ended = next((run.words for run in user.runs if run.words), "nothing is due")
        return [*heading, page.line(user.why_not or ended)]
    rows = [
        (f"day {entry.day}", f"{entry.at:%a %d %b %H:%M}", _step(entry), entry.words)
        for entry in user.entries
    ]
    colors = ["dim" if entry.is_other else COLORS[entry.verdict] for entry in user.entries]
    before = [page.line(user.why_not)] if user.why_not else []
    return [*heading, *before, *page.columns(rows, colors)]


def _step(entry: Entry) -> str:
    return f"{entry.sequence}: {entry.step}" if entry.is_other else entry.step


def _totals(simulation: Simulation, page: Page) -> list[str]:
    totals = simulation.totals
    rows = [("reached", f"{totals.reached} of {totals.people}")]
    rows += [(f"over {channel}", str(count)) for channel, count in totals.sent.items()]
    rows += [(_reason(reason), str(count)) for reason, count in totals.reasons.items()]
    return [*page.heading("Together"), *page.columns(rows), *_by_day(totals.days, page)]


def _reason(reason: str) -> str:
    return "nobody answered" if reason == "no_engagement" else in_words(reason)


def _by_day(days: Mapping[int, int], page: Page) -> list[str]:
    """A bar for each day on which something was sent."""
    if not days:
        return []
    longest = max(days.values())
    rows = [
        (f"day {day}", str(count), "▪" * max(1, round(40 * count / longest))) for day, count in days.items()
    ]
    return [*page.heading("Sent by day"), *page.columns(rows)]


def _share(written: str) -> float:
    if written in ANSWERS:
        return ANSWERS[written]
    if re.fullmatch(r"\d{1,3}%", written) and int(written[:-1]) <= 100:
        return int(written[:-1]) / 100
    raise argparse.ArgumentTypeError(f"{written!r} is not nobody, everybody or a share like 30%")


def _doing(written: str) -> dict[str, str]:
    event, _, after = written.partition("=")
    if not EVENT_NAME.match(event):
        raise argparse.ArgumentTypeError(f"{event!r} is not a behavior event like lesson_complete")
    try:
        return {"type": event, "after": interval(after or "0 seconds")}
    except BadDuration as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _moment(written: str) -> datetime:
    """A day begins at midnight UTC."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
            return datetime.combine(date.fromisoformat(written), time(), UTC)
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{written!r} is not a day like 2026-12-01") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

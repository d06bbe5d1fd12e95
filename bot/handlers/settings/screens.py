"""What each screen of /settings says and offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton

from bot.context import Buttons, button
from bot.texts import LANGUAGES, English
from bot.zones import COMMON, city_of

Preferences = Mapping[str, Any]
Screen = tuple[str, Buttons]

QUIET_HOURS = (("21:00", "09:00"), ("22:00", "08:00"), ("23:00", "07:00"))
KINDS = ("sequences", "announcements", "reminders")


def overview(texts: English, preferences: Preferences) -> str:
    lines = [texts.settings_title, *_lines(texts, preferences)]
    if preferences["stopped_at"]:
        lines += ["", texts.everything_stopped]
    elif preferences["paused_until"]:
        lines += ["", texts.paused_until(_local(preferences["paused_until"], preferences["timezone"]))]
    return "\n".join(lines)


def _lines(texts: English, preferences: Preferences) -> Iterable[str]:
    order = [texts.channels.get(name, name) for name in preferences["channel_order"]]
    declined = [each["title"] for each in preferences["declined"]]
    yield texts.settings_line(texts.channel_label, texts.in_order(order) if order else texts.no_choice)
    yield texts.settings_line(texts.what_label, _what(texts, preferences))
    yield texts.settings_line(texts.often_label, _often(texts, preferences))
    yield texts.settings_line(texts.time_label, texts.times[preferences["preferred_time"]])
    yield texts.settings_line(texts.quiet_label, _quiet_hours(texts, preferences))
    yield texts.settings_line(texts.zone_label, texts.zone(preferences["timezone"]))
    yield texts.settings_line(texts.language_label, _language_of(preferences))
    yield texts.settings_line(texts.boards_label, texts.on_boards[preferences["on_leaderboards"]])
    if declined:
        yield texts.settings_line(texts.declined_label, ", ".join(declined))


def _overview(texts: English, preferences: Preferences) -> Screen:
    pause = (
        button(texts.resume_label, "s:set:paused_until=")
        if preferences["paused_until"]
        else button(texts.pause_label, "s:show:pause")
    )
    stop = (
        button(texts.come_back_label, "s:start")
        if preferences["stopped_at"]
        else button(texts.stop_label, "stop:ask")
    )
    rows = [
        [button(texts.channel_label, "s:show:channel"), button(texts.what_label, "s:show:what")],
        [button(texts.often_label, "s:show:often"), button(texts.time_label, "s:show:time")],
        [button(texts.quiet_label, "s:show:quiet"), button(texts.zone_label, "s:show:zone")],
        [button(texts.language_label, "s:show:language"), pause],
        [button(texts.learning_label, "lp:show"), _boards(texts, preferences)],
        [button(texts.page_label, "s:page"), button(texts.data_label, "s:show:data")],
        [stop, button(texts.done_label, "s:done")],
    ]
    if preferences["declined"]:
        rows.insert(4, [button(texts.declined_label, "s:show:declined")])
    return overview(texts, preferences), rows


def _boards(texts: English, preferences: Preferences) -> InlineKeyboardButton:
    """A tick that is switched where it stands."""
    is_listed = preferences["on_leaderboards"]
    label = f"{'✓' if is_listed else '✗'} {texts.boards_label}"
    return button(label, f"s:set:on_leaderboards={'false' if is_listed else 'true'}")


def _channel(texts: English, preferences: Preferences) -> Screen:
    order = preferences["channel_order"]
    numbers = {name: f"{place}. " if len(order) > 1 else "✓ " for place, name in enumerate(order, 1)}
    rows = [
        [button(numbers.get(name, "") + label, f"s:set:preferred_channel={name}")]
        for name, label in texts.channels.items()
    ]
    return texts.ask_channel, [*rows, [button(texts.best_label, "s:set:preferred_channel=")], back(texts)]


def _kinds(texts: English, preferences: Preferences) -> Screen:
    """A grid of ticks: a row for each kind, a column for each channel that they have."""
    points = _reached(preferences)
    rows = [
        [button(texts.kinds[kind], "s:show:what"), *(_tick(texts, point, kind) for point in points)]
        for kind in KINDS
    ]
    return texts.ask_what, [*rows, back(texts)]


def _tick(texts: English, point: Mapping[str, Any], kind: str) -> InlineKeyboardButton:
    is_wanted, channel = point["wants"][kind], point["channel"]
    label = f"{'✓' if is_wanted else '✗'} {texts.channels.get(channel, channel)}"
    return button(label, f"s:set:{channel}.{kind}={'false' if is_wanted else 'true'}")


def _frequency(texts: English, preferences: Preferences) -> Screen:
    chosen = preferences["frequency"]
    rows = [
        [button(_marked(label, name == chosen), f"s:set:frequency={name}")]
        for name, label in texts.frequencies.items()
    ]
    return texts.ask_often, [*rows, back(texts)]


def _time(texts: English, preferences: Preferences) -> Screen:
    chosen = preferences["preferred_time"]
    row = [
        button(_marked(label, name == chosen), f"s:set:preferred_time={name}")
        for name, label in texts.times.items()
    ]
    return texts.ask_time, [row, back(texts)]


def _zone(texts: English, preferences: Preferences) -> Screen:
    choices = [button(city_of(zone), f"s:set:timezone={zone}") for zone in COMMON]
    return texts.ask_zone, [*_in_pairs(choices), back(texts)]


def _quiet(texts: English, preferences: Preferences) -> Screen:
    rows = [[button(texts.quiet_hours(*hours), f"s:set:quiet={'-'.join(hours)}")] for hours in QUIET_HOURS]
    return texts.ask_quiet, [*rows, [button(texts.no_quiet_label, "s:set:quiet=off")], back(texts)]


def _pause(texts: English, preferences: Preferences) -> Screen:
    rows = [[button(label, f"s:pause:{span}")] for span, label in texts.pauses.items()]
    return texts.ask_pause, [*rows, [button(texts.until_day_label, "s:day")], back(texts)]


def _language(texts: English, preferences: Preferences) -> Screen:
    chosen = _language_of(preferences)
    rows = [
        [button(_marked(name, name == chosen), f"s:set:locale={code}")] for code, name in LANGUAGES.items()
    ]
    return texts.ask_language, [*rows, back(texts)]


def _declined(texts: English, preferences: Preferences) -> Screen:
    rows = [
        [button(texts.accept_label(each["title"]), f"s:accept:{each['id']}")]
        for each in preferences["declined"]
    ]
    return texts.ask_declined, [*rows, back(texts)]


def _data(texts: English, preferences: Preferences) -> Screen:
    rows = [[button(texts.export_label, "s:export")], [button(texts.delete_label, "s:delete")]]
    return texts.ask_data, [*rows, back(texts)]


SCREENS: Mapping[str, Callable[[English, Preferences], Screen]] = {
    "all": _overview,
    "channel": _channel,
    "what": _kinds,
    "often": _frequency,
    "time": _time,
    "zone": _zone,
    "quiet": _quiet,
    "pause": _pause,
    "language": _language,
    "declined": _declined,
    "data": _data,
}


def back(texts: English, screen: str = "all") -> list[InlineKeyboardButton]:
    return [button(texts.back_label, f"s:show:{screen}")]


def _reached(preferences: Preferences) -> list[Mapping[str, Any]]:
    """The addresses that they have proved, one a channel."""
    return [point for point in preferences["contact_points"] if point["state"] != "unverified"]


def _what(texts: English, preferences: Preferences) -> str:
    points = _reached(preferences)
    if all(point["wants"][kind] for point in points for kind in KINDS):
        return texts.all_kinds
    wanted = {
        texts.channels.get(point["channel"], point["channel"]): [
            texts.kinds[kind] for kind in KINDS if point["wants"][kind]
        ]
        for point in points
    }
    return texts.some_kinds(wanted)


def _often(texts: English, preferences: Preferences) -> str:
    chosen = texts.frequencies.get(preferences["frequency"])
    return chosen or texts.own_frequency(preferences["max_per_day"], preferences["max_per_week"])


def _marked(label: str, is_chosen: bool) -> str:
    return f"✓ {label}" if is_chosen else label


def _in_pairs(choices: list[InlineKeyboardButton]) -> Buttons:
    return [choices[start : start + 2] for start in range(0, len(choices), 2)]


def _language_of(preferences: Preferences) -> str:
    return LANGUAGES.get((preferences["locale"] or "en")[:2].lower(), LANGUAGES["en"])


def _quiet_hours(texts: English, preferences: Preferences) -> str:
    start, end = preferences["quiet_from"][:5], preferences["quiet_until"][:5]
    return texts.no_quiet_hours if start == end else texts.quiet_hours(start, end)


def _local(moment: str, zone: str) -> datetime | None:
    """None stands for a pause without end."""
    if moment.startswith(("9999", "infinity")):
        return None
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))

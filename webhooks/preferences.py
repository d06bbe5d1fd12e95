"""What somebody gets, where, when and how often: GET shows it, POST changes it, without a login.

A link from a mail opens the page for ever, and may have been passed on: with it nobody gets at the data, or
deletes it, and addresses are masked. A link from the conversation is for an hour, and may.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web

from storage.store import Invalid, NotFound
from webhooks import keys
from webhooks.links import read_token
from webhooks.problems import Missing, Problem
from webhooks.words import LANGUAGES, language_asked_for, words

Preferences = Mapping[str, Any]

LARGEST_FORM = 16 * 1024
KINDS = ("sequences", "announcements", "reminders")
FOREVER = "9999-12-31T00:00:00+00:00"
_PLAIN = ("preferred_time", "frequency", "quiet_from", "quiet_until", "timezone", "locale")
_REGIONS = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`is_themselves` is sure for an hour after the conversation gave the link."""

    user_id: str
    is_themselves: bool


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted; several values under one name are none."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: web.Request) -> Self:
        if (request.content_length or 0) > LARGEST_FORM or len(raw := await request.read()) > LARGEST_FORM:
            raise Problem(413, "too_large", "The form is too large.")
        parsed = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True)
        return cls({name: values[0] for name, values in parsed.items() if len(values) == 1})


async def show(request: web.Request) -> web.Response:
    visitor = await _visitor(request)
    if visitor is None:
        return _answer(request, "expired.html", language_asked_for(request.headers))
    return _page(request, visitor, await _call(request, "get_preferences", user_id=visitor.user_id))


async def act(request: web.Request) -> web.Response:
    visitor, form = await _visitor(request), await Form.read(request)
    if visitor is None:
        return _answer(request, "expired.html", language_asked_for(request.headers))
    preferences = await _call(request, "get_preferences", user_id=visitor.user_id)
    match form.values.get("act", "save").partition(":"):
        case ["export" | "delete" | "delete_now" as wanted, _, _]:
            return await _private(request, visitor, preferences, wanted)
        case ["stop", _, _]:
            await _call(request, "stop_everything", user_id=visitor.user_id, source="page")
        case ["start", _, _]:
            await _call(request, "start_again", user_id=visitor.user_id, source="page")
        case ["accept", _, number]:
            await _accept(request, visitor, preferences, number)
        case _:
            return await _save(request, visitor, preferences, form)
    request.app[keys.CONTROLLER].wake()
    changed = await _call(request, "get_preferences", user_id=visitor.user_id)
    return _page(request, visitor, changed, notice="saved")


async def _visitor(request: web.Request) -> Visitor | None:
    """None for a link whose hour is over."""
    match read_token(request, "preferences"):
        case [str(user_id), str(until)]:
            now = datetime.fromisoformat(await request.app[keys.STORE].call("clock"))
            return Visitor(user_id, True) if now < datetime.fromisoformat(until) else None
        case tracking_id:
            message = await _call(request, "describe_unsubscribe", tracking_id=tracking_id)
            return Visitor(message["user_id"], False)


async def _call(request: web.Request, operation: str, **arguments: Any) -> Any:
    try:
        return await request.app[keys.STORE].call(operation, **arguments)
    except NotFound as error:
        raise Missing("We no longer know the person that this link was for.") from error


# Saving


async def _save(request: web.Request, visitor: Visitor, before: Preferences, form: Form) -> web.Response:
    changes = _changes(before, form.values)
    try:
        after = await _call(request, "set_preferences", user_id=visitor.user_id, changes=changes)
    except Invalid as refused:
        problem = refused.detail or "error"
        shown = {**before, **{key: value for key, value in changes.items() if key in _PLAIN}}
        return _page(request, visitor, shown, problem=problem, status=422)
    request.app[keys.CONTROLLER].wake()
    notice = "saved" if changes else "unchanged"
    return _page(request, visitor, after, notice=notice, saved=frozenset(_section(key) for key in changes))


def _changes(before: Preferences, posted: Mapping[str, str]) -> dict[str, Any]:
    """Only what differs; a box that is not ticked is not posted."""
    changes: dict[str, Any] = {
        key: posted[key] for key in _PLAIN if key in posted and posted[key] != _shown(before, key)
    }
    if "preferred_channel" in posted and posted["preferred_channel"] != (before["preferred_channel"] or ""):
        changes["preferred_channel"] = posted["preferred_channel"] or None
    for point in _reached(before):
        for kind in KINDS:
            name = f"{point['channel']}.{kind}"
            if "consent" in posted and (name in posted) is not point["wants"][kind]:
                changes[name] = name in posted
    return changes | _pause(before, posted)


def _pause(before: Preferences, posted: Mapping[str, str]) -> dict[str, Any]:
    match posted.get("pause"):
        case "none" if before["paused_until"]:
            return {"paused_until": None}
        case "forever" if _pause_day(before) != "":
            return {"paused_until": FOREVER}
        case "day" if posted.get("paused_until") != _pause_day(before):
            return {"paused_until": _as_day(posted.get("paused_until", ""))}
    return {}


def _as_day(typed: str) -> str:
    """A moment, or half a word, is none: the page asks for a day."""
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        return "no day"


def _shown(preferences: Preferences, key: str) -> str:
    """As the form shows it: times without seconds, a language without its region."""
    if key == "locale":
        return words(preferences[key]).language
    value = preferences[key] or ""
    return value[:5] if key.startswith("quiet_") else value


def _pause_day(preferences: Preferences) -> str | None:
    """An empty one for a pause without end, None without a pause."""
    moment = preferences["paused_until"]
    if not moment:
        return None
    if moment.startswith(("9999", "infinity")):
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(preferences["timezone"])).date().isoformat()


def _section(key: str) -> str:
    """The part of the page where a change was made."""
    if "." in key:
        return "consent"
    return "quiet" if key.startswith("quiet_") else key


# The rest


async def _accept(request: web.Request, visitor: Visitor, preferences: Preferences, number: str) -> None:
    for each in preferences["declined"]:
        if str(each["id"]) == number:
            await _call(request, "accept_sequence", user_id=visitor.user_id, sequence=each["sequence"])


async def _private(
    request: web.Request, visitor: Visitor, preferences: Preferences, wanted: str
) -> web.Response:
    """Only for whom we know to be themselves; everybody else has a link sent to whom the page is about."""
    locale = preferences["locale"]
    if not visitor.is_themselves:
        await _call(request, "request_privacy", user_id=visitor.user_id)
        request.app[keys.CONTROLLER].wake()
        return _answer(request, "way_sent.html", locale)
    if wanted == "export":
        return _download(await _call(request, "export_user", user_id=visitor.user_id), locale)
    if wanted == "delete":
        return _answer(request, "delete.html", locale)
    await _call(request, "delete_user", user_id=visitor.user_id, source="page")
    return _answer(request, "deleted.html", locale)


def _download(exported: Mapping[str, Any], locale: str | None) -> web.Response:
    name = words(locale).export_name
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    text = json.dumps(exported, ensure_ascii=False, indent=2)
    return web.Response(text=text, content_type="application/json", headers=headers)


def _page(
    request: web.Request,
    visitor: Visitor,
    preferences: Preferences,
    *,
    notice: str | None = None,
    saved: frozenset[str] = frozenset(),
    problem: str | None = None,
    status: int = 200,
) -> web.Response:
    return _answer(
        request,
        "preferences.html",
        preferences["locale"],
        status,
        chosen=preferences,
        points=[_point(point, visitor) for point in _reached(preferences)],
        kinds=KINDS,
        pause_day=_pause_day(preferences),
        quiet={key: _shown(preferences, key) for key in ("quiet_from", "quiet_until")},
        zones=_zones(preferences["timezone"]),
        languages=LANGUAGES,
        notice=notice,
        saved=saved,
        problem=problem,
    )


def _answer(
    request: web.Request, template: str, locale: str | None, status: int = 200, **values: Any
) -> web.Response:
    return request.app[keys.PAGES].answer(template, status, locale=locale, **values)


def _reached(preferences: Preferences) -> list[Mapping[str, Any]]:
    """The addresses that they have proved, one a channel."""
    return [point for point in preferences["contact_points"] if point["state"] != "unverified"]


def _point(point: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    address = point["address"] if point["channel"] == "email" else None
    if address and not visitor.is_themselves:
        name, _, domain = address.partition("@")
        address = f"{name[:1]}•••@{domain}"
    return {**point, "address": address}


def _zones(chosen: str) -> dict[str, list[str]]:
    """By part of the world; the chosen one is always among them."""
    regions: dict[str, list[str]] = {region: [] for region in _REGIONS}
    for zone in sorted(available_timezones()):
        region = zone.partition("/")[0]
        if region in regions:
            regions[region].append(zone)
    if chosen.partition("/")[0] not in regions or chosen not in regions[chosen.partition("/")[0]]:
        return {chosen: [chosen], **regions}
    return regions

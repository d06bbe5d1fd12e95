"""What became of messages: figures for people and programs, as JSON, as a table or as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from sequences import analytics
from sequences.analytics import Cohort, Figures, Funnel, Hour, Judged, Median, Period, Question, Rate
from sequences.definition import MessageClass
from webhooks import keys
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Slug
from webhooks.bodies import Body
from webhooks.pictures.charts import funnel_picture, series_picture
from webhooks.problems import Unprocessable

GroupBy = Literal[
    "channel",
    "type",
    "sequence",
    "version",
    "step",
    "template",
    "template_version",
    "campaign",
    "variant",
    "mail_provider",
    "reason",
]
Word = Annotated[str, Field(min_length=1, max_length=100)]
ChannelName = Literal["telegram", "email", "sms", "push", "in_app"]
MOST_DAYS = 1100
FILTERS: Mapping[str, str] = {
    "channel": "channel",
    "type": "message_class",
    "sequence": "sequence",
    "step": "step",
    "template": "template",
    "campaign": "campaign",
    "experiment": "experiment",
    "variant": "variant",
    "mail_provider": "mail_provider",
}


class Days(Body):
    """The days of sending (UTC), both included; without them the last thirty."""

    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None


class Times(Days):
    channel: ChannelName | None = None
    type: MessageClass | None = None
    sequence: Slug | None = None
    campaign: Slug | None = None


class Which(Times):
    """Each narrows down the messages that are counted."""

    step: Word | None = None
    template: Slug | None = None
    experiment: Slug | None = None
    variant: Word | None = None
    mail_provider: Word | None = None


class Grouped(Which):
    group_by: GroupBy = "channel"
    format: Literal["json", "csv"] | None = None


class Series(Which):
    format: Literal["json", "csv", "svg"] | None = None


class WhichFunnel(Days):
    """The days are those on which people entered."""

    sequence: Slug
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    campaign: Slug | None = None
    format: Literal["json", "svg"] | None = None


class Weeks(Body):
    weeks: Annotated[int, Field(ge=1, le=104)] = 12
    format: Literal["json", "csv"] | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    period: Period
    group_by: str
    total: Figures
    items: Sequence[Figures]


@dataclass(frozen=True, slots=True)
class DayByDay:
    period: Period
    total: Figures
    items: Sequence[Figures]


@dataclass(frozen=True, slots=True)
class FunnelThen:
    period: Period
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class Cohorts:
    items: Sequence[Cohort]


@dataclass(frozen=True, slots=True)
class Provider:
    """Of the mails to the mailboxes of one provider."""

    mail_provider: str
    figures: Figures
    limits: Sequence[Judged]


@dataclass(frozen=True, slots=True)
class Deliverability:
    period: Period
    total: Figures
    limits: Sequence[Judged]
    providers: Sequence[Provider]


@dataclass(frozen=True, slots=True)
class TimesAndHours:
    period: Period
    medians: Sequence[Median]
    hours: Sequence[Hour]


@dataclass(frozen=True, slots=True)
class Nurture:
    period: Period
    total: Figures
    sequences: Sequence[Figures]
    steps: Sequence[Figures]


class Metrics(TypedDict):
    """`active` did something in the last seven days; `today` is the day in UTC."""

    users: int
    new: int
    active: int
    admins: int
    alerts: int
    is_paused: bool
    enrollments: Mapping[str, int]
    queue: Mapping[str, Any]
    today: Mapping[str, Any]


endpoints = Endpoints("Analytics")


@endpoints.get("/api/engagement/analytics", on_wish=("text/csv",))
async def overview(request: web.Request, query: Grouped) -> Overview | web.Response:
    """Counts what became of messages, by channel or whatever they are grouped by.

    Every rate comes with its numerator, its denominator and a 95 % interval; it is null where nothing can be
    told. With `Accept: text/csv` or `format=csv`: a table.
    """
    question = _question(query)
    period = await analytics.period(request.app[keys.STORE], question)
    group_by = FILTERS.get(query.group_by, query.group_by)
    items = await analytics.grouped(request.app[keys.STORE], group_by, question)
    if _format(request, query.format) == "csv":
        return _table(items, query.group_by)
    total = await analytics.total(request.app[keys.STORE], question)
    return Overview(period, query.group_by, total, items)


@endpoints.get("/api/engagement/analytics/series", on_wish=("text/csv", "image/svg+xml"))
async def series(request: web.Request, query: Series) -> DayByDay | web.Response:
    """Counts what became of messages day by day.

    As a table with `Accept: text/csv` or `format=csv`, as a picture with `image/svg+xml` or `format=svg`.
    """
    store, question = request.app[keys.STORE], _question(query)
    period = await analytics.period(store, question)
    if len(period.days) > MOST_DAYS:
        raise Unprocessable(f"A series has at most {MOST_DAYS} days.", "from")
    items = await analytics.by_day(store, question, period.days)
    wanted = _format(request, query.format)
    if wanted == "csv":
        return _table(items, "day")
    total = await analytics.total(store, question)
    if wanted == "svg":
        return _picture(series_picture(request.app[keys.OPTIONS].brand_name, items, total))
    return DayByDay(period, total, items)


@endpoints.get("/api/engagement/analytics/funnel", on_wish=("image/svg+xml",))
async def funnel(request: web.Request, query: WhichFunnel) -> FunnelThen | web.Response:
    """Tells how far the people came who entered a sequence on these days: each step, who left there and why.

    `reached` is a share of those who entered, `got` of those who reached the step. As a picture with
    `Accept: image/svg+xml` or `format=svg`.
    """
    store, days = request.app[keys.STORE], _question(query)
    period = await analytics.period(store, days)
    found = await analytics.funnel(
        store, query.sequence, days.since, days.until, query.version, query.campaign
    )
    if _format(request, query.format) == "svg":
        return _picture(funnel_picture(request.app[keys.OPTIONS].brand_name, found, period))
    return FunnelThen(period, found)


@endpoints.get("/api/engagement/analytics/cohorts", on_wish=("text/csv",))
async def cohorts(request: web.Request, query: Weeks) -> Cohorts | web.Response:
    """Tells, of those who signed up in each week, how many did anything, and how many reached a goal, in that
    week and in those after it.

    As a table with `Accept: text/csv` or `format=csv`.
    """
    found = await analytics.cohorts(request.app[keys.STORE], query.weeks)
    if _format(request, query.format) == "csv":
        columns = (f"{kind}_{number}" for kind in ("active", "converted") for number in range(query.weeks))
        rows = ([each.week, each.people, *_counts(each, query.weeks)] for each in found)
        return _csv(["week", "people", *columns], rows)
    return Cohorts(found)


def _counts(cohort: Cohort, weeks: int) -> list[int | None]:
    """Nothing for the weeks that are still to come."""
    told = ([rate.count if rate else 0 for rate in rates] for rates in (cohort.active, cohort.converted))
    return [count for counts in told for count in [*counts, *[None] * (weeks - len(counts))]]


@endpoints.get("/api/engagement/analytics/deliverability")
async def deliverability(request: web.Request, query: Which) -> Deliverability:
    """Holds bounces and complaints, by mail provider, against the limits that providers set.

    `verdict` is `too_few` below a hundred mails, then `fine`, `high` or `over`.
    """
    return await _deliverability(request, _question(query))


@endpoints.get("/api/engagement/analytics/times")
async def times(request: web.Request, query: Times) -> TimesAndHours:
    """Tells after how long people open and click, and which hours of their day are good ones."""
    store, question = request.app[keys.STORE], _question(query)
    period = await analytics.period(store, question)
    return TimesAndHours(
        period, await analytics.medians(store, question), await analytics.hours(store, question)
    )


@endpoints.get("/admin/api/nurture/analytics")
async def nurture(request: web.Request, query: Which) -> Nurture:
    """Counts what became of messages by sequence and by step."""
    store, question = request.app[keys.STORE], _question(query)
    period = await analytics.period(store, question)
    return Nurture(
        period,
        await analytics.total(store, question),
        await analytics.grouped(store, "sequence", question),
        await analytics.grouped(store, "step", question),
    )


@endpoints.get("/admin/api/email/stats")
async def mail(request: web.Request, query: Days) -> Deliverability:
    """Tells how the mails fared: all of them and by mail provider, held against the providers' limits."""
    return await _deliverability(request, _question(query))


@endpoints.get("/admin/api/metrics")
async def metrics(request: web.Request) -> Metrics:
    """Shows the service at a glance: people, enrollments, the queue, and what left today."""
    now = await ask(request, "service_overview")
    today = await ask(request, "statistics", days=1)
    week = await ask(request, "statistics", days=7)
    return {
        "users": now["people"],
        "new": now["new"],
        "active": week["active"],
        "admins": now["admins"],
        "alerts": now["alerts"],
        "is_paused": now["is_paused"],
        "enrollments": {"active": now["running"], "paused": now["paused"]},
        "queue": now["queue"],
        "today": {
            "channels": today["channels"],
            **{name: today[name] for name in ("active", "new", "unsubscribed")},
        },
    }


async def _deliverability(request: web.Request, question: Question) -> Deliverability:
    store = request.app[keys.STORE]
    mails = Question(question.since, question.until, {**question.filters, "channel": "email"})
    period = await analytics.period(store, mails)
    total = await analytics.total(store, mails)
    return Deliverability(
        period,
        total,
        analytics.judged(total),
        [
            Provider(each.key, each, analytics.judged(each))
            for each in await analytics.grouped(store, "mail_provider", mails)
        ],
    )


def _question(query: Days) -> Question:
    given = query.model_dump(exclude_none=True)
    return Question(
        since=query.from_.isoformat() if query.from_ else None,
        until=query.until.isoformat() if query.until else None,
        filters={FILTERS[name]: value for name, value in given.items() if name in FILTERS},
    )


# Other forms


def _format(request: web.Request, asked: str | None) -> str:
    if asked:
        return asked
    accept = request.headers.get("Accept", "")
    return (
        "svg"
        if "image/svg+xml" in accept and "json" not in accept
        else "csv"
        if "text/csv" in accept
        else "json"
    )


def _table(items: Iterable[Figures], name: str) -> web.Response:
    columns = [f"{rate}_{part}" for rate in analytics.RATES for part in ("rate", "low", "high")]
    header = [name, "title", *analytics.COUNTS, *columns, "value", "seconds_to_open", "seconds_to_click"]
    return _csv(header, (_row(each) for each in items))


def _row(figures: Figures) -> list[Any]:
    shares = [value for name in analytics.RATES for value in _share(figures.rates[name])]
    return [
        figures.key, figures.title, *(figures.counts[name] for name in analytics.COUNTS), *shares,
        figures.value, figures.seconds_to_open, figures.seconds_to_click,
    ]  # fmt: skip


def _share(rate: Rate | None) -> tuple[Any, Any, Any]:
    return (round(rate.rate, 6), round(rate.low, 6), round(rate.high, 6)) if rate else ("", "", "")


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> web.Response:
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(header)
    table.writerows([_harmless(value) for value in row] for row in rows)
    return web.Response(
        text=written.getvalue(), content_type="text/csv", headers={"Cache-Control": "no-store"}
    )


def _harmless(value: Any) -> Any:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _picture(svg: str) -> web.Response:
    return web.Response(text=svg, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})

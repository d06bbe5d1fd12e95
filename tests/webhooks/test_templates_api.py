"""Templates over the API: mistakes are named before anything is kept, and what is shown is what is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from channels.channel import Outgoing
from sequences.drafting import read_steps
from storage.store import Store
from tests.docs.pages import blocks, read
from tests.webhooks.conftest import (
    ADDRESS,
    SEQUENCE,
    OpenSidecar,
    Sent,
    Sidecar,
    Tables,
    resend_event,
    send_one,
)
from webhooks.receivers import PRIVATE

HERE = "/api/engagement/templates"
WORDS: dict[str, Any] = {
    "default": {
        "subject": "Still there?",
        "body": 'A seat is kept{% if engagement == "low" %}, whenever you like{% endif %}.',
        "buttons": [{"label": "Two minutes", "url": "https://example.org/start"}],
    }
}
PUBLISHED = {"name": "gentle_reminder", "number": 1, "version_id": 7}
NEW = {"name": "reminder", "title": "A reminder", "type": "gentle_reminder", "content": WORDS}


class Outbox:
    """A channel that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None) -> list[str]:
        self.sent += messages
        return ["42"]


async def create(sidecar: Sidecar, **changes: Any) -> dict[str, Any]:
    answer = await sidecar.as_admin("POST", HERE, json=NEW | changes)
    assert answer.status == 201, await answer.text()
    created: dict[str, Any] = await answer.json()
    return created


async def asked(sidecar: Sidecar, method: str, path: str, **options: Any) -> dict[str, Any]:
    answer = await sidecar.as_admin(method, HERE + path, **options)
    assert answer.status == 200, await answer.text()
    body: dict[str, Any] = await answer.json()
    return body


async def refused(sidecar: Sidecar, method: str, path: str, **options: Any) -> tuple[int, str | None, str]:
    answer = await sidecar.as_admin(method, HERE + path, **options)
    error = (await answer.json())["error"]
    return answer.status, error.get("field"), error["message"]


@pytest.fixture
async def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
async def sending(open_sidecar: OpenSidecar, store: Store, outbox: Outbox) -> Sidecar:
    await store.call("configure_budget", channel="email", messages_per_request=100)
    return await open_sidecar(outbox)


async def test_a_template_is_written_changed_and_put_away(sidecar: Sidecar, tables: Tables) -> None:
    created = await create(sidecar)
    one = f"/{created['id']}"
    other = {"default": WORDS["default"] | {"subject": "Hello"}}

    changed = await asked(sidecar, "PATCH", one, json={"content": other, "title": "Other"})
    versions = await asked(sidecar, "GET", f"{one}/versions", params={"limit": 1})
    first = await asked(sidecar, "GET", one, params={"version": 1})
    await asked(sidecar, "DELETE", one)

    assert (changed["version"], changed["title"], first["content"]) == (2, "Other", WORDS)
    assert ([v["number"] for v in versions["items"]], versions["next_after"]) == ([2], 2)
    assert (await asked(sidecar, "GET", ""))["items"] == []
    assert [t["name"] for t in (await asked(sidecar, "GET", "?archived=true"))["items"]] == ["reminder"]
    assert (await asked(sidecar, "POST", f"{one}/restore"))["archived_at"] is None
    acts = await tables.rows("select action from tendril.audit_log order by id")
    assert [act["action"] for act in acts] == [
        "template.create",
        "template.change",
        "template.archive",
        "template.restore",
    ]


async def test_a_change_of_another_revision_is_refused(sidecar: Sidecar) -> None:
    one = f"/{(await create(sidecar))['id']}"
    shown = await sidecar.as_admin("GET", HERE + one)
    await asked(sidecar, "PATCH", one, json={"title": "Mine"})

    stale = {"If-Match": shown.headers["ETag"]}
    answer = await sidecar.as_admin("PATCH", HERE + one, json={"title": "Late"}, headers=stale)

    assert answer.status == 412


async def test_a_copy_has_the_words_and_a_name_of_its_own(sidecar: Sidecar) -> None:
    one = f"/{(await create(sidecar))['id']}"

    answer = await sidecar.as_admin("POST", f"{HERE}{one}/duplicate", json={"name": "copy"})
    taken = await refused(sidecar, "POST", f"{one}/duplicate", json={"name": "copy"})

    assert (answer.status, (await answer.json())["content"]) == (201, WORDS)
    assert taken[0] == 409


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"name": "Reminder"}, "name", "a name has"),
        ({"tittle": "x"}, "tittle", "is not known here"),
        ({"context": ["Days"]}, "context.0", "match pattern"),
        ({"content": {}}, "content", "content is an object"),
        ({"content": {"fax": {}}}, "content.fax", "unknown channel 'fax'"),
        ({"content": {"default": {"body": "a\n\n{{ usr }}"}}}, "content.default.body", "(line 3)"),
        ({"content": {"default": {"body": "{{ context.days }}"}}}, "content.default.body", "not declared"),
        (
            {"content": {"default": {"body": "a", "buttons": [{"label": "x", "url": "javascript:1"}]}}},
            "content.default.buttons.0.url",
            "has to begin with",
        ),
    ],
)
async def test_a_mistake_is_named_and_nothing_is_kept(
    sidecar: Sidecar, tables: Tables, changes: dict[str, Any], field: str, said: str
) -> None:
    before = await tables.everything()

    found = await refused(sidecar, "POST", "", json=NEW | changes)

    assert (found[:2], said in found[2]) == ((422, field), True), found
    assert await tables.everything() == before


async def test_a_preview_shows_each_channel_with_lengths_and_without_traces(sidecar: Sidecar) -> None:
    one = f"/{(await create(sidecar))['id']}"

    shown = await asked(sidecar, "POST", f"{one}/preview", json={"engagement": "low"})

    telegram, email, sms = shown["items"]
    assert telegram["content"]["text"] == "A seat is kept, whenever you like."
    assert telegram["content"]["buttons"][0] == [{"text": "Two minutes", "url": "https://example.org/start"}]
    assert (telegram["length"], telegram["limit"], telegram["warnings"]) == (34, 4096, [])
    assert email["content"]["subject"] == "Still there?"
    assert "https://example.org/start" in email["content"]["html"]
    assert email["length"] == len(email["content"]["html"].encode())
    assert "Two minutes: https://example.org/start" in sms["content"]["text"]


async def test_a_preview_to_a_user_has_their_name_and_says_what_is_missing(
    sidecar: Sidecar, user_id: str
) -> None:
    words = {
        "default": {"subject": "s", "body": 'Hi {{ user.first_name | default("you") }}: {{ context.days }}'}
    }
    one = f"/{(await create(sidecar, content=words, context=['days']))['id']}"
    wish = {"user": "mira", "channels": ["telegram"]}

    bare = await asked(sidecar, "POST", f"{one}/preview", json=wish)
    full = await asked(sidecar, "POST", f"{one}/preview", json=wish | {"context": {"days": 3}})

    assert (bare["missing"], bare["items"][0]["content"]) == (["days"], None)
    assert "days" in bare["items"][0]["problem"]
    assert (full["missing"], full["items"][0]["content"]["text"]) == ([], "Hi Mira: 3")


async def test_a_preview_warns_of_what_does_not_arrive_well(sidecar: Sidecar) -> None:
    words = {"default": {"subject": "s" * 60, "body": "![a](https://e.org/a.webp) [b](http://e.org)"}}
    one = f"/{(await create(sidecar))['id']}"

    shown = await asked(sidecar, "POST", f"{one}/preview", json={"content": words, "channels": ["email"]})

    warnings = " ".join(shown["items"][0]["warnings"])
    assert all(part in warnings for part in ("a phone shows", "image-webp", "http://e.org is not encrypted"))


async def test_a_trial_leaves_at_once_and_leaves_nothing_behind(
    sending: Sidecar, outbox: Outbox, tables: Tables
) -> None:
    one = f"/{(await create(sending))['id']}"

    sent = await asked(sending, "POST", f"{one}/test", json={"channel": "email", "to": "eve@example.org"})

    (message,) = outbox.sent
    assert (sent["id"], message.recipient, message.content["subject"]) == (
        "42",
        "eve@example.org",
        "Still there?",
    )
    assert "/c/" not in message.content["html"]
    assert await tables.rows("select 1 from tendril.message_deliveries") == []


async def test_a_trial_to_a_suppressed_address_is_refused(
    sending: Sidecar, outbox: Outbox, sent: Sent
) -> None:
    one = f"/{(await create(sending))['id']}"
    await sending.from_resend(resend_event("complained", sent))

    found = await refused(sending, "POST", f"{one}/test", json={"channel": "email", "to": ADDRESS})

    assert (found[0], outbox.sent) == (409, [])


async def test_a_trial_waits_its_turn_with_everybody_else(
    sending: Sidecar, outbox: Outbox, store: Store
) -> None:
    one = f"/{(await create(sending))['id']}"
    await store.call("configure_budget", channel="email", per_second=0.001, burst=1, messages_per_request=1)
    wish = {"channel": "email", "to": "eve@example.org"}

    answers = [await sending.as_admin("POST", f"{HERE}{one}/test", json=wish) for _ in range(3)]

    assert [answer.status for answer in answers].count(429) >= 2
    assert len(outbox.sent) <= 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"channel": "email", "to": "nobody"}, "to"),
        ({"channel": "email", "to": "eve@example.org", "version": 9}, None),
        ({"channel": "email", "to": "eve@example.org"}, "context"),
    ],
)
async def test_a_trial_that_cannot_be_written_is_refused(
    sending: Sidecar, outbox: Outbox, wish: dict[str, Any], field: str | None
) -> None:
    words = {"default": {"subject": "s", "body": "{{ context.days }}"}}
    one = f"/{(await create(sending, content=words, context=['days']))['id']}"

    found = await refused(sending, "POST", f"{one}/test", json=wish)

    assert (found[0], found[1], outbox.sent) == (404 if field is None else 422, field, [])


async def test_a_channel_that_is_off_sends_no_trial(sending: Sidecar) -> None:
    one = f"/{(await create(sending))['id']}"

    found = await refused(sending, "POST", f"{one}/test", json={"channel": "telegram", "to": "7"})

    assert found[0] == 409


async def checked(sidecar: Sidecar, *links: str) -> dict[str, str | None]:
    body = "\n\n".join(f"[link](<{link}>)" for link in links)
    one = f"/{(await create(sidecar, content={'default': {'subject': 's', 'body': body}}))['id']}"
    report = await asked(sidecar, "POST", f"{one}/check", json={})
    assert report["is_fine"] is all(each["problem"] is None for each in report["items"])
    return {each["url"]: each["problem"] for each in report["items"]}


async def test_links_are_really_asked(open_sidecar: OpenSidecar, site: str) -> None:
    sidecar = await open_sidecar(webhook_allowed_hosts=("127.0.0.1",))

    found = await checked(
        sidecar, f"{site}/page", f"{site}/gone", f"{site}/away?to=/page", f"{site}/away?to=http://10.0.0.1/"
    )

    assert found == {
        f"{site}/page": None,
        f"{site}/gone": "it answers 404",
        f"{site}/away?to=/page": None,
        f"{site}/away?to=http://10.0.0.1/": f"it is not asked: {PRIVATE}",
    }


async def test_links_into_our_own_network_are_not_asked(sidecar: Sidecar, site: str) -> None:
    found = await checked(sidecar, f"{site}/page", "http://169.254.169.254/x", "http://localhost/x")

    assert all(problem and "it is not asked" in problem for problem in found.values()), found


async def test_performance_counts_what_became_of_the_words(
    sidecar: Sidecar, store: Store, published: str, user_id: str
) -> None:
    created = await create(sidecar)
    kept = {"name": "reminder", "number": 1, "version_id": created["version_id"]}
    steps = [each | {"template": kept} for each in SEQUENCE["steps"]]
    await store.call("publish_sequence", definition=SEQUENCE | {"steps": steps})
    sent = await send_one(store, user_id, published)
    await sidecar.from_resend(resend_event("delivered", sent))
    await sidecar.from_resend(resend_event("clicked", sent))

    counted = await asked(sidecar, "GET", f"/{created['id']}/performance")

    (version,), (channel,) = counted["versions"], counted["channels"]
    assert [each["counts"]["sent"] for each in (counted["total"], version, channel)] == [1, 1, 1]
    assert (channel["key"], channel["rates"]["delivered"]["of"]) == ("email", 1)


async def test_what_is_not_there_is_not_found(sidecar: Sidecar) -> None:
    for method, path in (("GET", "/1"), ("DELETE", "/1"), ("GET", "/1/performance"), ("GET", "/1/versions")):
        assert (await refused(sidecar, method, path))[0] == 404


async def test_the_guide_works_as_it_is_written(sending: Sidecar, outbox: Outbox, user_id: str) -> None:
    new, shown, trial, step = map(json.loads, blocks(read("docs/templates.md"), "json"))
    await sending.as_admin("POST", "/admin/api/users", json={"external_id": "m", "email": "mira@example.org"})

    created = await sending.as_admin("POST", HERE, json=new)
    one = f"/{(await created.json())['id']}"
    previewed = await asked(sending, "POST", f"{one}/preview", json=shown)
    await asked(sending, "POST", f"{one}/test", json=trial)

    assert [each["problem"] for each in previewed["items"]] == [None] * 3
    assert [message.content["subject"] for message in outbox.sent] == ["Scales is still open"]
    assert (
        read_steps([step], {"gentle_reminder": {**PUBLISHED, "context": [], "content": WORDS}})[0].template
        == PUBLISHED
    )

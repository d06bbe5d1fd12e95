"""`/admin/api/email/test` sends one mail through the real channel."""

from collections.abc import AsyncIterator

import pytest

import sandbox
from channels.email import EmailChannel
from storage.store import Store
from tests.fixtures.sandbox import Control
from tests.webhooks.conftest import ADDRESS, OpenSidecar, Sent, Sidecar, resend_event

PATH = "/admin/api/email/test"


@pytest.fixture
async def email_channel(box: sandbox.Box) -> AsyncIterator[EmailChannel]:
    async with EmailChannel.opened(api_key="re_placeholder", api_url=box.resend_url) as channel:
        yield channel


@pytest.fixture
async def mailing(open_sidecar: OpenSidecar, email_channel: EmailChannel) -> Sidecar:
    return await open_sidecar(email_channel)


@pytest.mark.parametrize("field", ["to", "email"])
async def test_the_mail_arrives_and_the_answer_has_its_id(
    mailing: Sidecar, control: Control, field: str
) -> None:
    answer = await mailing.as_admin("POST", PATH, json={field: "you@example.org"})

    mail = await control.mail("you@example.org")
    assert answer.status == 200
    assert (mail["id"], mail["subject"]) == ((await answer.json())["id"], "Tendril can reach you")
    assert mail["text"].startswith("If you can read this")


async def test_without_the_channel_the_answer_says_what_is_missing(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("POST", PATH, json={"to": "you@example.org"})

    error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (409, "channel_off")
    assert "RESEND_API_KEY" in error["message"]


@pytest.mark.parametrize("body", [{}, {"to": "nobody"}, {"to": 5}, {"to": ["you@example.org"]}], ids=repr)
async def test_what_is_no_address_is_a_422(
    mailing: Sidecar, control: Control, body: dict[str, object]
) -> None:
    answer = await mailing.as_admin("POST", PATH, json=body)

    assert (answer.status, (await answer.json())["error"]["field"]) == (422, "to")
    assert await control.ledger() == []


@pytest.mark.parametrize(
    ("fault", "status"), [("rate_limit", 503), ("server_error", 503), ("forbidden", 409), ("malformed", 504)]
)
async def test_what_the_provider_says_is_passed_on(
    mailing: Sidecar, control: Control, fault: str, status: int
) -> None:
    await control.fail("resend", fault, count=1)

    answer = await mailing.as_admin("POST", PATH, json={"to": "you@example.org"})

    assert answer.status == status
    assert set((await answer.json())["error"]) >= {"code", "message"}


async def test_a_suppressed_address_is_not_written_to(
    mailing: Sidecar, control: Control, sent: Sent, store: Store
) -> None:
    await mailing.from_resend(resend_event("complained", sent))

    answer = await mailing.as_admin("POST", PATH, json={"to": ADDRESS})

    assert (answer.status, (await answer.json())["error"]["code"]) == (409, "suppressed")
    assert await control.ledger() == []

from typing import Any

import httpx
import pytest

from channels.errors import Misconfigured, Unknown
from channels.sender_domain import ABSENT, HIDDEN, SenderDomain, sender_domain
from tests.channels.conftest import Provider

LISTED = {"object": "list", "has_more": False, "data": [{"id": "d91c", "name": "Mail.example.com"}]}
SPF = {
    "record": "SPF",
    "name": "send",
    "type": "MX",
    "value": "feedback-smtp.example.com",
    "status": "verified",
}
DKIM = {"record": "DKIM", "name": "resend._domainkey", "type": "TXT", "value": "p=MIG", "status": "pending"}
TRACKING = {"record": "Tracking", "name": "links", "type": "CNAME", "value": "x", "status": "failed"}


async def ask(provider: Provider, client: httpx.AsyncClient) -> SenderDomain:
    return await sender_domain(client, provider.url, "re_placeholder", "Tendril <hello@mail.example.com>")


def domain(status: str, *records: dict[str, Any]) -> dict[str, Any]:
    return {"id": "d91c", "name": "mail.example.com", "status": status, "records": list(records)}


async def test_a_pending_domain_tells_which_records_are_missing(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.answers(200, LISTED)
    provider.answers(200, domain("pending", SPF, DKIM, TRACKING))
    found = await ask(provider, client)
    assert [request.path for request in provider.requests] == ["/domains?limit=100", "/domains/d91c"]
    assert (found.name, found.status, found.is_verified) == ("mail.example.com", "pending", False)
    assert (found.status_of("SPF"), found.status_of("DKIM")) == ("verified", "pending")
    assert [record.name for record in found.missing_records] == ["resend._domainkey"]


async def test_a_verified_domain_misses_nothing(provider: Provider, client: httpx.AsyncClient) -> None:
    provider.answers(200, LISTED)
    provider.answers(200, domain("verified", SPF))
    found = await ask(provider, client)
    assert found.is_verified
    assert found.missing_records == ()
    assert found.status_of("DKIM") == ABSENT


async def test_a_domain_that_the_account_does_not_have_is_absent(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.answers(200, {**LISTED, "data": [{"id": "1", "name": "example.com"}]})
    assert (await ask(provider, client)).status == ABSENT


async def test_a_key_that_may_only_send_hides_the_domain(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    refusal = {"statusCode": 401, "name": "restricted_api_key", "message": "This API key is restricted"}
    provider.answers(401, refusal)
    assert (await ask(provider, client)).status == HIDDEN


async def test_a_wrong_key_is_told_apart_from_that(provider: Provider, client: httpx.AsyncClient) -> None:
    provider.answers(403, {"statusCode": 403, "name": "invalid_api_key", "message": "API key is invalid"})
    with pytest.raises(Misconfigured, match="invalid_api_key"):
        await ask(provider, client)


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": ["example.com"]}])
async def test_a_list_of_the_wrong_shape_is_unknown(
    provider: Provider, client: httpx.AsyncClient, answer: Any
) -> None:
    provider.answers(200, answer)
    with pytest.raises(Unknown):
        await ask(provider, client)

"""What Resend knows of the domain that we send from: is it verified, which DNS records are missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

import httpx

from channels.errors import Misconfigured, Unknown
from channels.resend import Resend

ABSENT = "absent"
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class DomainRecord:
    """`purpose` is SPF or DKIM; the rest is what has to stand in the DNS, and what Resend found there."""

    purpose: str
    type: str
    name: str
    value: str
    status: str


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """`status` is Resend's word (verified, pending, failed, …), or ABSENT when the account does not have the
    domain, or HIDDEN when the key may send but not look, which is how a careful person sets it up.
    """

    name: str
    status: str
    records: tuple[DomainRecord, ...] = ()

    @property
    def is_verified(self) -> bool:
        return self.status == "verified"

    @property
    def missing_records(self) -> tuple[DomainRecord, ...]:
        return tuple(record for record in self.records if record.status != "verified")

    def status_of(self, purpose: str) -> str:
        """`verified` when all records of `purpose` are, else what the first of the others is, else ABSENT."""
        statuses = [record.status for record in self.records if record.purpose == purpose]
        unverified = [status for status in statuses if status != "verified"]
        return (unverified or statuses or [ABSENT])[0]


async def sender_domain(client: httpx.AsyncClient, api_url: str, api_key: str, sender: str) -> SenderDomain:
    """`sender` as in `From`: `Tendril <hello@example.com>`. DeliveryError when Resend cannot be asked."""
    resend = Resend(client, api_url, api_key)
    name = parseaddr(sender)[1].rpartition("@")[2].lower()
    try:
        listed = await resend.get("/domains?limit=100")
    except Misconfigured as refusal:
        if refusal.reason == "restricted_api_key":
            return SenderDomain(name, HIDDEN)
        raise
    ours = [row for row in _rows(listed, "data") if str(row.get("name")).lower() == name]
    if not ours:
        return SenderDomain(name, ABSENT)
    domain = await resend.get(f"/domains/{ours[0].get('id')}")
    records = [_record(row) for row in _rows(domain, "records") if row.get("record") in ("SPF", "DKIM")]
    return SenderDomain(name, str(domain.get("status")), tuple(records))


def _rows(answer: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    rows = answer.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unknown("unreadable_answer", f"no list of {key}")
    return rows


def _record(row: Mapping[str, Any]) -> DomainRecord:
    return DomainRecord(*(str(row.get(key, "")) for key in ("record", "type", "name", "value", "status")))

from typing import Any

import pytest

from channels.registry import CHANNELS, open_channels

OPTIONS: dict[str, dict[str, Any]] = {
    "telegram": {"token": "123456:placeholder", "api_url": "http://127.0.0.1:1", "connections": 4},
    "email": {"api_key": "re_placeholder", "api_url": "http://127.0.0.1:1"},
}


def test_these_channels_have_a_name() -> None:
    assert list(CHANNELS) == ["telegram", "email", "sms", "push", "in_app"]


async def test_only_configured_channels_are_opened() -> None:
    async with open_channels({"email": OPTIONS["email"]}) as channels:
        assert list(channels) == ["email"]


async def test_a_channel_goes_by_the_name_of_its_line() -> None:
    async with open_channels(OPTIONS) as channels:
        assert {name: channel.name for name, channel in channels.items()} == {
            "telegram": "telegram",
            "email": "email",
        }


async def test_only_a_channel_with_an_idempotency_key_takes_several_messages_at_once() -> None:
    async with open_channels(OPTIONS) as channels:
        assert all(each.is_idempotent for each in channels.values() if each.messages_per_request > 1)


@pytest.mark.parametrize("name", ["sms", "pigeon"])
async def test_nothing_is_sent_over_a_channel_that_is_only_a_name(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        async with open_channels({name: {}}):
            pass

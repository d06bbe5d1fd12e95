"""Which channels exist, and how each is opened. A new channel is one file, and one line here."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from channels.channel import Channel
from channels.email import EmailChannel
from channels.telegram import TelegramChannel

# A name without a way to open it: contact points and content may have it, and nothing is sent over it yet.
CHANNELS: Mapping[str, Callable[..., AbstractAsyncContextManager[Channel]] | None] = {
    "telegram": TelegramChannel.opened,
    "email": EmailChannel.opened,
    "sms": None,
    "push": None,
    "in_app": None,
}


@asynccontextmanager
async def open_channels(options: Mapping[str, Mapping[str, Any]]) -> AsyncIterator[dict[str, Channel]]:
    """Open the channels that `options` names, each with the keyword arguments of its `opened`."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(_opener(name)(**arguments))
            for name, arguments in options.items()
        }


def _opener(name: str) -> Callable[..., AbstractAsyncContextManager[Channel]]:
    opener = CHANNELS.get(name)
    if opener is None:
        raise ValueError(f"nothing can be sent over {name!r}")
    return opener

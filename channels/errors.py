"""What can go wrong when a message leaves. The class answers the sender's only question: and now?

DeliveryError
├── Unreachable      this address never will be reached: close it, take the next channel
├── Busy             nothing was sent: the same channel, later
├── Refused          our message is wrong: stop it and tell an admin
├── Misconfigured    our account or settings are wrong: stop the channel and tell an admin
├── Unknown          it may have been sent; only an idempotent channel may try again by itself
└── Moved            nothing was sent: the address has a new name, send there
"""


class DeliveryError(Exception):
    """`reason` is a short code that is stored, counted and explained; `message` is for people to read."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}" if self.message else self.reason


class Unreachable(DeliveryError):
    pass


class Busy(DeliveryError):
    """`retry_after` is in seconds, None when nobody said; `whole_channel` when every address has to wait."""

    def __init__(
        self, reason: str, message: str = "", *, retry_after: float | None = None, whole_channel: bool = False
    ) -> None:
        super().__init__(reason, message)
        self.retry_after = retry_after
        self.whole_channel = whole_channel


class Refused(DeliveryError):
    pass


class Misconfigured(DeliveryError):
    pass


class Unknown(DeliveryError):
    """`may_repeat` is False when even an idempotent channel would only get the same answer again."""

    def __init__(self, reason: str, message: str = "", *, may_repeat: bool = True) -> None:
        super().__init__(reason, message)
        self.may_repeat = may_repeat


class Moved(DeliveryError):
    def __init__(self, address: str) -> None:
        super().__init__("moved", "the chat has a new id")
        self.address = address

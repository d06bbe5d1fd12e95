"""What people do and where they stand: they register, claim and prove an address, and wait for a message."""

from tests.sql.conftest import Row, World


async def register(world: World, telegram_id: int = 7, **more: object) -> Row:
    registered: Row = await world.call("register_telegram_user", telegram_id=telegram_id, **more)
    return registered


async def claim_address(world: World, user_id: str, address: str = "ada@example.org") -> Row:
    """Asks for an address; gives the answer, and the code that went out."""
    asked: Row = await world.call("request_email", user_id=user_id, email_address=address)
    mailed = await world.deliver("email")
    codes = [row["context"]["code"] for row in mailed if row["recipient_address"] == address.strip().lower()]
    return asked | {"code": codes[-1] if codes else None}


async def prove(world: World, user_id: str, address: str = "ada@example.org") -> Row:
    asked = await claim_address(world, user_id, address)
    verified: Row = await world.call("verify_email", user_id=user_id, code=asked["code"])
    return verified


async def mails(world: World, user_id: str) -> dict[str, str]:
    """The state of each email address of a user."""
    points = (await world.call("get_preferences", user_id=user_id))["contact_points"]
    return {point["address"]: point["state"] for point in points if point["channel"] == "email"}


async def due(world: World, user_id: str) -> str:
    """When the last message that is planned for them is due, in UTC."""
    moment: str = (await world.deliveries(user_id))[-1]["next_attempt_at"]
    return moment[:16]

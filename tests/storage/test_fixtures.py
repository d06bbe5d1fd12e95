async def test_clock_goes_where_it_is_told(clock):
    monday = await clock.set("2026-03-02T09:00Z")

    assert (await clock.advance("1 day") - monday).days == 1

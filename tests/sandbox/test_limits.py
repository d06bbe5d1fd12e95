"""The providers' real limits, on a clock that the test holds."""

from sandbox.limits import ResendLimits, TelegramLimits


class Stopwatch:
    now = 1_000.0

    def __call__(self):
        return self.now


def test_a_chat_takes_a_burst_of_three_and_then_one_a_second():
    watch = Stopwatch()
    limits = TelegramLimits(is_on=True, seconds=watch)

    assert [limits.retry_after(1) for _ in range(4)] == [None, None, None, 1]
    watch.now += 1
    assert [limits.retry_after(1) for _ in range(2)] == [None, 1]


def test_all_chats_together_take_thirty_a_second():
    watch = Stopwatch()
    limits = TelegramLimits(is_on=True, seconds=watch)

    answers = [limits.retry_after(chat) for chat in range(40)]
    watch.now += 1
    later = [limits.retry_after(chat) for chat in range(100, 140)]

    assert answers.count(None) == later.count(None) == 30


def test_a_refused_message_takes_nothing_from_the_budget():
    watch = Stopwatch()
    limits = TelegramLimits(is_on=True, seconds=watch)
    for _ in range(20):
        limits.retry_after(1)

    assert [limits.retry_after(chat) for chat in range(2, 29)].count(None) == 27


def test_resend_takes_ten_requests_a_second_and_says_what_remains():
    watch = Stopwatch()
    limits = ResendLimits(is_on=True, seconds=watch)

    answers = [limits.count() for _ in range(12)]
    watch.now += 1

    assert [is_allowed for is_allowed, _ in answers] == [True] * 10 + [False] * 2
    assert [headers["ratelimit-remaining"] for _, headers in answers[:3]] == ["9", "8", "7"]
    assert answers[-1][1]["retry-after"] == "1"
    assert limits.count()[0] is True


def test_limits_that_are_off_refuse_nothing():
    telegram, resend = TelegramLimits(is_on=False), ResendLimits(is_on=False)

    assert {telegram.retry_after(1) for _ in range(100)} == {None}
    assert all(resend.count()[0] for _ in range(100))

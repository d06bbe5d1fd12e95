"""Whatever happens in whatever order: nobody gets a step twice, nothing after leaving; all comes to an end.

Hypothesis invents lives of a few people (enrolled, blocked, leaving, coming back), of the sequences (edited
meanwhile), of the workers (killed, late, refused by the provider) and of the webhooks (in any order,
repeated). A model of the providers, which forgets nothing, says what really arrived. `CHAOS=long` tries more.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.sql.conftest import Row, step
from tests.sql.histories import IS_LONG, Database, play

EXAMPLES = int(os.environ.get("CHAOS_EXAMPLES", "1500" if IS_LONG else "8"))
KEY_HOURS = 24
PEOPLE = st.integers(0, 2)
CHANNELS = st.sampled_from(["telegram", "email"])
COURSES = st.sampled_from(["course", "letters"])
NEWS = ["sent", "delivered", "opened", "clicked", "bounced", "soft_bounce", "complained", "delivery_delayed"]
# What becomes of a request, or of a message of its own over Telegram.
FATES = [
    "sent", "sent", "sent", "recorded_late", "killed_before_sending", "killed_after_sending", "busy",
    "busy_channel", "unreachable", "refused", "unknown", "unrenderable", "alone",
]  # fmt: skip
ENDED = {"failed", "bounced", "complained"}

STEPS = st.lists(
    st.builds(
        step,
        after=st.sampled_from(["0 seconds", "30 minutes", "1 day"]),
        channels=st.permutations(["telegram", "email"]).flatmap(
            lambda both: st.sampled_from([both, both, both[:1]])
        ),
        fallback=st.sampled_from(["none", "on_failure", "on_failure", "no_engagement", "both"]),
        fallback_after=st.just("6 hours"),
        at_most_once=st.booleans(),
        quiet_hours=st.booleans(),
        max_attempts=st.integers(1, 5),
        stale_after=st.sampled_from([None, "3 days"]),
    ),
    min_size=1,
    max_size=4,
)


@dataclass
class Arrival:
    """A message that a provider took and passed on."""

    delivery: int
    enrollment: int
    step: int
    channel: str


@dataclass
class Providers:
    """What really arrived, and the keys that the email provider remembers."""

    arrivals: list[Arrival] = field(default_factory=list)
    keys: dict[str, tuple[float, list[tuple[int, Any]]]] = field(default_factory=dict)

    def take(self, rows: list[Row], channel: str, key: str | None, now: float) -> list[Row]:
        """Those that are news to the people; the same key within its hours repeats nothing."""
        if key is not None:
            body = [(row["id"], row["message_content"]) for row in rows]
            since, known = self.keys.setdefault(key, (now, body))
            assert known == body, "other bytes under the same key"
            if since != now or known is not body:
                assert now - since < KEY_HOURS * 3600, "a request was repeated after its key had expired"
                return []
        self.arrivals += [
            Arrival(row["id"], row["enrollment_id"], row["message_step"], channel) for row in rows
        ]
        return rows


class Lives(RuleBasedStateMachine):
    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.providers = Providers()
        self.users: list[str] = []
        self.stopped: set[str] = set()
        self.left: dict[str, set[str]] = defaultdict(set)
        self.blocked: set[str] = set()
        self.late: list[Row] = []
        self.news: list[Row] = []
        self.database.empty()

    @initialize(first=STEPS, second=STEPS)
    def begin(self, first: list[Row], second: list[Row]) -> None:
        for channel, size in (("telegram", 1), ("email", 100)):
            self.database.call("configure_budget", channel=channel, messages_per_request=size)
        for number in range(3):
            person = self.database.call("register_telegram_user", telegram_id=number + 1, first_name="Ada")
            self.users.append(person["user_id"])
            self.database.call(
                "open_contact_point",
                user_id=self.users[-1],
                channel="email",
                address=f"u{number}@example.org",
            )
        self.publish("course", first)
        self.publish("letters", second)
        for person in range(3):
            self.enroll(person, "course", "")

    # What people do

    @rule(person=PEOPLE, course=COURSES, key=st.sampled_from(["", "b", "c", "d"]))
    def enroll(self, person: int, course: str, key: str) -> None:
        self.database.call("enroll", user_id=self.users[person], sequence=course, key=key)

    @rule(person=PEOPLE)
    def stop(self, person: int) -> None:
        self.database.call("stop_everything", user_id=self.users[person], source="telegram")
        self.stopped.add(self.users[person])

    @rule(person=PEOPLE)
    def return_(self, person: int) -> None:
        user = self.users[person]
        if self.database.call("start_again", user_id=user, source="telegram")["was_stopped"]:
            self.stopped.discard(user)
            self.left[user].discard("telegram")

    @precondition(lambda self: self.providers.arrivals)
    @rule(choice=st.randoms(use_true_random=False), scope=st.sampled_from(["channel", "everything"]))
    def unsubscribe(self, choice: Any, scope: str) -> None:
        arrival = choice.choice(self.providers.arrivals)
        told = self.database.call(
            "unsubscribe", tracking_id=self._tracking_id(arrival.delivery), scope=scope, source="link"
        )
        self.left[told["user_id"]].add(told["channel"])
        if scope == "everything":
            self.stopped.add(told["user_id"])

    @rule(person=PEOPLE, is_reachable=st.booleans())
    def block(self, person: int, is_reachable: bool) -> None:
        self.database.call("set_telegram_reachable", telegram_id=person + 1, reachable=is_reachable)
        (self.blocked.discard if is_reachable else self.blocked.add)(self.users[person])

    @rule(person=PEOPLE)
    def answer(self, person: int) -> None:
        event = {
            "event_id": str(uuid4()),
            "user_id": self.users[person],
            "type": "wrote",
            "source": "telegram",
        }
        self.database.call("record_behavior_events", events=[event])

    @rule(choice=st.randoms(use_true_random=False), verb=st.sampled_from(["pause", "resume", "cancel"]))
    def change(self, choice: Any, verb: str) -> None:
        running = self.database.call("list_active_enrollments")
        if running:
            reason = {"reason": "admin"} if verb == "cancel" else {}
            enrollment = choice.choice(running)["enrollment_id"]
            self.database.call(f"{verb}_enrollment", enrollment_id=enrollment, **reason)

    # What authors do

    @rule(course=COURSES, steps=STEPS)
    def publish(self, course: str, steps: list[Row]) -> None:
        numbered = [each | {"position": position} for position, each in enumerate(steps, 1)]
        self.database.call(
            "publish_sequence",
            definition={"name": course, "title": course, "message_class": "sequence", "steps": numbered},
        )

    # What workers do

    @rule(minutes=st.sampled_from([1, 2, 10, 60, 400, 1500, 5000]))
    def wait(self, minutes: int) -> None:
        self.database.call("move_clock", by=f"{minutes} minutes")
        self.database.call("follow_up")

    @rule(minutes=st.integers(1, 45), fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def hour_of_work(self, minutes: int, fates: list[str]) -> None:
        """Something happens in most of them, so that most lives are full."""
        for number in range(4):
            self.wait(minutes)
            self.work("telegram", fates[number % len(fates) :])
            self.work("email", fates[number % len(fates) :])

    @rule(channel=CHANNELS, fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def work(self, channel: str, fates: list[str]) -> None:
        rows = self.database.call("claim_due_deliveries", worker="w", channel=channel, batch=100)
        for row in rows:
            self._may_be_written_to(row, channel)
        if channel == "email" and rows:
            self._send(rows, channel, fates[0])
        elif rows:
            for number, row in enumerate(rows):
                self._send([row], channel, fates[number % len(fates)])

    def _send(self, rows: list[Row], channel: str, fate: str) -> None:
        if fate == "unrenderable" and rows[0]["message_content"] is None:
            return self._record(rows, "unrenderable", reason="missing_value")
        if fate == "killed_before_sending" and rows[0]["message_content"] is None:
            return None
        key = self._stored(rows, channel)
        if fate in ("killed_before_sending", "busy", "busy_channel", "refused", "unreachable"):
            return self._not_taken(rows, channel, fate, key)
        if fate == "alone" and channel == "email" and key not in self.providers.keys:
            return self._record(rows, "alone")
        self._arrive(self.providers.take(rows, channel, key, self._now()))
        if fate == "killed_after_sending":
            return None
        outcomes = self._outcomes(rows, "unknown" if fate == "unknown" else "sent")
        if fate == "recorded_late":
            self.late += outcomes
            return None
        self.database.call("record_outcomes", outcomes=outcomes)
        return None

    def _not_taken(self, rows: list[Row], channel: str, fate: str, key: str | None) -> None:
        """The provider did not want it, and a key that it knows it would have known again."""
        if fate == "killed_before_sending" or key in self.providers.keys:
            return
        whole = {"whole_channel": True, "retry_after": 30} if fate == "busy_channel" else {}
        reasons = {"busy": "server_error", "busy_channel": "rate_limited", "refused": "bad_markup"}
        outcome = fate.split("_", 1)[0]
        self._record(rows, outcome, reason=reasons.get(fate, "chat_not_found"), **whole)

    def _stored(self, rows: list[Row], channel: str) -> str | None:
        """The key of the request; what was stored before is what is sent."""
        if rows[0]["batch_key"] is not None:
            return str(rows[0]["batch_key"])
        key = str(uuid4()) if channel == "email" else None
        for row in rows:
            row["message_content"] = row["message_content"] or {"text": f"{row['id']} {uuid4()}"}
        rendered = [{"id": row["id"], "content": row["message_content"]} for row in rows]
        arguments = {"lease_token": rows[0]["lease_token"], "rendered": rendered, "batch_key": key}
        assert self.database.call("store_rendered", **arguments) == len(rows)
        return key

    def _record(self, rows: list[Row], outcome: str, **more: Any) -> None:
        self.database.call("record_outcomes", outcomes=self._outcomes(rows, outcome, **more))

    def _outcomes(self, rows: list[Row], outcome: str, **more: Any) -> list[Row]:
        return [
            {"id": row["id"], "lease_token": row["lease_token"], "outcome": outcome} | more for row in rows
        ]

    @precondition(lambda self: self.late)
    @rule()
    def record_late(self) -> None:
        """By a worker that may have lost its lease long ago."""
        self.database.call("record_outcomes", outcomes=self.late)
        self.late = []

    @rule()
    def restart(self) -> None:
        self.database.call("release_deliveries", worker="w")

    # What the email provider tells

    @precondition(lambda self: self.mails())
    @rule(choice=st.randoms(use_true_random=False), type_=st.sampled_from(NEWS))
    def tell(self, choice: Any, type_: str) -> None:
        event = {
            "event_id": str(uuid4()),
            "source": "resend",
            "type": type_,
            "tracking_id": self._tracking_id(choice.choice(self.mails())),
        }
        self.news.append(event)
        self.database.call("record_delivery_events", events=[event])

    def mails(self) -> list[int]:
        return [each.delivery for each in self.providers.arrivals if each.channel == "email"]

    @precondition(lambda self: self.news)
    @rule(choice=st.randoms(use_true_random=False))
    def tell_again(self, choice: Any) -> None:
        repeated = choice.choices(self.news, k=3)
        answers = self.database.call("record_delivery_events", events=repeated)
        assert {answer["verdict"] for answer in answers} == {"duplicate"}

    # What has to be so

    def _may_be_written_to(self, row: Row, channel: str) -> None:
        if row["batch_key"] is not None:
            return  # under way before they left: nobody can tell whether it has gone
        user = row["user_id"]
        assert user not in self.stopped, "something was sent to somebody who stopped"
        assert channel not in self.left[user], "something was sent where somebody had unsubscribed"
        assert channel != "telegram" or user not in self.blocked, "something was sent to a blocked chat"

    def _arrive(self, rows: list[Row]) -> None:
        for row in rows:
            mine = self.providers.arrivals[:-1] if len(rows) == 1 else self.providers.arrivals[: -len(rows)]
            same = [each for each in mine if each.enrollment == row["enrollment_id"]]
            is_first = all(each.step != row["message_step"] for each in same)
            assert not is_first or all(each.step < row["message_step"] for each in same), (
                "a step arrived after a later one"
            )
            for each in same:
                if each.step == row["message_step"]:
                    self._may_repeat(each, row)

    def _may_repeat(self, before: Arrival, row: Row) -> None:
        if before.delivery == row["id"]:
            assert before.channel == "telegram" and row["possibly_duplicate"] and not row["at_most_once"], (
                f"delivery {row['id']} went twice over {before.channel}"
            )
            return
        (told,) = self.database.rows(
            "select d.delivery_status, d.possibly_duplicate, s.fallback from tendril.message_deliveries d "
            "join tendril.sequence_steps s on s.version_id = d.version_id and s.position = d.message_step "
            "where d.id = $1",
            before.delivery,
        )
        has_failed = told["delivery_status"] in ENDED
        assert has_failed or told["fallback"] in ("both", "no_engagement"), "a step went over two channels"

    @invariant()
    def everything_has_an_end_or_a_next_time(self) -> None:
        """And every running enrollment has something before it."""
        standing_still = self.database.rows(
            """
            select 'delivery' as what, id from tendril.message_deliveries
            where delivery_status = 'pending' and next_attempt_at is null
                or delivery_status = 'sending' and leased_until is null
            union all
            select 'enrollment', e.id from tendril.enrollments e
            where e.status = 'active' and not exists (
                select from tendril.message_deliveries d
                where d.enrollment_id = e.id and d.message_step = e.current_step + 1
                    and d.delivery_status in ('pending', 'sending', 'parked'))
            """
        )
        assert not standing_still

    def teardown(self) -> None:
        """A month without accidents brings everything to its end, except what is paused or parked."""
        for _ in range(35):
            # Not a day: that could be in the quiet hours each time.
            self.database.call("move_clock", by="21 hours")
            self.database.call("follow_up")
            for channel in ("telegram", "email"):
                while self._work_well(channel):
                    pass
        assert not self.database.rows(
            "select * from tendril.message_deliveries "
            "where delivery_status = 'sending' "
            "or delivery_status = 'pending' and next_attempt_at < 'infinity'"
        )

    def _work_well(self, channel: str) -> bool:
        before = len(self.providers.arrivals)
        self.work(channel, ["sent"])
        if channel == "telegram":
            self.database.call("move_clock", by="2 seconds")
        return len(self.providers.arrivals) > before

    def _tracking_id(self, delivery: int) -> str:
        query = "select tracking_id::text from tendril.message_deliveries where id = $1"
        return str(self.database.rows(query, delivery)[0]["tracking_id"])

    def _now(self) -> float:
        return float(
            self.database.rows("select extract(epoch from tendril.clock())::float8 as now")[0]["now"]
        )


def test_all_lives_keep_the_promises(
    database_url: str, record_property: Callable[[str, object], None]
) -> None:
    with closing(Database(database_url)) as database:
        try:
            play(
                type("LivesHere", (Lives,), {"database": database}),
                examples=EXAMPLES,
                steps=60 if IS_LONG else 40,
                always_the_same=not IS_LONG,
            )
        finally:
            record_property("n", database.calls)

"""What is read out of counts: who is compared with whom, what is corrected, and who may win."""

from __future__ import annotations

from typing import Any

import pytest

from sequences.drafting import BadDraft
from sequences.experiments.experiments import comparison_of
from sequences.experiments.readout import MetricReadout, Readout, read_out

Row = dict[str, Any]
RULE = {"metric": "conversion", "minimum": 500, "days": 7, "rule": "always_valid", "confidence": 0.95}
BAYES = {"metric": "conversion", "minimum": 500, "days": 7, "rule": "bayes", "chance": 0.95, "loss": 0.002}


def experiment(*names: str, silent: str | None = None, **changes: Any) -> Row:
    variants = [{"name": name, "weight": 1.0, "is_silent": name == silent} for name in names or ("a", "b")]
    return {
        "name": "words",
        "status": "running",
        "allocation": "fixed",
        "compared_from": "exposure",
        "days": 10,
        "goal": {"event": "lesson"},
        "decision": RULE,
        "variants": variants,
    } | changes


def counts(variant: str | None, people: int, reached: int, exposed: int | None = None) -> list[Row]:
    """Of those assigned, and of those exposed, where the first are not all of them."""
    row = {
        "variant": variant,
        "clicked": 0,
        "total": 10.0 * reached,
        "total_of_squares": 100.0 * reached,
        "settled": 0,
        "active": 0,
    }
    return [
        row | {"counted_from": counted_from, "people": n, "complete": n, "reached": reached}
        for counted_from, n in (("assignment", people), ("exposure", exposed or people))
    ]


def metric(readout: Readout, name: str = "conversion") -> MetricReadout:
    return next(each for each in readout.metrics if each.metric == name)


def test_a_variant_that_is_surely_better_wins_by_the_rule() -> None:
    readout = read_out(experiment(), counts("a", 4000, 200) + counts("b", 4000, 400))

    (compared,) = metric(readout).comparisons
    assert readout.verdict.winner == "b" and readout.verdict.waits_for == ()
    assert compared.difference == pytest.approx(0.05) and compared.lift == pytest.approx(1.0)
    assert compared.p_value < 1e-9 and metric(readout).variants[1].chance_to_win == pytest.approx(1, abs=1e-6)


def test_the_first_variant_wins_where_all_others_are_surely_worse() -> None:
    assert read_out(experiment(), counts("a", 4000, 400) + counts("b", 4000, 200)).verdict.winner == "a"


def test_nobody_wins_while_the_intervals_hold_nothing_surely() -> None:
    readout = read_out(experiment(), counts("a", 4000, 400) + counts("b", 4000, 410))

    assert readout.verdict.winner is None and "far enough ahead" in readout.verdict.waits_for[0]


@pytest.mark.parametrize(
    ("changes", "outcomes", "waits_for"),
    [
        ({"decision": {}}, counts("a", 4000, 200) + counts("b", 4000, 400), "No rule was declared"),
        ({"days": 3}, counts("a", 4000, 200) + counts("b", 4000, 400), "3 of the 7 days"),
        ({}, counts("a", 400, 20) + counts("b", 420, 100), "a has 400 of the 500"),
        ({}, counts("a", 4000, 200) + counts("b", 4800, 480), "not divided as the weights say"),
        (
            {},
            counts("a", 4000, 200, exposed=3000) + counts("b", 4000, 400, exposed=3900),
            "not divided as the weights say",
        ),
    ],
)
def test_nobody_wins_before_everything_that_the_rule_asks_for(
    changes: Row, outcomes: list[Row], waits_for: str
) -> None:
    verdict = read_out(experiment(**changes), outcomes).verdict

    assert verdict.winner is None and any(waits_for in reason for reason in verdict.waits_for)


def test_a_winner_by_chances_needs_a_small_loss_too() -> None:
    outcomes = counts("a", 4000, 400) + counts("b", 4000, 450)
    strict = experiment(decision=BAYES | {"loss": 1e-9})

    assert read_out(experiment(decision=BAYES), outcomes).verdict.winner == "b"
    assert read_out(strict, outcomes).verdict.winner is None


def test_the_exposed_are_compared_where_only_words_differ() -> None:
    outcomes = counts("a", 1000, 50, exposed=800) + counts("b", 1000, 60, exposed=810)
    words = metric(read_out(experiment(), outcomes))
    times = metric(read_out(experiment(compared_from="assignment"), outcomes))

    assert (words.counted_from, [each.complete for each in words.variants]) == ("exposure", [800, 810])
    assert (times.counted_from, [each.complete for each in times.variants]) == ("assignment", [1000, 1000])


def test_silence_is_compared_with_all_who_were_assigned() -> None:
    outcomes = [
        *counts("a", 1000, 100, exposed=800),
        *counts("b", 1000, 120, exposed=800),
        *counts("quiet", 1000, 50)[:1],
        *counts(None, 500, 25)[:1],
    ]
    silence = metric(read_out(experiment("a", "b", "quiet", silent="quiet"), outcomes)).against_silence

    assert silence is not None
    assert (silence.silent.complete, silence.silent.successes) == (1500, 75)
    assert (silence.written_to.complete, silence.written_to.successes) == (2000, 220)
    assert [each.variant for each in silence.comparisons] == ["all variants", "a", "b"]
    assert silence.comparisons[0].lift == pytest.approx(0.11 / 0.05 - 1)


def test_several_variants_are_held_to_more_than_one_is() -> None:
    one = counts("a", 4000, 400) + counts("b", 4000, 470)
    alone = metric(read_out(experiment(), one)).comparisons[0]
    among = metric(
        read_out(experiment("a", "b", "c", "d"), one + counts("c", 4000, 400) + counts("d", 4000, 400))
    ).comparisons[0]

    assert among.p_value == alone.p_value and among.p_corrected == pytest.approx(3 * alone.p_value)
    assert among.always_valid.interval.low is not None and alone.always_valid.interval.low is not None
    assert among.always_valid.interval.low < alone.always_valid.interval.low
    assert alone.always_valid.interval.low < (alone.interval.low or 0)


def test_revenue_is_a_value_per_person_and_only_where_the_goal_has_one() -> None:
    outcomes = counts("a", 1000, 100) + counts("b", 1000, 200)
    readout = read_out(experiment(goal={"event": "bought", "value": "amount"}), outcomes)

    assert [each.metric for each in read_out(experiment(), outcomes).metrics] == [
        "conversion",
        "click",
        "retention",
    ]
    assert [each.mean for each in metric(readout, "revenue").variants] == [1.0, 2.0]


def test_a_bandit_is_not_blamed_for_dividing_unevenly() -> None:
    readout = read_out(experiment(allocation="thompson"), counts("a", 100, 1) + counts("b", 900, 90))

    assert readout.division is None and readout.counts == "runs"


def test_an_experiment_without_anybody_can_be_read_out() -> None:
    readout = read_out(experiment("a", "b", "quiet", silent="quiet", days=None), [])

    assert [each.complete for each in metric(readout).variants] == [0, 0]
    assert metric(readout).comparisons[0].always_valid.interval.low == -1


# What a variant changes


BASE: Row = {
    "context": [],
    "steps": [
        {
            "position": position,
            "name": name,
            "after": "1 day",
            "anchor": "previous",
            "at": None,
            "weekdays": [1, 3],
            "channels": ["telegram", "email"],
            "fallback": "no_engagement",
            "fallback_after": "24 hours",
            "condition": None,
            "stale_after": "3 days",
            "quiet_hours": True,
            "at_most_once": False,
            "max_attempts": 5,
            "message_class": None,
            "recipient": None,
            "content": {"default": {"subject": "Hello", "body": "Come *back*."}, "sms": {"body": "Back?"}},
        }
        for position, name in enumerate(("hello", "again"), 1)
    ],
}


def variants(**steps: Any) -> list[Row]:
    return [{"name": "a", "changes": {}}, {"name": "b", "changes": {"steps": steps}}]


def test_other_words_are_laid_over_those_of_the_step() -> None:
    compared = comparison_of(BASE, variants(again={"content": {"default": {"subject": "Hi"}}}), {})

    hello, again = compared.definitions["b"]["steps"]
    assert hello == BASE["steps"][0]
    assert again == BASE["steps"][1] | {
        "content": {"default": {"subject": "Hi", "body": "Come *back*."}, "sms": {"body": "Back?"}}
    }
    assert (compared.first_difference, compared.compared_from) == (2, "exposure")


@pytest.mark.parametrize(
    "change",
    [{"after": "2 days"}, {"channels": ["email"]}, {"fallback": "none"}, {"at": "09:00"}],
)
def test_what_decides_whether_a_message_arrives_counts_from_the_assignment(change: Row) -> None:
    compared = comparison_of(BASE, variants(hello=change), {})

    assert (compared.first_difference, compared.compared_from) == (1, "assignment")
    assert compared.definitions["b"]["steps"][0]["content"] == BASE["steps"][0]["content"]


def test_a_template_takes_the_place_of_the_words() -> None:
    row = {
        "name": "short",
        "number": 2,
        "version_id": 7,
        "context": [],
        "content": {"default": {"subject": "Hi", "body": "Hi."}},
    }
    compared = comparison_of(BASE, variants(hello={"template": "short"}), {"short": row})

    step = compared.definitions["b"]["steps"][0]
    assert step["template"] == {"name": "short", "number": 2, "version_id": 7}
    assert step["content"] == row["content"]


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ({"goodbye": {"after": "1 day"}}, "variants.1.changes.steps.goodbye"),
        ({"hello": {}}, "variants.1.changes.steps.hello"),
        ({"hello": {"name": "hi"}}, "variants.1.changes.steps.hello.name"),
        ({"again": {"after": "soon"}}, "variants.1.changes.steps.again.after"),
        (
            {"hello": {"content": {"default": {"body": "{{ nobody }}"}}}},
            "variants.1.changes.steps.hello.content.default.body",
        ),
    ],
)
def test_a_change_that_cannot_be_made_is_named_by_its_path(steps: Row, path: str) -> None:
    with pytest.raises(BadDraft) as refused:
        comparison_of(BASE, variants(**steps), {})

    assert [problem.path for problem in refused.value.problems] == [path]

"""A log as of an open online course, of people whose truth is known.

    python -m tests.engagement.risk.course FOLDER

People keep to habits: most only look in, some watch, come in bursts, on a weekday of their own, or stay to
the end. Each goes from keen to tired and away for good, or rests and comes back, and what they do on a day
says so only in part. As every chance is known, so is the best that anybody could tell of them, by Bayes' rule
over habits and moods, day by day: a model is judged by how near it comes.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr
from sklearn.metrics import roc_auc_score

from engagement.risk.log import Log

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

START = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. Tasks are due on Sundays."""
WINDOW, AFTER = 30, 10
DAYS = WINDOW + AFTER
LATER = 21
KINDS = ("access", "discussion", "navigate", "page_close", "problem", "video", "wiki")

# By habit: its share, the chance to come on a day while keen, what a day has of events (the logarithm); then,
# as chances of a day, from keen to tired, to resting, and away, from tired away, and from resting back.
#            share  comes  size  tires  rests  goes  quits returns
SAMPLER = (0.460, 0.35, 1.8, 0.050, 0.020, 0.600, 0.40, 0.005)
AUDITOR = (0.195, 0.11, 3.0, 0.015, 0.010, 0.004, 0.09, 0.060)
BINGER = (0.220, 0.90, 3.9, 0.030, 0.010, 0.250, 0.30, 0.030)
REGULAR = (0.115, 0.01, 3.7, 0.015, 0.005, 0.004, 0.09, 0.100)
COMPLETER = (0.050, 0.55, 3.6, 0.020, 0.030, 0.005, 0.10, 0.120)
# A regular is one of seven, by the weekday.
HABITS = np.array([SAMPLER, AUDITOR, BINGER, COMPLETER, *[(REGULAR[0] / 7, *REGULAR[1:])] * 7])
FIRST_REGULAR = 4
ON_THEIR_WEEKDAY = 0.70
BEFORE_IT_IS_DUE = 1.35
SIZES = np.array([-0.5, 0.0, 0.6])
"""Some do much in a day, some little: added to the logarithm."""
SPREAD = 0.8
EARLY = 0.15
KEEN, TIRED, RESTING, GONE = range(4)
COMES_TIRED, SIZE_TIRED, COMES_RESTING = 0.45, -0.6, 0.02
#                    access disc  nav   close prob  video wiki
WATCHING = np.array([0.30, 0.03, 0.12, 0.16, 0.06, 0.31, 0.02])
WORKING = np.array([0.30, 0.05, 0.10, 0.12, 0.26, 0.15, 0.02])
DRIFTING = np.array([0.38, 0.04, 0.24, 0.16, 0.04, 0.11, 0.03])
MIXES = np.stack([WATCHING, WORKING, DRIFTING])
ALIKE = 9.0
"""How alike the days of somebody are in what they do: the concentration of a Dirichlet distribution."""
PRIOR = np.zeros((len(HABITS), len(SIZES), 4))
"""What people are like when they come, by habit, size and mood."""
PRIOR[:, :, KEEN] = HABITS[:, :1] / HABITS[:, 0].sum() / len(SIZES)


def mix_of() -> Counts:
    """Which of MIXES, by habit and mood."""
    found = np.where(np.arange(len(HABITS)) < 2, 0, 1)[:, None].repeat(4, axis=1)
    found[:, TIRED] = 2
    return found


def chance_to_come(day: int) -> Floats:
    """By habit and mood."""
    keen = HABITS[:, 1] * (BEFORE_IT_IS_DUE if day % 7 >= 5 else 1.0)
    keen[FIRST_REGULAR + day % 7] = ON_THEIR_WEEKDAY
    resting, gone = np.full_like(keen, COMES_RESTING), np.zeros_like(keen)
    return np.stack([keen, COMES_TIRED * keen, resting, gone], axis=1).clip(max=0.95)


def moods() -> Floats:
    """By habit: from each mood to each."""
    tires, rests, goes, quits, returns = HABITS[:, 3:].T
    none = np.zeros(len(HABITS))
    return np.stack(
        [
            np.stack([1 - tires - rests - goes, tires, rests, goes], axis=1),
            np.stack([none + 0.02, 0.98 - quits, none, quits], axis=1),
            np.stack([returns, none, 0.985 - returns, none + 0.015], axis=1),
            np.stack([none, none, none, none + 1], axis=1),
        ],
        axis=1,
    )


@dataclass(frozen=True, slots=True)
class Course:
    """`counts` has of each person, day and kind how many events; `first` is the day on which each came."""

    counts: NDArray[np.int16]
    first: Counts

    def left(self, day: int) -> NDArray[np.bool_]:
        """Who does nothing in the ten days after the end of this one."""
        return ~self.counts[:, day : day + AFTER].any(axis=(1, 2))

    def best(self, day: int, judged: int | None = None) -> Floats:
        """How likely each does nothing in the ten days after `judged`, by what they did until `day` ends."""
        judged = day if judged is None else judged
        belief = self._belief(day)
        coming = np.zeros_like(belief[:1])
        for _ in range(day, judged):
            belief = _passed(belief)
            # who has not come yet is as likely to come on any of these days
            coming = _passed(coming) + PRIOR
        if judged > day:
            belief[self.first >= day] = coming
        silent = _silence(judged, np.ones((len(HABITS), 4)))
        told = (belief * silent[None, :, None, :]).sum(axis=(1, 2, 3)) / belief.sum(axis=(1, 2, 3))
        return np.asarray(told)

    def _belief(self, day: int) -> Floats:
        """Of each person, by habit, size and mood."""
        belief = np.broadcast_to(PRIOR, (len(self.first), *PRIOR.shape)).copy()
        for today in range(day):
            counts = self.counts[:, today]
            here = self.first < today
            belief[here] = _passed(belief[here])
            active = counts.any(axis=1)
            comes = chance_to_come(today)[:, None, :]
            belief[here & active] *= comes
            belief[here & ~active] *= 1 - comes
            belief[active] *= _likelihood(counts[active])
            belief /= belief.sum(axis=(1, 2, 3), keepdims=True)
        return belief


def _passed(belief: Floats) -> Floats:
    """A night later."""
    return np.einsum("nhsm,hmk->nhsk", belief, moods())


def _silence(day: int, silent: Floats) -> Floats:
    """The chance of nothing in the ten days after the end of `day`, by habit and mood."""
    for coming in reversed(range(day, day + AFTER)):
        silent = np.einsum("hmk,hk->hm", moods(), (1 - chance_to_come(coming)) * silent)
    return silent


def _likelihood(counts: NDArray[np.int16]) -> Floats:
    """Of what was done on a day by each of those who came, by habit, size and mood."""
    number = counts.sum(axis=1)
    middle = HABITS[:, 2, None, None] + SIZES[None, :, None] + np.array([0, SIZE_TIRED, 0, 0])
    below = np.log(np.maximum(number - 1, 1e-9))[:, None, None, None]
    size = ndtr((np.log(number)[:, None, None, None] - middle) / SPREAD) - ndtr((below - middle) / SPREAD)
    alphas = ALIKE * MIXES
    kinds = np.stack([(gammaln(counts + alpha) - gammaln(alpha)).sum(axis=1) for alpha in alphas], axis=1)
    kinds = np.exp(kinds - kinds.max(axis=1, keepdims=True))
    return np.asarray(size.clip(min=1e-12) * kinds[:, mix_of()][:, :, None, :])


def made(people: int, seed: int = 11) -> Course:
    """People who come until the last day but one of the window, most of them in the first days."""
    chance = np.random.default_rng(seed)
    habit = chance.choice(len(HABITS), people, p=HABITS[:, 0] / HABITS[:, 0].sum())
    size = HABITS[habit, 2] + chance.choice(SIZES, people)
    is_early = chance.random(people) < EARLY
    first = np.where(is_early, chance.geometric(0.3, people) - 1, chance.integers(0, WINDOW, people)) % WINDOW
    mood, steps, mixes = np.full(people, KEEN), moods().cumsum(axis=2), mix_of()
    counts = np.zeros((people, DAYS, len(KINDS)), dtype=np.int16)
    for day in range(DAYS):
        here = first < day
        step = (chance.random(people)[:, None] > steps[habit, mood]).sum(axis=1).clip(max=GONE)
        mood = np.where(here, step, mood)
        comes = (here & (chance.random(people) < chance_to_come(day)[habit, mood])) | (first == day)
        who = np.flatnonzero(comes)
        scale = size[who] + np.where(mood[who] == TIRED, SIZE_TIRED, 0)
        number = 1 + np.exp(scale + SPREAD * chance.standard_normal(len(who))).astype(int).clip(max=2_000)
        shares = chance.standard_gamma(ALIKE * MIXES[mixes[habit[who], mood[who]]])
        counts[who, day] = chance.multinomial(number, shares / shares.sum(axis=1, keepdims=True))
    return Course(counts, first)


def events(course: Course, courses: int, seed: int = 12) -> tuple[Counts, Floats, Counts]:
    """Person, second and kind of each: in up to three visits of a day, at hours of their own. People are
    dealt out to so many courses, each of which begins three weeks after the one before.
    """
    chance = np.random.default_rng(seed)
    person, day, kind = np.nonzero(course.counts)
    number = course.counts[person, day, kind]
    hours = chance.normal(19, 3, len(course.first))
    visits = (hours[:, None, None] + chance.normal(0, 3, (len(hours), DAYS, 3))) % 23
    person, day, kind = (np.repeat(each, number) for each in (person, day, kind))
    begins = visits[person, day, chance.choice(3, len(person), p=[0.6, 0.3, 0.1])]
    second = (begins * 3_600 + chance.exponential(1_500, len(person))).clip(max=86_399).round()
    day = day + LATER * (person % courses)
    order = np.lexsort((second, day, person))
    return person[order], (START.timestamp() + day * 86_400 + second)[order], kind[order]


def log_of(course: Course, courses: int = 1) -> Log:
    person, moment, kind = events(course, courses)
    log = Log(names=[str(number) for number in range(len(course.first))], kinds=[*KINDS])
    log.users.extend(person.tolist())
    log.moments.extend(moment.tolist())
    log.types.extend(kind.tolist())
    log.groups.extend(number % courses for number in range(len(course.first)))
    return log


def write(course: Course, folder: Path, courses: int) -> None:
    """log.csv, of all forty days, and truth.csv: who did nothing in the last ten of them."""
    folder.mkdir(parents=True, exist_ok=True)
    person, moment, kind = events(course, courses)
    time = np.datetime_as_string(moment.astype("datetime64[s]"))
    columns = (person, time, np.array(KINDS)[kind], person % courses)
    with (folder / "log.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["user", "time", "event_type", "course"])
        rows.writerows(zip(*(column.tolist() for column in columns), strict=True))
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        labels = course.left(WINDOW).astype(int).tolist()
        csv.writer(file).writerows([("user", "label"), *enumerate(labels)])


def main() -> None:
    asked = argparse.ArgumentParser(description="writes log.csv and truth.csv, and the best AUC there can be")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--people", type=int, default=57_000)
    asked.add_argument("--courses", type=int, default=1)
    arguments = asked.parse_args()
    course = made(arguments.people)
    write(course, arguments.folder, arguments.courses)
    for day, judged in ((WINDOW, WINDOW), (14, 14), (14, WINDOW)):
        here = course.first < (day if day == judged else DAYS)
        area = roc_auc_score(course.left(judged)[here], course.best(day, judged)[here])
        sys.stdout.write(f"by day {day}, nothing in the ten days after day {judged}: at best {area:.4f}\n")


if __name__ == "__main__":
    main()

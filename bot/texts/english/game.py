"""/stats, /leaderboard, /streaks, /achievements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {
    "stats": "Your level, XP, streak and rank, as a picture",
    "leaderboard": "Who is ahead today, this week, in your pod",
    "streaks": "Your streak as a calendar, and how it is saved",
    "achievements": "What you have achieved, and what is near",
}
LONGEST_NAME = 24
BAR = 5
MEDALS: Mapping[int, str] = {1: "🥇", 2: "🥈", 3: "🥉"}
MARKS: Mapping[str, str] = {"promoted": " ⬆️", "relegated": " ⬇️"}


class Game(Basics):
    # the card, and what leads on from it

    card_title = "Your card"
    today_word = "Today"
    board_label = "🏆 Leaderboard"
    streak_label = "🔥 Streak"
    achievements_label = "🏅 Achievements"
    own_card_label = "My own card"
    own_words: Sequence[str] = ("me", "my", "mine", "own")
    achievements_word = "Achievements"
    no_achievements_yet = "The first one comes with the first thing you do."

    def grouped(self, number: int) -> str:
        return f"{number:,}"

    def points(self, number: int) -> str:
        return f"{self.grouped(number)} XP"

    def ordinal(self, number: int) -> str:
        endings = {1: "st", 2: "nd", 3: "rd"}
        ending = "th" if number % 100 in (11, 12, 13) else endings.get(number % 10, "th")
        return f"{self.grouped(number)}{ending}"

    def way_to_next_level(self, missing: int, name: str, number: int) -> str:
        return f"{self.points(missing)} to {name}, level {number}"

    highest_level = "The highest level there is"

    def earned_of(self, earned: int, everything: int) -> str:
        return f"{earned} of {everything}"

    def of_people(self, people: int) -> str:
        return "the only one" if people == 1 else f"of {self.grouped(people)} people"

    def behind(self, points: int) -> str:
        return f"{self.points(points)} behind"

    in_front = "Nobody is ahead"
    no_rank_lines: Sequence[str] = ("No XP yet;", "it takes one thing")
    only_you_see_it = "Only you see it"

    def card_line(self, level: int, name: str, points: int) -> str:
        return f"Level {level}, {escape(name)}: {self.points(points)}"

    # /leaderboard

    boards: Mapping[str, str] = {
        "daily": "Today",
        "weekly": "This week",
        "all_time": "All time",
        "pod": "Pod",
        "league": "League",
    }
    hide_me_label = "🙈 Hide me"
    show_me_label = "👋 Show me again"
    hidden_now = "You are on no leaderboard any more."
    shown_now = "You are on the leaderboards again."
    nobody_is_on_board = (
        "Nobody has earned anything here yet, so the first place is free.\n"
        "Keeping a commitment is a way to begin: /commit"
    )
    not_on_board_yet = "You are not on it yet. Whatever you do next brings you here: /commit"
    is_hidden = "🙈 Others do not see you on any leaderboard."
    around_you = "Around you"

    def board_title(self, board: str, since: date | None, until: date | None) -> str:
        days = [self._board_day(day) for day in (since, until) if day]
        return f"🏆 <b>{escape(board)}</b>" + (f" · {' – '.join(dict.fromkeys(days))}" if days else "")

    def _board_day(self, day: date) -> str:
        return f"{day:%-d %b}"

    def board_line(self, place: int, name: str | None, points: int, result: str, *, is_you: bool) -> str:
        """With a mark for those who move up or down, if it ended now."""
        shown = MEDALS.get(place, f"{self.grouped(place)}.")
        line = f"{shown} {self.called(name)} · {self.points(points)}{MARKS.get(result, '')}"
        return f"<b>{line}</b>" if is_you else line

    somebody_unnamed = "Somebody"

    def called(self, name: str | None) -> str:
        """Set apart, so that a name written from right to left leaves the line as it is."""
        shown = name or self.somebody_unnamed
        shown = shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1].rstrip() + "…"
        return f"\u2068{escape(shown)}\u2069"

    alone_on_board = "<b>You are the only one</b> so far."

    def your_place(self, rank: int, people: int, behind: int | None) -> str:
        if people == 1:
            return self.alone_on_board
        place = f"<b>You are {self.ordinal(rank)}</b> {self.of_people(people)}"
        return f"{place}, {self.behind(behind)}." if behind else f"{place}."

    def league_title(self, name: str) -> str:
        return f"🏆 <b>{escape(name)} league</b>"

    def league_place(self, place: int, people: int, ends_at: datetime) -> str:
        return f"{self.your_place(place, people, None)} It ends on {self.moment(ends_at)}."

    def league_moves(self, promoted: int, relegated: int) -> str:
        up = f"⬆️ the first {promoted} go up" if promoted else ""
        down = f"⬇️ the last {relegated} go down" if relegated else ""
        return ", ".join(each for each in (up, down) if each)

    no_league_yet = (
        "Your league of the week begins with the first XP that you earn: up to thirty people, and everybody "
        "starts at zero. /commit"
    )
    league_results: Mapping[str, str] = {
        "promoted": "and went up",
        "stayed": "and stayed",
        "relegated": "and went down one",
    }

    def last_league(self, name: str, place: int, people: int, result: str) -> str:
        ended = self.league_results[result]
        return f"Last time you were {self.ordinal(place)} of {people} in {escape(name)} {ended}."

    # /streaks

    streaks_title = "Your streak"
    day_kinds: Mapping[str, str] = {
        "active": "kept",
        "frozen": "saved by a freeze",
        "repaired": "won back",
        "carried": "on the way",
    }
    win_back_label = "❤️‍🩹 Win it back"
    won_back = "It is yours again."
    too_late_to_win_back = "That is no longer possible. A new streak begins with one day."
    no_streak_yet = "No streak yet. One day on which you do something begins it: /commit"
    kept_for_today = "Today is kept."

    def freezes_left(self, left: int, most: int) -> str:
        return f"{left} of {most} freezes left"

    def days_so_far(self, days: int) -> str:
        return f"🔥 <b>{days} days in a row.</b>" if days != 1 else "🔥 <b>Day one.</b>"

    def open_today(self, freezes: int) -> str:
        if freezes:
            return "Nothing kept yet today. Until midnight there is time, and after that a freeze saves it."
        return "Nothing kept yet today. Until midnight there is time."

    def next_milestone(self, days: int, missing: int) -> str:
        return f"Next milestone: {days} days, {missing} to go."

    def streak_was_lost(self, days: int, until: datetime) -> str:
        return f"Your {days} days ended, and until {self.moment(until)} you can win them back."

    def acts_to_win_back(self, acts: int) -> str:
        if acts == 1:
            return "It takes one more thing that keeps a streak, such as a commitment kept."
        return f"It takes {acts} things that keep a streak, such as commitments kept."

    # /achievements

    def achievements_title(self, earned: int, everything: int) -> str:
        return f"🏅 <b>{earned} of {everything} achieved</b>"

    nothing_achieved = "The first ones are near: look below."
    next_ones = "<b>Next</b>"
    everything_achieved = "You have them all. Every single one."
    no_achievements = "There are no achievements here yet."
    all_achievements_label = "Show all"
    fewer_achievements_label = "Show fewer"

    def and_more_achieved(self, more: int) -> str:
        return f"… and {more} more"

    def achieved(self, icon: str, title: str, description: str) -> str:
        return f"{icon} <b>{escape(title)}</b>: {escape(description)}"

    def not_yet_achieved(self, icon: str, title: str, description: str, have: int, need: int) -> str:
        full = min(BAR, BAR * have // need) if need else 0
        bar = "▰" * full + "▱" * (BAR - full)
        count = f" {bar} {self.grouped(have)}/{self.grouped(need)}" if need > 1 else ""
        return f"{icon} {escape(title)}{count}\n<i>{escape(description)}</i>"

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape

from bot.texts import english

COMMANDS: Mapping[str, str] = {
    "stats": "Dein Level, XP, Serie und Platz, als Bild",
    "leaderboard": "Wer vorn liegt: heute, diese Woche, in deiner Gruppe",
    "streaks": "Deine Serie als Kalender, und was sie rettet",
    "achievements": "Was du erreicht hast, und was nah ist",
}


class Game(english.game.Game):
    card_title = "Deine Karte"
    today_word = "Heute"
    board_label = "🏆 Rangliste"
    streak_label = "🔥 Serie"
    achievements_label = "🏅 Erfolge"
    own_card_label = "Meine eigene Karte"
    own_words: Sequence[str] = ("ich", "mein", "meine", "me")
    achievements_word = "Erfolge"
    no_achievements_yet = "Der erste kommt mit dem Ersten, was du tust."

    def grouped(self, number: int) -> str:
        return f"{number:,}".replace(",", ".")

    def ordinal(self, number: int) -> str:
        return f"{self.grouped(number)}."

    def way_to_next_level(self, missing: int, name: str, number: int) -> str:
        return f"{self.points(missing)} bis {name}, Level {number}"

    highest_level = "Höher geht es nicht"

    def earned_of(self, earned: int, everything: int) -> str:
        return f"{earned} von {everything}"

    def of_people(self, people: int) -> str:
        return "allein hier" if people == 1 else f"von {self.grouped(people)} Leuten"

    def behind(self, points: int) -> str:
        return f"{self.points(points)} dahinter"

    in_front = "Niemand ist vor dir"
    no_rank_lines: Sequence[str] = ("Noch keine XP;", "eine Sache genügt")
    only_you_see_it = "Das siehst nur du"

    def card_line(self, level: int, name: str, points: int) -> str:
        return f"Level {level}, {escape(name)}: {self.points(points)}"

    boards: Mapping[str, str] = {
        "daily": "Heute",
        "weekly": "Diese Woche",
        "all_time": "Insgesamt",
        "pod": "Gruppe",
        "league": "Liga",
    }
    hide_me_label = "🙈 Mich verbergen"
    show_me_label = "👋 Mich wieder zeigen"
    hidden_now = "Du stehst in keiner Rangliste mehr."
    shown_now = "Du stehst wieder in den Ranglisten."
    nobody_is_on_board = (
        "Hier hat noch niemand etwas gesammelt, der erste Platz ist also frei.\n"
        "Ein gehaltener Vorsatz ist ein Anfang: /commit"
    )
    not_on_board_yet = "Du stehst noch nicht darin. Was du als Nächstes tust, bringt dich hierher: /commit"
    is_hidden = "🙈 Andere sehen dich in keiner Rangliste."
    around_you = "Um dich herum"

    def _board_day(self, day: date) -> str:
        return f"{day.day}.{day.month}."

    somebody_unnamed = "Jemand"

    alone_on_board = "<b>Bisher bist du allein hier.</b>"

    def your_place(self, rank: int, people: int, behind: int | None) -> str:
        if people == 1:
            return self.alone_on_board
        place = f"<b>Du bist auf Platz {self.grouped(rank)}</b> {self.of_people(people)}"
        return f"{place}, {self.behind(behind)}." if behind else f"{place}."

    def league_title(self, name: str) -> str:
        return f"🏆 <b>Liga {escape(name)}</b>"

    def league_place(self, place: int, people: int, ends_at: datetime) -> str:
        return f"{self.your_place(place, people, None)} Sie endet am {self.moment(ends_at)}."

    def league_moves(self, promoted: int, relegated: int) -> str:
        up = f"⬆️ die ersten {promoted} steigen auf" if promoted else ""
        down = f"⬇️ die letzten {relegated} steigen ab" if relegated else ""
        return ", ".join(each for each in (up, down) if each)

    no_league_yet = (
        "Deine Liga der Woche beginnt mit den ersten XP, die du sammelst: bis zu dreißig Leute, und alle "
        "fangen bei null an. /commit"
    )
    league_results: Mapping[str, str] = {
        "promoted": "und bist aufgestiegen",
        "stayed": "und bist geblieben",
        "relegated": "und bist eine tiefer gerutscht",
    }

    def last_league(self, name: str, place: int, people: int, result: str) -> str:
        ended = self.league_results[result]
        return f"Zuletzt warst du auf Platz {place} von {people} in {escape(name)} {ended}."

    streaks_title = "Deine Serie"
    day_kinds: Mapping[str, str] = {
        "active": "gehalten",
        "frozen": "Freeze rettete",
        "repaired": "zurückgeholt",
        "carried": "unterwegs",
    }
    win_back_label = "❤️‍🩹 Zurückholen"
    won_back = "Sie gehört wieder dir."
    too_late_to_win_back = "Das geht nicht mehr. Eine neue Serie beginnt mit einem Tag."
    no_streak_yet = "Noch keine Serie. Ein Tag, an dem du etwas tust, beginnt eine: /commit"
    kept_for_today = "Für heute ist sie sicher."

    def freezes_left(self, left: int, most: int) -> str:
        return f"noch {left} von {most} Freezes"

    def days_so_far(self, days: int) -> str:
        return f"🔥 <b>{days} Tage in Folge.</b>" if days != 1 else "🔥 <b>Tag eins.</b>"

    def open_today(self, freezes: int) -> str:
        if freezes:
            return "Heute ist noch nichts getan. Bis Mitternacht ist Zeit, und danach rettet sie ein Freeze."
        return "Heute ist noch nichts getan. Bis Mitternacht ist Zeit."

    def next_milestone(self, days: int, missing: int) -> str:
        return f"Nächster Meilenstein: {days} Tage, noch {missing}."

    def streak_was_lost(self, days: int, until: datetime) -> str:
        return f"Deine {days} Tage sind zu Ende; bis {self.moment(until)} kannst du sie zurückholen."

    def acts_to_win_back(self, acts: int) -> str:
        if acts == 1:
            return "Es fehlt noch eine Sache, die eine Serie hält, etwa ein gehaltener Vorsatz."
        return f"Dazu braucht es {acts} Dinge, die eine Serie halten, etwa gehaltene Vorsätze."

    def achievements_title(self, earned: int, everything: int) -> str:
        return f"🏅 <b>{earned} von {everything} erreicht</b>"

    nothing_achieved = "Die ersten sind nah: sieh unten."
    next_ones = "<b>Als Nächstes</b>"
    everything_achieved = "Du hast sie alle. Jeden einzelnen."
    no_achievements = "Hier gibt es noch keine Erfolge."
    all_achievements_label = "Alle zeigen"
    fewer_achievements_label = "Weniger zeigen"

    def and_more_achieved(self, more: int) -> str:
        return f"… und {more} weitere"

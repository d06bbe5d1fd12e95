from __future__ import annotations

from collections.abc import Mapping

from bot.texts import english

COMMANDS: Mapping[str, str] = {"profile": "Wie du am besten lernst: wie ich es sehe und wie du es sagst"}


class Learning(english.learning.Learning):
    learning_title = "<b>Wie du lernst</b>"
    learning_label = "Wie ich lerne"
    learning_hint = "Was du wählst, gilt. Alles andere sehe ich an dem, was du tust."
    ask_learning: Mapping[str, str] = {
        "learning_style": "Wie lernst du am besten?",
        "pace": "Wie viel auf einmal?",
        "difficulty": "Wie schwer darf es sein?",
        "study_time": "Wann ist deine beste Zeit?",
        "formats": "Was magst du? Gern mehreres.",
        "motivation": "Was hält dich dran? Gern mehreres.",
    }
    learning_fields: Mapping[str, str] = {
        "learning_style": "Art",
        "pace": "Tempo",
        "difficulty": "Schwierigkeit",
        "study_time": "Beste Zeit",
        "formats": "Formate",
        "motivation": "Was mich dranhält",
    }
    learning_values: Mapping[str, str] = {
        "visual": "durch Zusehen",
        "reading": "durch Lesen",
        "listening": "durch Zuhören",
        "hands_on": "durch Tun",
        "social": "mit anderen",
        "slow": "ein wenig pro Woche",
        "steady": "jeden zweiten Tag",
        "fast": "fast jeden Tag",
        "easy": "leicht",
        "standard": "mittel",
        "challenging": "anspruchsvoll",
        "morning": "morgens",
        "midday": "mittags",
        "evening": "abends",
        "night": "nachts",
        "video": "Videos",
        "text": "Texte",
        "audio": "Audio",
        "exercise": "Übungen",
        "live": "Treffen",
        "progress": "Fortschritt zu sehen",
        "competition": "mich zu messen",
        "commitment": "Versprechen an mich",
        "community": "meine Gruppe",
        "rewards": "Belohnungen",
    }
    not_known_yet = "kann ich noch nicht sagen"
    take_my_guess_label = "Finde du es heraus"

    def learning_line(self, label: str, value: str, percent: int | None) -> str:
        guess = "" if percent is None else f" <i>(geschätzt, zu {percent} % sicher)</i>"
        return f"{label}: {value}{guess}"

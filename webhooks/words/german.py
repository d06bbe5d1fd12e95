"""Freundlich, kurz, per du."""

from __future__ import annotations

from collections.abc import Mapping

from webhooks.words.english import English


class German(English):
    language = "de"
    close = "Du kannst diese Seite jederzeit schließen."

    channels: Mapping[str, str] = {"telegram": "Telegram", "email": "E-Mail", "sms": "SMS"}
    messages_on: Mapping[str, str] = {
        "telegram": "Telegram-Nachrichten",
        "email": "E-Mails",
        "sms": "SMS",
    }
    messages = "Nachrichten"
    kinds: Mapping[str, tuple[str, str]] = {
        "sequences": ("Serien", "Was ein Kurs oder ein Plan zu sagen hat, Schritt für Schritt"),
        "announcements": ("Neues", "Was es hier Neues gibt"),
        "reminders": ("Erinnerungen", "An Termine und an das, was du dir vorgenommen hast"),
    }
    frequencies: Mapping[str, tuple[str, str]] = {
        "normal": ("Normal", "Bis zu 3 am Tag"),
        "less": ("Weniger", "Höchstens 1 am Tag"),
        "few": ("Wenige", "Höchstens 3 in der Woche"),
        "rare": ("Selten", "Höchstens 1 in der Woche"),
    }
    times: Mapping[str, tuple[str, str]] = {
        "morning": ("Morgens", "Ab 9 Uhr"),
        "afternoon": ("Nachmittags", "Ab 14 Uhr"),
        "evening": ("Abends", "Ab 19 Uhr"),
    }

    note_heading = "Sollen wir das als deine Antwort notieren? Ein Druck, und es ist getan."
    note_button = "Ja, notieren"
    note_footer = "Nichts wird notiert, bevor du den Knopf drückst."
    noted_title = "Notiert"
    noted_heading = "Notiert, danke"

    def noted_means(self) -> tuple[str, str]:
        return "Wir haben ", " für dich aufgeschrieben. Das zählt einmal, so oft du auch drückst."

    def quoted(self, label: str) -> str:
        return f"„{label}“"

    confirm_title = "Adresse bestätigen"
    confirm_heading = "Ist das deine Adresse?"
    confirm_means = "Ein Druck, und wir wissen, dass unsere Post die richtige Person erreicht."
    confirm_button = "Ja, das ist meine Adresse"
    confirm_aside = (
        "Du hast nicht darum gebeten? Dann tu nichts: Ohne dein Ja schreiben wir nicht an diese Adresse."
    )
    confirmed_title = "Bestätigt"
    unconfirmed_title = "Nicht bestätigt"
    confirmed: Mapping[str, tuple[str, str]] = {
        "verified": (
            "Danke, sie ist bestätigt",
            "Ab jetzt erreichen wir dich auch per E-Mail. Welcher Weg dir am liebsten ist, wählst du mit "
            "/settings in unserem Telegram-Bot.",
        ),
        "nothing_to_verify": (
            "Es gibt nichts mehr zu bestätigen",
            "Diese Adresse war schon bestätigt, oder du hast uns inzwischen eine andere gegeben. Alles gut.",
        ),
        "expired": (
            "Dieser Link ist abgelaufen",
            "Solche Links gelten nur kurz, damit deine Adresse sicher bleibt. Schick unserem Telegram-Bot "
            "/email mit deiner Adresse, dann kommt ein neuer.",
        ),
    }
    unconfirmed = (
        "Dieser Link gilt nicht mehr",
        "Vielleicht hast du einen neueren angefordert: Nur die letzte E-Mail zählt. Schick unserem "
        "Telegram-Bot /email mit deiner Adresse, dann kommt eine weitere.",
    )

    problem_titles: Mapping[int, str] = {404: "Nicht gefunden"}
    problem_title = "Etwas stimmt nicht"
    problems: Mapping[int, tuple[str, str]] = {
        404: (
            "Dieser Weg führt nirgendwohin",
            "Der Link ist unvollständig, wurde unterwegs verändert oder gehört zu etwas, das es nicht mehr "
            "gibt. In E-Mails brechen Links manchmal um: Öffne ihn noch einmal aus der Nachricht.",
        ),
        503: (
            "Wir brauchen einen Moment",
            "Wir kommen gerade nicht an unsere Daten, also wurde nichts geändert. Bitte versuch es in einer "
            "Minute noch einmal.",
        ),
        500: (
            "Das hat nicht geklappt, und es liegt an uns",
            "Bei uns ist etwas schiefgegangen. Wir haben es notiert. Bitte versuch es etwas später noch "
            "einmal.",
        ),
    }
    problem = (
        "Das haben wir nicht verstanden",
        "Dein Browser wollte etwas, das diese Seite nicht kennt. Bitte öffne den Link noch einmal aus deiner "
        "Nachricht.",
    )

    leave_title = "Deine Nachrichten"
    leave_heading = "Zu viel? Wähle, was du noch bekommen möchtest"
    leave_button = "Diese Nachrichten beenden"
    leave_everything = "Alles beenden"
    leave_everything_means = (
        "Keine E-Mails und keine Telegram-Nachrichten. Wir schreiben nur, wenn etwas es braucht, um das du "
        "gebeten hast."
    )
    leave_channel_means = "Was du anderswo von uns bekommst, kommt weiter."
    leave_already = "Du hast dich hier schon abgemeldet. Noch einmal zu drücken schadet nicht."
    leave_footer = "Anders überlegt? Schließ die Seite, und alles bleibt, wie es ist."
    to_you = "dich"

    def leave_about(self) -> tuple[str, str]:
        return "Es geht um unsere Nachrichten an ", ". Nichts ändert sich, bevor du den Knopf drückst."

    def leave_channel(self, channel: str) -> str:
        return f"Keine {self.messages_on.get(channel, self.messages)} mehr"

    left_title = "Erledigt"
    left_everything = "Ab jetzt ist Ruhe"
    left_everything_means = "Wir haben alles beendet, auf allen Wegen. Danke für deine Zeit."
    left_channel_means = "Das gilt ab sofort. Eine Nachricht, die schon unterwegs ist, kann noch ankommen."
    back_by_start = "Fehlen wir dir eines Tages, schreib unserem Telegram-Bot /start, und es geht weiter."

    def left_channel(self, channel: str) -> str:
        return f"Du bekommst keine {self.messages_on.get(channel, self.messages)} mehr"

    wish_title = "Deine Nachrichten"
    wish_heading: Mapping[str, str] = {
        "": "Zu viel? Sag, wie es dir recht ist",
        "less": "Ab jetzt weniger Nachrichten?",
        "not": "Nichts mehr davon?",
        "stop": "Soll alles enden?",
    }
    wish_intro = "Nichts ändert sich, bevor du den Knopf drückst, und du kannst es zurücknehmen."
    wish_button = "Ja, bitte"
    less = "Seltener"
    rarest = "Seltener geht es schon nicht mehr."
    not_news = "Nichts Neues mehr"
    not_news_means = "Serien, die du begonnen hast, und Erinnerungen kommen weiter."
    not_sequence_means = "Alles andere kommt weiter."
    stop = "Alles beenden"
    stop_means = "Wir schreiben nur, wenn etwas es braucht, um das du gebeten hast."

    def less_means(self, rarer: str) -> str:
        return f"Ab jetzt: {self._in_a_sentence(self.frequencies[rarer][1])}."

    def not_sequence(self, title: str) -> str:
        return f"Nichts mehr aus „{title}“"

    wished_title = "Erledigt"
    wished_already = "Das war schon erledigt"
    wished_already_means = "Es gilt bereits; mehr ist nicht zu tun."
    wished_stop = "Ab jetzt ist Ruhe"
    wished_stop_means = "Wir haben alles beendet. Danke für deine Zeit."
    wished_news = "Für dich nichts Neues mehr"
    wished_less = "Ab jetzt weniger"
    wished_means = "Das gilt ab sofort. Eine Nachricht, die schon unterwegs ist, kann noch ankommen."
    undo = "Zurücknehmen"
    undone = "Alles wie vorher"
    undone_means = "Wir haben es zurückgenommen. Nichts hat sich geändert."

    def wished_sequence(self, title: str) -> str:
        return f"„{title}“ kommt nicht mehr"

    title = "Deine Nachrichten"
    intro = "Was du von uns bekommst, wo, wann und wie oft. Nichts ändert sich, bevor du speicherst."
    save = "Speichern"
    saved = "Gespeichert"
    saved_notice = "Gespeichert. Es gilt ab sofort."
    nothing_changed = "Es hat sich nichts geändert."
    not_saved = "Noch ist nichts gespeichert: Bitte sieh nach, was markiert ist."
    where = "Wo möchtest du zuerst von uns hören?"
    no_choice = "Wo es am besten geht"
    no_choice_means = "Wir lernen aus dem, worauf du antwortest."
    first_means = "Zuerst, und anderswo, wenn es dort nicht geht"
    what = "Was möchtest du bekommen, und wo?"
    often = "Wie oft?"
    when = "Zu welcher Tageszeit?"
    quiet = "Wann sollen wir still sein?"
    quiet_from = "Von"
    quiet_until = "bis"
    quiet_means = "Zweimal dieselbe Zeit heißt: nie."
    zone = "Wo bist du?"
    language_label = "Welche Sprache sollen wir sprechen?"
    pause = "Eine Pause?"
    no_pause = "Keine Pause"
    pause_day = "Bis zu diesem Tag"
    pause_forever = "Bis ich wiederkomme"
    declined = "Was du nicht wolltest"
    accept = "Darf wieder kommen"
    stopped_notice = "Du hast alles beendet. Was du hier wählst, gilt, sobald du wiederkommst."
    come_back = "Wiederkommen"
    stop_all = "Alles abbestellen"
    stop_all_means = "Alles endet sofort, auf allen Wegen. Du kannst jederzeit wiederkommen."
    data = "Deine Daten"
    data_means = "Alles, was wir über dich wissen, gehört dir: als Datei oder vergessen."
    export = "Meine Daten holen"
    export_name = "meine-daten.json"
    delete = "Mich löschen"
    delete_heading = "Sollen wir dich vergessen?"
    delete_means = (
        "Alles, was wir über dich wissen, verschwindet: deine Einstellungen, Adressen, Antworten und dein "
        "Verlauf. Das lässt sich nicht rückgängig machen. Nur ein Fingerabdruck deiner Adressen bleibt, "
        "damit niemand aus Versehen dorthin schreibt."
    )
    delete_button = "Ja, alles löschen"
    delete_no = "Nein, behaltet mich"
    deleted_heading = "Wir haben dich vergessen"
    deleted_means = "Alles ist weg. Alles Gute für dich!"
    way_sent_heading = "Bitte sieh in deinen eigenen Nachrichten nach"
    way_sent_means = (
        "Links in E-Mails werden manchmal weitergereicht, deshalb gibt diese Seite nichts heraus und löscht "
        "nichts. Wir haben nur dir einen Link geschickt, der das kann. Er gilt eine Stunde."
    )
    expired_heading = "Dieser Link ist abgelaufen"
    expired_means = (
        "Er gilt nur eine Stunde, damit deine Einstellungen deine bleiben. Schreib unserem Telegram-Bot "
        "/settings, dann bekommst du einen neuen."
    )
    settings_link = "Alle deine Einstellungen"
    errors: Mapping[str, str] = {
        "paused_until": "Bitte wähle einen Tag, der noch kommt.",
        "quiet_from": "Bitte gib eine Uhrzeit an, etwa 22:00.",
        "quiet_until": "Bitte gib eine Uhrzeit an, etwa 08:00.",
    }
    error = "Das lässt sich nicht wählen."

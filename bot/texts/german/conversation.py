from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.texts import english
from bot.zones import city_of

COMMANDS: Mapping[str, str] = {
    "start": "Hallo sagen, oder wiederkommen",
    "help": "Was ich für dich tun kann",
    "email": "Meine Nachrichten auch per E-Mail bekommen",
    "link": "Ein Konto mit einem Code verbinden",
    "stop": "Meine Nachrichten beenden",
}


class Conversation(english.conversation.Conversation):
    def short_description(self, brand: str) -> str:
        return f"{brand[:40]}: Sag, was du vorhast, und werde gefragt, wie es lief."

    # /start

    def welcome_back(self, name: str | None) -> str:
        return (
            f"Willkommen zurück{self._comma(name)}! Du hörst wieder von mir.\n"
            "In /settings sagst du, wie oft und wo."
        )

    def already_here(self, name: str | None) -> str:
        return (
            f"Hallo{self._comma(name)}! Alles ist eingerichtet, du musst nichts tun.\n"
            "/help zeigt, was ich für dich tun kann."
        )

    # /help

    def help(self, brand: str, commands: Mapping[str, str]) -> str:
        lines = [f"/{command}: {meaning}" for command, meaning in commands.items()]
        return f"Ich bin der Bot von {escape(brand)}. Das verstehe ich:\n\n" + "\n".join(lines)

    def help_for_admins(self, commands: Mapping[str, str]) -> str:
        lines = [f"/{command}: {meaning}" for command, meaning in commands.items()]
        return "Und das für alle, die sich um den Dienst kümmern:\n\n" + "\n".join(lines)

    # /email

    email_is_off = "E-Mail ist hier noch nicht eingerichtet. Telegram geht, und dort schreibe ich dir."

    def how_to_give_an_email(self) -> str:
        return (
            "Schick mir deine Adresse so:\n"
            "<code>/email du@example.com</code>\n\n"
            "Zur Bestätigung bekommst du eine E-Mail mit einem Code."
        )

    def your_email(self, address: str) -> str:
        return (
            f"Deine E-Mail-Adresse ist <b>{escape(address)}</b>, bestätigt.\n"
            "Eine andere gibst du mir mit <code>/email neu@example.com</code>."
        )

    def your_unconfirmed_email(self, address: str) -> str:
        return (
            f"Ich warte auf den Code, den ich an <b>{escape(address)}</b> geschickt habe.\n"
            "Schick mir seine sechs Ziffern."
        )

    def code_sent(self, address: str) -> str:
        return (
            f"Ich habe einen sechsstelligen Code an <b>{escape(address)}</b> geschickt.\n"
            "Schick ihn mir hier, oder drück den Knopf in der E-Mail."
        )

    def code_sent_just_now(self, seconds: int) -> str:
        return (
            "Ich habe dir gerade erst einen Code geschickt; bis er da ist, kann es eine Minute dauern. Schau "
            "bitte auch in den Spam-Ordner.\n"
            f"Einen neuen kann ich in {self.seconds(seconds)} schicken."
        )

    def email_already_confirmed(self, address: str) -> str:
        return f"<b>{escape(address)}</b> ist schon bestätigt. Es gibt nichts zu tun."

    email_is_taken = (
        "Diese Adresse gehört zu einem anderen Konto.\n"
        "Wenn das deines ist, lass dir dort einen Code geben und schick ihn mir mit /link."
    )
    email_is_suppressed = (
        "An diese Adresse kann ich nicht schreiben: Eine frühere E-Mail kam zurück oder galt als Spam.\n"
        "Bitte gib mir eine andere."
    )
    no_email_to_confirm = (
        "Gerade gibt es keinen Code zu prüfen.\nFang mit <code>/email du@example.com</code> an."
    )

    def email_is_wrong(self, typed: str, problem: str) -> str:
        return f"<code>{escape(typed[:100])}</code> sieht nicht wie eine E-Mail-Adresse aus:\n{problem}"

    email_problems: Mapping[str, str] = {
        "no_at": "das @ fehlt. Sie sollte aussehen wie du@example.com.",
        "many_at": "es ist mehr als ein @ darin.",
        "space": "es ist ein Leerzeichen darin.",
        "no_name": "der Teil vor dem @ fehlt.",
        "no_domain": "der Teil nach dem @ fehlt.",
        "no_dot": "der Teil nach dem @ braucht eine Endung wie .com.",
        "dots": "es stehen zwei Punkte hintereinander, oder einer am Rand.",
        "not_reachable": "Adressen mit dieser Endung sind nicht zu erreichen.",
        "too_long": "sie ist zu lang.",
        "characters": "es ist ein Zeichen darin, das E-Mail nicht erlaubt.",
    }

    def email_confirmed(self, address: str) -> str:
        return (
            f"✓ <b>{escape(address)}</b> ist bestätigt. Danke!\nIn /settings bestimmst du, wo ich schreibe."
        )

    def code_is_wrong(self, attempts_left: int | None) -> str:
        if attempts_left is None:
            return "Das ist nicht der Code. Schau bitte noch einmal nach."
        tries = "noch einen Versuch" if attempts_left == 1 else f"noch {attempts_left} Versuche"
        return f"Das ist nicht der Code. Schau bitte noch einmal nach, du hast {tries}."

    code_has_expired = "Dieser Code ist zu alt. Ich kann dir einen neuen schicken."
    too_many_codes = (
        "Das war ein Versuch zu viel, dieser Code gilt nicht mehr. Ich kann dir einen neuen schicken."
    )
    too_many_codes_today = "Ich habe dir heute schon viele Codes geschickt. Versuch es bitte morgen wieder."
    send_a_new_code = "Einen neuen Code schicken"

    # /link

    how_to_link = "Schick mir den Code, den du dort siehst, wo dein Konto ist, so:\n<code>/link CODE</code>"

    def linked(self, name: str | None) -> str:
        return f"✓ Verbunden{self._comma(name)}. Dein Konto und dieser Chat gehören jetzt zusammen."

    link_is_wrong = (
        "Diesen Code kenne ich nicht. Jeder gilt nur einmal, vielleicht wurde er schon benutzt. "
        "Bitte lass dir einen neuen geben."
    )
    link_has_expired = "Dieser Code ist zu alt. Bitte lass dir einen neuen geben."

    # /stop

    ask_stop = (
        "Soll ich dir gar nicht mehr schreiben?\n"
        "Nur worum du selbst bittest, etwa ein Bestätigungscode, käme dann noch."
    )
    yes_stop = "Ja, Schluss"
    rather_pause = "Nur eine Woche Pause"
    no_stop = "Nein, alles soll bleiben"
    stopped = "Erledigt, ich bin jetzt still. Alles Gute!\nWenn du es dir anders überlegst: /start."
    pausing_instead = "In Ordnung, ich bin eine Woche lang still.\nIn /settings endet das früher."
    not_stopped = "Schön! Alles bleibt, wie es ist."

    # buttons under messages

    noted = "Notiert, danke!"
    already_noted = "Das habe ich schon."
    no_longer_works = "Dieser Knopf gilt nicht mehr."

    # anything else

    def is_this_your_zone(self, zone: str) -> str:
        return f"Soll ich deine Zeitzone auf {escape(self.zone(zone))} stellen?"

    def yes_set_zone(self, zone: str) -> str:
        return f"Ja, {city_of(zone)}"

    not_understood = (
        "Danke für deine Nachricht! Ich bin ein Bot und verstehe nur ein paar Dinge: /help zeigt sie."
    )
    only_text = "Danke! Ich kann aber nur Text lesen. /help zeigt, was ich verstehe."

    def unknown_command(self, command: str) -> str:
        return f"/{escape(command[:40])} kenne ich nicht. /help zeigt, was ich verstehe."

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from bot.texts import english
from bot.zones import city_of
from events.meetings import Meeting
from events.pods import Pod

COMMANDS: Mapping[str, str] = {
    "pods": "Deine kleine Gruppe: das nächste Treffen, und wie die Woche läuft",
    "attendance": "Bei welchen Treffen du warst",
}
ADMIN_COMMANDS: Mapping[str, str] = {
    "newpod": "Eine Gruppe gründen",
    "attended": "Aufschreiben, wer bei einem Treffen war",
}


class Pods(english.pods.Pods):
    weekdays: Sequence[str] = (
        *("Montag", "Dienstag", "Mittwoch", "Donnerstag"),
        *("Freitag", "Samstag", "Sonntag"),
    )
    somebody = "jemand"

    no_pods = (
        "Du bist noch in keiner Gruppe.\n\n"
        "Eine Gruppe ist klein und trifft sich einmal in der Woche: Alle sagen, was sie tun wollen, und eine "
        "Woche später, wie es lief. Du kommst mit dem Einladungslink hinein, den dir jemand daraus schickt."
    )
    no_pods_for_admins = "\n\nAls Admin kannst du eine gründen: /newpod"
    your_pods = "Du bist in diesen Gruppen:"
    all_pods = "Alle Gruppen:"
    there_are_no_pods = "Es gibt noch keine Gruppe. /newpod gründet eine."
    all_pods_label = "Alle Gruppen"
    not_in_this_pod = "Du bist nicht mehr in dieser Gruppe."

    def _every_week(self, pod: Pod) -> str:
        day = self.weekdays[pod.weekday - 1]
        return f"Jeden {day} um {pod.local_time:%H:%M} Uhr ({escape(city_of(pod.timezone))})"

    host_label = "Leitung"

    def _next_meeting(self, meeting: Meeting | None, zone: str) -> str:
        if meeting is None:
            return "Es ist kein Treffen geplant."
        when = self.moment(meeting.starts_at.astimezone(ZoneInfo(zone)))
        lines = [f"Nächstes Treffen: <b>{when}</b> deiner Zeit"]
        if meeting.status == "registered":
            lines.append("✓ Du kommst. Ich erinnere dich.")
        elif meeting.status == "cancelled":
            lines.append("Du kommst diesmal nicht.")
        if meeting.join_url:
            lines.append(f'<a href="{escape(meeting.join_url)}">Zum Gespräch</a>')
        return "\n".join(lines)

    kept_this_week = "Diese Woche gehalten:"

    coming_label = "Ich komme"
    not_coming_label = "Ich kann nicht"
    you_are_coming = "Bis dann!"
    you_are_not_coming = "Danke, dass du Bescheid sagst."
    you_are_waiting = "Es ist voll. Du stehst auf der Warteliste."
    meeting_is_over = "Dieses Treffen ist vorbei oder abgesagt."
    invite_label = "Einladen"
    leave_label = "Verlassen"

    def invitation(self, pod: str, link: str, until: datetime) -> str:
        return (
            f"Mit diesem Link kommt jemand in <b>{escape(pod)}</b>:\n{escape(link)}\n\n"
            f"Er gilt bis {self.moment(until)}."
        )

    share_label = "Jemandem schicken"

    def share_text(self, pod: str) -> str:
        return f"Komm in meine Gruppe „{pod}“: Wir treffen uns jede Woche und halten, was wir versprechen."

    def ask_leave(self, pod: str) -> str:
        return (
            f"Soll ich dich aus <b>{escape(pod)}</b> nehmen? "
            "An die Treffen erinnere ich dich dann nicht mehr.\n"
            "Mit einer neuen Einladung kannst du zurückkommen."
        )

    yes_leave = "Ja, verlassen"
    no_leave = "Nein, bleiben"

    def left_pod(self, pod: str) -> str:
        return f"Du hast <b>{escape(pod)}</b> verlassen. Alles Gute!"

    def ask_join(self, pod: Pod) -> str:
        others = len(pod.members)
        people = (
            "Eine Person ist" if others == 1 else f"{others} Leute sind" if others else "Noch niemand ist"
        )
        return (
            f"Du bist in die Gruppe <b>{escape(pod.name)}</b> eingeladen.\n"
            f"Sie trifft sich jeden {self.weekdays[pod.weekday - 1]} um {pod.local_time:%H:%M} Uhr "
            f"({escape(city_of(pod.timezone))}). {people} schon dabei.\n\n"
            "Die anderen sehen deinen Namen und wie viele deiner Vorhaben du in der Woche hältst, aber nie, "
            "welche es sind."
        )

    yes_join = "Beitreten"
    no_join = "Jetzt nicht"
    not_joined = "In Ordnung. Der Link gilt noch eine Weile, falls du es dir anders überlegst."
    already_in_pod = "Du bist schon in dieser Gruppe."
    pod_is_full = "Diese Gruppe ist voll. Frag am besten, wer dich eingeladen hat, nach einer anderen."
    invitation_has_expired = "Diese Einladung ist zu alt. Bitte dort um einen neuen Link, wo du sie her hast."
    invitation_is_unknown = (
        "Diese Einladung kenne ich nicht. Bitte dort um einen neuen Link, wo du sie her hast."
    )

    def joined_pod(self, pod: str) -> str:
        return f"Willkommen in <b>{escape(pod)}</b>! Ich erinnere dich vor jedem Treffen."

    def zone_is_assumed(self, zone: str) -> str:
        return f"Ich nehme an, deine Uhr geht wie die von {escape(city_of(zone))}. /settings ändert das."

    no_attendance = (
        "Noch ist nichts aufgeschrieben. Nach einem Treffen deiner Gruppe steht hier, ob du da warst."
    )

    def _came_to(self, attended: int, recorded: int) -> str:
        return f"Du warst bei <b>{attended} von {recorded}</b> Treffen"

    def _short(self, when: datetime, zone: str) -> str:
        local = when.astimezone(ZoneInfo(zone))
        return f"{self.weekdays[local.weekday()][:2]} {local:%d.%m.}"

    ask_pod_name = "Wie soll die Gruppe heißen?"
    pod_name_is_wrong = "Ein Name hat 1 bis 60 Zeichen in einer Zeile. Wie soll die Gruppe heißen?"
    ask_pod_weekday = "An welchem Wochentag trifft sie sich?"
    weekday_is_wrong = "Den Tag habe ich nicht verstanden. Tippe auf einen oder schreib ihn, etwa „Dienstag“."
    ask_pod_time = "Um wie viel Uhr? Zum Beispiel <code>18:00</code>"
    pod_time_is_wrong = "Die Uhrzeit habe ich nicht verstanden. Schick sie so: <code>18:00</code>"
    ask_pod_zone = "Nach der Uhr welcher Stadt? Dort bleibt das Treffen sommers wie winters zur selben Zeit."
    ask_pod_link = "Wo treffen sie sich? Schick mir den Link zum Gespräch; es geht auch ohne."
    pod_link_is_wrong = (
        "Das ist kein Link. Er beginnt mit https://. Schick ihn noch einmal, oder lass ihn weg."
    )
    no_link_label = "Ohne Link"
    cancel_label = "Abbrechen"
    pod_not_made = "In Ordnung, es wurde keine Gruppe gegründet."

    def pod_zone_is_unknown(self, typed: str) -> str:
        return f"Den Ort „{escape(typed[:60])}“ kenne ich nicht. Oft hilft eine größere Stadt in der Nähe."

    def pod_made(self, pod: Pod, zone: str) -> str:
        return f"✓ Die Gruppe ist da, und du leitest sie.\n\n{self.pod_page(pod, zone)}"

    fresh_link_label = "Neuer Link"
    archive_label = "Archivieren"
    attendance_label = "Wer war da?"

    call_off_label = "Nächstes absagen"

    def ask_call_off(self, meeting: Meeting) -> str:
        when = self.moment(meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)))
        return (
            f"Soll ich das Treffen von <b>{escape(meeting.title)}</b> am {when} absagen? "
            "Alle, die kämen, erfahren es. Das darauf bleibt bestehen."
        )

    yes_call_off = "Ja, absagen"
    no_call_off = "Nein"
    called_off = "Es ist abgesagt, und sie erfahren es."

    def ask_archive(self, pod: str) -> str:
        return (
            f"Soll ich <b>{escape(pod)}</b> archivieren? Die nächsten Treffen werden abgesagt, und alle "
            "darin erfahren es. Wer wo dabei war, bleibt aufgeschrieben."
        )

    yes_archive = "Ja, archivieren"
    no_archive = "Nein"

    def archived(self, pod: str) -> str:
        return f"<b>{escape(pod)}</b> ist archiviert."

    pod_is_gone = "Diese Gruppe ist archiviert."

    no_meetings_to_mark = "In den letzten zwei Wochen gab es kein Treffen."
    which_meeting = "Welches Treffen?"

    def who_came(self, meeting: Meeting) -> str:
        when = self.moment(meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)))
        return (
            f"<b>{escape(meeting.title)}</b>, {when}\n"
            "Tippe an, wer da war, dann „Fertig“. Du kannst mir auch Namen schicken."
        )

    def people_without_a_button(self, count: int) -> str:
        return (
            f"{count} weitere passen nicht hierher: Schick mir die Namen derer, die da waren; die anderen "
            "gelten als nicht dabei."
        )

    nobody_to_mark = "Für dieses Treffen ist niemand angemeldet."

    def nobody_is_called(self, names: Sequence[str]) -> str:
        called = ", ".join(f"„{escape(name[:40])}“" for name in names[:5])
        return f"Bei den Treffen der letzten zwei Wochen heißt niemand {called}."

    def attendance_saved(self, title: str, came: int, missed: int) -> str:
        return f"✓ Aufgeschrieben für <b>{escape(title)}</b>: {came} dabei, {missed} nicht."

    already_saved = "Das ist schon aufgeschrieben. /attended berichtigt es."
    meeting_has_not_begun = "Es hat noch nicht begonnen."

"""/pods and the meetings of a pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from bot.texts.english.basics import Basics
from bot.zones import city_of
from events.meetings import Attendance, Attended, Meeting
from events.pods import Member, Pod
from sequences.values import cleaned_name

COMMANDS: Mapping[str, str] = {
    "pods": "Your small group: its next meeting, and how the week goes",
    "attendance": "The meetings that you came to",
}
ADMIN_COMMANDS: Mapping[str, str] = {
    "newpod": "Make a pod",
    "attended": "Write down who came to a meeting",
}
NAME_WIDTH = 14
TITLE_WIDTH = 20
MOST_DOTS = 7


class Pods(Basics):
    weekdays: Sequence[str] = (
        *("Monday", "Tuesday", "Wednesday", "Thursday"),
        *("Friday", "Saturday", "Sunday"),
    )
    somebody = "somebody"

    # /pods

    no_pods = (
        "You are not in a pod yet.\n\n"
        "A pod is a small group that meets once a week: each says what they will do, and next week they say "
        "how it went. You join one by the invitation link that somebody in it sends you."
    )
    no_pods_for_admins = "\n\nAs an admin you can make one: /newpod"
    your_pods = "You are in these pods:"
    all_pods = "All pods:"
    there_are_no_pods = "There is no pod yet. /newpod makes one."
    all_pods_label = "All pods"
    not_in_this_pod = "You are no longer in this pod."

    def pod_page(self, pod: Pod, zone: str) -> str:
        return "\n\n".join(
            (
                "\n".join((f"<b>{escape(pod.name)}</b>", self._every_week(pod), *self._hosts(pod))),
                self._next_meeting(pod.next_meeting, zone),
                self.week_table(pod.members),
            )
        )

    def _every_week(self, pod: Pod) -> str:
        day = self.weekdays[pod.weekday - 1]
        return f"Every {day} at {pod.local_time:%H:%M} ({escape(city_of(pod.timezone))})"

    host_label = "Host"

    def _hosts(self, pod: Pod) -> Sequence[str]:
        hosts = ", ".join(self.name_of(member.name) for member in pod.members if member.is_host)
        return [f"{self.host_label}: {escape(hosts)}"] if hosts else []

    def _next_meeting(self, meeting: Meeting | None, zone: str) -> str:
        if meeting is None:
            return "No meeting is planned."
        lines = [
            f"Next meeting: <b>{self.moment(meeting.starts_at.astimezone(ZoneInfo(zone)))}</b>, your time"
        ]
        if meeting.status == "registered":
            lines.append("✓ You are coming. I will remind you.")
        elif meeting.status == "cancelled":
            lines.append("You are not coming this time.")
        if meeting.join_url:
            lines.append(f'<a href="{escape(meeting.join_url)}">Join the call</a>')
        return "\n".join(lines)

    kept_this_week = "Kept this week:"

    def week_table(self, members: Sequence[Member]) -> str:
        names = [self.name_of(member.name)[:NAME_WIDTH] for member in members]
        width = max(map(len, names), default=0)
        lines = "\n".join(
            f"{name:<{width}}  {self._week_of(member)}" for name, member in zip(names, members, strict=True)
        )
        return f"{self.kept_this_week}\n<pre>{escape(lines)}</pre>"

    def _week_of(self, member: Member) -> str:
        if member.of_all == 0:
            return "–"
        dots = "●" * member.kept + "○" * (member.of_all - member.kept) + " "
        return f"{dots if member.of_all <= MOST_DOTS else ''}{member.kept}/{member.of_all}"

    def name_of(self, name: str | None) -> str:
        return cleaned_name(name or "") or self.somebody

    coming_label = "I’ll come"
    not_coming_label = "I can’t come"
    you_are_coming = "See you there!"
    you_are_not_coming = "Thank you for saying so."
    you_are_waiting = "It is full. You are on the waiting list."
    meeting_is_over = "This meeting is over, or was cancelled."
    invite_label = "Invite"
    leave_label = "Leave"

    def chosen(self, label: str) -> str:
        return f"✓ {label}"

    def invitation(self, pod: str, link: str, until: datetime) -> str:
        return (
            f"This link lets somebody join <b>{escape(pod)}</b>:\n{escape(link)}\n\n"
            f"It works until {self.moment(until)}."
        )

    share_label = "Send it to somebody"

    def share_text(self, pod: str) -> str:
        return f"Come and join my pod “{pod}”: we meet once a week and keep what we promise."

    def ask_leave(self, pod: str) -> str:
        return (
            f"Shall I take you out of <b>{escape(pod)}</b>? I will not remind you of its meetings any more.\n"
            "You can come back with a new invitation."
        )

    yes_leave = "Yes, leave"
    no_leave = "No, stay"

    def left_pod(self, pod: str) -> str:
        return f"You have left <b>{escape(pod)}</b>. All the best to you!"

    # an invitation

    def ask_join(self, pod: Pod) -> str:
        others = len(pod.members)
        people = "One person is" if others == 1 else f"{others} people are" if others else "Nobody is"
        return (
            f"You are invited to the pod <b>{escape(pod.name)}</b>.\n"
            f"It meets every {self.weekdays[pod.weekday - 1]} at {pod.local_time:%H:%M} "
            f"({escape(city_of(pod.timezone))}). {people} in it.\n\n"
            "The others will see your name, and how many of your commitments you keep each week; never what "
            "they are."
        )

    yes_join = "Join"
    no_join = "Not now"
    not_joined = "All right. The link works for a while, should you change your mind."
    already_in_pod = "You are in this pod already."
    pod_is_full = "This pod is full. Perhaps ask whoever invited you for another one."
    invitation_has_expired = "This invitation is too old. Ask whoever sent it for a new link."
    invitation_is_unknown = "I do not know this invitation. Ask whoever sent it for a new link."

    def joined_pod(self, pod: str) -> str:
        return f"Welcome to <b>{escape(pod)}</b>! I will remind you before each meeting."

    def zone_is_assumed(self, zone: str) -> str:
        return f"I take it that your clocks are those of {escape(city_of(zone))}. /settings changes that."

    # /attendance

    no_attendance = (
        "Nothing is written down yet. After a meeting of your pod this shows whether you were there."
    )

    def attendance(self, found: Attendance, zone: str) -> str:
        percent = round(100 * found.attended / found.recorded)
        lines = "\n".join(self._attended(each, zone) for each in found.latest)
        return f"{self._came_to(found.attended, found.recorded)} ({percent} %).\n<pre>{escape(lines)}</pre>"

    def _attended(self, each: Attended, zone: str) -> str:
        title = cleaned_name(each.title)[:TITLE_WIDTH]
        return f"{'✓' if each.attended else '–'} {self._short(each.starts_at, zone)}  {title}"

    def _came_to(self, attended: int, recorded: int) -> str:
        meetings = "meeting" if recorded == 1 else "meetings"
        return f"You came to <b>{attended} of {recorded}</b> {meetings}"

    def _short(self, when: datetime, zone: str) -> str:
        local = when.astimezone(ZoneInfo(zone))
        return f"{self.weekdays[local.weekday()][:3]} {local:%d %b}"

    # /newpod

    ask_pod_name = "What shall the pod be called?"
    pod_name_is_wrong = "A name has 1 to 60 characters, on one line. What shall the pod be called?"
    ask_pod_weekday = "On which day of the week does it meet?"
    weekday_is_wrong = "I did not get the day. Tap one, or type it, like “Tuesday”."
    ask_pod_time = "At what time? For example <code>18:00</code>"
    pod_time_is_wrong = "I did not get the time. Send it like <code>18:00</code> or <code>6:30 pm</code>."
    ask_pod_zone = "In which city’s time? The meeting stays at this hour there, summer and winter."
    ask_pod_link = "Where do they meet? Send me the link to the call; you can also do without."
    pod_link_is_wrong = "That is not a link. It begins with https://. Send it once more, or do without."
    no_link_label = "Without a link"
    cancel_label = "Cancel"
    pod_not_made = "All right, no pod was made."

    def pod_zone_is_unknown(self, typed: str) -> str:
        return f"I do not know the place “{escape(typed[:60])}”. A larger city nearby often works."

    def pod_made(self, pod: Pod, zone: str) -> str:
        return f"✓ The pod is there, and you are its host.\n\n{self.pod_page(pod, zone)}"

    fresh_link_label = "New link"
    archive_label = "Archive"
    attendance_label = "Who came?"

    call_off_label = "Call off the next"

    def ask_call_off(self, meeting: Meeting) -> str:
        when = self.moment(meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)))
        return (
            f"Shall I call off the meeting of <b>{escape(meeting.title)}</b> on {when}? "
            "Everybody who would come is told. The one after it stays."
        )

    yes_call_off = "Yes, call it off"
    no_call_off = "No"
    called_off = "It is called off, and they are told."

    def ask_archive(self, pod: str) -> str:
        return (
            f"Shall I archive <b>{escape(pod)}</b>? Its next meetings are cancelled, and everybody in it is "
            "told. What was attended stays written down."
        )

    yes_archive = "Yes, archive"
    no_archive = "No"

    def archived(self, pod: str) -> str:
        return f"<b>{escape(pod)}</b> is archived."

    pod_is_gone = "This pod is archived."

    # /attended

    no_meetings_to_mark = "There was no meeting in the last two weeks."
    which_meeting = "Which meeting?"

    def meeting_label(self, meeting: Meeting) -> str:
        return f"{cleaned_name(meeting.title)}, {self._short(meeting.starts_at, meeting.timezone)}"

    def who_came(self, meeting: Meeting) -> str:
        when = self.moment(meeting.starts_at.astimezone(ZoneInfo(meeting.timezone)))
        return f"<b>{escape(meeting.title)}</b>, {when}\nTap who came, then Done. You can also send me names."

    def people_without_a_button(self, count: int) -> str:
        return (
            f"{count} more do not fit here: send me the names of those who came, the others count as missed."
        )

    nobody_to_mark = "Nobody has registered for this meeting."

    def person_label(self, name: str | None, *, came: bool) -> str:
        return f"{'✓' if came else '▫️'} {self.name_of(name)}"

    def nobody_is_called(self, names: Sequence[str]) -> str:
        called = ", ".join(f"“{escape(name[:40])}”" for name in names[:5])
        return f"Nobody in the meetings of the last two weeks is called {called}."

    def attendance_saved(self, title: str, came: int, missed: int) -> str:
        return f"✓ Written down for <b>{escape(title)}</b>: {came} came, {missed} did not."

    already_saved = "That is written down already. /attended corrects it."
    meeting_has_not_begun = "It has not begun yet."

"""A sequence on disk becomes a definition, or an error that names file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sequences.definition import BadDuration, Sequence, interval
from sequences.loading import CatalogueError, load_catalogue
from tests.sequences.content import CATALOGUE, write

TOML = """\
title = "Hello"
context = ["code", "starts_at", "note?"]

[[steps]]
name = "first"
channels = ["telegram", "email"]
"""
PAGE = """\
+++
subject = "Hello"

[[buttons]]
label = "Go"
event = "gone"
+++
Hi there.
"""


def mistakes(folder: Path, toml: str = TOML, page: str = PAGE, **more: str) -> list[str]:
    """The lines of the error for a catalogue of one sequence, its folder's name left out."""
    files = {"hello/sequence.toml": toml, "hello/first.md": page}
    files |= {f"hello/{name.replace('__', '.')}.md": text for name, text in more.items()}
    try:
        load_catalogue(write(folder / "catalogue", files))
    except CatalogueError as error:
        return [line.removeprefix("catalogue/hello/") for line in str(error).split("\n")]
    return []


def test_a_faultless_sequence_loads(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == []


def test_the_shipped_catalogue_loads_and_reads_back_as_written() -> None:
    for sequence in load_catalogue(CATALOGUE):
        document = json.loads(json.dumps(sequence.as_json()))
        assert Sequence.from_json(document) == sequence
        assert Sequence.from_json(document).as_json() == document


def test_a_step_says_on_disk_what_the_definition_says(tmp_path: Path) -> None:
    toml = TOML + (
        'after = "-24h"\nanchor = "context.starts_at"\nat = "09:30"\nweekdays = ["fri", "mon"]\n'
        'fallback = "no_engagement within 1 week"\nstale_after = "90 minutes"\nquiet_hours = false\n'
        'at_most_once = true\nmax_attempts = 2\nmessage_class = "reminder"\nrecipient = "code"\n'
        '[steps.condition]\n"attributes.plan" = "pro"\n'
    )
    (sequence,) = load_catalogue(write(tmp_path, {"hello/sequence.toml": toml, "hello/first.md": PAGE}))
    assert sequence.steps[0].as_json() == {
        "position": 1,
        "name": "first",
        "after": "-24 hours",
        "anchor": "context.starts_at",
        "at": "09:30",
        "weekdays": [1, 5],
        "channels": ["telegram", "email"],
        "fallback": "no_engagement",
        "fallback_after": "7 days",
        "condition": {"attributes.plan": "pro"},
        "stale_after": "90 minutes",
        "quiet_hours": False,
        "at_most_once": True,
        "max_attempts": 2,
        "message_class": "reminder",
        "recipient": "code",
        "content": {
            "default": {
                "subject": "Hello",
                "body": "Hi there.",
                "buttons": [{"label": "Go", "event": "gone"}],
            }
        },
    }


def test_a_channel_of_its_own_words_keeps_the_rest(tmp_path: Path) -> None:
    files = {"hello/sequence.toml": TOML, "hello/first.md": PAGE, "hello/first.telegram.md": "Short."}
    (sequence,) = load_catalogue(write(tmp_path, files))
    words = sequence.steps[0].content_for("telegram")
    assert (words.body, words.buttons[0].label if words.buttons else "") == ("Short.", "Go")


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ('chanels = ["email"]', "7: unknown key 'chanels'"),
        ('after = "1 month"', "7: after: months and years differ in length"),
        ('after = "soon"', "7: after: 'soon' is not a duration"),
        ('after = "30m"', '7: after: "m" could mean minutes or months'),
        ('after = "-1 day"', "7: only a step with an anchor in the context can be due before it"),
        ('stale_after = "x"', "7: stale_after: 'x' is not a duration"),
        ('anchor = "start"', "7: unknown anchor 'start'"),
        ('anchor = "context.end"', "7: the anchor 'context.end' is not declared"),
        ('anchor = "context.note"', "7: the anchor 'context.note' is not declared (or optional)"),
        ('at = "9:30"', "7: at '9:30' is not a time of day"),
        ('at = "24:00"', "7: at '24:00' is not a time of day"),
        ('weekdays = ["mon", "funday"]', "7: unknown weekday 'funday'"),
        ("weekdays = [1]", "7: weekdays has to be a list of texts"),
        ('fallback = "sometimes"', "7: unknown fallback 'sometimes'"),
        ('fallback = "no_engagement within a while"', "7: fallback: 'a while' is not a duration"),
        ("quiet_hours = 1", "7: quiet_hours has to be true or false"),
        ("max_attempts = 0", "7: max_attempts has to be between 1 and 20"),
        ('message_class = "spam"', "7: message_class 'spam' is unknown"),
        ('recipient = "email"', "7: the recipient 'email' is not declared"),
        (
            "[steps.condition]\n'attributes.age' = { '$gtr' = 3 }",
            "8: condition: attributes.age.$gtr: no such",
        ),
        (
            "[steps.condition]\n'clicked.secnd' = { '$exists' = true }",
            "8: condition: clicked.secnd: the sequence",
        ),
        ('[[steps]]\nname = "first"\nchannels = ["email"]', "8: a second step is named 'first'"),
        ('[[steps]]\nname = "First"\nchannels = ["email"]', "8: the step name 'First'"),
        ('[[steps]]\nchannels = ["email"]', "7: name is missing"),
        ('[[steps]]\nname = "second"\nchannels = ["email"]', "second.md:1: the file is missing"),
        ("[trigger]\nevent = 'Started!'", "8: the event name 'Started!'"),
        ("[trigger]\nevent = 'started'\nfilter = 3", "9: filter: a filter is an object"),
        ("[trigger]", "7: event is missing"),
        ("oops", "7: not TOML"),
    ],
)
def test_a_mistake_in_sequence_toml_is_named_with_its_line(
    tmp_path: Path, addition: str, expected: str
) -> None:
    found = mistakes(tmp_path, TOML + addition + "\n")
    assert any(expected in line for line in found), found
    if not expected.startswith("second.md"):
        assert any(line.startswith(f"sequence.toml:{expected.split(':')[0]}:") for line in found), found


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('title = "x"\n', "sequence.toml:1: a sequence needs at least one [[steps]]"),
        ('[[steps]]\nname = "first"\nchannels = []\n', "sequence.toml:3: a step needs at least one channel"),
        ('[[steps]]\nname = "first"\nchannels = ["pigeon"]\n', "sequence.toml:3: unknown channel 'pigeon'"),
        ('[[steps]]\nname = "first"\nchannels = ["email", "email"]\n', "channels names 'email' twice"),
        ('[[steps]]\nname = "first"\nchannels = ["email"]\n', "sequence.toml:1: title is missing"),
        ('name = "other"\ntitle = "x"\n', "sequence.toml:1: a sequence is named as its folder"),
        ('title = "x"\ncontext = ["Code"]\n', "sequence.toml:2: the context field 'Code' is not a name"),
        ('title = "x"\nsteps = 3\n', "sequence.toml:2: a sequence needs at least one [[steps]]"),
    ],
)
def test_a_mistake_in_the_whole_is_named(tmp_path: Path, toml: str, expected: str) -> None:
    found = mistakes(tmp_path, toml)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("One.\n\nHi {{ usr.name }}", "first.md:10: unknown variable 'usr'"),
        ("Hi {{ user.nickname }}", "first.md:8: user has no 'nickname'"),
        (
            "Hi {{ user.first_name }}",
            'first.md:8: user.first_name may be missing: write user.first_name | default("…")',
        ),
        ("{{ user.attributes.plan }}", "first.md:8: user.attributes.plan may be missing"),
        ("{{ user.attributes }}", "first.md:8: say which field of user.attributes"),
        ("{{ context.secret }}", "first.md:8: context.secret is not declared"),
        ("{{ context.note }}", "first.md:8: context.note may be missing"),
        ("{{ links.home }}", "first.md:8: links has no 'home'"),
        ("{{ links.confirm_email }}", "first.md:8: links.confirm_email needs contact_point_id and code"),
        ("{{ brand.slogan }}", "first.md:8: brand has no 'slogan'"),
        ("a\n{{ user.first_name", "first.md:9: template:"),
        ("{% if user.first_name %}a", "first.md:8: template:"),
        ("{{ 'x' * 50_000_000 }}", "first.md:8: a template cannot multiply"),
        ("{{ context.code | replace('a', 'b') }}", "first.md:8: no filter named 'replace'"),
        ("{{ user.first_name.upper() }}", "first.md:8: calling functions is not possible"),
        ("{% set x = 1 %}", "first.md:8: template: 'set' is not part"),
        ("{% raw %}{{ x }}{% endraw %}", "first.md:8: template: raw blocks"),
        ("**{% if user.first_name %}a** b{% endif %}", "first.md:8: {% if %} has to begin and end"),
        ("- {% if user.first_name %}a\n- b{% endif %}", "has to begin and end in the same paragraph"),
        ("One.\n\n[x](javascript:alert(1))", "first.md:10: the link 'javascript:alert(1)' has to begin with"),
        ("[x](/relative)", "first.md:8: the link '/relative' has to begin with"),
        ("[x](https://)", "needs a complete host name"),
        ("[x](https://{{ context.code }}/)", "needs a complete host name"),
        ("[x]({{ context.code }}/path)", "a value that begins an address has to be the whole address"),
        ("![](https://example.org/a.png)", "first.md:8: an image needs a description"),
        ("![a](data:image/png;base64,AA)", "an image needs an address"),
        ("x" * 4097, "first.md:1: the text has 4097 characters; Telegram takes 4096"),
        ("**a** " * 101, "first.md:1: the text has 101 bold, linked"),
        ("x" * 16_385, "first.md:8: the text has 16385 characters; at most 16384"),
        ("", "sequence.toml:5: the step 'first' has no text for telegram"),
        ("\ue000", "private-use characters"),
    ],
)
def test_a_mistake_in_a_text_is_named_with_its_line(tmp_path: Path, body: str, expected: str) -> None:
    found = mistakes(tmp_path, page=PAGE.replace("Hi there.", body))
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('subject = "Hello"', "", "sequence.toml:5: the step 'first' has no subject for email"),
        ('subject = "Hello"', 'subjct = "Hello"', "first.md:2: unknown key 'subjct'"),
        ('subject = "Hello"', 'subject = "{{ x }}"', "first.md:2: subject: unknown variable 'x'"),
        ('subject = "Hello"', 'subject = "a\\nb"', "first.md:2: subject: has to be one line"),
        (
            'subject = "Hello"',
            'subject = "a"\npreheader = "{{ y }}"',
            "first.md:3: preheader: unknown variable 'y'",
        ),
        ('event = "gone"', "", "first.md:5: the button 'Go' needs either url or event"),
        ('event = "gone"', f'event = "{"e" * 30}"', "first.md:6: the event name"),
        ('event = "gone"', 'url = "ftp://x"', "first.md:6: buttons: the link 'ftp://x' has to begin with"),
        (
            'label = "Go"',
            'label = "{{ user.first_name }}"',
            "first.md:5: buttons: user.first_name may be missing",
        ),
        ('label = "Go"', "", "first.md:4: a button needs a label"),
        ("+++\nHi", "Hi", "first.md:1: the front matter that begins with +++ does not end"),
    ],
)
def test_a_mistake_in_the_front_matter_is_named(tmp_path: Path, old: str, new: str, expected: str) -> None:
    found = mistakes(tmp_path, page=PAGE.replace(old, new))
    assert any(expected in line for line in found), found


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, TOML + 'at = "x"\nfallback = "y"\n', PAGE.replace("Hi", "{{ a }} {{ b }}"))
    assert len(found) == 4


def test_a_file_that_belongs_to_no_step_is_named(tmp_path: Path) -> None:
    assert "frist.md:1: the file belongs to no step (a step is NAME.md or NAME.CHANNEL.md)" in mistakes(
        tmp_path, frist="Hi"
    )


def test_a_long_email_is_fine_when_telegram_has_its_own_words(tmp_path: Path) -> None:
    assert mistakes(tmp_path, page=PAGE.replace("Hi there.", "word " * 1000), first__telegram="Short.") == []


@pytest.mark.parametrize(
    "body",
    [
        'Hi {{ user.first_name | default("there") }}',
        "Hi{% if user.first_name %}, {{ user.first_name }}{% endif %}",
        "Hi{{ ', ' ~ user.first_name if user.first_name else '' }}",
        "{% if user.attributes.plan == 'pro' %}You are {{ user.attributes.plan }}.{% endif %}",
        "{% if user.attributes.plan != 'pro' %}Free.{% elif context.note %}{{ context.note }}{% endif %}",
        "{% if not context.note %}none{% else %}{{ context.note }}{% endif %}",
        "{% if context.note is defined and user.username %}{{ context.note }} {{ user.username }}{% endif %}",
        "{% for item in context.code %}\n- {{ item.title }}\n{% endfor %}",
        "{% if context.code > 3 %}\nmany\n{% else %}\nfew\n{% endif %}",
        "Hello {# a remark #} there",
        "[mail](mailto:a@example.org) [chat](tg://resolve?domain=x) [stop]({{ links.unsubscribe }})",
        "[x](https://example.org/?u={{ user.username | default('') }})",
    ],
)
def test_what_the_language_offers_is_accepted(tmp_path: Path, body: str) -> None:
    assert mistakes(tmp_path, page=PAGE.replace("Hi there.", body)) == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("24h", "24 hours"),
        ("3 days", "3 days"),
        ("90 minutes", "90 minutes"),
        ("1 week", "7 days"),
        ("1 day 2 hours", "1 day 2 hours"),
        ("1d12h", "1 day 12 hours"),
        ("-2 h", "-2 hours"),
        ("0 seconds", "0 seconds"),
    ],
)
def test_durations_become_intervals(written: str, expected: str) -> None:
    assert interval(written) == expected


@pytest.mark.parametrize(
    "written", ["", "3", "days", "1.5 days", "1 month", "2 years", "1 fortnight", "--1 day", None, 3]
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(BadDuration):
        interval(written)

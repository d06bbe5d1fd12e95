"""What belongs to somebody's machine or account is not in the project."""

from tests.house.project import FILES, ROOT, assert_none, lines_with

# Written in parts, so that this file does not name them either.
INDEXES = (
    r"py"
    r"pi\.org|python"
    r"hosted\.|registry\.np"
    r"mjs|np"
    r"mjs\.org|deb\.debian\.org|--(?:extra-)?index-url"
)
MACHINES = r"(?<![\w.~}/-])/(?:home|root|Users|work)/[\w.]"
KEYS = (
    r"\bre_[A-Za-z0-9]{8,}_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9-]{20,}|\b[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}"
    r"|\bsb_secret_[A-Za-z0-9_-]{25,}|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def test_no_package_index_is_named() -> None:
    assert_none(lines_with(INDEXES, FILES))


def test_no_path_of_a_machine_is_named() -> None:
    assert_none(lines_with(MACHINES, FILES))
    assert [file for file in FILES if str(ROOT).encode() in file.read_bytes()] == []


def test_nothing_looks_like_a_real_key() -> None:
    assert_none(lines_with(KEYS, FILES))


def test_the_lock_pins_everything_by_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = [entry for entry in text.replace("\\\n", " ").splitlines() if "==" in entry]

        assert len(pins) > 20
        assert [pin for pin in pins if "--hash=sha256:" not in pin] == []

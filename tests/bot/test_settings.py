"""What can be configured, and what is said of what cannot be used."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bot.kept_secrets import Secrets, kept_secret
from bot.settings import Settings, SettingsError, read_settings, variable_names
from channels.signing import Signer


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One in which nothing of ours is set."""
    for field in Settings.model_fields:
        for name in variable_names(field):
            monkeypatch.delenv(name, raising=False)
    return monkeypatch


MALFORMED = [
    ("PORT", "many"),
    ("PORT", "70000"),
    ("TELEGRAM_BOT_TOKEN", "my-bot"),
    ("TELEGRAM_API_URL", "telegram"),
    ("TELEGRAM_MODE", "carrier pigeon"),
    ("TELEGRAM_WEBHOOK_SECRET", "with spaces"),
    ("TELEGRAM_PER_SECOND", "0"),
    ("RESEND_API_KEY", "sb_secret_of_something_else"),
    ("RESEND_WEBHOOK_SECRET", "whsec_???"),
    ("EMAIL_FROM", "Tendril"),
    ("DATABASE_URL", "mysql://localhost/tendril"),
    ("SUPABASE_URL", "project"),
    ("ADMIN_API_KEY", "short"),
    ("ADMIN_TELEGRAM_IDS", "ada, bob"),
    ("WEBHOOK_ALLOWED_HOSTS", "http://crm.internal"),
    ("LINK_SECRET", "a-secret-of-some-length short"),
    ("PUBLIC_URL", "example.com"),
    ("RATING_API_URL", "a model"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
    ("TICK_SECONDS", "-1"),
    ("DELIVERIES_IN_FLIGHT", "0"),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_what_is_malformed_is_named_in_one_line(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError) as wrong:
        read_settings(None)

    assert str(wrong.value).startswith(f"{name} m")
    assert "\n" not in str(wrong.value)


def test_a_secret_is_not_repeated_in_a_complaint(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TELEGRAM_BOT_TOKEN", "nearly-a-token")

    with pytest.raises(SettingsError) as wrong:
        read_settings(None)

    assert "nearly-a-token" not in str(wrong.value)


def test_half_of_supabase_is_not_enough(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SUPABASE_URL", "https://project.example.com")

    with pytest.raises(SettingsError, match="SUPABASE_SECRET_KEY is missing"):
        read_settings(None)


def test_the_old_name_of_supabases_key_is_understood(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SUPABASE_URL", "https://project.example.com")
    environment.setenv("SUPABASE_KEY", "sb_secret_placeholder")

    settings = read_settings(None)

    assert settings.supabase_secret_key is not None


def test_with_nothing_set_it_says_what_is_off(environment: pytest.MonkeyPatch) -> None:
    off = read_settings(None).switched_off()

    assert [sentence.split(":")[0] for sentence in off] == ["Telegram is off", "Email is off"]


def test_telegram_alone_runs_without_email(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TELEGRAM_BOT_TOKEN", "123456:placeholder")

    settings = read_settings(None)

    assert settings.has_telegram
    assert not settings.has_email


def test_an_empty_variable_counts_as_not_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TELEGRAM_BOT_TOKEN", "")

    assert read_settings(None).telegram_bot_token is None


def test_settings_are_read_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nADMIN_TELEGRAM_IDS=12, 34\n")

    settings = read_settings(tmp_path / ".env")

    assert (settings.port, settings.admin_telegram_ids) == (9000, {12, 34})


def test_links_are_signed_with_the_first_secret_and_read_with_all(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, new = "the-old-secret-of-links", "the-new-secret-of-links"
    environment.setenv("DATA_DIR", str(tmp_path))
    environment.setenv("LINK_SECRET", f"{new} {old}")

    signer = Signer(*Secrets.of(read_settings(None)).link_secrets)

    assert signer.sign("open", "a letter") == Signer(new).sign("open", "a letter")
    assert signer.read("open", Signer(old).sign("open", "a letter")) == "a letter"


def test_a_secret_that_was_made_is_the_same_the_next_time(tmp_path: Path) -> None:
    made = kept_secret(tmp_path / "var", "admin_api_key")
    read = kept_secret(tmp_path / "var", "admin_api_key")

    assert (made.is_new, read.is_new) == (True, False)
    assert made.value == read.value


def test_only_the_owner_can_read_a_secret_that_was_made(tmp_path: Path) -> None:
    made = kept_secret(tmp_path, "link_secret")

    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600

"""`python -m sandbox -- COMMAND` as somebody at a terminal meets it."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.launching import BadSetting, Options, read_settings

ROOT = Path(__file__).parents[2]
PATIENCE = 30

# Says what it was given, then waits for a signal, and half a second longer for a second one.
CHILD = """
import json, os, signal, sys
wanted = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print("CHILD", json.dumps(dict(os.environ)), flush=True)
signals = [signal.sigwait(wanted)]
another = signal.sigtimedwait(wanted, 0.5)
print("SIGNALS", json.dumps(signals + [another.si_signo] if another else signals), flush=True)
sys.exit(7)
"""

STUBBORN_CHILD = """
import os, signal
signal.signal(signal.SIGINT, lambda *_: os.write(1, b"NO\\n"))
print("CHILD {}", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def launch(tmp_path):
    """Starts the launcher in an empty folder, as the leader of its own process group."""
    started = []

    def start(*command, **settings):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {**kept, "PYTHONPATH": str(ROOT), "SANDBOX_PORT": "0", **settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *command],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def line_with(process, word):
    for line in process.stdout:
        if word in line:
            return line
    pytest.fail(f"no line with {word!r}: {process.stderr.read()}")


def given_to(process):
    return json.loads(line_with(process, "CHILD").partition(" ")[2])


def with_child(launch, **settings):
    return launch("--", sys.executable, "-c", CHILD, **settings)


def test_the_command_is_pointed_at_the_stand_ins(launch, tmp_path):
    process = with_child(launch)

    url = line_with(process, "be a user").split()[0]
    given = given_to(process)

    assert given["TELEGRAM_API_URL"] == f"{url}/telegram"
    assert given["RESEND_API_URL"] == f"{url}/resend"
    assert given["TELEGRAM_BOT_TOKEN"].partition(":")[0].isdecimal()
    assert given["RESEND_API_KEY"].startswith("re_")
    assert given["RESEND_WEBHOOK_SECRET"].startswith("whsec_")
    assert (given["EMAIL_FROM"], given["TICK_SECONDS"]) == ("Tendril <hello@tendril.example>", "0.2")


def test_what_is_set_stays(launch):
    given = given_to(with_child(launch, EMAIL_FROM="Me <me@mine.example>", TICK_SECONDS="2"))

    assert (given["EMAIL_FROM"], given["TICK_SECONDS"]) == ("Me <me@mine.example>", "2")


def test_you_are_the_owner_without_having_set_anything(launch):
    process = with_child(launch)

    said = line_with(process, "You are the owner")
    owner = given_to(process)["ADMIN_TELEGRAM_IDS"]

    assert owner.isdecimal()
    assert f"user {owner}:" in said


def test_the_owners_that_are_set_stay_and_the_first_is_you(launch, tmp_path):
    (tmp_path / ".env").write_text("ADMIN_TELEGRAM_IDS=42, 43\n")
    process = with_child(launch)

    assert "user 42:" in line_with(process, "You are the owner")
    assert given_to(process)["ADMIN_TELEGRAM_IDS"] == "42, 43"


def test_the_owners_id_is_none_that_telegram_gives():
    assert Options.read({}, []).owner_id >= 2**40


def test_owners_that_are_no_ids_are_left_to_the_command():
    options = Options.read({"ADMIN_TELEGRAM_IDS": "ada"}, [])

    assert (options.owners, options.owner_id) == ("ada", Options.read({}, []).owner_id)


def test_the_webhook_secret_is_kept_readable_by_its_owner_only(launch, tmp_path):
    first = given_to(with_child(launch))
    again = given_to(with_child(launch))

    file = tmp_path / "var" / "sandbox_webhook_secret"
    assert first["RESEND_WEBHOOK_SECRET"] == again["RESEND_WEBHOOK_SECRET"] == file.read_text().strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_secret_is_printed(launch):
    process = with_child(launch)
    printed = line_with(process, "Ctrl-C")
    given = given_to(process)
    os.killpg(process.pid, signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE)

    assert given["RESEND_WEBHOOK_SECRET"] not in printed + output + errors


@pytest.mark.parametrize("name", ["TELEGRAM_BOT_TOKEN", "RESEND_API_KEY"])
def test_with_credentials_the_command_takes_our_place(launch, name):
    process = with_child(launch, **{name: "given"})

    given = given_to(process)

    assert given[name] == "given"
    assert "TELEGRAM_API_URL" not in given
    assert "RESEND_API_URL" not in given


def test_credentials_in_the_dotenv_file_count(launch, tmp_path):
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=given\n")

    assert "TELEGRAM_API_URL" not in given_to(with_child(launch))


def test_empty_credentials_do_not_count(launch, tmp_path):
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=\nRESEND_API_KEY=\n")

    assert "TELEGRAM_API_URL" in given_to(with_child(launch))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("to_the_group", [True, False], ids=["group", "launcher"])
def test_the_child_gets_one_signal_and_its_exit_code_is_ours(launch, number, to_the_group):
    process = with_child(launch)
    given_to(process)

    (os.killpg if to_the_group else os.kill)(process.pid, number)
    output, errors = process.communicate(timeout=PATIENCE)

    assert f"SIGNALS [{int(number)}]" in output, errors
    assert (process.returncode, errors) == (7, "")


def test_a_second_signal_kills_a_child_that_does_not_stop(launch):
    process = launch("--", sys.executable, "-c", STUBBORN_CHILD)
    given_to(process)

    os.killpg(process.pid, signal.SIGINT)
    line_with(process, "NO")
    press_until_it_ends(process)

    assert process.returncode == 128 + signal.SIGKILL


def press_until_it_ends(process):
    """On a busy machine the system may make one signal of two, while the first has not been looked at yet."""
    for _ in range(PATIENCE * 5):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=0.2)
            return


def test_the_childs_end_is_our_end(launch):
    process = launch("--", sys.executable, "-c", "raise SystemExit(3)")

    process.communicate(timeout=PATIENCE)

    assert process.returncode == 3


def test_a_command_that_does_not_exist_is_said(launch):
    process = launch("--", "no-such-command-at-all")

    _, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (127, "no-such-command-at-all: No such file or directory\n")


def test_without_a_command_only_the_stand_ins_run(launch):
    process = launch()
    line_with(process, "Ctrl-C")

    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (0, "")


def test_a_taken_port_is_one_line_that_names_the_setting(launch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = launch(SANDBOX_PORT=str(port))
        output, errors = process.communicate(timeout=PATIENCE)

    line = f"SANDBOX_PORT: port {port} is in use; stop what uses it, or set another one.\n"
    assert (process.returncode, output, errors) == (2, "", line)


def test_unknown_arguments_are_answered_with_the_usage(launch):
    process = launch("serve")

    output, _ = process.communicate(timeout=PATIENCE)

    assert (process.returncode, output.startswith("usage: python -m sandbox")) == (2, True)


@pytest.mark.parametrize("port", ["eighty", "-1", "70000"])
@pytest.mark.parametrize("name", ["SANDBOX_PORT", "PORT"])
def test_a_malformed_port_is_named(name, port):
    with pytest.raises(BadSetting, match=f"^{name}: "):
        Options.read({name: port}, [])


def test_the_environment_comes_before_the_file(tmp_path):
    (tmp_path / ".env").write_text('PORT=1\nDATA_DIR="data"\nEMPTY=\n')

    settings = read_settings({"PORT": "2"}, tmp_path / ".env")

    assert settings == {"PORT": "2", "DATA_DIR": "data"}

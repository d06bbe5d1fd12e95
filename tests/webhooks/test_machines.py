"""Who opened that: a person or a program?"""

import pytest

from webhooks.machines import looks_like_a_machine, network_of, traces


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "facebookexternalhit/1.1",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23",
        "TelegramBot (like TwitterBot)",
        "Microsoft Office Existence Discovery",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    ],
)
def test_programs_that_say_so_are_machines(agent: str) -> None:
    assert looks_like_a_machine({"User-Agent": agent})


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "python-httpx/0.28.1",
    ],
)
def test_people_and_what_acts_for_them_are_not(agent: str) -> None:
    assert not looks_like_a_machine({"User-Agent": agent})


@pytest.mark.parametrize("name", ["Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"])
def test_a_prefetch_is_no_person(name: str) -> None:
    assert looks_like_a_machine({"User-Agent": "Firefox", name: "prefetch;prerender"})


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.77", "198.51.0.0/16"),
        ("2001:db8:1:2::3", "2001:db8::/32"),
        ("not an address", None),
        ("", None),
    ],
)
def test_a_network_is_too_large_to_be_somebody(address: str, network: str | None) -> None:
    assert network_of(address) == network


def test_of_a_request_that_is_kept_which_tells_people_from_programs() -> None:
    headers = {"User-Agent": "Firé", "Sec-Fetch-Mode": "navigate", "Cookie": "a secret"}

    kept = traces("HEAD", headers, "203.0.113.9")

    assert kept == {
        "user_agent": "Fir?",
        "sec-fetch-mode": "navigate",
        "method": "HEAD",
        "network": "203.0.0.0/16",
    }

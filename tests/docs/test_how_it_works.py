"""docs/how-it-works.md names every reason and status, and no other."""

import re

from sequences.definition import FALLBACKS
from sequences.reasons import REASONS
from tests.docs.pages import code, read, rows, section

PAGE = read("docs/how-it-works.md")
GATE = read("sql/functions/sequences/policy_gate.sql")
LEDGER = read("sql/migrations/0004_deliveries.sql")


def first_cells(heading: str) -> list[str]:
    return [cells[0].strip("`") for cells in rows(section(PAGE, heading))]


def test_every_reason_is_there_in_its_words() -> None:
    table = {cells[0].strip("`"): cells[1] for cells in rows(section(PAGE, "All reasons"))}

    assert table == dict(REASONS)


def test_every_status_of_the_ledger_is_there() -> None:
    (allowed,) = re.findall(r"check \(delivery_status in \((.*?)\)\)", LEDGER, re.DOTALL)

    assert set(first_cells("The statuses of a delivery")) == set(re.findall(r"'(\w+)'", allowed))


def test_the_gate_asks_in_the_order_that_the_page_says() -> None:
    asked = re.findall(r"'(?:stop|hold|skip):(\w+)'", GATE)
    told = [each for cells in rows(section(PAGE, "The gate")) for each in code(cells[3])]

    assert list(dict.fromkeys(asked)) == told[: told.index("frequency_cap") + 1]


def test_the_gate_gives_no_reason_that_the_page_lacks() -> None:
    given = set(re.findall(r"'(?:stop|hold|skip|reroute):(\w+)'|then '(\w+)'", GATE))
    reasons = {each for pair in given for each in pair if each in REASONS}

    assert reasons <= set(code(section(PAGE, "The gate")))


def test_every_way_to_fall_back_is_there() -> None:
    told = {cell.split()[0] for cell in first_cells("When the next channel takes over")}

    assert told == set(FALLBACKS)

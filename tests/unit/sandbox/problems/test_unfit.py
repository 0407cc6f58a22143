"""What no box has is found in a published problem's reference and tests."""

import pytest

from sandbox.problems.published.unfit import hidden_libraries, unfit_reason

FOUND = {
    "import subprocess\ndef f(): subprocess.run(['ls'])": "another program, and a box has none (subprocess)",
    "from multiprocessing import Pool\ndef f(): Pool()": "processes that share memory (multiprocessing)",
    "from urllib.request import urlopen\ndef f(): urlopen('x')": "a network (urlopen)",
    "def f(url='http://example.org/x'): return url": "a network (an address)",
    "import os\ndef f(p): return os.stat(p).st_ctime": "times of files",
}
FINE = [
    'def f():\n    """See http://example.org, which uses subprocess."""',
    "import re\ndef f(x): return re.findall(r'https?://\\S+', x)",
    "from urllib.parse import urlparse\ndef f(x): return urlparse(x)",
]


@pytest.mark.parametrize("reference", FOUND)
def test_what_no_box_has_is_named(reference: str) -> None:
    assert FOUND[reference] in (unfit_reason(reference, "") or "")


@pytest.mark.parametrize("reference", FINE)
def test_what_is_only_mentioned_is_judged(reference: str) -> None:
    assert unfit_reason(reference, "import unittest") is None


def test_a_reference_that_lives_on_another_import_is_found() -> None:
    reference = "from datetime import datetime\ndef f(): return datetime.datetime(1, 1, 1)"
    assert unfit_reason(reference, "from datetime import datetime") is None
    assert "another datetime than its own (datetime.datetime)" in (unfit_reason(reference, "import datetime") or "")


def test_libraries_that_nobody_imports_are_found() -> None:
    assert hidden_libraries("def f(df): df.to_excel('x')", "") == {"openpyxl"}
    assert hidden_libraries("def f(df): df.to_csv('x')", "") == set()

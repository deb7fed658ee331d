import os

import pytest


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CYCLELIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")  # argparse folds its usage there

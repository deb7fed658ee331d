import subprocess
import sys
from pathlib import Path

ABSENT = ("firmware_sim", "matplotlib", "rich", "amqtt", "lgpio", "smbus2", "pytest", "hypothesis")

SCRIPT = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"{name} is not installed on a Pi", name=name)

sys.meta_path.insert(0, Absent())
import controller
names = [m.name for m in pkgutil.walk_packages(controller.__path__, "controller.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(*names)
"""


def test_the_controller_imports_with_nothing_but_its_own_dependencies() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, *ABSENT],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert {"controller.daemon", "controller.core.step", "controller.store.store"} <= {
        *done.stdout.split()
    }


def test_the_commands_that_need_no_pins_load_none() -> None:
    script = (
        "import sys; from controller.cli import main; main(['schema', 'path']); "
        "sys.exit(bool({'gpiozero', 'aiomqtt', 'sqlite3'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == 0

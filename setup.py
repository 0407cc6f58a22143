"""What pyproject.toml cannot say of a wheel: configs/ travel in it, and so does the commit that it was built from."""

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class BuildWithConfigs(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return  # the checkout has both
        room = Path(self.build_lib) / "pipeline" / "config"
        shutil.copytree(ROOT / "configs", room / "shipped", dirs_exist_ok=True)
        version = runpy.run_path(str(ROOT / "pipeline" / "config" / "version.py"))  # the package needs what is not here
        (room / version["COMMIT_FILE"].name).write_text(version["source_commit"]() + "\n")


setup(cmdclass={"build_py": BuildWithConfigs})

"""The settings of the dashboard lie at the top of the project; a wheel carries them beside the dashboard's own files."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSettings(build_py):
    """Streamlit reads the settings that lie beside the script it runs."""

    def run(self) -> None:
        """Build, then copy the settings."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "dashboard", ".streamlit")
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(".streamlit", "config.toml"), target)


setup(cmdclass={"build_py": BuildWithSettings})

"""Tunes the made home in the folder of the first argument; run by `accelerate launch`."""

import sys
from pathlib import Path

from tests.tuning.tuned_home import opened, tuned
from workspace.home import Home

if __name__ == "__main__":
    tuned(opened(Path(sys.argv[1]), Home.at()), name="shared", epochs=2, questions=1)

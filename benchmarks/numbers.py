"""How right, how honest and how fast numbers and pages are read, with RapidOCR beside it.

    python benchmarks/numbers.py [--real FOLDER] [--composed N] [--peer-limit N]
        [--peer-from benchmarks/results/numbers.json] [--no-speed]

The measuring is number_reading.py's. This file shares its name with a module of the standard
library, and Python looks for modules beside the script first: whoever imports `numbers` here gets
the standard library's.
"""

import runpy
import sysconfig
from pathlib import Path

if __name__ == "__main__":
    from number_reading import main

    main()
else:
    standard = Path(sysconfig.get_path("stdlib")) / "numbers.py"
    globals().update(runpy.run_path(str(standard), run_name=__name__))

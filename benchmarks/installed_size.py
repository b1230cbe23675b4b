"""Tell what an installed package and all that it requires take on disk.

    python benchmarks/installed_size.py digit-ocr [SITE_PACKAGES]
    python benchmarks/installed_size.py rapidocr PEER_SITE_PACKAGES

Counts the files that each distribution's RECORD names, of those that the package requires by itself
(no extras): pip and what else is in the folder (default: this environment's) is left out.
"""

from __future__ import annotations

import argparse
import sysconfig
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MEGABYTE = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package")
    parser.add_argument("folder", nargs="?", default=sysconfig.get_paths()["purelib"])
    options = parser.parse_args()
    installed = {
        canonicalize_name(found.metadata["Name"]): found
        for found in distributions(path=[options.folder])
    }
    name = canonicalize_name(options.package)
    if name not in installed:
        raise SystemExit(f"{options.package} is not installed in {options.folder}")
    sizes = {name: size_of(installed[name]) for name in needed(name, installed)}
    for name, (files, caches) in sorted(sizes.items(), key=lambda item: -sum(item[1])):
        print(f"{files / MEGABYTE:8.1f} MB and {caches / MEGABYTE:5.1f} of bytecode  {name}")
    files, caches = (sum(column) / MEGABYTE for column in zip(*sizes.values(), strict=True))
    print(f"{files:8.1f} MB and {caches:5.1f} of bytecode  in all: {files + caches:.0f} MB")


def needed(name: str, installed: dict[str, Distribution]) -> set[str]:
    """Return the names of a package and of all that it requires here, without extras."""
    found, waiting = set(), [name]
    while waiting:
        name = waiting.pop()
        if name in found or name not in installed:
            continue
        found.add(name)
        for text in installed[name].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def size_of(package: Distribution) -> tuple[int, int]:
    """Return the bytes of its files, and of the bytecode that Python keeps beside them."""
    files = caches = 0
    for file in package.files or ():
        path = Path(str(package.locate_file(file)))
        if path.is_file():
            if path.suffix == ".pyc":
                caches += path.stat().st_size
            else:
                files += path.stat().st_size
    return files, caches


if __name__ == "__main__":
    main()

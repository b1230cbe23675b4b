"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE...",
        help="Files, folders, globs, or - for standard input.",
        show_default=False,
    ),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", "-r", help="Look into the folders of folders too.")
]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

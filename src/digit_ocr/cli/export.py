"""`digit-ocr export`: a checkpoint as ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digit_ocr.cli.extras import needs_extra


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            metavar="CHECKPOINT",
            help="A .safetensors or .pth checkpoint, or the folder of a run.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.onnx", help="Where it goes.  [default: beside the checkpoint]"),
    ] = None,
) -> None:
    """Write a checkpoint as ONNX.

    One file, metadata inside; refused unless ONNX Runtime computes the same as torch.
    """
    with needs_extra("exporting", "train"):
        from digit_ocr.train.export import export as export_checkpoint
    if checkpoint.is_dir():
        checkpoint = checkpoint / "best.safetensors"
    out = out or checkpoint.with_suffix(".onnx")
    if out.suffix.lower() != ".onnx":
        raise typer.BadParameter(f"--out {out}: expected a name that ends in .onnx")
    metadata = export_checkpoint(checkpoint, out)
    print(f"{out}: {metadata.name}, {out.stat().st_size:,} bytes, same logits as torch")

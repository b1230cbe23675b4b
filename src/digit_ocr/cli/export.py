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
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="In eight bits, for speed; needs a run's folder, judged on its validation data.",
        ),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="mnist|DIR|CSV",
            help="What the run was trained on, for --int8.  [default: mnist]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write a checkpoint as ONNX.

    One file, metadata inside; refused unless ONNX Runtime computes the same as torch and, in eight
    bits, reads about as well.
    """
    with needs_extra("exporting", "train"):
        from digit_ocr.train.export import export as export_checkpoint
        from digit_ocr.train.export import export_int8
    if int8 and not checkpoint.is_dir():
        raise typer.BadParameter(f"--int8 {checkpoint}: expected the folder of a run")
    if data is not None and not int8:
        raise typer.BadParameter("--data is for --int8: nothing else looks at data")
    run = checkpoint
    if checkpoint.is_dir():
        checkpoint = checkpoint / "best.safetensors"
    out = out or checkpoint.with_suffix(".onnx")
    if out.suffix.lower() != ".onnx":
        raise typer.BadParameter(f"--out {out}: expected a name that ends in .onnx")
    if int8:
        metadata, before, after = export_int8(run, out, data or "mnist")
        size = f"{out.stat().st_size:,} bytes"
        print(f"{out}: {metadata.name}, {size}, {after:.4f} right in 8 bits, {before:.4f} in 32")
        return
    metadata = export_checkpoint(checkpoint, out)
    print(f"{out}: {metadata.name}, {out.stat().st_size:,} bytes, same logits as torch")

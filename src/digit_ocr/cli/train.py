"""`digit-ocr train`: a training run from a recipe."""

from __future__ import annotations

import logging
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digit_ocr.cli.extras import needs_extra
from digit_ocr.cli.progress import TrainingBar

if TYPE_CHECKING:
    from digit_ocr.train.fit import RunResult


class Device(StrEnum):
    """What computes."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def train(
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE",
            help="A recipe that ships, or a TOML file.  [default: fast; finetune with --init]",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures a step.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate; the peak of a schedule.")] = None,
    device: Annotated[Device, typer.Option(help="What computes.")] = Device.auto,
    devices: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of weights, order, variation, composed pictures.")
    ] = None,
    data: Annotated[
        str, typer.Option(metavar="mnist|DIR|CSV", help="MNIST, folders 0 … 9, or a CSV file.")
    ] = "mnist",
    init: Annotated[
        str | None,
        typer.Option(
            metavar="shipped|PATH", help="Start from the shipped weights or a checkpoint."
        ),
    ] = None,
    keep: Annotated[
        float | None,
        typer.Option(help="Share of the weights begun with, 0 to 1, in those that are kept."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder.  [default: runs/RECIPE]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the run in its folder.")
    ] = False,
    state_dict: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pth", help="Save the best weights as a plain state_dict too."),
    ] = None,
) -> None:
    """Train by a recipe.

    Keeps the checkpoint that is best on validation (where the recipe says so, the last one), and
    tests it once at the end.
    """
    _quieten_libraries()
    with needs_extra("training", "train"):
        from digit_ocr.train.fit import fit
        from digit_ocr.train.recipe import load_recipe
    # It reports each process that joins, and sets its own level when it is imported.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    _require(device, devices)
    chosen = load_recipe(recipe or ("finetune" if init else "fast")).override(
        epochs=epochs, batch_size=batch_size, learning_rate=lr, seed=seed, keep=keep
    )
    with TrainingBar() as progress:
        result = fit(
            chosen,
            data=data,
            device=device.value,
            devices=devices,
            init=init,
            out=out,
            resume=resume,
            state_dict_path=state_dict,
            progress=progress,
        )
    if result.rank == 0:
        _print_result(result, state_dict)


def _quieten_libraries() -> None:
    """Keep off standard error what nobody who trains can act on."""
    # Loaded where torchmetrics is there; on a new machine it says that it looks for fonts.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    # torch's C++ warns of a host name that does not resolve, as in many containers.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")


def _require(device: Device, devices: int) -> None:
    import torch

    there = torch.cuda.device_count()
    is_cuda = device is Device.cuda or (device is Device.auto and there > 0)
    if is_cuda and 0 < there < devices:
        raise typer.BadParameter(f"--devices {devices}: torch sees {there} on this machine")
    missing = (device is Device.cuda and not torch.cuda.is_available()) or (
        device is Device.mps and not torch.backends.mps.is_available()
    )
    if missing:
        raise typer.BadParameter(f"--device {device}: torch sees none on this machine")


def _print_result(result: RunResult, state_dict: Path | None) -> None:
    print(f"Best checkpoint: {result.best} (epoch {result.best_epoch})")
    if state_dict is not None:
        print(f"State dict: {state_dict}")
    for name, value in result.test.items():
        if name != "accuracy":
            print(f"Test {name.replace('_', ' ')}: {value:.4f}")
    if "accuracy" in result.test:
        print(f"Test accuracy: {result.test['accuracy']:.2%}")

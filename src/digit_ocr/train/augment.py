"""Batched augmentation of digit images on the device they live on."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from digit_ocr.train.recipe import Augment


def augment(images: torch.Tensor, settings: Augment, generator: torch.Generator) -> torch.Tensor:
    """Return the images, each changed in its own random way.

    images: (batch, 1, height, width) float32, ink 1.0 on paper 0.0; so is the result.
    """
    images = _move(images, settings, generator)
    if settings.stroke_width:
        images = _change_strokes(images, settings.stroke_width, generator)
    if settings.blur:
        blurred = F.avg_pool2d(images, 3, stride=1, padding=1)
        images = _mix(images, blurred, settings.blur, generator)
    if settings.contrast:
        gain = 1 + settings.contrast * _uniform((len(images), 1, 1, 1), images, generator)
        images = (images * gain).clamp(0, 1)
    if settings.noise:
        size = settings.noise * _chance((len(images), 1, 1, 1), images, generator)
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        images = (images + size * noise).clamp(0, 1)
    if settings.erase:
        images = _erase(images, settings.erase, generator)
    return images


def _chance(shape: tuple[int, ...], like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return torch.rand(shape, generator=generator, device=like.device)


def _uniform(
    shape: tuple[int, ...], like: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    return _chance(shape, like, generator) * 2 - 1


def _mix(
    images: torch.Tensor, changed: torch.Tensor, share: float, generator: torch.Generator
) -> torch.Tensor:
    picked = _chance((len(images), 1, 1, 1), images, generator) < share
    return torch.where(picked, changed, images)


def _move(images: torch.Tensor, settings: Augment, generator: torch.Generator) -> torch.Tensor:
    """Rotate, shear, scale, shift and bend in one resampling, so that strokes blur only once."""
    if not any(
        (
            settings.rotation_degrees,
            settings.shear_degrees,
            settings.scale,
            settings.shift_pixels,
            settings.elastic_pixels,
        )
    ):
        return images
    count, _, height, width = images.shape
    draw = _uniform((count, 6), images, generator)
    angle = draw[:, 0] * math.radians(settings.rotation_degrees)
    shear = (draw[:, 1] * math.radians(settings.shear_degrees)).tan()
    across = 1 / (1 + draw[:, 2] * settings.scale)
    down = 1 / (1 + draw[:, 3] * settings.scale)
    cosine, sine = angle.cos(), angle.sin()
    affine = torch.stack(
        [
            torch.stack([cosine * across, (shear * cosine - sine) * down], 1),
            torch.stack([sine * across, (shear * sine + cosine) * down], 1),
        ],
        1,
    )
    shift = (
        draw[:, 4:]
        * settings.shift_pixels
        * 2
        / torch.tensor([width, height], device=images.device)
    )
    grid = F.affine_grid(torch.cat([affine, shift[:, :, None]], 2), list(images.shape), False)
    if settings.elastic_pixels:
        coarse = torch.randn((count, 2, 5, 5), generator=generator, device=images.device)
        bend = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
        grid = grid + bend.permute(0, 2, 3, 1) * (settings.elastic_pixels * 2 / width)
    return F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False)


def _change_strokes(images: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """Thicken or thin the strokes of a share of the images by up to a pixel on each side."""
    thicker = F.max_pool2d(images, 3, stride=1, padding=1)
    thinner = -F.max_pool2d(-images, 3, stride=1, padding=1)
    amount = _uniform((len(images), 1, 1, 1), images, generator)
    # Thinning by a whole pixel would erase hairlines: half of it at most.
    changed = torch.where(
        amount > 0, images + amount * (thicker - images), images - 0.5 * amount * (thinner - images)
    )
    return _mix(images, changed, share, generator)


def _erase(images: torch.Tensor, share: float, generator: torch.Generator) -> torch.Tensor:
    """Erase one patch of up to a quarter of the side from a share of the images."""
    count, _, height, width = images.shape
    draw = _chance((count, 4), images, generator)
    rows = torch.arange(height, device=images.device)[None, :]
    columns = torch.arange(width, device=images.device)[None, :]
    inside_rows = (rows - draw[:, :1] * height).abs() < draw[:, 2:3] * height / 8
    inside_columns = (columns - draw[:, 1:2] * width).abs() < draw[:, 3:] * width / 8
    patch = (inside_rows[:, :, None] & inside_columns[:, None, :])[:, None]
    return _mix(images, images.masked_fill(patch, 0.0), share, generator)

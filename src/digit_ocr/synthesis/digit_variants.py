"""Which ways of writing each digit there are, and how common they are."""

from __future__ import annotations

VARIANTS: tuple[dict[str, float], ...] = (
    {
        "closed": 5, "open": 2, "overlapping": 2, "clockwise": 1, "hooked": 1.5, "slashed": 0.8,
        "dotted": 0.3,
    },
    {
        "plain": 2.5, "flag": 1.5, "upstroke": 3.2, "upstroke round": 0.9, "upstroke foot": 1.2,
        "flag foot": 1.3, "foot": 0.4, "hooked": 0.3, "tick": 1.0, "tick round": 0.6,
        "tick foot": 0.4,
    },
    {"flat": 3.5, "loop": 2.5, "wave": 2, "z": 1.5, "ring": 1.1},
    {"round": 3.5, "smooth": 2, "flat": 1.8, "zigzag": 0.8, "looped": 1.5},
    {"open": 3.5, "closed": 2.5, "sail": 1, "cup": 2, "hanging": 1.5, "bolt": 1,
     "looped": 1.2, "narrow cup": 0.8, "narrow hanging": 0.8},
    {"joined": 3, "detached": 3, "soft": 2, "s": 1.2, "barless": 0.4},
    {"closed": 4, "straight": 2, "open": 1.5, "curled": 1.5, "spiral": 1},
    {
        "plain": 3, "curved": 1.5, "serif": 1.5, "serif curved": 1, "wave": 0.6, "crossed": 2.5,
        "crossed curved": 0.7, "serif crossed": 1, "wave crossed": 1.6, "wave sharp crossed": 2.0,
        "hooked": 0.9, "hooked round": 0.6, "hooked crossed": 0.4, "narrow hooked": 0.9,
        "narrow hooked round": 0.9, "wave sharp deep crossed low": 1.4,
    },
    {"closed": 4, "circles": 2, "open": 1.5, "slant": 1.2, "ribbon": 0.6},
    {
        "straight": 3, "single": 1.5, "curved": 2.5, "hooked": 2, "open": 1.5, "belly": 3.2,
        "looped": 1.0, "spiral": 0.3,
    },
)  # fmt: skip
"""For each digit, its variants and how often a writer has each as a habit."""

"""From what a network says at each time step to labels, how sure they are, and where they are.

Connectionist temporal classification, Graves et al. 2006: a path gives every time step a label (a
digit, say) or the blank; repeated labels are merged, then blanks dropped. All paths that leave the
same labels count for them. Plain probabilities with scaling, not logarithms: strips are short.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
"""(time, labels + 1): rows sum to 1, the last column is the blank."""

BEAM_WIDTH = 8
SURE = 0.95
"""Confidence of the best path's labels from which no others are looked for: they'd lose."""
HOPELESS = 0.1
"""Confidence up to which none are looked for either: what is read there is no number."""
_LEAST = 1e-12
_SURELY_BLANK = 1 - 1e-5
_UNLIKELY = 1e-3
"""Probability of a label at one time step below which the search passes it by."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Labels read from one strip.

    spans: first and last time step of each label; label_confidences, confidence: 0..1
    """

    labels: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    label_confidences: tuple[float, ...]
    confidence: float


def to_probabilities(logits: NDArray[np.floating], temperature: float = 1.0) -> Probabilities:
    """Return the softmax of logits (time, labels + 1) divided by the temperature."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    np.exp(scaled, out=scaled)
    result: Probabilities = scaled / scaled.sum(axis=1, keepdims=True)
    return result


def decode(
    probabilities: Probabilities, length: int | None = None, empty_weight: float = 1.0
) -> Decoded:
    """Return the labels that are read; exactly `length` of them where it is given.

    `empty_weight`: how many times as often as in training a strip holds none, where that is
    known; it changes how likely "none" is beside all else (Saerens et al. 2002, "Adjusting the
    Outputs of a Classifier to New a Priori Probabilities").

    Raises: ValueError: no path of this many time steps leaves `length` labels.
    """
    blank = probabilities.shape[1] - 1
    if length is not None:
        labels, spans = collapse(exact_length_path(probabilities, length), blank)
    else:
        labels, spans = collapse(probabilities.argmax(axis=1), blank)
    all_else = 1 - (1 - empty_weight) * float(probabilities[:, blank].prod())

    def weighted(labels: tuple[int, ...], likely: float) -> float:
        return likely * (1.0 if labels else empty_weight) / all_else

    confidence = weighted(labels, likelihood(probabilities, labels))
    if length is None and HOPELESS < confidence < SURE:
        found = beam_search(probabilities)
        better, better_likelihood = max(found, key=lambda prefix: weighted(*prefix))
        if better != labels and weighted(better, better_likelihood) > confidence:
            labels, confidence = better, weighted(better, likelihood(probabilities, better))
            spans = align(probabilities, labels)
    confidences = label_confidences(probabilities, labels, spans)
    return Decoded(
        labels, spans, tuple(min(c / all_else, 1.0) for c in confidences), min(confidence, 1.0)
    )


def merged_into_blank(probabilities: Probabilities, label: int) -> Probabilities:
    """Return the probabilities (time, labels) without a label: where it is, there is nothing."""
    merged = np.delete(probabilities, label, axis=1)
    merged[:, -1] += probabilities[:, label]
    return merged


def collapse(
    path: NDArray[np.integer], blank: int
) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    """Return the labels that a path (time,) leaves, and the first and last step of each."""
    starts = np.flatnonzero(np.diff(path, prepend=-1) != 0)
    ends = np.append(starts[1:], len(path)) - 1
    kept = path[starts] != blank
    labels = tuple(int(label) for label in path[starts[kept]])
    return labels, tuple(zip(starts[kept].tolist(), ends[kept].tolist(), strict=True))


def likelihood(probabilities: Probabilities, labels: tuple[int, ...]) -> float:
    """Return the probability of exactly these labels: the sum over all their paths."""
    blank = probabilities.shape[1] - 1
    states = _with_blanks(labels, blank)
    # After one blank that is sure the next one changes nothing.
    is_sure = probabilities[:, blank] > _SURELY_BLANK
    is_told = np.append(True, ~(is_sure[1:] & is_sure[:-1]))
    emitted = probabilities[is_told][:, states]
    may_skip = _may_skip(states, blank)
    forward = np.zeros(len(states) + 2)
    forward[2] = emitted[0, 0]
    if len(states) > 1:
        forward[3] = emitted[0, 1]
    logarithm = 0.0
    for step in emitted[1:]:
        forward[2:] = (forward[2:] + forward[1:-1] + forward[:-2] * may_skip) * step
        total = forward.sum()
        if total < _LEAST:
            if total == 0:
                return 0.0
            forward /= total
            logarithm += np.log(total)
    ends = forward[-1] + (forward[-2] if len(states) > 1 else 0.0)
    return float(ends * np.exp(logarithm))


def align(probabilities: Probabilities, labels: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the first and last time step of each label along the best path for these labels."""
    if not labels:
        return ()
    blank = probabilities.shape[1] - 1
    states = _with_blanks(labels, blank)
    emitted = np.log(np.maximum(probabilities[:, states], _LEAST))
    skip_cost = np.where(_may_skip(states, blank), 0.0, -np.inf)
    best = np.full(len(states) + 2, -np.inf)
    best[2:4] = emitted[0, :2]
    moves = np.zeros(emitted.shape, np.int64)
    for t in range(1, len(emitted)):
        options = np.stack([best[2:], best[1:-1], best[:-2] + skip_cost])
        moves[t] = options.argmax(axis=0)
        best[2:] = options.max(axis=0) + emitted[t]
    state = len(states) - 1 - int(best[-2] > best[-1])
    path = np.zeros(len(emitted), np.int64)
    for t in range(len(emitted) - 1, -1, -1):
        path[t] = state
        state -= int(moves[t, state])
    steps = [np.flatnonzero(path == 2 * place + 1) for place in range(len(labels))]
    return tuple((int(found[0]), int(found[-1])) for found in steps)


def beam_search(
    probabilities: Probabilities, width: int = BEAM_WIDTH
) -> list[tuple[tuple[int, ...], float]]:
    """Return the most probable labels with about their probabilities, best first.

    Prefix search (Graves et al. 2006, section 3.2) over the `width` best prefixes; a prefix's
    probability is kept apart for paths that end in a blank and in its last label. What a time
    step hardly says is left out, so that the probabilities are a little low.
    """
    blank = probabilities.shape[1] - 1
    beam: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    for step in probabilities.tolist():
        if step[blank] > 1 - _UNLIKELY:
            beam = {prefix: (sum(ends), 0.0) for prefix, ends in beam.items()}
            continue
        likely = [(label, p) for label, p in enumerate(step[:blank]) if p > _UNLIKELY]
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (ends_blank, ends_label) in beam.items():
            both = ends_blank + ends_label
            last = prefix[-1] if prefix else blank
            with_blank, with_label = grown.get(prefix, (0.0, 0.0))
            again = ends_label * step[last]
            grown[prefix] = with_blank + both * step[blank], with_label + again
            for label, p in likely:
                # The same label again needs a blank in between.
                before = ends_blank if label == last else both
                longer = (*prefix, label)
                with_blank, with_label = grown.get(longer, (0.0, 0.0))
                grown[longer] = with_blank, with_label + before * p
        ranked = nlargest(width, grown, key=lambda prefix: sum(grown[prefix]))
        beam = {prefix: grown[prefix] for prefix in ranked}
    return sorted(((prefix, sum(ends)) for prefix, ends in beam.items()), key=lambda x: -x[1])


def exact_length_path(probabilities: Probabilities, length: int) -> NDArray[np.int64]:
    """Return the best path (time,) that leaves exactly `length` labels (Viterbi 1967).

    Raises: ValueError: there are fewer time steps than labels.
    """
    steps, labels = probabilities.shape
    blank = labels - 1
    if length > steps:
        raise ValueError(f"{length} digits do not fit into {steps} time steps")
    if length < 0:
        raise ValueError(f"a number cannot have {length} digits")
    logs = np.log(np.maximum(probabilities, 1e-300))
    # best[k, label]: the best path so far that left k labels and ends in this label or the blank.
    best = np.full((length + 1, labels), -np.inf)
    best[0, blank] = logs[0, blank]
    if length:
        best[1, :blank] = logs[0, :blank]
    came_from = np.zeros((steps, length + 1, labels), np.int64)
    rows = np.arange(length + 1)
    for t in range(1, steps):
        first = best.argmax(axis=1)
        others = best.copy()
        others[rows, first] = -np.inf
        second = others.argmax(axis=1)
        # A blank follows anything of as many labels.
        grown = np.full_like(best, -np.inf)
        grown[:, blank] = best[rows, first]
        came_from[t, :, blank] = rows * labels + first
        # A label goes on, or begins after anything else that left one fewer.
        grown[:, :blank] = best[:, :blank]
        came_from[t, :, :blank] = rows[:, None] * labels + np.arange(blank)
        source = np.where(first[:-1, None] == np.arange(blank), second[:-1, None], first[:-1, None])
        begun = best[rows[:-1, None], source]
        better = begun > grown[1:, :blank]
        grown[1:, :blank] = np.where(better, begun, grown[1:, :blank])
        came_from[t, 1:, :blank] = np.where(
            better, rows[:-1, None] * labels + source, came_from[t, 1:, :blank]
        )
        best = grown + logs[t]
    if not np.isfinite(best[length].max()):
        raise ValueError(f"{length} digits do not fit into {steps} time steps")
    path = np.zeros(steps, np.int64)
    state = length * labels + int(best[length].argmax())
    for t in range(steps - 1, -1, -1):
        path[t] = state % labels
        state = int(came_from[t].ravel()[state])
    return path


def label_confidences(
    probabilities: Probabilities, labels: tuple[int, ...], spans: tuple[tuple[int, int], ...]
) -> tuple[float, ...]:
    """Return how sure each label is, 0..1.

    Over the time steps nearer to it than to its neighbours: the chance that there is a label at
    all, times this one's share of what each could have been there.
    """
    if not labels:
        return ()
    blank = probabilities.shape[1] - 1
    middles = np.array([(first + last) / 2 for first, last in spans])
    edges = np.concatenate([[-0.5], (middles[:-1] + middles[1:]) / 2, [len(probabilities)]])
    confidences = []
    for place, label in enumerate(labels):
        start, end = int(np.ceil(edges[place])), int(np.ceil(edges[place + 1]))
        # A label's own steps are its own, however close the next one is.
        start, end = min(start, spans[place][0]), max(end, spans[place][1] + 1)
        near = probabilities[max(0, start) : end]
        anywhere = 1 - np.prod(1 - near[:, :blank], axis=0)
        share = anywhere[label] / max(float(anywhere.sum()), _LEAST)
        confidences.append(float(share * (1 - np.prod(near[:, blank]))))
    return tuple(confidences)


def _with_blanks(labels: tuple[int, ...], blank: int) -> NDArray[np.int64]:
    """Return the labels of a path's states: the labels with a blank before, between and after."""
    states = np.full(2 * len(labels) + 1, blank, np.int64)
    states[1::2] = labels
    return states


def _may_skip(states: NDArray[np.int64], blank: int) -> NDArray[np.bool_]:
    """Return which states may follow the state before last: labels that differ from it."""
    may = np.zeros(len(states), bool)
    may[2:] = (states[2:] != blank) & (states[2:] != states[:-2])
    return may

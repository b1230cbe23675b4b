"""From what a network says at each time step to labels, how sure they are, and where they are.

Connectionist temporal classification, Graves et al. 2006: a path gives every time step a label (a
digit, say) or the blank; repeated labels are merged, then blanks dropped. All paths that leave the
same labels count for them. Plain probabilities with scaling, not logarithms: strips are short.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
"""(time, labels + 1): rows sum to 1, the last column is the blank."""

BEAM_WIDTH = 8
SURE = 0.95
"""Confidence of the best path's labels from which no others are looked for: they'd lose."""
VERY_SURE = 0.998
"""From which they are not looked for even where an opinion differs."""
HOPELESS = 0.1
"""Confidence up to which none are looked for either: what is read there is no number."""
_LEAST = 1e-12
_SURELY_BLANK = 1 - 1e-5
_UNLIKELY = 1e-3
"""Probability of a label at one time step below which the search passes it by."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Labels read from one strip.

    spans: first and last time step of each label
    chances: for each label read, the chance of every label there is, in that place: 0..1, together
        the chance that there is one at all
    confidence: 0..1, that these are all labels
    """

    labels: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    chances: tuple[tuple[float, ...], ...]
    confidence: float

    @property
    def label_confidences(self) -> tuple[float, ...]:
        """How sure each label is, 0..1."""
        return tuple(row[label] for row, label in zip(self.chances, self.labels, strict=True))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Labels that a strip may say, about at which time steps, and the probability of just these."""

    labels: tuple[int, ...]
    steps: tuple[float, ...]
    likelihood: float


class Opinion(Protocol):
    """What something else says of labels at time steps."""

    def agrees(self, candidate: Candidate) -> bool: ...

    def weight(self, candidate: Candidate) -> float: ...


def decode(
    probabilities: Probabilities,
    length: int | None = None,
    empty_weight: float = 1.0,
    opinion: Opinion | None = None,
) -> Decoded:
    """Return the labels that are read; exactly `length` of them where it is given.

    `empty_weight`: how many times as often as in training a strip holds none, where that is
    known; it changes how likely "none" is beside all else (Saerens et al. 2002, "Adjusting the
    Outputs of a Classifier to New a Priori Probabilities"). `opinion` has a say in which labels
    are read, not in how sure they are.

    Raises: ValueError: no path of this many time steps leaves `length` labels.
    """
    blank = probabilities.shape[1] - 1
    if length is not None:
        labels, spans = collapse(exact_length_path(probabilities, length), blank)
    else:
        labels, spans = collapse(probabilities.argmax(axis=1), blank)
    all_else = 1 - (1 - empty_weight) * float(probabilities[:, blank].prod())

    def weighted(candidate: Candidate) -> float:
        return candidate.likelihood * (1.0 if candidate.labels else empty_weight) / all_else

    def supported(candidate: Candidate) -> float:
        return weighted(candidate) * (opinion.weight(candidate) if opinion else 1.0)

    best = Candidate(
        labels, tuple((a + b) / 2 for a, b in spans), likelihood(probabilities, labels)
    )
    confidence = weighted(best)
    is_open = confidence < SURE or (
        opinion is not None and confidence < VERY_SURE and not opinion.agrees(best)
    )
    # No number may be what the path says and yet unlikely, by its weight.
    if is_open and max(confidence, best.likelihood) > HOPELESS:
        others = [found for found in beam_search(probabilities) if found.labels != labels]
        best = max(
            [best, *(found for found in others if length in (None, len(found.labels)))],
            key=supported,
        )
    if best.labels != labels:
        labels = best.labels
        confidence = weighted(replace(best, likelihood=likelihood(probabilities, labels)))
        spans = align(probabilities, labels)
    chances = label_chances(probabilities, labels, spans, all_else)
    return Decoded(labels, spans, chances, min(confidence, 1.0))


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


def beam_search(probabilities: Probabilities, width: int = BEAM_WIDTH) -> list[Candidate]:
    """Return the most probable labels with about their probabilities, best first.

    Prefix search (Graves et al. 2006, section 3.2) over the `width` best prefixes; a prefix's
    probability is kept apart for paths that end in a blank and in its last label, beside the time
    step at which most of each label came. What a time step hardly says is left out, so that the
    probabilities are a little low.
    """
    blank = probabilities.shape[1] - 1
    beam: _Beam = {(): (1.0, 0.0, ())}
    for time, step in enumerate(probabilities.tolist()):
        if step[blank] > 1 - _UNLIKELY:
            beam = {prefix: (a + b, 0.0, steps) for prefix, (a, b, steps) in beam.items()}
            continue
        likely = [(label, p) for label, p in enumerate(step[:blank]) if p > _UNLIKELY]
        grown: _Beam = {}
        for prefix, (ends_blank, ends_label, steps) in beam.items():
            both = ends_blank + ends_label
            last = prefix[-1] if prefix else blank
            _add(grown, prefix, both * step[blank], ends_label * step[last], steps)
            for label, p in likely:
                # The same label again needs a blank in between.
                before = ends_blank if label == last else both
                _add(grown, (*prefix, label), 0.0, before * p, (*steps, time))
        ranked = sorted(grown.items(), key=_probability, reverse=True)
        beam = dict(ranked[:width])
    found = [Candidate(prefix, steps, a + b) for prefix, (a, b, steps) in beam.items()]
    return sorted(found, key=lambda candidate: -candidate.likelihood)


_Beam = dict[tuple[int, ...], tuple[float, float, tuple[int, ...]]]
"""Of each prefix the probability of its paths that end in a blank and in its last label; steps."""


def _probability(item: tuple[tuple[int, ...], tuple[float, float, tuple[int, ...]]]) -> float:
    ends_blank, ends_label, _ = item[1]
    return ends_blank + ends_label


def _add(
    beam: _Beam, prefix: tuple[int, ...], blank: float, label: float, steps: tuple[int, ...]
) -> None:
    """Add probability to a prefix; its steps are those of the larger part."""
    old_blank, old_label, old_steps = beam.get(prefix, (0.0, 0.0, steps))
    if blank + label < old_blank + old_label:
        steps = old_steps
    beam[prefix] = old_blank + blank, old_label + label, steps


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


def label_chances(
    probabilities: Probabilities,
    labels: tuple[int, ...],
    spans: tuple[tuple[int, int], ...],
    any_at_all: float = 1.0,
) -> tuple[tuple[float, ...], ...]:
    """Return the chance of every label in each label's place.

    Over the time steps nearer to it than to its neighbours: the chance that there is a label at
    all, shared out as each could have been there. `any_at_all`: the chance of that for the whole
    strip, where it is known that there is something.
    """
    if not labels:
        return ()
    blank = probabilities.shape[1] - 1
    middles = np.array([(first + last) / 2 for first, last in spans])
    edges = np.concatenate([[-0.5], (middles[:-1] + middles[1:]) / 2, [len(probabilities)]])
    chances = []
    for place, span in enumerate(spans):
        start, end = int(np.ceil(edges[place])), int(np.ceil(edges[place + 1]))
        # A label's own steps are its own, however close the next one is.
        start, end = min(start, span[0]), max(end, span[1] + 1)
        near = probabilities[max(0, start) : end]
        anywhere = 1 - np.prod(1 - near[:, :blank], axis=0)
        is_one = min((1 - float(np.prod(near[:, blank]))) / any_at_all, 1.0)
        chances.append(tuple((anywhere * (is_one / max(float(anywhere.sum()), _LEAST))).tolist()))
    return tuple(chances)


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

"""Batches of pairs with little padding: sorted by length, so that neighbours are about as long.

Padding stands behind a pair's tokens. Under causal attention no token sees what stands behind it,
so these batches need no mask, only each pair's last position.
"""

import torch


def sorted_batches(pairs, size):
    """Yields (indices of pairs, ids [B, T], last [B]) over all pairs, longest first."""
    order = sorted(range(len(pairs)), key=lambda i: -len(pairs[i]))
    for first in range(0, len(order), size):
        indices = order[first : first + size]
        yield indices, *padded([pairs[i] for i in indices])


def padded(pairs):
    """The ids [B, T] of the pairs, T the longest's length, and each one's last position [B]."""
    rows = [torch.tensor(ids) for ids in pairs]
    last = torch.tensor([len(ids) - 1 for ids in pairs])
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), last


def score_sorted(forward, pairs, size):
    """Scores of pairs in their own order; forward takes (ids [B, T], last [B]) to B numbers."""
    scores = [0.0] * len(pairs)
    for indices, ids, last in sorted_batches(pairs, size):
        for index, score in zip(indices, forward(ids, last)):
            scores[index] = float(score)
    return scores

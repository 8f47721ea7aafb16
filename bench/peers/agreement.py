"""How far an engine's scores and orders are from the reference's."""

from itertools import combinations


def kendall_tau(ours, theirs):
    """Kendall's tau of two score lists: the share of pairs in the same order less the others'."""
    pairs = list(combinations(range(len(ours)), 2))
    signs = [sign(ours[i] - ours[j]) * sign(theirs[i] - theirs[j]) for i, j in pairs]
    return sum(signs) / len(pairs)


def sign(number):
    return (number > 0) - (number < 0)


def agreement(scores, reference, lengths):
    """Largest difference of a score, and tau over lists of these lengths, mean and least."""
    taus, first = [], 0
    for length in lengths:
        one = slice(first, first + length)
        taus.append(kendall_tau(scores[one], reference[one]))
        first += length
    return {
        "largest_difference": max(abs(a - b) for a, b in zip(scores, reference)),
        "tau_mean": sum(taus) / len(taus),
        "tau_least": min(taus),
    }

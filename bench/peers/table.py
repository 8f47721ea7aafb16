"""The comparison as a Markdown table."""

COLUMNS = [
    "engine",
    "tokens/s",
    "documents/s",
    "decode tokens/s",
    "dear alike / it",
    "dear auto / it",
    "decode, dear alike / it",
    "largest difference",
    "tau, mean (least)",
]


def line(cells):
    return "| " + " | ".join(cells) + " |"


def shown(number, form):
    return "–" if number is None else format(number, form)


def engine_row(one):
    """The cells of one engine; a missing one says why."""
    name = f"{one['engine']} {one['precision']}"
    if "missing" in one:
        return [name, "missing: " + one["missing"]] + [""] * (len(COLUMNS) - 2)
    agrees = one["agreement"]
    return [
        name,
        shown(one["tokens_per_second"], ".0f"),
        shown(one["documents_per_second"], ".2f"),
        shown(one["decode_tokens_per_second"], ".1f"),
        shown(one["ratio_alike"], ".2f"),
        shown(one["ratio_auto"], ".2f"),
        shown(one["decode_ratio_alike"], ".2f"),
        shown(agrees and agrees["largest_difference"], ".1e"),
        f"{agrees['tau_mean']:.3f} ({agrees['tau_least']:.3f})" if agrees else "–",
    ]


def caption(results):
    """What was measured, where, with what."""
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    return (
        f"{results['processor']}, {results['threads']} threads; {results['documents']} pairs of "
        f"{results['tokens']} tokens, best of {results['rounds']} rounds; {versions}."
    )


def markdown(results):
    """The whole of it: what was measured, the engines, the tokenizers."""
    speed = results["tokenizer_megabytes_per_second"]
    ratio = speed["dear"] / speed["tokenizers"]
    rows = [COLUMNS, ["---"] * len(COLUMNS)] + [engine_row(one) for one in results["engines"]]
    return "\n".join(
        [caption(results), ""]
        + [line(row) for row in rows]
        + [
            "",
            f"Tokenizers, one thread: dear {speed['dear']:.1f} MB/s, tokenizers "
            f"{speed['tokenizers']:.1f} MB/s, ratio {ratio:.1f}.",
        ]
    )

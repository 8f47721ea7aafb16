"""transformers as DeAR's own code runs it: batches of 64, every pair padded to 228 tokens."""

import torch
import transformers

from measure import arguments, measure

PRECISIONS = {"f32": torch.float32, "bf16": torch.bfloat16}
BATCH = 64
LENGTH = 228


def pad(pairs, pad_id):
    """ids and mask [B, LENGTH] of the pairs, padding behind."""
    ids = torch.full((len(pairs), LENGTH), pad_id)
    mask = torch.zeros_like(ids)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair)] = torch.tensor(pair)
        mask[row, : len(pair)] = 1
    return ids, mask


@torch.inference_mode()
def score_batch(model, pairs):
    ids, mask = pad(pairs, model.config.pad_token_id)
    return model(input_ids=ids, attention_mask=mask, use_cache=False).logits[:, 0].tolist()


def main():
    options = arguments(__doc__, PRECISIONS)
    torch.set_num_threads(options.threads)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        options.peers + "/model", dtype=PRECISIONS[options.precision]
    ).eval()

    def score(pairs):
        batches = (pairs[first : first + BATCH] for first in range(0, len(pairs), BATCH))
        return [score for batch in batches for score in score_batch(model, batch)]

    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    measure(score, options, versions, {"batch": BATCH, "padded to": LENGTH})


main()

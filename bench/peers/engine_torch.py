"""Plain torch operations without transformers around them, batches sorted by length."""

import torch

from batches import score_sorted
from llama import read_llama
from measure import arguments, measure

BATCH = 8


def quantized(model):
    """int8 weights, activations quantized as they come."""
    return torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)


PRECISIONS = {"f32": torch.nn.Module.float, "bf16": torch.nn.Module.bfloat16, "int8": quantized}


def main():
    options = arguments(__doc__, PRECISIONS)
    torch.set_num_threads(options.threads)
    model = PRECISIONS[options.precision](read_llama(options.peers + "/model"))

    @torch.inference_mode()
    def score(pairs):
        return score_sorted(model, pairs, BATCH)

    measure(score, options, {"torch": torch.__version__}, {"batch": BATCH})


main()

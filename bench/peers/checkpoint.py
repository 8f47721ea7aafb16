"""Writes the one model that every engine of the comparison runs, as a Hugging Face folder.

    checkpoint.py GGUF FOLDER

The GGUF file's weights, widened to float32, under a score head of one label whose weights are
pseudo-random and fixed: the engines are compared in speed and in agreement, not in ranking well.
"""

import os
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForSequenceClassification


def as_classifier(language_model):
    """A LlamaForSequenceClassification of the language model's layers and a fixed score head."""
    config = language_model.config
    config.num_labels = 1
    del config.quantization_config  # the weights are widened
    model = LlamaForSequenceClassification(config)
    model.model.load_state_dict(language_model.model.state_dict())
    weights = torch.randn(1, config.hidden_size, generator=torch.Generator().manual_seed(0))
    model.score.weight.data = weights / config.hidden_size**0.5
    return model


def main():
    gguf, target = sys.argv[1:]
    folder, file = os.path.split(os.path.abspath(gguf))
    language_model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32
    )
    as_classifier(language_model).save_pretrained(target)
    AutoTokenizer.from_pretrained(folder, gguf_file=file).save_pretrained(target)


if __name__ == "__main__":
    main()

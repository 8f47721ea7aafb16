"""Writes the one model that every engine of the comparison runs, as a Hugging Face folder.

    checkpoint.py GGUF TOKENIZER FOLDER HEAD

The GGUF file's weights, widened to float32, under a score head of one label whose weights are
pseudo-random and fixed: the engines are compared in speed and in agreement, not in ranking well.
The tokenizer is the model's own: the one that transformers makes of a GGUF file does not split digits.
HEAD becomes a PEFT adapter that holds the score head alone, for dear, which reads the GGUF itself.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file
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


def write_head(model, target):
    """The score head as a PEFT adapter that changes nothing else."""
    os.makedirs(target, exist_ok=True)
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS",
        "r": 1,
        "lora_alpha": 1,
        "target_modules": [],
        "modules_to_save": ["score"],
    }
    with open(os.path.join(target, "adapter_config.json"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    head = {"base_model.model.score.weight": model.score.weight.data.contiguous()}
    save_file(head, os.path.join(target, "adapter_model.safetensors"))


def main():
    gguf, tokenizer, target, head = sys.argv[1:]
    folder, file = os.path.split(os.path.abspath(gguf))
    language_model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=file, dtype=torch.float32
    )
    model = as_classifier(language_model)
    model.save_pretrained(target)
    write_head(model, head)
    AutoTokenizer.from_pretrained(tokenizer).save_pretrained(target)


if __name__ == "__main__":
    main()

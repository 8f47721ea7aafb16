"""Converts the model for OpenVINO: openvino_models.py PEERS, the folder of the model and the pairs.

PEERS/openvino then holds float.xml, int8-weights.xml (weights in int8, activations left) and
int8-static.xml (weights and activations in int8, ranges from some of the pairs).
"""

import os
import sys

import nncf
import openvino
import torch

from batches import padded
from llama import read_llama
from pairs import all_ids, read_pairs

CALIBRATION_PAIRS = 60


def example(pairs):
    """The model's input for a batch of pairs."""
    ids, last = padded(pairs)
    return {"ids": ids, "last": last}


def convert(folder):
    """The plain torch model as OpenVINO's graph, for batches of any size and length."""
    with torch.inference_mode():
        model = openvino.convert_model(
            read_llama(folder), example_input=example([[1, 2, 3], [1, 2]])
        )
    model.inputs[0].get_node().set_friendly_name("ids")
    model.reshape({0: [-1, -1], 1: [-1]})
    return model


def quantize(model, pairs):
    """int8 throughout, with the activations' ranges that a spread of the pairs show."""
    some = pairs[:: len(pairs) // CALIBRATION_PAIRS]
    batches = [tuple(part.numpy() for part in padded([ids])) for ids in some]
    return nncf.quantize(
        model,
        nncf.Dataset(batches, lambda batch: {0: batch[0], 1: batch[1]}),
        subset_size=len(batches),
        model_type=nncf.ModelType.TRANSFORMER,
    )


def main():
    peers = sys.argv[1]
    target = peers + "/openvino/"
    os.makedirs(target, exist_ok=True)
    pairs = all_ids(read_pairs(peers + "/pairs.json", 1))
    make = {
        "float": lambda model: model,
        "int8-weights": lambda model: nncf.compress_weights(
            model, mode=nncf.CompressWeightsMode.INT8_ASYM
        ),
        "int8-static": lambda model: quantize(model, pairs),
    }
    for name, change in make.items():
        openvino.save_model(change(convert(peers + "/model")), target + name + ".xml", False)


if __name__ == "__main__":
    main()

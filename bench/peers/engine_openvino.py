"""OpenVINO over the plain torch model, batches sorted by length.

As many batches run at once as there are threads, one thread each, which is faster than all threads
on one batch.
"""

import openvino
from openvino import properties
from openvino.properties import hint

from batches import sorted_batches
from measure import arguments, measure

BATCH = 8
PRECISIONS = {
    "f32": ("float", {hint.inference_precision(): openvino.Type.f32}),
    "bf16": ("float", {hint.inference_precision(): openvino.Type.bf16}),
    "int8-dynamic": (
        "int8-weights",
        # More than one batch at once gives wrong scores (OpenVINO 2026.4, bf16 floats).
        {hint.dynamic_quantization_group_size(): 64, properties.num_streams(): 1},
    ),
    "int8-static": ("int8-static", {}),
}


def compile_model(options):
    """The precision's model, made for throughput."""
    file, settings = PRECISIONS[options.precision]
    settings = {
        hint.performance_mode(): hint.PerformanceMode.THROUGHPUT,
        properties.num_streams(): options.threads,
        properties.inference_num_threads(): options.threads,
        **settings,
    }
    return openvino.Core().compile_model(f"{options.peers}/openvino/{file}.xml", "CPU", settings)


def score_in_queue(queue, pairs):
    """Scores of pairs, in their own order."""
    scores = [0.0] * len(pairs)

    def keep(request, indices):
        for index, score in zip(indices, request.get_output_tensor().data):
            scores[index] = float(score)

    queue.set_callback(keep)
    for indices, ids, last in sorted_batches(pairs, BATCH):
        queue.start_async([ids.numpy(), last.numpy()], indices)
    queue.wait_all()
    return scores


def main():
    options = arguments(__doc__, PRECISIONS)
    model = compile_model(options)
    queue = openvino.AsyncInferQueue(model)
    measure(
        lambda pairs: score_in_queue(queue, pairs),
        options,
        {"openvino": openvino.__version__},
        {"batch": BATCH, "floats": model.get_property(hint.inference_precision()).get_type_name()},
    )


main()

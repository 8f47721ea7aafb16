/* Relevance judgments. */
#define _GNU_SOURCE
#include "eval/qrels.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file = memory_file_make(data, size);
    qrels q;
    dear_error err = {0};
    if (qrels_read(&q, file.path, &err) == DEAR_OK) {
        for (size_t t = 0; t < q.count; t++) {
            const qrels_topic *topic = qrels_find(&q, q.topics[t].qid);
            if (topic != &q.topics[t])
                abort();
            for (size_t i = 0; i < topic->count; i++) {
                const judgment *j = &topic->judgments[i];
                if (qrels_relevance(topic, j->docid, !j->relevance) != j->relevance)
                    abort();
            }
        }
        qrels_free(&q);
    } else if (!err.message[0] || q.topics) {
        abort();
    }
    close(file.fd);
    return 0;
}

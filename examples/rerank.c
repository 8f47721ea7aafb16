/* Reranks three passages. Build: cc rerank.c $(pkg-config --cflags --libs dear) -o rerank */
#include <dear/dear.h>

#include <stdio.h>

int main(void) {
    static const dear_passage passages[] = {
        {NULL, "Paris is the capital of France."},
        {NULL, "Llamas graze on grasses, shrubs and other mountain plants of the Andes."},
        {"Alpaca", "The alpaca is kept for its fleece."},
    };
    enum { COUNT = sizeof passages / sizeof passages[0] };
    double scores[COUNT];
    size_t order[COUNT];
    dear_reranker *reranker;
    dear_error err = {0};
    if (dear_reranker_open(&reranker, NULL, &err) != DEAR_OK ||
        dear_reranker_score(reranker, "What do llamas eat?", passages, COUNT, scores, &err) !=
            DEAR_OK ||
        dear_rank(scores, COUNT, order) != DEAR_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (size_t i = 0; i < COUNT; i++)
        printf("%zu. %7.3f  %s\n", i + 1, scores[order[i]], passages[order[i]].text);
    dear_reranker_close(reranker);
    return 0;
}

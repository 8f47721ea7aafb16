#include "text/added_tokens.h"

#include "base/memory.h"
#include "text/utf8.h"

#include <string.h>

static bool add_node(token_trie *trie, unsigned char byte, uint32_t *index) {
    /* Node 0 is reserved, so that 0 can say "none". */
    while (trie->count == 0 || trie->capacity == trie->count) {
        if (!mem_grow((void **)&trie->nodes, &trie->capacity, trie->capacity, sizeof *trie->nodes))
            return false;
        if (trie->count == 0)
            trie->nodes[trie->count++] = (trie_node){.token = -1};
    }
    *index = (uint32_t)trie->count;
    trie->nodes[trie->count++] = (trie_node){.token = -1, .byte = byte};
    return true;
}

static uint32_t find_child(const token_trie *trie, uint32_t parent, unsigned char byte) {
    uint32_t child = trie->nodes[parent].child;
    while (child && trie->nodes[child].byte != byte)
        child = trie->nodes[child].sibling;
    return child;
}

static bool trie_add(token_trie *trie, const char *text, size_t length, int32_t token) {
    unsigned char first = (unsigned char)text[0];
    bool empty = trie->count == 0;
    if (!trie->roots[first] && !add_node(trie, first, &trie->roots[first]))
        return false;
    trie->only_first = empty || trie->only_first == first ? first : -1;
    uint32_t at = trie->roots[first];
    for (size_t i = 1; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        uint32_t child = find_child(trie, at, byte);
        if (!child) {
            if (!add_node(trie, byte, &child))
                return false;
            trie->nodes[child].sibling = trie->nodes[at].child;
            trie->nodes[at].child = child;
        }
        at = child;
    }
    if (trie->nodes[at].token < 0)
        trie->nodes[at].token = token;
    return true;
}

dear_status added_tokens_add(added_tokens *a, const added_token *token, const char *text,
                             size_t length, const char *pattern, size_t pattern_length,
                             const char *where, dear_error *err) {
    if (length > ADDED_TOKEN_LIMIT || pattern_length > ADDED_TOKEN_LIMIT)
        return error_set(err, DEAR_ERROR_INPUT, "%s: added token \"%.40s...\" is over %d bytes",
                         where, text, ADDED_TOKEN_LIMIT);
    if (length == 0)
        return DEAR_OK;
    if (!mem_grow((void **)&a->tokens, &a->capacity, a->count, sizeof *a->tokens))
        return error_memory(err);
    int32_t index = (int32_t)a->count;
    a->tokens[a->count++] = *token;
    /* Between trusted spans a special token is recognised as it is written, normalized or not. */
    bool in_raw = !token->normalized || token->special;
    if ((in_raw && !trie_add(&a->raw, text, length, index)) ||
        (token->normalized && pattern_length &&
         !trie_add(&a->normalized, pattern, pattern_length, index)))
        return error_memory(err);
    return DEAR_OK;
}

void added_tokens_free(added_tokens *a) {
    mem_free(a->tokens);
    mem_free(a->raw.nodes);
    mem_free(a->normalized.nodes);
    *a = (added_tokens){0};
}

/* Whether [begin, end) lies wholly inside a span (*trusted) or wholly outside all of them. */
static bool within_one_hand(const trust *who, size_t begin, size_t end, bool *trusted) {
    size_t low = 0, high = who->num_spans;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (who->spans[middle].end <= begin)
            low = middle + 1;
        else
            high = middle;
    }
    /* The first span that ends behind `begin`. */
    const text_span *span = low < who->num_spans ? &who->spans[low] : NULL;
    *trusted = span && span->begin <= begin && end <= span->end;
    return *trusted || !span || end <= span->begin;
}

static bool counts(const added_token *token, bool normalized, const trust *who, size_t begin,
                   size_t end) {
    switch (who->kind) {
    case TRUST_NONE:
        return !token->special && token->normalized == normalized;
    case TRUST_ALL:
        return token->normalized == normalized;
    case TRUST_SPANS:
        if (normalized)
            return !token->special;
        bool trusted;
        return within_one_hand(who, begin, end, &trusted) &&
               (token->special ? trusted : !token->normalized);
    }
    return false;
}

/* Where the next token may begin. */
static size_t next_candidate(const token_trie *trie, const char *text, size_t length, size_t at) {
    if (trie->only_first >= 0) {
        const char *hit = memchr(text + at, trie->only_first, length - at);
        return hit ? (size_t)(hit - text) : length;
    }
    while (at < length && !trie->roots[(unsigned char)text[at]])
        at++;
    return at;
}

/* The longest token that begins at `begin` and counts; NULL without one. */
static const added_token *longest_at(const added_tokens *a, bool normalized, const trust *who,
                                     const char *text, size_t length, size_t begin, size_t *end) {
    const token_trie *trie = normalized ? &a->normalized : &a->raw;
    const added_token *longest = NULL;
    uint32_t node = trie->roots[(unsigned char)text[begin]];
    for (size_t at = begin + 1; node; at++) {
        int32_t index = trie->nodes[node].token;
        if (index >= 0 && counts(&a->tokens[index], normalized, who, begin, at)) {
            longest = &a->tokens[index];
            *end = at;
        }
        node = at < length ? find_child(trie, node, (unsigned char)text[at]) : 0;
    }
    return longest;
}

static bool stands_alone(const char *text, size_t length, size_t begin, size_t end) {
    uint32_t code;
    size_t bytes;
    if (begin > 0 && unicode_is_word(utf8_before(text, begin, &bytes)))
        return false;
    return end == length || !utf8_read(text + end, length - end, &code, &bytes) ||
           !unicode_is_word(code);
}

static size_t space_begin(const char *text, size_t at, size_t taken) {
    size_t bytes;
    while (at > taken && unicode_is_space(utf8_before(text, at, &bytes)))
        at -= bytes;
    return at > taken ? at : taken;
}

/* The end of the white space that begins at `at`, looked up once for each run of it. */
static size_t space_end(const char *text, size_t length, size_t at, added_match *match) {
    if (at >= match->run_begin && at <= match->run_end)
        return match->run_end;
    uint32_t code;
    size_t bytes;
    match->run_begin = match->run_end = at;
    while (match->run_end < length &&
           utf8_read(text + match->run_end, length - match->run_end, &code, &bytes) &&
           unicode_is_space(code))
        match->run_end += bytes;
    return match->run_end;
}

bool added_tokens_find(const added_tokens *a, bool normalized, const trust *who, const char *text,
                       size_t length, added_match *match) {
    const token_trie *trie = normalized ? &a->normalized : &a->raw;
    if (trie->count == 0)
        return false;
    size_t taken = match->end, at = match->resume;
    while ((at = next_candidate(trie, text, length, at)) < length) {
        size_t end;
        const added_token *token = longest_at(a, normalized, who, text, length, at, &end);
        if (!token) {
            at++;
            continue;
        }
        size_t begin = token->lstrip ? space_begin(text, at, taken) : at;
        size_t last = token->rstrip ? space_end(text, length, end, match) : end;
        bool alone = !token->single_word || stands_alone(text, length, at, end);
        at = end;
        if (!alone || begin >= last)
            continue;
        *match = (added_match){token, begin, last, end, match->run_begin, match->run_end};
        return true;
    }
    return false;
}

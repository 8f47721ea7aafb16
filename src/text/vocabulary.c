#include "text/vocabulary.h"

#include "base/memory.h"
#include "text/hash.h"
#include "text/utf8.h"

#include <limits.h>
#include <string.h>

dear_status vocabulary_add(vocabulary *v, const char *text, size_t length, int64_t id,
                           uint32_t flags, const char *where, dear_error *err) {
    if (id < 0 || id > INT32_MAX - 1)
        return error_set(err, DEAR_ERROR_INPUT, "%s: token \"%.*s\" has the impossible id %lld",
                         where, (int)(length < 60 ? length : 60), text, (long long)id);
    if (length >= UINT32_MAX - v->texts.length)
        return error_set(err, DEAR_ERROR_INPUT, "%s: vocabulary over 4 GiB", where);
    staged_token staged = {(uint32_t)v->texts.length, (uint32_t)length, (int32_t)id, flags};
    if (!mem_grow((void **)&v->staged, &v->staged_capacity, v->num_staged, sizeof *v->staged) ||
        !strbuf_append(&v->texts, text, length) || !strbuf_append(&v->texts, "", 1))
        return error_memory(err);
    v->staged[v->num_staged++] = staged;
    return DEAR_OK;
}

/* GPT-2's disguise: printable Latin-1 bytes stand for themselves, the other 68 for U+0100 and on
 * (bytes_to_unicode of its encoder). Gives the byte behind a character, or -1. */
static int disguised_byte(uint32_t code) {
    if (code >= 256 + 68)
        return -1;
    if (code < 256)
        return (code >= 0x21 && code <= 0x7E) || (code >= 0xA1 && code != 0xAD) ? (int)code : -1;
    uint32_t nth = code - 256;
    if (nth <= 0x20)
        return (int)nth;
    if (nth <= 0x42)
        return (int)(nth - 0x21 + 0x7F);
    return 0xAD;
}

int byte_token_value(const char *text, size_t length) {
    if (length != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
        return -1;
    int value = 0;
    for (int i = 3; i < 5; i++) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Appends the bytes behind disguised text; false (nothing appended) when a character is none. */
static bool append_undisguised(strbuf *raws, const char *text, size_t length) {
    size_t begin = raws->length;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        uint32_t code;
        utf8_read(text + at, length - at, &code, &bytes);
        int byte = disguised_byte(code);
        if (byte < 0) {
            raws->length = begin;
            return false;
        }
        strbuf_putc(raws, (char)byte);
    }
    return true;
}

/* Appends the text with spaces for their marks, or the byte of a byte token. */
static void append_unmarked(strbuf *raws, const char *text, size_t length) {
    int byte = byte_token_value(text, length);
    if (byte >= 0) {
        strbuf_putc(raws, (char)byte);
        return;
    }
    for (size_t at = 0; at < length;) {
        size_t width = utf8_width(text[at]);
        if (width == SPACE_MARK_BYTES && memcmp(text + at, SPACE_MARK, SPACE_MARK_BYTES) == 0)
            strbuf_putc(raws, ' ');
        else
            strbuf_append(raws, text + at, width);
        at += width;
    }
}

/* Writes the bytes of a token; returns whether BPE can reach it: byte-level tokens with characters
 * outside the disguise only ever come from the list of added tokens. */
static bool write_bytes(vocabulary *v, token_entry *entry) {
    const char *text = v->texts.text + entry->text;
    bool reachable = true;
    entry->bytes = (uint32_t)v->raws.length;
    if (!v->byte_level)
        append_unmarked(&v->raws, text, entry->text_length);
    else if (!append_undisguised(&v->raws, text, entry->text_length)) {
        strbuf_append(&v->raws, text, entry->text_length);
        reachable = false;
    }
    entry->bytes_length = (uint32_t)(v->raws.length - entry->bytes);
    return reachable;
}

/* The slot that holds the key, or the empty one where it would stand. */
static string_slot *table_slot(const string_table *table, const char *key, size_t length) {
    uint64_t hash = hash_bytes(key, length, table->seed);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        string_slot *slot = &table->slots[at];
        if (slot->id < 0)
            return slot;
        if (slot->tag == tag && slot->length == length &&
            memcmp(table->keys->text + slot->key, key, length) == 0)
            return slot;
    }
}

static int32_t table_find(const string_table *table, const char *key, size_t length) {
    return table->slots ? table_slot(table, key, length)->id : -1;
}

static bool table_open(string_table *table, const strbuf *keys, size_t count) {
    size_t slots = hash_table_slots(count);
    table->slots = mem_calloc(slots, sizeof *table->slots);
    if (!table->slots)
        return false;
    for (size_t i = 0; i < slots; i++)
        table->slots[i].id = -1;
    table->mask = slots - 1;
    table->seed = hash_random_seed();
    table->keys = keys;
    return true;
}

/* Adds an id under a key of the table's strings; returns the id that had it before, or -1. */
static int32_t table_add(string_table *table, uint32_t key, uint32_t length, int32_t id) {
    const char *text = table->keys->text + key;
    string_slot *slot = table_slot(table, text, length);
    int32_t before = slot->id;
    if (before < 0)
        *slot =
            (string_slot){(uint32_t)(hash_bytes(text, length, table->seed) >> 32), id, key, length};
    return before;
}

/* A gap or two among the ids is fine, but memory is only taken for what the file holds. */
static dear_status check_largest_id(const vocabulary *v, const char *where, dear_error *err) {
    int32_t largest = 0;
    for (size_t i = 0; i < v->num_staged; i++)
        if (v->staged[i].id > largest)
            largest = v->staged[i].id;
    if ((size_t)largest > 4 * v->num_staged + 1024)
        return error_set(err, DEAR_ERROR_INPUT, "%s: token id %d in a vocabulary of %zu tokens",
                         where, largest, v->num_staged);
    return DEAR_OK;
}

static bool same_text(const vocabulary *v, const token_entry *entry, const staged_token *staged) {
    return entry->text_length == staged->length &&
           memcmp(v->texts.text + entry->text, v->texts.text + staged->text, staged->length) == 0;
}

static dear_status place_staged(vocabulary *v, const char *where, dear_error *err) {
    for (size_t i = 0; i < v->num_staged; i++) {
        const staged_token *s = &v->staged[i];
        token_entry *entry = &v->entries[s->id];
        if ((v->flags[s->id] & TOKEN_PRESENT) && !same_text(v, entry, s))
            return error_set(err, DEAR_ERROR_INPUT,
                             "%s: tokens \"%.60s\" and \"%.60s\" share the id %d", where,
                             v->texts.text + entry->text, v->texts.text + s->text, s->id);
        entry->text = s->text;
        entry->text_length = s->length;
        v->flags[s->id] |= (uint8_t)(s->flags | TOKEN_PRESENT);
    }
    return DEAR_OK;
}

static dear_status index_tokens(vocabulary *v, const char *where, dear_error *err) {
    const strbuf *words = v->byte_level ? &v->raws : &v->texts;
    if (!table_open(&v->by_text, &v->texts, v->num_staged) ||
        !table_open(&v->by_word, words, v->num_staged))
        return error_memory(err);
    for (size_t id = 0; id < v->size; id++) {
        token_entry *e = &v->entries[id];
        if (!(v->flags[id] & TOKEN_PRESENT))
            continue;
        bool reachable = write_bytes(v, e);
        if (v->raws.failed)
            return error_memory(err);
        if (e->text_length == 0)
            continue;
        int32_t twin = table_add(&v->by_text, e->text, e->text_length, (int32_t)id);
        if (twin >= 0)
            return error_set(err, DEAR_ERROR_INPUT, "%s: token \"%.60s\" has two ids, %d and %zu",
                             where, v->texts.text + e->text, twin, id);
        if (!reachable || !(v->flags[id] & TOKEN_MODEL) || (v->flags[id] & TOKEN_SPECIAL))
            continue;
        if (v->byte_level)
            table_add(&v->by_word, e->bytes, e->bytes_length, (int32_t)id);
        else
            table_add(&v->by_word, e->text, e->text_length, (int32_t)id);
    }
    return DEAR_OK;
}

dear_status vocabulary_finish(vocabulary *v, bool byte_level, const char *where, dear_error *err) {
    if (v->num_staged == 0)
        return error_set(err, DEAR_ERROR_INPUT, "%s: the vocabulary is empty", where);
    TRY(check_largest_id(v, where, err));
    v->byte_level = byte_level;
    for (size_t i = 0; i < v->num_staged; i++)
        if ((size_t)v->staged[i].id >= v->size)
            v->size = (size_t)v->staged[i].id + 1;
    v->entries = mem_calloc(v->size, sizeof *v->entries);
    v->flags = mem_calloc(v->size, sizeof *v->flags);
    if (!v->entries || !v->flags || !strbuf_append(&v->raws, "", 0))
        return error_memory(err);
    TRY(place_staged(v, where, err));
    TRY(index_tokens(v, where, err));
    mem_free(v->staged);
    v->staged = NULL;
    v->num_staged = v->staged_capacity = 0;
    return DEAR_OK;
}

void vocabulary_free(vocabulary *v) {
    mem_free(v->entries);
    mem_free(v->flags);
    mem_free(v->staged);
    mem_free(v->by_text.slots);
    mem_free(v->by_word.slots);
    strbuf_free(&v->texts);
    strbuf_free(&v->raws);
    *v = (vocabulary){0};
}

int32_t vocabulary_find(const vocabulary *v, const char *text, size_t length) {
    return table_find(&v->by_text, text, length);
}

int32_t vocabulary_find_word(const vocabulary *v, const char *word, size_t length) {
    return table_find(&v->by_word, word, length);
}

/*
 * Reads a page of metrics strictly, as Prometheus' exposition format 0.0.4 has it: each name once, with HELP and
 * TYPE before its numbers and all of its numbers together; labels with their escapes; buckets that grow up to the
 * count. What is found can be looked up by name and labels.
 */
#ifndef PLINTH_TEST_PAGE_H
#define PLINTH_TEST_PAGE_H

#include "harness.h"

#include <ctype.h>
#include <math.h>

typedef struct {
    char key[1024]; /* name{labels}, without the label database and with values unescaped */
    double number;
} sample;

typedef struct {
    sample *samples;
    size_t count;
    char name[96], kind[16]; /* of the family that is being read */
    char seen[16384];        /* names of families, each in spaces */
    char database[256];
    double last_bound, last_bucket;
} page;

static inline bool name_char(char c, bool first) {
    return isalpha((unsigned char)c) || c == '_' || c == ':' || (!first && isdigit((unsigned char)c));
}

static inline size_t name_length(const char *text) {
    size_t length = 0;
    while (name_char(text[length], length == 0)) {
        length++;
    }
    return length;
}

/* Reads one label's value behind its opening quote; returns what is behind the closing one, or NULL. */
static inline const char *page_value(const char *at, char *value, size_t size) {
    size_t length = 0;
    for (; *at != '"'; at++) {
        char c = *at;
        if (c == 0 || c == '\n' || length + 1 >= size) {
            return NULL;
        }
        if (c == '\\') {
            at++;
            if (*at != '\\' && *at != '"' && *at != 'n') {
                return NULL;
            }
            c = *at == 'n' ? '\n' : *at;
        }
        value[length++] = c;
    }
    value[length] = 0;
    return at + 1;
}

/* Reads `{a="b",...}`; the labels go to `key`, and to `bound` if there is one named le. */
static inline const char *page_labels(page *all, const char *at, char *key, size_t size, char *bound, size_t bound_size) {
    bool first = true, named = false;
    size_t length = strlen(key);
    bound[0] = 0;
    for (at++; *at != '}'; first = false) {
        char name[32], value[256];
        size_t name_len;
        if (!first && *at++ != ',') {
            return NULL;
        }
        name_len = name_length(at);
        if (name_len == 0 || name_len >= sizeof name || at[name_len] != '=' || at[name_len + 1] != '"') {
            return NULL;
        }
        memcpy(name, at, name_len);
        name[name_len] = 0;
        at = page_value(at + name_len + 2, value, sizeof value);
        if (at == NULL) {
            return NULL;
        }
        if (strcmp(name, "database") == 0) {
            named = true;
            if (all->database[0] == 0) {
                snprintf(all->database, sizeof all->database, "%s", value);
            }
            if (strcmp(all->database, value) != 0) {
                return NULL;
            }
        } else if (strcmp(name, "le") == 0) {
            snprintf(bound, bound_size, "%s", value);
        } else {
            length += (size_t)snprintf(key + length, size - length, "%s%s=%s", strchr(key, '{') == NULL ? "{" : ",", name, value);
        }
    }
    if (strchr(key, '{') != NULL) {
        snprintf(key + length, size - length, "}");
    }
    return named ? at + 1 : NULL;
}

static inline bool page_bucket(page *all, const char *bound, double count) {
    bool infinite = strcmp(bound, "+Inf") == 0;
    double limit = infinite ? HUGE_VAL : strtod(bound, NULL);
    bool good = bound[0] != 0 && limit > all->last_bound && count >= all->last_bucket;
    all->last_bound = infinite ? 0 : limit;
    all->last_bucket = count;
    return good;
}

/* One line with a number. */
static inline bool page_sample(page *all, const char *line) {
    static const char *const ends[] = {"_bucket", "_sum", "_count"};
    char name[128], key[sizeof all->samples->key], bound[256] = "", *end;
    size_t length = name_length(line), family = strlen(all->name);
    bool histogram = strcmp(all->kind, "histogram") == 0;
    double number;
    const char *at = line + length;
    if (length == 0 || length >= sizeof name || *at != '{' || strncmp(line, all->name, family) != 0) {
        return false;
    }
    memcpy(name, line, length);
    name[length] = 0;
    if (!histogram && length != family) {
        return false;
    }
    snprintf(key, sizeof key, "%s", name);
    at = page_labels(all, at, key, sizeof key, bound, sizeof bound);
    if (at == NULL || *at != ' ') {
        return false;
    }
    number = strtod(at + 1, &end);
    if (end == at + 1 || *end != '\n' || !isfinite(number)) {
        return false;
    }
    if (strcmp(all->kind, "counter") == 0 && number < 0) {
        return false;
    }
    if (histogram) {
        size_t which = 0;
        while (which < 3 && strcmp(name + family, ends[which]) != 0) {
            which++;
        }
        if (which == 3 || (which == 0) != (bound[0] != 0) || (which == 0 && !page_bucket(all, bound, number)) ||
            (which == 2 && number != all->last_bucket)) {
            return false;
        }
        if (which == 2) {
            all->last_bucket = 0;
        }
        if (which == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->samples[i].key, key) == 0) {
            return false;
        }
    }
    all->samples = (sample *)realloc(all->samples, (all->count + 1) * sizeof *all->samples);
    snprintf(all->samples[all->count].key, sizeof key, "%s", key);
    all->samples[all->count++].number = number;
    return true;
}

/* `# HELP name text` and, at the next line, `# TYPE name kind`. */
static inline bool page_comment(page *all, const char *line) {
    char name[96], word[16], spaced[100];
    if (sscanf(line, "# %15s %95s", word, name) != 2) {
        return false;
    }
    if (strcmp(word, "HELP") == 0) {
        snprintf(spaced, sizeof spaced, " %s ", name);
        if (strstr(all->seen, spaced) != NULL || strlen(line) < strlen(name) + 10) {
            return false;
        }
        strncat(all->seen, spaced, sizeof all->seen - strlen(all->seen) - 1);
        snprintf(all->name, sizeof all->name, "%s", name);
        all->kind[0] = 0;
        return true;
    }
    all->last_bound = all->last_bucket = 0;
    return strcmp(word, "TYPE") == 0 && strcmp(name, all->name) == 0 && all->kind[0] == 0 &&
           sscanf(line, "# TYPE %*s %15s", all->kind) == 1 &&
           (strcmp(all->kind, "counter") == 0 || strcmp(all->kind, "gauge") == 0 || strcmp(all->kind, "histogram") == 0);
}

/* The whole page; a line that is wrong is a failed check. */
static inline page *page_read(plinth_database *db) {
    page *all = (page *)calloc(1, sizeof *all);
    plinth_value value;
    char *text;
    CHECK_OK(plinth_database_metrics_text(db, &value));
    text = (char *)calloc(1, value.len + 1);
    memcpy(text, value.data, value.len);
    CHECK_INT(strlen(text), value.len);
    CHECK(value.len > 0 && text[value.len - 1] == '\n');
    plinth_value_free(&value);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        bool good = *line == '#' ? page_comment(all, line) : page_sample(all, line);
        harness_count(good, __FILE__, __LINE__, "a line of the page: %.*s", (int)(end - line), line);
    }
    free(text);
    return all;
}

static inline void page_free(page *all) {
    free(all->samples);
    free(all);
}

/* The number of `name{label=value,...}`; -1 if there is none. */
static inline double page_get(const page *all, const char *key) {
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->samples[i].key, key) == 0) {
            return all->samples[i].number;
        }
    }
    return -1;
}

/* How far a number grew between two pages. */
static inline double grown(const page *before, const page *after, const char *key) {
    harness_count(page_get(before, key) >= 0, __FILE__, __LINE__, "there is no %s", key);
    return page_get(after, key) - page_get(before, key);
}

#endif

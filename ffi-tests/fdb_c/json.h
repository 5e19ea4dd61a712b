/*
 * Just enough JSON for what the library tells: whether a text is valid, and where a member's value begins.
 * A value is a pointer to its first character; NULL is "not there".
 */
#ifndef FDB_C_TEST_JSON_H
#define FDB_C_TEST_JSON_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline const char *json_space(const char *at) {
    return at == NULL ? NULL : at + strspn(at, " \t\r\n");
}

/* Past a string; NULL if there is none. */
static inline const char *json_string(const char *at) {
    if (at == NULL || *at != '"') {
        return NULL;
    }
    for (at++; *at != 0 && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20 || (*at == '\\' && *++at == 0)) {
            return NULL;
        }
    }
    return *at == '"' ? at + 1 : NULL;
}

static inline const char *json_value(const char *at);

/* Past an object or an array, counting what is in it and looking for a member. */
static inline const char *json_group(const char *at, int *count, const char *name, const char **found) {
    bool object = *at == '{';
    at = json_space(at + 1);
    while (*at != 0 && *at != (object ? '}' : ']')) {
        const char *key = at;
        if (*count > 0) {
            if (*at != ',') {
                return NULL;
            }
            key = at = json_space(at + 1);
        }
        ++*count;
        if (object) {
            at = json_space(json_string(at));
            if (at == NULL || *at != ':') {
                return NULL;
            }
            at = json_space(at + 1);
            if (name != NULL && strncmp(key + 1, name, strlen(name)) == 0 && key[1 + strlen(name)] == '"') {
                *found = at;
            }
        }
        at = json_space(json_value(at));
        if (at == NULL) {
            return NULL;
        }
    }
    return *at == 0 ? NULL : at + 1;
}

/* Past a value of any kind; NULL if it is not valid. */
static inline const char *json_value(const char *at) {
    static const char *const words[] = {"true", "false", "null"};
    const char *unused = NULL;
    char *end;
    int count = 0;
    if (at == NULL) {
        return NULL;
    }
    if (*at == '{' || *at == '[') {
        return json_group(at, &count, NULL, &unused);
    }
    if (*at == '"') {
        return json_string(at);
    }
    for (int i = 0; i < 3; i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            return at + strlen(words[i]);
        }
    }
    strtod(at, &end);
    return end == at ? NULL : end;
}

static inline bool json_is_valid(const char *text) {
    const char *end = json_space(json_value(json_space(text)));
    return end != NULL && *end == 0;
}

/* The value of a member, by its path: "cluster/generation". */
static inline const char *json_at(const char *text, const char *path_text) {
    const char *at = json_space(text);
    while (at != NULL && *path_text != 0) {
        char name[64];
        size_t len = strcspn(path_text, "/");
        const char *found = NULL;
        int count = 0;
        if (*at != '{' || len >= sizeof name) {
            return NULL;
        }
        memcpy(name, path_text, len);
        name[len] = 0;
        at = json_group(at, &count, name, &found) == NULL ? NULL : found;
        path_text += len + (path_text[len] == '/');
    }
    return at;
}

static inline bool json_is_true(const char *at) {
    return at != NULL && strncmp(at, "true", 4) == 0;
}

static inline double json_number(const char *at) {
    return at == NULL ? -1 : strtod(at, NULL);
}

/* How many members or elements a value has. */
static inline int json_count(const char *at) {
    const char *unused = NULL;
    int count = 0;
    return at != NULL && (*at == '{' || *at == '[') && json_group(at, &count, NULL, &unused) != NULL ? count : -1;
}

/* The value of the first member of an object. */
static inline const char *json_first(const char *at) {
    const char *key = at == NULL || *at != '{' ? NULL : json_space(json_string(json_space(at + 1)));
    return key == NULL || *key != ':' ? NULL : json_space(key + 1);
}

#endif

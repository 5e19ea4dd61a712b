/*
 * Purpose: see model.h.
 *
 * Relies on: map.h.
 */
#include "model.h"

#include "base.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

void model_free(struct model *model)
{
    for (size_t i = 0; i < model->count; i++)
        free(model->cells[i].value);
    free(model->cells);
    map_free(&model->index);
    *model = (struct model){0};
}

struct cell *model_find(const struct model *model, struct name key)
{
    uint64_t *at = map_find(&model->index, key);
    return at == NULL ? NULL : &model->cells[*at];
}

static struct cell *model_add(struct model *model, struct name key)
{
    model->cells = grow(model->cells, model->count, &model->cap, sizeof *model->cells);
    map_add(&model->index, key, model->count);
    struct cell *cell = &model->cells[model->count++];
    *cell = (struct cell){0};
    return cell;
}

void model_put(struct model *model, struct name key, const uint8_t *value, size_t len,
               int64_t version)
{
    struct cell *cell = model_find(model, key);
    if (cell == NULL)
        cell = model_add(model, key);
    free(cell->value);
    cell->value = NULL;
    cell->len = (uint32_t)len;
    if (value != NULL) {
        cell->value = must_realloc(NULL, len);
        memcpy(cell->value, value, len);
    }
    if (version != 0)
        cell->version = version;
}

uint64_t cell_writer(const struct cell *cell)
{
    return cell == NULL ? 0 : record_writer(cell->value, cell->len);
}

/* See lib/deadline_queue.h. */
#include "lib/deadline_queue.h"

#include <stddef.h>

static bool is_before(const struct deadline *a, const struct deadline *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->number < b->number);
}

/* Two trees, each without siblings, become one: the later root is made the other's first child. */
static struct deadline *join(struct deadline *a, struct deadline *b)
{
    struct deadline *parent = a, *child = b;

    if (!a || !b)
        return a ? a : b;
    if (is_before(b, a)) {
        parent = b;
        child = a;
    }
    child->next = parent->child;
    if (child->next)
        child->next->previous = child;
    child->previous = parent;
    parent->child = child;
    return parent;
}

static struct deadline *take_off(struct deadline **list)
{
    struct deadline *node = *list;

    if (node) {
        *list = node->next;
        node->next = node->previous = NULL;
    }
    return node;
}

/* Siblings in pairs from the left, then the pairs from the right: both passes are needed for the logarithm. */
static struct deadline *join_siblings(struct deadline *list)
{
    struct deadline *pairs = NULL, *tree = NULL, *left, *pair;

    while ((left = take_off(&list))) {
        pair = join(left, take_off(&list));
        pair->next = pairs;
        pairs = pair;
    }
    while ((pair = take_off(&pairs)))
        tree = join(tree, pair);
    return tree;
}

void deadline_queue_add(struct deadline_queue *queue, struct deadline *node, uint64_t at_ns)
{
    *node = (struct deadline){.at_ns = at_ns, .number = queue->added++, .queued = true};
    queue->first = join(queue->first, node);
}

static void cut(struct deadline *node)
{
    if (node->previous->child == node)
        node->previous->child = node->next;
    else
        node->previous->next = node->next;
    if (node->next)
        node->next->previous = node->previous;
}

void deadline_queue_remove(struct deadline_queue *queue, struct deadline *node)
{
    struct deadline *below = join_siblings(node->child);

    if (node == queue->first) {
        queue->first = below;
    } else {
        cut(node);
        queue->first = join(queue->first, below);
    }
    *node = (struct deadline){.at_ns = node->at_ns};
}

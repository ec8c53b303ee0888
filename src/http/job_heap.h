/* Jobs ordered by their `due`, as a binary heap. Called by the thread that owns the engine. */
#ifndef CARDS_HTTP_JOB_HEAP_H
#define CARDS_HTTP_JOB_HEAP_H

#include "http/job.h"

/* Empty when zeroed. */
struct job_heap {
  struct job **jobs; /* jobs[0] is due first */
  size_t count, size;
};

/* False when memory is used up. */
bool job_heap_add(struct job_heap *heap, struct job *job);
void job_heap_remove(struct job_heap *heap, struct job *job);
/* Restores the order after the job's due was changed. */
void job_heap_settle(struct job_heap *heap, struct job *job);
/* Frees the heap, but no job. */
void job_heap_free(struct job_heap *heap);

#endif

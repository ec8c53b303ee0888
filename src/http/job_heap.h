/* Jobs by when they are due, the first one at hand. Used by one thread at a time. */
#ifndef CARDS_HTTP_JOB_HEAP_H
#define CARDS_HTTP_JOB_HEAP_H

#include "http/job.h"

/* Zeroed it is empty. */
struct job_heap {
  struct job **jobs; /* jobs[0] is due first */
  size_t count, size;
};

/* False when memory is used up. */
bool job_heap_add(struct job_heap *heap, struct job *job);
void job_heap_remove(struct job_heap *heap, struct job *job);
/* The job's due was changed. */
void job_heap_settle(struct job_heap *heap, struct job *job);
/* Frees the heap, and no job. */
void job_heap_free(struct job_heap *heap);

#endif

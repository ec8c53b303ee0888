#include "http/job_heap.h"

#include "secret/pool.h"

static void put(struct job_heap *heap, size_t at, struct job *job) {
  heap->jobs[at] = job;
  job->heap_index = at;
}

void job_heap_settle(struct job_heap *heap, struct job *job) {
  size_t at = job->heap_index;
  while (at > 0 && job->due < heap->jobs[(at - 1) / 2]->due) {
    put(heap, at, heap->jobs[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
    if (child + 1 < heap->count && heap->jobs[child + 1]->due < heap->jobs[child]->due) child++;
    if (job->due <= heap->jobs[child]->due) break;
    put(heap, at, heap->jobs[child]);
  }
  put(heap, at, job);
}

bool job_heap_add(struct job_heap *heap, struct job *job) {
  if (heap->count == heap->size) {
    size_t size = heap->size ? heap->size * 2 : 16;
    struct job **grown = pool_realloc(heap->jobs, size * sizeof *grown);
    if (!grown) return false;
    heap->jobs = grown;
    heap->size = size;
  }
  put(heap, heap->count++, job);
  job_heap_settle(heap, job);
  return true;
}

void job_heap_remove(struct job_heap *heap, struct job *job) {
  size_t at = job->heap_index;
  struct job *last = heap->jobs[--heap->count];
  if (last == job) return;
  put(heap, at, last);
  job_heap_settle(heap, last);
}

void job_heap_free(struct job_heap *heap) {
  pool_free(heap->jobs);
  *heap = (struct job_heap){ 0 };
}

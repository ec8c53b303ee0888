/* src/http/job_heap: random adds, changes and removals; the first is always the one that is due first. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "http/job_heap.h"
#include "random.h"

#define JOBS 40

static void is_a_heap(const struct job_heap *heap) {
  for (size_t i = 0; i < heap->count; i++) {
    assert_int_equal(heap->jobs[i]->heap_index, i);
    if (i > 0) assert_true(heap->jobs[(i - 1) / 2]->due <= heap->jobs[i]->due);
  }
}

static void keeps_the_first_one_at_hand(void **state) {
  (void)state;
  struct job *jobs = calloc(JOBS, sizeof *jobs);
  assert_non_null(jobs);
  for (uint64_t seed = 1; seed <= 300; seed++) {
    struct random random = random_of(seed);
    struct job_heap heap = { 0 };
    bool in[JOBS] = { false };
    size_t count = 0;
    for (int step = 0; step < 200; step++) {
      size_t i = pick(&random, JOBS);
      double due = (double)pick(&random, 20);
      if (!in[i]) {
        jobs[i].due = due;
        assert_true(job_heap_add(&heap, &jobs[i]));
        in[i] = true;
        count++;
      } else if (pick(&random, 2)) {
        jobs[i].due = due;
        job_heap_settle(&heap, &jobs[i]);
      } else {
        job_heap_remove(&heap, &jobs[i]);
        in[i] = false;
        count--;
      }
      assert_int_equal(heap.count, count);
      is_a_heap(&heap);
    }
    double before = -1;
    for (; heap.count; job_heap_remove(&heap, heap.jobs[0])) {
      assert_true(heap.jobs[0]->due >= before);
      before = heap.jobs[0]->due;
    }
    job_heap_free(&heap);
  }
  free(jobs);
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(keeps_the_first_one_at_hand) };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The peer of the benchmark with many calls in flight: one curl_multi and as many handles as calls in flight, used again and again with libcurl's defaults.
 * raw_multi URL CA_FILE CALLS IN_FLIGHT: prints "calls seconds cpu_seconds". */
#include "raw.h"

struct slot {
  CURL *easy;
  struct body body;
};

struct run {
  CURLM *multi;
  const char *url;
  long next, calls, done, failed;
};

static void start(struct run *run, struct slot *slot) {
  if (run->next == run->calls) return;
  set_card(slot->easy, run->url, run->next++);
  curl_multi_add_handle(run->multi, slot->easy);
}

/* Reads what has ended and starts the next calls. Returns whether there was any. */
static int collect(struct run *run) {
  CURLMsg *message;
  int left;
  long before = run->done;
  while ((message = curl_multi_info_read(run->multi, &left))) {
    struct slot *slot;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
    curl_multi_remove_handle(run->multi, slot->easy);
    run->failed += !is_answered(slot->easy, &slot->body) || code != CURLE_OK;
    run->done++;
    start(run, slot);
  }
  return run->done != before;
}

/* Makes so many calls, as many at a time as there are slots. */
static void make_calls(struct run *run, struct slot *slots, long in_flight, long calls) {
  int running;
  run->next = run->done = 0;
  run->calls = calls;
  for (long i = 0; i < in_flight; i++)
    start(run, &slots[i]);
  while (run->done < calls) {
    curl_multi_perform(run->multi, &running);
    if (!collect(run)) curl_multi_poll(run->multi, NULL, 0, 1000, NULL);
  }
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  long calls = strtol(argv[3], NULL, 10), in_flight = strtol(argv[4], NULL, 10);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct run run = { .multi = curl_multi_init(), .url = argv[1] };
  struct curl_slist *headers = curl_slist_append(NULL, "access-token: alix_token_sandbox");
  struct slot *slots = calloc((size_t)in_flight, sizeof *slots);
  for (long i = 0; i < in_flight; i++) {
    slots[i].easy = new_easy(headers, argv[2], &slots[i].body);
    curl_easy_setopt(slots[i].easy, CURLOPT_PRIVATE, &slots[i]);
  }
  /* The first calls open the connections and are not counted. */
  make_calls(&run, slots, in_flight, 2 * in_flight);
  double started = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  make_calls(&run, slots, in_flight, calls);
  if (run.failed) return 1;
  printf("%ld %.6f %.6f\n", calls, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  for (long i = 0; i < in_flight; i++)
    curl_easy_cleanup(slots[i].easy);
  curl_multi_cleanup(run.multi);
  curl_slist_free_all(headers);
  free(slots);
  return 0;
}

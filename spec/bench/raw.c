/* The peer of the benchmark: what a C programmer writes without a library. One libcurl handle, used again and again with libcurl's defaults; cJSON; the same checks of
 * the answer. raw URL CA_FILE CALLS: prints "calls seconds cpu_seconds". */
#include "raw.h"

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long calls = strtol(argv[3], NULL, 10);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct curl_slist *headers = curl_slist_append(NULL, "access-token: alix_token_sandbox");
  struct body body = { 0 };
  CURL *easy = new_easy(headers, argv[2], &body);
  double started = 0, cpu = 0;
  /* The first call opens the connection and is not counted. */
  for (long i = -1; i < calls; i++) {
    if (i == 0) {
      started = now(CLOCK_MONOTONIC);
      cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    }
    set_card(easy, argv[1], i);
    if (curl_easy_perform(easy) != CURLE_OK || !is_answered(easy, &body)) return 1;
  }
  printf("%ld %.6f %.6f\n", calls, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return 0;
}

/* The peer of the benchmark: what a C programmer writes without a library. One libcurl handle, used again and again with libcurl's defaults; cJSON; the same checks of
 * the answer. raw URL CA_FILE CALLS: prints "calls seconds cpu_seconds". */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct body {
  char *bytes;
  size_t len;
};

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
  struct body *body = user;
  char *grown = realloc(body->bytes, body->len + size * count + 1);
  if (!grown) return 0;
  memcpy(grown + body->len, bytes, size * count);
  body->bytes = grown;
  body->len += size * count;
  grown[body->len] = '\0';
  return size * count;
}

static double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int read_answer(const struct body *body) {
  cJSON *root = cJSON_ParseWithLength(body->bytes ? body->bytes : "", body->len);
  cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
  char number[32] = "", cvv[8] = "";
  cJSON *item;
  int ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "success"));
  if ((item = cJSON_GetObjectItemCaseSensitive(data, "cardNo")) && cJSON_IsString(item)) snprintf(number, sizeof number, "%s", item->valuestring);
  if ((item = cJSON_GetObjectItemCaseSensitive(data, "cvv")) && cJSON_IsString(item)) snprintf(cvv, sizeof cvv, "%s", item->valuestring);
  ok = ok && number[0] && cvv[0];
  cJSON_Delete(root);
  return ok;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  long calls = strtol(argv[3], NULL, 10);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL *easy = curl_easy_init();
  struct curl_slist *headers = curl_slist_append(NULL, "access-token: alix_token_sandbox");
  struct body body = { 0 };
  char url[512];
  double started = 0, cpu = 0;
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
  if (argv[2][0]) curl_easy_setopt(easy, CURLOPT_CAINFO, argv[2]);
  /* The first call opens the connection and is not counted. */
  for (long i = -1; i < calls; i++) {
    if (i == 0) {
      started = now(CLOCK_MONOTONIC);
      cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    }
    snprintf(url, sizeof url, "%s/api/v2/cards/c_%ld/private-info", argv[1], i);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    long status = 0;
    if (curl_easy_perform(easy) != CURLE_OK) return 1;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 || !read_answer(&body)) return 1;
    free(body.bytes);
    body = (struct body){ 0 };
  }
  printf("%ld %.6f %.6f\n", calls, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  return 0;
}

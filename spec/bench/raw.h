/* What the benchmark's raw C programs have in common: the body of an answer, its checks, clocks. */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct body {
  char *bytes;
  size_t len;
};

static inline size_t on_body(char *bytes, size_t size, size_t count, void *user) {
  struct body *body = user;
  char *grown = realloc(body->bytes, body->len + size * count + 1);
  if (!grown) return 0;
  memcpy(grown + body->len, bytes, size * count);
  body->bytes = grown;
  body->len += size * count;
  grown[body->len] = '\0';
  return size * count;
}

static inline int read_answer(const struct body *body) {
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

/* A handle that calls Alix, with libcurl's defaults. */
static inline CURL *new_easy(struct curl_slist *headers, const char *ca_file, struct body *body) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
  if (ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  return easy;
}

static inline void set_card(CURL *easy, const char *base_url, long card) {
  char url[512];
  snprintf(url, sizeof url, "%s/api/v2/cards/c_%ld/private-info", base_url, card);
  curl_easy_setopt(easy, CURLOPT_URL, url);
}

/* Whether the call that this handle made has brought a card. Empties the body for the next one. */
static inline int is_answered(CURL *easy, struct body *body) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  int ok = status == 200 && read_answer(body);
  free(body->bytes);
  *body = (struct body){ 0 };
  return ok;
}

static inline double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

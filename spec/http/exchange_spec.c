/* src/http/exchange: what an attempt ends with: each way in which an answer, or none, can come, as a kind of error, and what its headers add to that. */
#define _GNU_SOURCE 1
#include "peers.h"

static struct settings *client;

static int set_up(void **state) {
  if (open_peers(state) != 0) return -1;
  client = client_for(port);
  return 0;
}

static int tear_down(void **state) {
  settings_unref(client);
  return close_peers(state);
}

/* The call's answer is that text, after which the server ends the connection; it is not kept. */
static struct job *answer_with(int operation, const char *text, size_t len, bool ends) {
  struct job *job = submit(client, operation);
  struct peer peer = answer_the_door();
  hears(&peer, operations[operation].method);
  say_bytes(&peer, text, len);
  if (ends)
    hang_up(&peer);
  else
    UNTIL(job->state == JOB_DONE);
  end(job);
  if (!ends) is_left(&peer);
  return job;
}

static void is_error(struct job *job, const char *answer, int status, enum error_kind kind, bool retryable, const char *message) {
  if (job->error.kind != kind || job->status != status || job->error.status != status || job->error.retryable != retryable ||
      strcmp(job->error.message, message) != 0)
    fail_msg("%s: status %d, kind %d, %s: %s", answer, job->status, (int)job->error.kind, job->error.retryable ? "retryable" : "final",
             job->error.message);
  job_free(job);
}

/* --- what is no answer --- */

#define HEAD "HTTP/1.1 200 OK\r\n"

static void tells_what_is_wrong_with_an_answer(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    bool ends;
    int status;
    enum error_kind kind;
    bool retryable; /* where it is safe */
    const char *message;
  } cases[] = {
    { "", true, 0, ERROR_NETWORK, true, "the connection was closed without an answer" },
    { "HTTP/1.1 2", true, 0, ERROR_NETWORK, true, "the answer was cut short" },
    { "HTTP/1.1 100 Continue\r\n\r\n", true, 0, ERROR_NETWORK, true, "the answer was cut short" },
    { HEAD "Content-Length: 12\r\n\r\n{\"id\"", true, 200, ERROR_NETWORK, true, "the answer was cut short" },
    { HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", true, 200, ERROR_NETWORK, true, "the answer was cut short" },
    { "SSH-2.0-x\r\n", false, 0, ERROR_PROTOCOL, false, "the answer is not HTTP/1.x" },
    { "HTTP/2 200\r\n\r\n", false, 0, ERROR_PROTOCOL, false, "the answer is not HTTP/1.x" },
    { "\x16\x03\x01", false, 0, ERROR_PROTOCOL, false, "the answer is not HTTP/1.x" },
    { HEAD "no header\r\n\r\n", false, 200, ERROR_PROTOCOL, false, NULL },
    { HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\n1", false, 200, ERROR_PROTOCOL, false, "the answer is malformed: more than one length" },
    { HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n", false, 200, ERROR_PROTOCOL, false, NULL },
    { HEAD "Content-Length: 1048577\r\n\r\n", false, 200, ERROR_PROTOCOL, false, "the answer is larger than 1048576 bytes" },
    { HEAD "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz", false, 200, ERROR_PROTOCOL, false, "the encoding of the answer is broken" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (int operation = SHOW; operation <= MAKE; operation++) {
      const char *answer = cases[i].answer;
      struct job *job = answer_with(operation, answer, strlen(answer), cases[i].ends);
      char malformed[sizeof job->error.message];
      snprintf(malformed, sizeof malformed, "the answer is malformed: %s", job->reader.why ? job->reader.why : "");
      is_error(job, answer, cases[i].status, cases[i].kind, cases[i].retryable && operation == SHOW, cases[i].message ? cases[i].message : malformed);
    }
}

static void has_room_for_so_large_a_head(void **state) {
  (void)state;
  size_t len = strlen(HEAD "X: ") + READER_MAX_HEAD;
  char *answer = malloc(len + 1);
  assert_non_null(answer);
  memset(answer, 'x', len);
  memcpy(answer, HEAD "X: ", strlen(HEAD "X: "));
  answer[len] = '\0';
  is_error(answer_with(SHOW, answer, len, false), "a large head", 200, ERROR_PROTOCOL, false, "the answer's headers are too large");
  free(answer);
}

/* Also where the length is not said before. */
static void has_room_for_as_large_a_body_as_the_call_allows(void **state) {
  (void)state;
  static const char *const fit[] = { ANSWER, HEAD "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n6\r\n\"c_1\"}\r\n0\r\n\r\n" };
  static const char *const too_large[] = { HEAD "Content-Length: 13\r\n\r\n", HEAD "Transfer-Encoding: chunked\r\n\r\nd\r\n", HEAD "\r\n" CARD " " };
  for (size_t i = 0; i < COUNT_OF(fit) + COUNT_OF(too_large); i++) {
    struct job *job = job_of(client, SHOW, "c_1");
    bool fits = i < COUNT_OF(fit);
    job->max_response_bytes = strlen(CARD);
    engine_submit(engine, job);
    struct peer peer = answer_the_door();
    hears(&peer, "GET");
    say(&peer, fits ? fit[i] : too_large[i - COUNT_OF(fit)]);
    if (fits) {
      succeeds(job);
      hang_up(&peer);
      job_free(job);
    } else {
      end(job);
      is_error(job, "a large body", 200, ERROR_PROTOCOL, false, "the answer is larger than 12 bytes");
      is_left(&peer);
    }
  }
}

/* --- what an answer of a status means --- */

static void tells_what_a_status_means(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    int status;
    enum error_kind kind;
    bool retryable;
    const char *message;
  } cases[] = {
    { "HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 401, ERROR_AUTH, false, "the provider did not accept the credential" },
    { "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 503, ERROR_PROVIDER, true, "the provider has a problem of its own" },
    { "HTTP/1.1 204 No\r\nConnection: close\r\n\r\n", 204, ERROR_PROTOCOL, false, "an empty answer (HTTP 204)" },
    { "HTTP/1.1 205 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 205, ERROR_PROTOCOL, false, "an empty answer (HTTP 205)" },
    { HEAD "Content-Length: 0\r\nConnection: close\r\n\r\n", 200, ERROR_PROTOCOL, false, "an empty answer (HTTP 200)" },
    { "HTTP/1.1 302 No\r\nLocation: https://elsewhere.example/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 302, ERROR_PROTOCOL, false,
      "a redirect (HTTP 302) to elsewhere.example, which is never followed" },
    { "HTTP/1.1 304 No\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n", 304, ERROR_PROTOCOL, false,
      "a redirect (HTTP 304), which is never followed" },
    { "HTTP/1.1 407 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 407, ERROR_PROTOCOL, false,
      "an answer that is not documented (HTTP 407)" }, /* there is no proxy that may have said so */
    { HEAD "Content-Type: text/html; charset=x\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>", 200, ERROR_PROTOCOL, false, NULL },
    { HEAD "Content-Encoding: br\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 200, ERROR_PROTOCOL, false,
      "the encoding of the answer is unknown" },
    /* A body that cannot be decoded does not change what the status means. */
    { "HTTP/1.1 404 No\r\nContent-Encoding: br\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 404, ERROR_NOT_FOUND, false,
      "the provider does not know it, or base_url is wrong (the path behind it is /cards/{id}); the encoding of the answer is unknown" },
    { "HTTP/1.1 401 No\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 401, ERROR_AUTH, false,
      "the provider did not accept the credential; the encoding of the answer is broken" },
    { "HTTP/1.1 402 No\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 402, ERROR_DECLINED, false,
      "the provider refused; the encoding of the answer is broken" },
    { "HTTP/1.1 503 No\r\nContent-Length: 1048577\r\n\r\n", 503, ERROR_PROVIDER, true,
      "the provider has a problem of its own; the answer is larger than 1048576 bytes" },
    { "HTTP/1.1 418 No\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 418, ERROR_PROTOCOL, false,
      "an answer that is not documented (HTTP 418); the encoding of the answer is broken" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct job *job = answer_with(SHOW, cases[i].answer, strlen(cases[i].answer), false);
    if (!cases[i].message) assert_memory_equal(job->error.message, "the answer cannot be read: it is text/html: ", 44);
    char own[sizeof job->error.message];
    memcpy(own, job->error.message, sizeof own);
    is_error(job, cases[i].answer, cases[i].status, cases[i].kind, cases[i].retryable, cases[i].message ? cases[i].message : own);
  }
}

/* --- what the headers add --- */

static void reads_how_long_to_wait(void **state) {
  (void)state;
  static const struct {
    const char *headers;
    double least, most; /* seconds; below 0 for none */
  } cases[] = {
    { "", -1, -1 },
    { "Retry-After: 0\r\n", 0, 0 },
    { "retry-after: 7\r\n", 7, 7 },
    { "Retry-After: 1.5\r\n", 1.5, 1.5 },
    { "Retry-After-Ms: 250\r\n", 0.25, 0.25 },
    { "Retry-After: 7\r\nRetry-After-Ms: 250\r\n", 0.25, 0.25 },
    { "Retry-After-Ms: x\r\nRetry-After: 7\r\n", 7, 7 },
    { "Retry-After: 1000000\r\n", 86400, 86400 },
    { "Retry-After: 99999999999999999999999999999999999999999\r\n", 86400, 86400 },
    { "Retry-After: -1\r\n", -1, -1 },
    { "Retry-After: 1e3\r\n", -1, -1 },
    { "Retry-After: 0x10\r\n", -1, -1 },
    { "Retry-After: inf\r\n", -1, -1 },
    { "Retry-After: nan\r\n", -1, -1 },
    { "Retry-After: 1,5\r\n", -1, -1 },
    { "Retry-After:\r\n", -1, -1 },
    { "Retry-After: soon\r\n", -1, -1 },
    { "Retry-After: Thu, 01 Jan 1970 00:00:10 GMT\r\n", 0, 0 },
    { "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT\r\n", 86400, 86400 },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    char answer[400];
    snprintf(answer, sizeof answer, "HTTP/1.1 429 No\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", cases[i].headers);
    struct job *job = answer_with(SHOW, answer, strlen(answer), false);
    double wait = job->error.retry_after;
    if (cases[i].least < 0 ? wait >= 0 : wait < cases[i].least - 1e-9 || wait > cases[i].most + 1e-9) fail_msg("%s: %g", cases[i].headers, wait);
    assert_int_equal(job->error.kind, ERROR_RATE_LIMITED);
    job_free(job);
  }
}

static void reads_what_else_the_headers_say(void **state) {
  (void)state;
  static const struct {
    const char *headers, *request_id;
    bool retryable;
  } cases[] = {
    { "", "", true },
    { "X-Request-Id: r-1\r\n", "r-1", true },
    { "Request-Id: r-2\r\n", "r-2", true },
    { "Request-Id: r-2\r\nX-Request-Id:   r-1  \r\n", "r-1", true },
    { "x-should-retry: false\r\n", "", false },
    { "X-Should-Retry: true\r\n", "", true },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (int cut = 0; cut < 2; cut++) { /* an answer that is cut short has its headers, too */
      char answer[400];
      snprintf(answer, sizeof answer, "HTTP/1.1 503 No\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n", cases[i].headers, cut);
      struct job *job = answer_with(SHOW, answer, strlen(answer), cut);
      if (strcmp(job->error.request_id, cases[i].request_id) != 0 || job->error.retryable != cases[i].retryable)
        fail_msg("%s: %s, %d", cases[i].headers, job->error.request_id, (int)job->error.retryable);
      assert_int_equal(job->error.kind, cut ? ERROR_NETWORK : ERROR_PROVIDER);
      job_free(job);
    }
}

/* Whatever an error could show of it. */
static void shows_nothing_that_was_sent(void **state) {
  (void)state;
  static const char *const answers[] = {
    "HTTP/1.1 503 No\r\nX-Request-Id: Sesame-7Hq2Zx9Lm\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 302 No\r\nLocation: https://Sesame-7Hq2Zx9Lm.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    HEAD "Content-Type: Sesame-7Hq2Zx9Lm\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
  };
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    struct job *job = job_of(client, SHOW, "Sesame-7Hq2Zx9Lm");
    engine_submit(engine, job);
    struct peer peer = answer_the_door();
    hears(&peer, "GET");
    say(&peer, answers[i]);
    end(job);
    assert_null(strcasestr(job->error.message, "sesame"));
    assert_null(strcasestr(job->error.request_id, "sesame"));
    assert_int_not_equal(job->error.kind, ERROR_NONE);
    job_free(job);
    is_left(&peer);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(tells_what_is_wrong_with_an_answer), TEST(has_room_for_so_large_a_head), TEST(has_room_for_as_large_a_body_as_the_call_allows),
    TEST(tells_what_a_status_means),          TEST(reads_how_long_to_wait),       TEST(reads_what_else_the_headers_say),
    TEST(shows_nothing_that_was_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

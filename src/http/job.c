#include "http/job.h"

#include <stdio.h>
#include <string.h>

#include "http/clock.h"
#include "secret/pool.h"

void job_list_init(struct job_list *list) {
  list->first = NULL;
  list->end = &list->first;
}

void job_list_add(struct job_list *list, struct job *job) {
  job->next = NULL;
  job->link = list->end;
  *list->end = job;
  list->end = &job->next;
}

void job_list_remove(struct job_list *list, struct job *job) {
  *job->link = job->next;
  if (job->next)
    job->next->link = job->link;
  else
    list->end = job->link;
  job->next = NULL;
  job->link = NULL;
}

struct job *job_list_pop(struct job_list *list) {
  struct job *job = list->first;
  if (job) job_list_remove(list, job);
  return job;
}

struct job *job_new(const struct provider *provider, const struct operation *operation, struct settings *settings) {
  struct job *job = pool_calloc(1, sizeof *job);
  if (!job) return NULL;
  job->provider = provider_ref(provider);
  job->operation = operation;
  job->settings = settings_ref(settings);
  job->started = clock_now();
  job->deadline = job->started + settings->timeout;
  job->connect_timeout = settings->connect_timeout;
  job->max_response_bytes = settings->max_response_bytes;
  job->retries = settings->retries;
  request_init(&job->request, operation, &settings->base);
  return job;
}

void job_free(struct job *job) {
  if (!job) return;
  request_free(&job->request);
  reader_free(&job->reader);
  record_free(job->record);
  pool_free(job->kept);
  settings_unref(job->settings);
  provider_unref(job->provider);
  pool_free(job);
}

void job_keep_attempt(struct job *job, double ended) {
  if (!job->listened || job->kept_count != job->attempts - 1) return;
  struct job_attempt *kept = pool_realloc(job->kept, (size_t)job->attempts * sizeof *kept);
  if (!kept) return;
  job->kept = kept;
  struct job_attempt *last = &kept[job->kept_count++];
  *last = (struct job_attempt){ .began = job->began - job->started,
                                .ended = ended - job->started,
                                .times = job->times,
                                .status = job->status,
                                .reused = job->reused,
                                .kind = job->error.kind };
  memcpy(last->code, job->error.code, sizeof last->code);
  memcpy(last->request_id, job->error.request_id, sizeof last->request_id);
}

void job_fail(struct job *job, enum error_kind kind, bool retryable, const char *what, const char *detail) {
  struct error *error = &job->error;
  struct buf clean;
  error_set(error, kind, "%s", what);
  buf_init(&clean, 256 + 3);
  if (detail && detail[0] && redact_values(request_redact(&job->request), &clean, detail, strlen(detail), 256)) {
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, ": %s", buf_string(&clean));
  }
  buf_free(&clean);
  error->attempts = job->attempts;
  error->status = job->status;
  error->retryable = retryable;
}

#include "job.h"

#include <string.h>

#include "../base/clock.h"
#include "../base/pool.h"

struct job *job_new(const struct provider *provider, const struct operation *operation, struct settings *settings) {
  struct job *job = pool_calloc(1, sizeof *job);
  if (!job) return NULL;
  job->provider = provider;
  job->operation = operation;
  job->settings = settings_ref(settings);
  job->started = clock_now();
  job->deadline = job->started + settings->timeout;
  job->connect_timeout = settings->connect_timeout;
  job->max_response_bytes = settings->max_response_bytes;
  job->retries = settings->retries;
  request_init(&job->request);
  buf_init(&job->body, job->max_response_bytes);
  return job;
}

void job_reset(struct job *job) {
  request_free(&job->request);
  buf_free(&job->body);
  record_free(job->record);
  job->record = NULL;
  memset(&job->error, 0, sizeof job->error);
  request_init(&job->request);
  buf_init(&job->body, job->max_response_bytes);
  job->state = JOB_NEW;
}

void job_free(struct job *job) {
  if (!job) return;
  request_free(&job->request);
  buf_free(&job->body);
  record_free(job->record);
  settings_unref(job->settings);
  pool_free(job);
}

/* One call, from its request to its record or error.
 *
 *   struct job *job = job_new(provider, operation, settings);
 *   values_set(&job->request.values, 0, "c_1", 3);
 *   if (request_build(&job->request, true, &job->error)) engine_submit(engine, job);
 *   …
 *   job_free(job);
 *
 * The thread of a VM makes a job and fills in its request. From engine_submit or channel_submit until the job comes
 * back, all fields belong to the thread of that engine. The VM's thread frees the job. The functions here take no
 * lock of the I/O thread. */
#ifndef CARDS_HTTP_JOB_H
#define CARDS_HTTP_JOB_H

#include "http/counts.h"
#include "http/message/reader.h"
#include "http/settings.h"
#include "provider/error.h"
#include "provider/provider.h"
#include "provider/record.h"
#include "provider/request.h"
#include "secret/buf.h"

struct job_list {
  struct job *first, **end; /* where the next one is linked */
};

/* Who has a job of the I/O thread; guarded by the thread's lock. */
enum job_place {
  PLACE_OWNER,
  PLACE_INBOX,
  PLACE_THREAD,
  PLACE_OUTBOX,
  PLACE_GIVEN_UP, /* the thread has it, and has to cancel it */
  PLACE_CANCELLED /* the thread has it, and frees it when it has ended */
};

enum job_state {
  JOB_NEW,
  JOB_QUEUED,  /* waits until its client may have one more call on the wire */
  JOB_READY,   /* may begin its attempt now */
  JOB_RUNNING, /* has a connection, which may not be open yet */
  JOB_WAITING, /* waits for its next attempt */
  JOB_DONE
};

/* Seconds that connecting took in the last attempt, 0 for a kept connection; and from the start of the call until the
 * request was sent, where the job is listened to, and to the first byte of the answer; 0 where it did not come to that. */
struct job_times {
  double resolve, connect, tls, sent, first_byte;
};

/* An attempt that has ended; seconds from the start of the call. */
struct job_attempt {
  double began, ended;
  struct job_times times;
  int status;
  bool reused;
  enum error_kind kind;
  char code[ERROR_CODE_MAX + 4];
  char request_id[ERROR_REQUEST_ID_MAX + 4];
};

struct job {
  struct job *next, **link; /* in the list that it is in; link is NULL in none */
  enum job_state state;
  void *owner; /* the binding's */
  /* of the I/O thread, guarded by its lock */
  struct channel *channel;
  enum job_place place;
  struct job *next_to_cancel; /* while PLACE_GIVEN_UP */

  const struct provider *provider;
  const struct operation *operation;
  struct settings *settings;
  struct counts *counts; /* where its tries are counted; NULL for nowhere */
  struct request request;
  double started, deadline; /* monotonic seconds */
  double connect_timeout;   /* seconds */
  size_t max_response_bytes;
  int retries; /* left */
  int attempts;
  bool listened; /* somebody wants to hear of each attempt */
  bool asks;     /* before each further attempt it comes back, as its owner has to give something: a signature by a function */
  bool supplied; /* the owner has given it for the next attempt */
  bool asking;   /* it came back for that; `error` is that of the last attempt */

  /* of the engine */
  double due;        /* monotonic seconds: when the next attempt begins while JOB_WAITING, otherwise when it is given up */
  size_t heap_index; /* in the engine's heap */
  struct origin *origin;
  struct connection *connection; /* while JOB_RUNNING */
  struct reader reader;          /* of the answer */
  size_t sent;                   /* bytes of the request, in this attempt */
  bool replaced;                 /* a kept connection had ended, and was replaced once */
  bool fresh;                    /* this attempt takes no kept connection */

  int status;   /* HTTP status of the last attempt, 0 without one */
  bool reused;  /* the last attempt went over a kept connection */
  double began; /* monotonic seconds: the last attempt */
  struct job_times times;
  struct job_attempt *kept; /* where it is listened to, its attempts that have ended: one more than `retries` was, and what replaced a connection or a
                             * credential; NULL for none. Without memory for them the later ones are not there */
  int kept_count;
  size_t bytes_in, bytes_out; /* of all attempts */
  double finished;            /* monotonic seconds */
  struct record *record;      /* of a success, otherwise NULL */
  struct error error;         /* its kind is ERROR_NONE for a success */
};

/* Makes an empty list, which must not be moved. */
void job_list_init(struct job_list *list);
void job_list_add(struct job_list *list, struct job *job);
void job_list_remove(struct job_list *list, struct job *job);
/* Takes the first job out; NULL when there is none. */
struct job *job_list_pop(struct job_list *list);

/* A job with the settings of its client, whose deadline runs from now. NULL when memory is used up. */
struct job *job_new(const struct provider *provider, const struct operation *operation, struct settings *settings);
/* Wipes and frees a job that no engine has. NULL is allowed. */
void job_free(struct job *job);

/* Keeps what is known of the last attempt, which ended then, unless it was kept already or nobody listens. */
void job_keep_attempt(struct job *job, double ended);
/* Sets the error of an attempt that brought no usable answer. `detail` is redacted and may be NULL. */
void job_fail(struct job *job, enum error_kind kind, bool retryable, const char *what, const char *detail);

#endif

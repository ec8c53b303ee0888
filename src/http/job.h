/* One call, from its request to its record or error: what the binding submits and an engine completes.
 *
 * Ownership: the binding makes a job, fills in the request, and hands it to an engine; from engine_submit until it comes back from engine_done the engine owns every
 * field. The binding frees it. */
#ifndef CARDS_HTTP_JOB_H
#define CARDS_HTTP_JOB_H

#include "http/message/reader.h"
#include "http/settings.h"
#include "provider/error.h"
#include "provider/provider.h"
#include "provider/record.h"
#include "provider/request.h"
#include "secret/buf.h"

struct job_list {
  struct job *first, **end; /* where the next one goes */
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
  JOB_QUEUED,  /* for a connection of its client's, which may have only so many */
  JOB_READY,   /* one has become free */
  JOB_RUNNING, /* it has a connection, which may not be open yet */
  JOB_WAITING, /* for its next attempt */
  JOB_DONE
};

/* Seconds: what the connection of the last attempt took (0 each for one that was open already), and when the first byte of the answer came, from the beginning of the call. */
struct job_times {
  double resolve, connect, tls, first_byte;
};

struct job {
  struct job *next, **link; /* in the list that it is in */
  enum job_state state;
  void *owner; /* of the binding, for finding its own again */
  /* while an I/O thread has it */
  struct channel *channel;
  enum job_place place;
  struct job *next_to_cancel; /* while PLACE_GIVEN_UP */

  const struct provider *provider;
  const struct operation *operation;
  struct settings *settings;
  struct request request;
  double started, deadline; /* monotonic seconds */
  double connect_timeout;   /* seconds */
  size_t max_response_bytes;
  int retries; /* left */
  int attempts;
  bool asks;     /* another attempt needs something that only the owner can give, such as a signature by a function: it comes back instead, as done */
  bool supplied; /* for the next attempt all of that is there */
  bool asking;   /* it came back for that; error is the last attempt's */

  /* while an engine has it */
  double due;        /* monotonic seconds: of the next attempt while JOB_WAITING, else when it has to be given up */
  size_t heap_index; /* in the engine's heap by due */
  struct origin *origin;
  struct connection *connection; /* while JOB_RUNNING */
  struct reader reader;          /* of the answer */
  size_t sent;                   /* bytes of the request, in this attempt */
  bool replaced;                 /* a kept connection that had ended was replaced */
  bool fresh;                    /* no kept connection is to be used */

  int status;  /* HTTP status of the last attempt, 0 without one */
  bool reused; /* the last attempt went over a connection that was open already */
  struct job_times times;
  size_t bytes_in, bytes_out; /* of all attempts */
  double finished;            /* monotonic seconds */
  struct record *record;      /* when it succeeded */
  struct error error;         /* kind is ERROR_NONE when it succeeded */
};

/* An empty list; it must stay where it is. */
void job_list_init(struct job_list *list);
void job_list_add(struct job_list *list, struct job *job);
void job_list_remove(struct job_list *list, struct job *job);
/* The first job, taken out; NULL when there is none. */
struct job *job_list_pop(struct job_list *list);

/* A job with the client's defaults; its deadline runs from now. NULL when memory is used up. */
struct job *job_new(const struct provider *provider, const struct operation *operation, struct settings *settings);
/* Wipes and frees; the job must not be in an engine. NULL is allowed. */
void job_free(struct job *job);

/* Sets the job's error for an attempt that brought no usable answer, with its status and attempts. detail may hold what was sent, which is taken out, and may be NULL. */
void job_fail(struct job *job, enum error_kind kind, bool retryable, const char *what, const char *detail);

#endif

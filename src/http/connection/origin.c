#include "http/connection/origin.h"

#include <math.h>
#include <string.h>

#include "secret/pool.h"

/* The calls of one client that may be on the wire at once. */
struct semaphore {
  struct semaphore *next;
  uint64_t id; /* of the client's settings */
  size_t held;
  struct job_list waiting;
};

/* --- which origin --- */

static struct origin **bucket(struct origins *origins, const unsigned char *identity) {
  return &origins->buckets[identity[0] % ORIGIN_BUCKETS]; /* any byte of a digest will do */
}

static struct origin *find(struct origins *origins, const struct settings *settings) {
  struct origin *origin = *bucket(origins, settings->identity);
  while (origin && memcmp(origin->identity, settings->identity, sizeof origin->identity) != 0)
    origin = origin->next;
  return origin;
}

bool origin_join(struct origins *origins, struct job *job) {
  const struct settings *settings = job->settings;
  struct origin *origin = find(origins, settings);
  if (!origin) {
    struct origin **first = bucket(origins, settings->identity);
    origin = pool_calloc(1, sizeof *origin);
    if (!origin) return false;
    memcpy(origin->identity, settings->identity, sizeof origin->identity);
    origin->idle_timeout = settings->idle_timeout;
    origin->max_age = settings->max_age;
    origin->next = *first;
    *first = origin;
  }
  origin->references++;
  job->origin = origin;
  return true;
}

static void unref(struct origins *origins, struct origin *origin) {
  if (--origin->references) return;
  struct origin **link = bucket(origins, origin->identity);
  while (*link != origin)
    link = &(*link)->next;
  *link = origin->next;
  pool_free(origin);
}

void origin_leave(struct origins *origins, struct job *job) {
  unref(origins, job->origin);
  job->origin = NULL;
}

/* --- limits of clients --- */

static struct semaphore **find_semaphore(struct origin *origin, uint64_t id) {
  struct semaphore **link = &origin->semaphores;
  while (*link && (*link)->id != id)
    link = &(*link)->next;
  return link;
}

bool origin_enter(struct job *job, bool *no_memory) {
  *no_memory = false;
  if (!job->settings->max_connections) return true;
  struct semaphore **link = find_semaphore(job->origin, job->settings->id), *semaphore = *link;
  if (!semaphore) {
    semaphore = *link = pool_calloc(1, sizeof *semaphore);
    if (!semaphore) {
      *no_memory = true;
      return false;
    }
    semaphore->id = job->settings->id;
    job_list_init(&semaphore->waiting);
  }
  if (semaphore->held < job->settings->max_connections) {
    semaphore->held++;
    return true;
  }
  job_list_add(&semaphore->waiting, job);
  return false;
}

struct job *origin_exit(struct job *job) {
  if (!job->settings->max_connections) return NULL;
  struct semaphore **link = find_semaphore(job->origin, job->settings->id), *semaphore = *link;
  struct job *next = job_list_pop(&semaphore->waiting);
  if (next) return next; /* it takes the place of the other */
  if (--semaphore->held == 0) {
    *link = semaphore->next;
    pool_free(semaphore);
  }
  return NULL;
}

void origin_give_up(struct job *job) {
  job_list_remove(&(*find_semaphore(job->origin, job->settings->id))->waiting, job);
}

/* --- idle connections --- */

static double over_at(const struct connection *connection) {
  double idle = connection->idle_since + connection->origin->idle_timeout, age = connection->opened + connection->origin->max_age;
  return idle < age ? idle : age;
}

static void take_out(struct origins *origins, struct connection *connection) {
  *connection->link = connection->next;
  if (connection->next) connection->next->link = connection->link;
  connection->next = NULL;
  connection->link = NULL;
  origins->idle--;
}

void origin_keep(struct origins *origins, struct connection *connection, double now) {
  struct origin *origin = connection->origin = connection->job->origin;
  origin->references++;
  connection->job = NULL;
  connection->idle_since = now;
  connection->next = origin->idle;
  connection->link = &origin->idle;
  if (origin->idle) origin->idle->link = &connection->next;
  origin->idle = connection;
  origins->idle++;
  double over = over_at(connection);
  if (origins->expiry < 0 || over < origins->expiry) origins->expiry = over;
}

void origin_drop(struct origins *origins, struct connection *connection) {
  struct origin *origin = connection->origin;
  take_out(origins, connection);
  connection_close(connection);
  unref(origins, origin);
}

struct connection *origin_take(struct origins *origins, struct origin *origin, double now) {
  struct connection *connection;
  while ((connection = origin->idle) && over_at(connection) <= now)
    origin_drop(origins, connection);
  if (!connection) return NULL;
  take_out(origins, connection);
  connection->origin = NULL;
  origin->references--; /* not the last reference, as the job has one */
  return connection;
}

/* Closes the connections whose time is over, and notes when that of the next one is. */
static void drop_over(struct origins *origins, double now) {
  origins->expiry = -1;
  for (size_t i = 0; i < ORIGIN_BUCKETS && origins->idle; i++) {
    for (struct origin *origin = origins->buckets[i], *next; origin; origin = next) {
      next = origin->next; /* the origin may be freed with its last connection */
      for (struct connection *connection = origin->idle, *older; connection; connection = older) {
        older = connection->next;
        double over = over_at(connection);
        if (over <= now)
          origin_drop(origins, connection);
        else if (origins->expiry < 0 || over < origins->expiry)
          origins->expiry = over;
      }
    }
  }
}

void origins_expire(struct origins *origins, double now) {
  if (origins->expiry >= 0 && origins->expiry <= now) drop_over(origins, now);
}

void origins_close(struct origins *origins) {
  drop_over(origins, INFINITY);
}

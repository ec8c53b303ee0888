/* Secrets: bytes outside of every other heap, in one arena of the process.
 *
 * The arena has guard pages around it. It is locked (mlock), left out of core dumps (MADV_DONTDUMP), and empty in a
 * forked child (MADV_WIPEONFORK). Slots are small, 8 bytes for a CVV and 16 for a PAN, so that a lock limit of 64 KB
 * has room for thousands. What the arena knows about its slots lies elsewhere, in memory that is not locked.
 *
 *   struct secret cvv;
 *   const char *why;
 *   if (!secret_init(&cvv, SECRET_CVV, "123", 3, &why)) return fail(why);
 *   use(cvv.bytes, cvv.len);
 *   secret_wipe(&cvv);
 *
 * A struct secret is a handle with one owner, who calls secret_wipe at the end. It may be moved with memcpy but not
 * copied. Any thread may make and wipe secrets, as the arena has a lock; one handle is used by one thread at a time. */
#ifndef CARDS_SECRET_SECRET_H
#define CARDS_SECRET_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum secret_class { SECRET_PAN, SECRET_CVV, SECRET_TOKEN, SECRET_CREDENTIAL, SECRET_UNDECLARED, SECRET_CLASSES };

struct secret {
  unsigned char *bytes; /* NULL when closed; to be read only while SECRET_OPEN, as a forked child has unmapped them */
  uint32_t len;
  uint32_t generation; /* of the process that made it, see secret_generation */
  enum secret_class class;
  uint32_t origin; /* what the owner says of where it came from, 0 at first: kept when the handle moves */
};

enum secret_state {
  SECRET_OPEN,
  SECRET_CLOSED, /* wiped */
  SECRET_FORKED  /* made before this process was forked: the kernel has emptied it */
};

#define SECRET_MAX_LEN (1024u * 1024u) /* bytes of one secret */

/* Copies `len` bytes into the arena. False when the value is too long, the arena is full, or none can be made. The
 * handle is closed then, and *why is a sentence that is static or the thread's. */
bool secret_init(struct secret *secret, enum secret_class class, const void *bytes, size_t len, const char **why);
/* The same for bytes that the caller writes into the secret at once. */
bool secret_reserve(struct secret *secret, enum secret_class class, size_t len, const char **why);
/* Wipes the bytes and frees the slot. A closed handle is left as it is; one from before a fork is only marked
 * closed. */
void secret_wipe(struct secret *secret);
enum secret_state secret_state(const struct secret *secret);
/* "is closed" or "was made before this process was forked"; NULL while open. */
const char *secret_state_reason(const struct secret *secret);
/* Compares in constant time for equal lengths. False unless the secret is open. */
bool secret_equals(const struct secret *secret, const void *bytes, size_t len);

/* "pan", "cvv", "token", "credential" or "undeclared". */
const char *secret_class_name(enum secret_class class);
/* False when no class has that name. */
bool secret_class_from_name(const char *name, enum secret_class *class);

/* A number of this process; a forked child has another one. Cheaper than getpid. */
uint32_t secret_generation(void);

struct secret_stats {
  bool locked;        /* mlock works */
  const char *reason; /* why it does not, static; NULL when it does */
  size_t limit;       /* bytes this process may lock (RLIMIT_MEMLOCK), SIZE_MAX when unlimited */
  size_t committed;   /* bytes of pages that the arena uses, locked unless `locked` is false */
  size_t used;        /* bytes of slots in use */
  size_t open;        /* secrets open */
  bool dump_excluded; /* MADV_DONTDUMP was accepted */
  bool wiped_on_fork; /* MADV_WIPEONFORK was accepted */
};
/* Makes the arena and its first page if there is none, so that `locked` holds for the first secret, too. */
void secret_stats(struct secret_stats *stats);
/* True when less than a quarter of what the arena may hold is free: a good time to collect garbage. */
bool secret_arena_is_tight(void);

#endif

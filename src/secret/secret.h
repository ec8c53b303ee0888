/* Secret bytes, kept outside of every other heap: one arena for the process, mmap'ed with guard pages around it, locked (mlock), left out of core
 * dumps (MADV_DONTDUMP) and emptied in a forked child (MADV_WIPEONFORK). Slots are small (8 bytes for a CVV, 16 for a 16-digit PAN), so
 * that thousands fit a 64 KB lock limit; bookkeeping lies outside of the locked pages.
 *
 * Ownership: a struct secret is a handle with one owner, who calls secret_wipe exactly when the value is no longer wanted. Handles may be moved
 * (memcpy) but not copied. Any thread may make and wipe secrets (the arena has a lock); one handle is used by one thread at a time. */
#ifndef CARDS_SECRET_SECRET_H
#define CARDS_SECRET_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum secret_class { SECRET_PAN, SECRET_CVV, SECRET_TOKEN, SECRET_CREDENTIAL, SECRET_UNDECLARED, SECRET_CLASSES };

struct secret {
  unsigned char *bytes; /* in the arena, to be touched while the state is SECRET_OPEN only (a forked child has it unmapped); NULL when closed */
  uint32_t len;
  uint32_t generation; /* of the process: a forked child's arena is another one */
  enum secret_class class;
};

enum secret_state {
  SECRET_OPEN,
  SECRET_CLOSED, /* wiped */
  SECRET_FORKED  /* made before this process was forked: the kernel has emptied it */
};

#define SECRET_MAX_LEN (1024u * 1024u) /* bytes of one secret */

/* Copies len bytes into the arena. On failure returns false, leaves the handle closed, and *why (never NULL then) says in one static or thread-local
 * sentence why: the arena is full (with the lock limit in bytes, where that is the cause), too long, or the arena could not be made. */
bool secret_init(struct secret *secret, enum secret_class class, const void *bytes, size_t len, const char **why);
/* The same without copying: len uninitialised bytes in the arena that the caller fills at once. */
bool secret_reserve(struct secret *secret, enum secret_class class, size_t len, const char **why);
/* Wipes the bytes and gives the slot back; again on a closed handle does nothing. A handle from before a fork is only marked closed. */
void secret_wipe(struct secret *secret);
enum secret_state secret_state(const struct secret *secret);
/* "is closed" / "was made before this process was forked"; NULL while open. */
const char *secret_state_reason(const struct secret *secret);

/* "pan", "cvv", "token", "credential", "undeclared". */
const char *secret_class_name(enum secret_class class);
/* False when the name is not a class. */
bool secret_class_from_name(const char *name, enum secret_class *class);
/* Equality in constant time for equal lengths; false unless the secret is open. */
bool secret_equals(const struct secret *secret, const void *bytes, size_t len);

/* Of the process: another number in a forked child. Cheaper than getpid. */
uint32_t secret_generation(void);

struct secret_stats {
  bool locked;        /* mlock works; true as well before the first secret if it may */
  const char *reason; /* why not locked, static; NULL when it is */
  size_t limit;       /* bytes this process may lock (RLIMIT_MEMLOCK), SIZE_MAX when unlimited */
  size_t committed;   /* bytes of locked (or, where refused, of plain) pages in use by the arena */
  size_t used;        /* bytes of slots in use */
  size_t open;        /* secrets open */
  bool dump_excluded; /* MADV_DONTDUMP was accepted */
  bool wiped_on_fork; /* MADV_WIPEONFORK was accepted */
};
/* Makes the arena and its first page where there is none yet, so that it tells what a first secret would find. */
void secret_stats(struct secret_stats *stats);
/* True when less than a quarter of what the arena may hold is free: a good time to collect garbage. */
bool secret_arena_is_tight(void);

#endif

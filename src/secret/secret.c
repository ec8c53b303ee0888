#define _GNU_SOURCE 1
#include "secret/secret.h"

#include <errno.h>
#include <linux/capability.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARENA_BYTES  ((size_t)64 << 20)
#define MIN_PAGE     ((size_t)4096)
#define MAX_PAGES    (ARENA_BYTES / MIN_PAGE)
#define MIN_SLOT     8
#define WORD_BITS    64
#define NOT_MADE     "the arena of secrets could not be made: "
#define FULL         "the arena of secrets is full: "
#define SLOT_CLASSES (sizeof slot_bytes / sizeof slot_bytes[0])

static const size_t slot_bytes[] = { 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024, 2048 };

/* What a page holds: nothing, a part of one large secret (a run), or slots of the class `state - 1`. */
enum { PAGE_FREE = 0, PAGE_RUN = 255 };

struct page {
  struct page *next, *previous; /* in the list of pages of a class that have a free slot */
  size_t used;                  /* slots; of a run, its pages, counted in the first one */
};

/* Outside of the locked pages. It is mapped, so that unused parts cost no memory. */
struct book {
  unsigned char states[MAX_PAGES];
  struct page pages[MAX_PAGES];
  uint64_t taken[ARENA_BYTES / MIN_SLOT / WORD_BITS]; /* one bit for each slot, beginning with the first word of its page */
};

/* Everything here is under the lock. */
static struct {
  unsigned char *base; /* NULL until the first secret, and again in a forked child */
  struct book *book;
  struct page *partial[SLOT_CLASSES];
  size_t page_bytes;
  size_t committed; /* pages, from `base` on; they stay locked */
  size_t max;       /* bytes that it may grow to, as of the last time that it tried */
  size_t used;      /* bytes */
  size_t open;
  bool locked;
  bool refused; /* the last mlock failed */
  bool dump_excluded;
  bool wiped_on_fork;
} arena;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool fork_handled;
static uint32_t generation = 1; /* changes only in a forked child, while that has one thread */
static char unlocked_reason[128];
static __thread char full_reason[160];

static void take_lock(void) {
  if (pthread_mutex_lock(&lock) != 0) abort();
}

static void leave_lock(void) {
  if (pthread_mutex_unlock(&lock) != 0) abort();
}

static void forget_arena(void) {
  if (arena.base != NULL) {
    /* The child's copy is empty. If it cannot be unmapped, only address space is lost. */
    (void)munmap(arena.base - arena.page_bytes, ARENA_BYTES + 2 * arena.page_bytes);
    (void)munmap(arena.book, sizeof *arena.book);
  }
  memset(&arena, 0, sizeof arena);
  generation++;
  leave_lock();
}

static void handle_forks(void) {
  fork_handled = pthread_atfork(take_lock, leave_lock, forget_arena) == 0;
}

static bool has_lock_capability(void) {
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  return syscall(SYS_capget, &header, sets) == 0 && (sets[0].effective & 1u << CAP_IPC_LOCK) != 0;
}

/* A capability counts in the first user namespace only: after a refusal it is ignored. */
static size_t lock_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 0;
  if (limit.rlim_cur == RLIM_INFINITY || (!arena.refused && has_lock_capability())) return SIZE_MAX;
  return (size_t)limit.rlim_cur;
}

static void explain_unlocked(int error) {
  size_t limit = lock_limit();
  if (limit == 0)
    snprintf(unlocked_reason, sizeof unlocked_reason, "this process may lock no memory (ulimit -l is 0)");
  else if (error == EPERM)
    snprintf(unlocked_reason, sizeof unlocked_reason, "this process is not permitted to call mlock (EPERM)");
  else if (limit == SIZE_MAX)
    snprintf(unlocked_reason, sizeof unlocked_reason, "mlock was refused (errno %d)", error);
  else
    snprintf(unlocked_reason, sizeof unlocked_reason, "mlock was refused (errno %d): this process may lock %zu bytes (ulimit -l)", error, limit);
}

static const char *explain_full(void) {
  size_t limit = lock_limit();
  if (limit == SIZE_MAX) return FULL "the system refuses to lock more memory; close secrets";
  snprintf(full_reason, sizeof full_reason, FULL "this process may lock %zu bytes (ulimit -l); close secrets or raise the limit", limit);
  return full_reason;
}

/* Makes the next pages writable and locks them. If the first page cannot be locked, none is. */
static bool commit_pages(size_t count, const char **why) {
  if (count > ARENA_BYTES / arena.page_bytes - arena.committed) {
    *why = FULL "it holds 67108864 bytes at most; close secrets";
    return false;
  }
  unsigned char *start = arena.base + arena.committed * arena.page_bytes;
  size_t bytes = count * arena.page_bytes;
  if (mprotect(start, bytes, PROT_READ | PROT_WRITE) != 0) {
    *why = FULL "out of memory";
    return false;
  }
  if (arena.locked && mlock(start, bytes) != 0) {
    int error = errno;
    arena.refused = true;
    if (arena.committed > 0) {
      /* They hold nothing, and the next attempt can begin with them in either state. */
      (void)munlock(start, bytes);
      (void)mprotect(start, bytes, PROT_NONE);
      arena.max = arena.committed * arena.page_bytes;
      *why = explain_full();
      return false;
    }
    arena.locked = false;
    explain_unlocked(error);
  } else {
    arena.refused = false;
  }
  arena.committed += count;
  size_t limit = arena.locked ? lock_limit() : SIZE_MAX;
  arena.max = limit < ARENA_BYTES ? limit : ARENA_BYTES;
  return true;
}

static bool open_arena(const char **why) {
  if (arena.base != NULL) return true;
  long page = sysconf(_SC_PAGESIZE);
  if (!fork_handled || page < (long)MIN_PAGE || ARENA_BYTES % (size_t)page != 0) {
    *why = fork_handled ? NOT_MADE "the page size is unknown" : NOT_MADE "pthread_atfork was refused";
    return false;
  }
  arena.page_bytes = (size_t)page;
  size_t bytes = ARENA_BYTES + 2 * arena.page_bytes;
  unsigned char *range = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) {
    *why = NOT_MADE "mmap was refused";
    return false;
  }
  void *book = mmap(NULL, sizeof *arena.book, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  arena.base = range + arena.page_bytes;
  arena.dump_excluded = madvise(range, bytes, MADV_DONTDUMP) == 0;
  arena.wiped_on_fork = madvise(range, bytes, MADV_WIPEONFORK) == 0;
  arena.locked = true;
  if (book == MAP_FAILED || !commit_pages(1, why)) {
    *why = NOT_MADE "out of memory";
    if (book != MAP_FAILED) (void)munmap(book, sizeof *arena.book);
    (void)munmap(range, bytes);
    memset(&arena, 0, sizeof arena);
    return false;
  }
  arena.book = book;
  return true;
}

/* The first of `count` free pages in a row; SIZE_MAX when there is no room. */
static size_t take_pages(size_t count, unsigned char state, const char **why) {
  size_t start = 0;
  for (size_t i = 0; i < arena.committed && i - start < count; i++)
    if (arena.book->states[i] != PAGE_FREE) start = i + 1;
  if (start + count > arena.committed && !commit_pages(start + count - arena.committed, why)) return SIZE_MAX;
  memset(&arena.book->states[start], state, count);
  return start;
}

static size_t index_of(const struct page *page) {
  return (size_t)(page - arena.book->pages);
}

/* The word with the bit of a slot, slot_bit(slot). */
static uint64_t *taken_word(const struct page *page, size_t slot) {
  return &arena.book->taken[index_of(page) * (arena.page_bytes / MIN_SLOT / WORD_BITS) + slot / WORD_BITS];
}

static uint64_t slot_bit(size_t slot) {
  return (uint64_t)1 << slot % WORD_BITS;
}

static void link_partial(struct page *page, size_t class) {
  page->previous = NULL;
  page->next = arena.partial[class];
  if (page->next != NULL) page->next->previous = page;
  arena.partial[class] = page;
}

static void unlink_partial(struct page *page, size_t class) {
  if (page->next != NULL) page->next->previous = page->previous;
  if (page->previous != NULL) page->previous->next = page->next;
  if (arena.partial[class] == page) arena.partial[class] = page->next;
}

static unsigned char *take_slot(size_t class, const char **why) {
  if (arena.partial[class] == NULL) {
    size_t index = take_pages(1, (unsigned char)(class + 1), why);
    if (index != SIZE_MAX) link_partial(&arena.book->pages[index], class);
    /* When no page is left, a larger slot will do. */
    while (arena.partial[class] == NULL)
      if (++class == SLOT_CLASSES) return NULL;
  }
  struct page *page = arena.partial[class];
  size_t slot = 0;
  while (*taken_word(page, slot) == UINT64_MAX)
    slot += WORD_BITS;
  slot += (size_t)__builtin_ctzll(~*taken_word(page, slot));
  *taken_word(page, slot) |= slot_bit(slot);
  arena.used += slot_bytes[class];
  if (++page->used == arena.page_bytes / slot_bytes[class]) unlink_partial(page, class);
  return arena.base + index_of(page) * arena.page_bytes + slot * slot_bytes[class];
}

static unsigned char *take_run(size_t len, const char **why) {
  size_t count = (len + arena.page_bytes - 1) / arena.page_bytes;
  size_t index = take_pages(count, PAGE_RUN, why);
  if (index == SIZE_MAX) return NULL;
  arena.book->pages[index].used = count;
  arena.used += count * arena.page_bytes;
  return arena.base + index * arena.page_bytes;
}

static void free_run(unsigned char *bytes, struct page *page) {
  size_t size = page->used * arena.page_bytes;
  explicit_bzero(bytes, size);
  memset(&arena.book->states[index_of(page)], PAGE_FREE, page->used);
  page->used = 0;
  arena.used -= size;
}

static void free_slot(unsigned char *bytes, struct page *page, size_t class) {
  size_t slot = (size_t)(bytes - arena.base) % arena.page_bytes / slot_bytes[class];
  explicit_bzero(bytes, slot_bytes[class]);
  *taken_word(page, slot) &= ~slot_bit(slot);
  arena.used -= slot_bytes[class];
  if (page->used-- == arena.page_bytes / slot_bytes[class]) link_partial(page, class);
  if (page->used > 0) return;
  unlink_partial(page, class);
  arena.book->states[index_of(page)] = PAGE_FREE;
}

static void enter_arena(void) {
  if (pthread_once(&once, handle_forks) != 0) abort();
  take_lock();
}

bool secret_reserve(struct secret *secret, enum secret_class class, size_t len, const char **why) {
  *secret = (struct secret){ .class = class };
  if (len > SECRET_MAX_LEN) {
    *why = "a secret may have 1048576 bytes at most";
    return false;
  }
  size_t slot_class = 0;
  while (slot_class < SLOT_CLASSES && slot_bytes[slot_class] < len)
    slot_class++;

  enter_arena();
  if (open_arena(why)) secret->bytes = slot_class < SLOT_CLASSES ? take_slot(slot_class, why) : take_run(len, why);
  if (secret->bytes != NULL) {
    secret->len = (uint32_t)len;
    secret->generation = generation;
    arena.open++;
  }
  leave_lock();
  return secret->bytes != NULL;
}

bool secret_init(struct secret *secret, enum secret_class class, const void *bytes, size_t len, const char **why) {
  if (!secret_reserve(secret, class, len, why)) return false;
  if (len > 0) memcpy(secret->bytes, bytes, len);
  return true;
}

void secret_wipe(struct secret *secret) {
  if (secret_state(secret) == SECRET_OPEN) {
    enter_arena();
    size_t index = (size_t)(secret->bytes - arena.base) / arena.page_bytes;
    struct page *page = &arena.book->pages[index];
    if (arena.book->states[index] == PAGE_RUN)
      free_run(secret->bytes, page);
    else
      free_slot(secret->bytes, page, arena.book->states[index] - 1u);
    arena.open--;
    leave_lock();
  }
  secret->bytes = NULL;
  secret->len = 0;
}

uint32_t secret_generation(void) {
  if (pthread_once(&once, handle_forks) != 0) abort();
  return generation;
}

enum secret_state secret_state(const struct secret *secret) {
  if (secret->bytes == NULL) return SECRET_CLOSED;
  return secret->generation == generation ? SECRET_OPEN : SECRET_FORKED;
}

const char *secret_state_reason(const struct secret *secret) {
  static const char *const reasons[] = {
    [SECRET_OPEN] = NULL,
    [SECRET_CLOSED] = "is closed",
    [SECRET_FORKED] = "was made before this process was forked",
  };
  return reasons[secret_state(secret)];
}

static const char *const class_names[SECRET_CLASSES] = {
  [SECRET_PAN] = "pan", [SECRET_CVV] = "cvv", [SECRET_TOKEN] = "token", [SECRET_CREDENTIAL] = "credential", [SECRET_UNDECLARED] = "undeclared",
};

const char *secret_class_name(enum secret_class class) {
  return class_names[class];
}

bool secret_class_from_name(const char *name, enum secret_class *class) {
  for (size_t i = 0; i < SECRET_CLASSES; i++) {
    if (strcmp(name, class_names[i]) == 0) {
      *class = (enum secret_class)i;
      return true;
    }
  }
  return false;
}

bool secret_equals(const struct secret *secret, const void *bytes, size_t len) {
  if (secret_state(secret) != SECRET_OPEN || secret->len != len) return false;
  return CRYPTO_memcmp(secret->bytes, bytes, len) == 0;
}

void secret_stats(struct secret_stats *stats) {
  const char *why = NULL;
  enter_arena();
  bool made = open_arena(&why);
  *stats = (struct secret_stats){
    .locked = arena.locked,
    .reason = made && !arena.locked ? unlocked_reason : why,
    .limit = lock_limit(),
    .committed = arena.committed * arena.page_bytes,
    .used = arena.used,
    .open = arena.open,
    .dump_excluded = arena.dump_excluded,
    .wiped_on_fork = arena.wiped_on_fork,
  };
  leave_lock();
}

bool secret_arena_is_tight(void) {
  enter_arena();
  bool tight = arena.used > arena.max / 4 * 3;
  leave_lock();
  return tight;
}

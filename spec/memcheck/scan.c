/* scan MARKERS PID | scan MARKERS --core FILE | scan --selftest: looks for markers in every readable mapping and in the registers of a process that is held still meanwhile, or in
 * a core dump. It is a process of its own, so that it cannot find itself.
 *
 * MARKERS has a line "name hexadecimal-bytes" for each. Prints, with tabs between:
 *   hit NAME FORM LENGTH WHERE FLAGS     a run of 8 and more bytes; FLAGS of its mapping: lo locked, dd not dumped, wf wiped on fork
 *   read BYTES MAPPINGS THREADS CALL     what was read; the system call that the main thread waits in, by its number */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "search.h"

#define MOST_THREADS 64

struct place {
  const char *name, *flags;
  uint64_t start;                        /* address of the first byte, or its offset in a file */
  uint64_t environment, environment_end; /* of the process */
};

static size_t bytes_read, mappings_read;

static _Noreturn void fail(const char *what, const char *which) {
  fprintf(stderr, "scan: %s %s: %s\n", what, which, strerror(errno));
  exit(2);
}

static void report(void *user, const struct run *run) {
  const struct place *place = user;
  uint64_t address = place->start + run->at;
  bool given = address >= place->environment && address < place->environment_end;
  printf("hit\t%s\t%s\t%zu\t%s+0x%zx\t%s\n", run->form->marker, run->form->kind, run->len, given ? "[environment]" : place->name, run->at,
         place->flags);
}

static void search_place(const struct place *place, const unsigned char *bytes, size_t len) {
  bytes_read += len;
  mappings_read++;
  search_in(bytes, len, report, (void *)place);
}

/* --- markers --- */

static void read_markers(const char *path, struct forms *forms) {
  FILE *file = fopen(path, "r");
  char name[128], hex[4096];
  if (!file) fail("cannot read", path);
  while (fscanf(file, "%127s %4095s", name, hex) == 2) {
    unsigned char bytes[sizeof hex / 2];
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
      unsigned byte;
      if (sscanf(hex + 2 * i, "%2x", &byte) != 1) fail("no hexadecimal digits in", path);
      bytes[i] = (unsigned char)byte;
    }
    char *kept = strdup(name);
    if (!kept) fail("no memory for", name);
    forms_add(forms, kept, bytes, len);
  }
  fclose(file);
  if (!forms->count) fail("no markers in", path);
}

/* --- threads: held still, their registers read --- */

#if defined(__x86_64__)
#define VECTORS NT_X86_XSTATE
#else
#define VECTORS NT_PRFPREG
#endif

static void scan_registers(pid_t thread) {
  static const int kinds[] = { NT_PRSTATUS, VECTORS };
  static unsigned char state[64 * 1024];
  char name[64];
  snprintf(name, sizeof name, "[registers of thread %d]", (int)thread);
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    struct iovec into = { state, sizeof state };
    if (ptrace(PTRACE_GETREGSET, thread, (void *)(uintptr_t)kinds[i], &into) != 0) fail("cannot read", name);
    search_place(&(struct place){ .name = name, .flags = "-" }, state, into.iov_len);
  }
}

static size_t hold(pid_t pid, pid_t threads[static MOST_THREADS]) {
  char path[64];
  size_t count = 0;
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *tasks = opendir(path);
  if (!tasks) fail("no process", path);
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL && count < MOST_THREADS;) {
    pid_t thread = (pid_t)atoi(entry->d_name);
    if (thread <= 0) continue;
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0)
      fail("may not look into the process (be root, or see kernel.yama.ptrace_scope)", entry->d_name);
    int status;
    if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0 || waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
      fail("cannot stop thread", entry->d_name);
    threads[count++] = thread;
  }
  closedir(tasks);
  return count;
}

/* --- mappings --- */

static void read_environment_bounds(pid_t pid, struct place *place) {
  char path[64], text[2048];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  FILE *file = fopen(path, "r");
  size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  text[len] = '\0';
  char *field = strrchr(text, ')');
  for (int i = 2; field && i < 50; i++)
    field = strchr(field + 1, ' ');
  if (field) sscanf(field, " %" SCNu64 " %" SCNu64, &place->environment, &place->environment_end);
}

/* What the main thread waits in. */
static void read_call(pid_t pid, char call[static 32]) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%31s", call) != 1) strcpy(call, "-");
  if (file) fclose(file);
}

static void scan_mapping(int memory, struct place *place, uint64_t end) {
  size_t len = end - place->start, got = 0;
  unsigned char *bytes = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (bytes == MAP_FAILED) fail("no memory for", place->name);
  while (got < len) {
    ssize_t n = pread(memory, bytes + got, len - got, (off_t)(place->start + got));
    if (n <= 0) break; /* what the kernel alone may read ([vvar]), and what lies behind the end of a file */
    got += (size_t)n;
  }
  search_place(place, bytes, got);
  munmap(bytes, len);
}

static void pick_flags(const char *line, char flags[static 16]) {
  static const char *const wanted[] = { " lo", " dd", " wf" };
  flags[0] = '\0';
  for (size_t i = 0; i < 3; i++)
    if (strstr(line, wanted[i])) strcat(flags, flags[0] ? wanted[i] : wanted[i] + 1);
  if (!flags[0]) strcpy(flags, "-");
}

static void scan_process(pid_t pid) {
  pid_t threads[MOST_THREADS];
  char path[64], line[4096], name[4096] = "", flags[16], permissions[8] = "", call[32];
  uint64_t end = 0;
  struct place place = { .name = name, .flags = flags };
  read_call(pid, call);
  size_t count = hold(pid, threads);
  snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
  int memory = open(path, O_RDONLY | O_CLOEXEC);
  if (memory < 0) fail("cannot read", path);
  read_environment_bounds(pid, &place);
  snprintf(path, sizeof path, "/proc/%d/smaps", (int)pid);
  FILE *maps = fopen(path, "r");
  if (!maps) fail("cannot read", path);
  while (fgets(line, sizeof line, maps)) {
    uint64_t from, to;
    int text = 0;
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %n", &from, &to, permissions, &text) >= 3 && text > 0) {
      place.start = from;
      end = to;
      line[strcspn(line, "\n")] = '\0';
      snprintf(name, sizeof name, "%s", line[text] ? line + text : "[anonymous]");
    } else if (strncmp(line, "VmFlags:", 8) == 0 && permissions[0] == 'r') {
      pick_flags(line, flags);
      scan_mapping(memory, &place, end);
    }
  }
  fclose(maps);
  close(memory);
  for (size_t i = 0; i < count; i++)
    scan_registers(threads[i]);
  for (size_t i = 0; i < count; i++) /* they run on from where they were */
    ptrace(PTRACE_DETACH, threads[i], NULL, NULL);
  printf("read\t%zu\t%zu\t%zu\t%s\n", bytes_read, mappings_read, count, call);
}

/* --- a core dump: its segments and notes, which have the registers --- */

static void scan_core(const char *path) {
  struct stat about;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &about) != 0) fail("cannot read", path);
  const unsigned char *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  const Elf64_Ehdr *header = (const void *)bytes;
  if (bytes == MAP_FAILED || (size_t)about.st_size < sizeof *header || memcmp(bytes, ELFMAG, SELFMAG) != 0 || header->e_type != ET_CORE)
    fail("no core dump:", path);
  const Elf64_Phdr *segments = (const void *)(bytes + header->e_phoff);
  size_t first = SIZE_MAX;
  for (unsigned i = 0; i < header->e_phnum; i++) {
    if (segments[i].p_filesz == 0) continue;
    char name[64];
    if (segments[i].p_offset + segments[i].p_filesz > (uint64_t)about.st_size) fail("the core dump is cut short:", path);
    snprintf(name, sizeof name, segments[i].p_type == PT_NOTE ? "notes" : "segment at 0x%" PRIx64, segments[i].p_vaddr);
    if (segments[i].p_offset < first) first = segments[i].p_offset;
    search_place(&(struct place){ .name = name, .flags = "-" }, bytes + segments[i].p_offset, segments[i].p_filesz);
  }
  printf("read\t%zu\t%zu\t0\t-\n", bytes_read, mappings_read);
}

/* --- each form is found once, wherever it stands --- */

static size_t seen, seen_len;

static void count_run(void *user, const struct run *run) {
  (void)user;
  seen++;
  seen_len = run->len;
}

static bool selftest(void) {
  static const unsigned char www[] = "www.example.com", coded[] = { 0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4 };
  struct forms known = { 0 }, forms = { 0 };
  bool ok = true, right = false;
  forms_add(&known, "www", www, sizeof www - 1); /* RFC 7541, C.4.1 */
  for (size_t i = 0; i < known.count; i++)
    right = right ||
            (strcmp(known.list[i].kind, "HPACK") == 0 && known.list[i].len >= sizeof coded && memcmp(known.list[i].bytes, coded, sizeof coded) == 0);
  forms_add(&forms, "marker", (const unsigned char *)"Zq8vXw3LmN5pRt7YkB2dFg4HjK6sQ9Wc", 32);
  search_prepare(&forms);
  for (size_t i = 0; i < forms.count; i++)
    for (size_t at = 0; at < 9; at++)
      for (size_t cut = 0; cut < 2; cut++) {
        unsigned char around[256] = { 0 };
        const struct form *form = &forms.list[i];
        size_t len = cut ? form->least : form->len;
        memset(around, 0xaa, at);
        memcpy(around + at, form->bytes, len);
        seen = 0;
        search_in(around, sizeof around, count_run, NULL);
        if (seen == 1 && seen_len == len) continue;
        printf("%s: %zu runs, the last of %zu bytes instead of %zu\n", form->kind, seen, seen_len, len);
        ok = false;
      }
  if (!right) puts("HPACK: not the code of RFC 7541");
  printf("selftest\t%s\t%zu forms\n", ok && right ? "ok" : "failed", forms.count);
  return ok && right;
}

int main(int argc, char **argv) {
  struct forms forms = { 0 };
  if (argc == 2 && strcmp(argv[1], "--selftest") == 0) return selftest() ? 0 : 1;
  if (argc < 3) {
    fputs("usage: scan MARKERS PID | scan MARKERS --core FILE | scan --selftest\n", stderr);
    return 2;
  }
  read_markers(argv[1], &forms);
  search_prepare(&forms);
  if (argc == 4 && strcmp(argv[2], "--core") == 0)
    scan_core(argv[3]);
  else
    scan_process((pid_t)atoi(argv[2]));
  return 0;
}
